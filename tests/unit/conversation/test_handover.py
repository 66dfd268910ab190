"""The transition table: complete where it must be, closed everywhere else."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.handover import HANDOVER_REASONS, TRANSITIONS, Reason, TransitionRefused, next_holder
from bot.conversation.limits import TEXT_LIMIT, TextRefused, clean_text
from bot.conversation.model import Author, AuthorKind, Draft, EventKind, Holder, new_id


@pytest.mark.parametrize(("holder", "reason"), itertools.product(Holder, Reason))
def test_every_pair_is_either_in_the_table_or_refused(holder: Holder, reason: Reason) -> None:
    if (holder, reason) in TRANSITIONS:
        assert next_holder(holder, reason) is TRANSITIONS[holder, reason]
    else:
        with pytest.raises(TransitionRefused):
            next_holder(holder, reason)


@pytest.mark.parametrize("reason", sorted(HANDOVER_REASONS, key=lambda reason: reason.value))
def test_the_bot_can_hand_over_for_every_reason(reason: Reason) -> None:
    assert next_holder(Holder.BOT, reason) is Holder.QUEUE


def test_a_person_is_reachable_and_no_holder_is_a_dead_end() -> None:
    ways = {holder: {to for (source, _), to in TRANSITIONS.items() if source is holder} for holder in Holder}
    assert Holder.QUEUE in ways[Holder.BOT]
    assert Holder.AGENT in ways[Holder.QUEUE]
    assert all(ways.values())


def test_an_author_without_a_name_and_a_message_without_text_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="name"):
        Author(kind=AuthorKind.HUMAN, name=" ")
    with pytest.raises(ValueError, match="text"):
        Draft(kind=EventKind.MESSAGE, author=Author(kind=AuthorKind.BOT, name="Bot"), text=" ")
    with pytest.raises(ValueError, match="system"):
        Draft(kind=EventKind.NOTICE, author=Author(kind=AuthorKind.BOT, name="Bot"), text="x")
    with pytest.raises(ValueError, match="discloses"):
        Draft(kind=EventKind.MESSAGE, author=Author(kind=AuthorKind.HUMAN, name="A B"), text="x", discloses=True)


@given(st.text(max_size=200))
def test_clean_text_is_stable_and_never_holds_controls(raw: str) -> None:
    try:
        text = clean_text(raw)
    except TextRefused as refused:
        assert refused.code == "empty"
        return
    assert clean_text(text) == text
    assert not any(ord(character) < 32 and character not in "\t\n" for character in text)
    text.encode("utf-8")


@pytest.mark.parametrize("raw", ["", "   ", "\u200b\u200b", "\x00\x01", "\u202e", "\n\n"])
def test_a_text_that_shows_nothing_is_refused_as_empty(raw: str) -> None:
    with pytest.raises(TextRefused, match="empty"):
        clean_text(raw)


@pytest.mark.parametrize("raw", ["<script>alert(1)</script>", "שלום", "👨‍👩‍👧 Hallo", "/restart", "a\r\nb"])
def test_markup_emoji_and_right_to_left_stay_text(raw: str) -> None:
    assert clean_text(raw) == raw.replace("\r\n", "\n")


def test_the_longest_text_is_kept_and_a_longer_one_refused() -> None:
    assert len(clean_text("x" * TEXT_LIMIT)) == TEXT_LIMIT
    for length in (TEXT_LIMIT + 1, 100_000):
        with pytest.raises(TextRefused, match="too_long"):
            clean_text("x" * length)


def test_ids_sort_by_time_and_do_not_repeat() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert [one[:13] for one in ids] == sorted(one[:13] for one in ids)
