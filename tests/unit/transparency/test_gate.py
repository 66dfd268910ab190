"""The gate lets nothing out that does not say truly who wrote it, and nobody makes what it makes."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from bot.conversation.model import Author, AuthorKind, EventKind, Holder, Message
from bot.transparency.gate import Labelled, LetOut, Unlabelled, is_machine_name, labelled, let_out, letter
from bot.transparency.wording import LANGUAGES, Language, wording

BOT, SYSTEM, HUMAN, CUSTOMER = AuthorKind.BOT, AuthorKind.SYSTEM, AuthorKind.HUMAN, AuthorKind.CUSTOMER


def _message(kind: AuthorKind, name: str, holder: Holder, event: EventKind = EventKind.MESSAGE) -> Message:
    return Message(
        id="m",
        conversation_id="c",
        seq=1,
        epoch=1,
        holder=holder,
        kind=event,
        author=Author(kind=kind, name=name),
        text="Guten Tag",
        at=datetime(2026, 1, 1, tzinfo=timezone.utc),
    )


@pytest.mark.parametrize(
    ("kind", "name", "holder", "label"),
    [
        (BOT, "Bot", Holder.BOT, "Bot · Guten Tag"),
        (SYSTEM, "System", Holder.QUEUE, "System · Guten Tag"),
        (HUMAN, "Anna Berger", Holder.AGENT, "Anna Berger (Mensch) · Guten Tag"),
        (CUSTOMER, "Eva Kern", Holder.CLOSED, "Sie · Guten Tag"),
    ],
)
def test_what_is_true_gets_out_with_its_label(kind: AuthorKind, name: str, holder: Holder, label: str) -> None:
    passed = let_out(_message(kind, name, holder))
    assert str(labelled(passed, "Guten Tag", wording(), "de")) == label


@pytest.mark.parametrize(
    ("kind", "name", "holder"),
    [
        (BOT, "Anna Berger", Holder.BOT),
        (BOT, "System", Holder.BOT),
        (SYSTEM, "Bot", Holder.BOT),
        (HUMAN, "Bot", Holder.AGENT),
        (HUMAN, "System", Holder.AGENT),
        (CUSTOMER, "Bot", Holder.BOT),
        (BOT, "Bot", Holder.AGENT),
        (BOT, "Bot", Holder.QUEUE),
        (HUMAN, "Anna Berger", Holder.BOT),
    ],
)
def test_a_false_author_gets_nowhere(kind: AuthorKind, name: str, holder: Holder) -> None:
    with pytest.raises(Unlabelled):
        let_out(_message(kind, name, holder))


def test_a_notice_is_the_systems() -> None:
    with pytest.raises(Unlabelled):
        let_out(_message(BOT, "Bot", Holder.BOT, EventKind.NOTICE))


def test_nobody_else_makes_or_changes_what_the_gate_makes() -> None:
    message = _message(BOT, "Bot", Holder.BOT)
    for build in (
        lambda: LetOut(object(), message),
        lambda: LetOut(None, message),
        lambda: Labelled(object(), "Bot", "Hallo"),
    ):
        with pytest.raises(Unlabelled):
            build()
    said = labelled(let_out(message), "Hallo", wording(), "de")
    with pytest.raises(AttributeError):
        said.label = "Anna Berger (Mensch)"
    with pytest.raises(Unlabelled):
        labelled(let_out(message), "  ", wording(), "de")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_says_that_no_person_wrote_it(language: Language) -> None:
    made = letter("Betreff", "Guten Tag.", wording(), language)
    assert made.body == f"Guten Tag.\n\n{wording().say('letter_automatic', language)}"


@pytest.mark.parametrize(
    ("name", "refused"), [("Bot", True), (" bot ", True), ("SYSTEM", True), ("Boto Berger", False)]
)
def test_no_person_may_have_a_machines_name(name: str, refused: bool) -> None:
    assert is_machine_name(name) is refused
