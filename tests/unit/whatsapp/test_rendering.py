"""Log entries as WhatsApp messages: whatever is said fits, is labelled, and is all there."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.conversation.model import Author, AuthorKind, Button, EventKind, Holder, Message, Source
from bot.service.templates import read_templates
from bot.settings import SettingsError
from bot.transparency.gate import Labelled, all_out, labelled, let_out
from bot.transparency.wording import wording
from connectors.whatsapp.characters import cut, size
from connectors.whatsapp.errors import FINAL, WAITING, ErrorClass, class_of
from connectors.whatsapp.payloads import (
    ButtonsMessage,
    Choice,
    ListMessage,
    MediaMessage,
    Recipient,
    TemplateMessage,
    TextMessage,
    request_body,
)
from connectors.whatsapp.render import render, split
from connectors.whatsapp.standin.checks import check_message

_TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=300).filter(
    lambda text: bool(text.strip())
)

# How fast the machine is says nothing about the code.
_UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _message(text: str, titles: list[str] = [], **more: object) -> Message:  # noqa: B006
    fields: dict = {
        "id": "m",
        "conversation_id": "c",
        "seq": 1,
        "epoch": 1,
        "holder": Holder.BOT,
        "kind": EventKind.MESSAGE,
        "author": Author(kind=AuthorKind.BOT, name="Bot"),
        "text": text,
        "at": datetime(2026, 1, 1, tzinfo=timezone.utc),
        "buttons": tuple(Button(id=f"b{n}", title=title, payload="") for n, title in enumerate(titles)),
    }
    return Message(**{**fields, **more})


def _by_bot(text: str) -> Labelled:
    """A text as the gate makes it."""
    return labelled(let_out(_message("x")), text, wording(), "de")


@_UNHURRIED
@given(_TEXT, st.integers(1, 40), st.lists(_TEXT, max_size=15))
def test_whatever_is_said_is_taken_by_the_provider_and_labelled(text: str, times: int, titles: list[str]) -> None:
    sent = render(all_out([_message(text * times, [title.strip()[:200] for title in titles])]), wording(), "de")
    for part in sent:
        body = request_body(part, Recipient(number="4915112345678", user_id=None), "id.0")
        check_message(body, frozenset(), {})
        shown = body["text"]["body"] if "text" in body else body["interactive"]["body"]["text"]
        assert shown.startswith("Bot · ")


@_UNHURRIED
@given(_TEXT, st.integers(20, 200))
def test_splitting_loses_nothing_but_blanks(text: str, limit: int) -> None:
    parts = split(text.strip(), limit)
    assert all(size(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


# What is read as one character: a family, a flag, Scotland's flag, a coloured hand, a letter with accents.
_LETTERS = (
    "👨\u200d👩\u200d👧\u200d👦",
    "🇩🇪",
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "👍🏽",
    "e\u0301\u0323",
)


@_UNHURRIED
@given(st.lists(st.sampled_from(_LETTERS), min_size=30, max_size=80), st.integers(20, 60))
def test_no_character_is_torn_where_a_text_is_split_or_cut(letters: list[str], limit: int) -> None:
    text = "".join(letters)
    whole = {"".join(letters[:count]) for count in range(len(letters) + 1)}
    parts = split(text, limit)
    assert all(size(part) <= limit for part in parts)
    for count in range(len(parts) + 1):
        assert "".join(parts[:count]) in whole
    assert cut(text, limit).removesuffix("…") in whole


@_UNHURRIED
@given(st.lists(_TEXT, min_size=1, max_size=6), st.sampled_from([AuthorKind.BOT, AuthorKind.SYSTEM]))
def test_nothing_that_a_machine_says_is_longer_than_a_phone_shows(texts: list[str], kind: AuthorKind) -> None:
    said = [
        _message(text * 3, ["Ja", "Nein"], author=Author(kind=kind, name=wording().say(f"author_{kind.value}", "de")))
        for text in texts
    ]
    parts = render(all_out(said), wording(), "de")
    assert all(size(str(part.body)) <= 600 for part in parts)
    assert isinstance(parts[-1], ButtonsMessage)


def test_answers_are_parted_between_and_not_within_them() -> None:
    parts = render(all_out([_message("a" * 300), _message("b" * 200), _message("c" * 300)]), wording(), "de")
    assert parts == [TextMessage(_by_bot(f"{'a' * 300}\n\n{'b' * 200}")), TextMessage(_by_bot("c" * 300))]


def test_what_a_person_writes_stays_one_message() -> None:
    anna = Author(kind=AuthorKind.HUMAN, name="Anna Berger")
    assert len(render(all_out([_message("Wort " * 400, author=anna, holder=Holder.AGENT)]), wording(), "de")) == 1


@pytest.mark.parametrize(
    ("language", "kind", "name", "label"),
    [
        ("de", AuthorKind.HUMAN, "Anna Berger", "Anna Berger (Mensch) · "),
        ("en", AuthorKind.HUMAN, "Anna Berger", "Anna Berger (a person) · "),
        ("de", AuthorKind.SYSTEM, "System", "System · "),
        ("en", AuthorKind.BOT, "Bot", "Bot · "),
    ],
)
def test_each_author_has_a_label(language, kind, name, label) -> None:  # type: ignore[no-untyped-def]
    holder = Holder.AGENT if kind is AuthorKind.HUMAN else Holder.BOT
    (sent,) = render(all_out([_message("x", author=Author(kind=kind, name=name), holder=holder)]), wording(), language)
    assert str(sent.body) == f"{label}x"


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("key", ["button_human", "button_cancel_queue"])
def test_the_edges_own_buttons_fit(key: str, language: str) -> None:
    (sent,) = render(all_out([_message("x", [wording().say(key, language)])]), wording(), "de")
    assert isinstance(sent, ButtonsMessage)
    assert sent.buttons[0].id == "b0"


def test_sources_stand_below_the_text() -> None:
    source = Source(label="Vertrag 4711", as_of=datetime(2026, 10, 5, 12, 3, tzinfo=timezone.utc))
    # Of a law only the day is known.
    law = Source(label="§ 56 TKG", as_of=datetime(2026, 10, 5, tzinfo=timezone.utc))
    (sent,) = render(all_out([_message("39,99 €", sources=(source, source, law))]), wording(), "de")
    lines = (
        "39,99 €",
        "Quelle: Vertrag 4711, Stand 5. Oktober 2026, 14:03 Uhr",
        "Quelle: § 56 TKG, Stand 5. Oktober 2026",
    )
    assert sent == TextMessage(_by_bot("\n".join(lines)))


@pytest.mark.parametrize(
    "build",
    [
        lambda: TextMessage(_by_bot("x" * 4097)),
        lambda: TextMessage(_by_bot(" ")),
        lambda: ButtonsMessage(_by_bot("x"), tuple(Choice(str(n), str(n)) for n in range(4))),
        lambda: ButtonsMessage(_by_bot("x"), ()),
        lambda: ButtonsMessage(_by_bot("x" * 1025), (Choice("1", "1"),)),
        lambda: ButtonsMessage(_by_bot("x"), (Choice("1", "y" * 21),)),
        lambda: ButtonsMessage(_by_bot("x"), (Choice("1", "same"), Choice("2", "same"))),
        lambda: ListMessage(_by_bot("x"), "Auswählen", tuple(Choice(str(n), str(n)) for n in range(11))),
        lambda: ListMessage(_by_bot("x"), "z" * 21, (Choice("1", "1"),)),
        lambda: ListMessage(_by_bot("x"), "Auswählen", (Choice("1", "y" * 25),)),
        lambda: ListMessage(_by_bot("x"), "Auswählen", (Choice("1", "y", "z" * 73),)),
        lambda: TextMessage("Bot · x"),
        lambda: MediaMessage("image", "1", "Bot · x"),
        lambda: TemplateMessage("t", "de", "Bot · x", ("Bot",)),
        lambda: TemplateMessage("t", "de", _by_bot("x"), ("Anna Berger",)),
        lambda: TemplateMessage("t", "de", _by_bot("x" * 1025), ("Bot",)),
        lambda: TemplateMessage("t", "de", _by_bot("x"), ("Bot", "zwei\nZeilen")),
        lambda: TemplateMessage("t", "de", _by_bot("x"), ("Bot", "")),
        lambda: Recipient(number=None, user_id=None),
    ],
)
def test_what_breaks_a_limit_cannot_be_built(build) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"character|found|recipient|two of|label|who wrote"):
        build()


def test_a_person_without_a_known_number_is_named_by_user_id() -> None:
    body = request_body(TextMessage(_by_bot("x")), Recipient(number=None, user_id="DE.1"), "id.0")
    assert body["recipient"] == "DE.1"
    assert "to" not in body


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        (131056, 400, ErrorClass.PAIR_LIMIT),
        (130429, 400, ErrorClass.NUMBER_LIMIT),
        (131047, 400, ErrorClass.WINDOW),
        (131026, 400, ErrorClass.UNDELIVERABLE),
        (131043, 400, ErrorClass.UNDELIVERABLE),
        (131062, 400, ErrorClass.UNDELIVERABLE),
        (131037, 400, ErrorClass.ACCOUNT),
        (368, 400, ErrorClass.ACCOUNT),
        (80007, 400, ErrorClass.NUMBER_LIMIT),
        (4, 400, ErrorClass.NUMBER_LIMIT),
        (10, 403, ErrorClass.TOKEN),
        (200, 403, ErrorClass.TOKEN),
        (100, 400, ErrorClass.OURS),
        (131051, 400, ErrorClass.OURS),
        (131053, 400, ErrorClass.MEDIA),
        (132070, 400, ErrorClass.TEMPLATE),
        (190, 401, ErrorClass.TOKEN),
        (131042, 400, ErrorClass.ACCOUNT),
        (132015, 400, ErrorClass.TEMPLATE),
        (131000, 500, ErrorClass.TRY_AGAIN),
        (None, 401, ErrorClass.TOKEN),
        (None, 429, ErrorClass.NUMBER_LIMIT),
        (None, 503, ErrorClass.TRY_AGAIN),
        (999999, 400, ErrorClass.OURS),
        (999999, 500, ErrorClass.TRY_AGAIN),
    ],
)
def test_each_code_has_its_class(code: int | None, status: int, kind: ErrorClass) -> None:
    assert class_of(code, status) is kind


def test_no_class_both_waits_and_is_final() -> None:
    assert not FINAL & WAITING


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("Upper: {}", "small letters"),
        ("x: {category: gossip}", "category"),
        ("x: {category: utility, variables: [topic]}", "first variable"),
        ("x: {category: utility, variables: [author], de: 'Hallo'}", "begins with the author"),
        ("x: {category: utility, variables: [author, b], de: '{author} · x.'}", "declared are"),
        ("x: {category: utility, variables: [author, b], de: '{author} · {b}'}", "does not end"),
    ],
)
def test_a_template_that_the_provider_would_not_take_is_named_at_the_start(tmp_path, content, what) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "templates.yml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=what):
        read_templates(file)


def test_the_declared_templates_are_sound_and_numbered_as_submitted() -> None:
    for template in read_templates().values():
        for language in ("de", "en"):
            assert template.submitted(language).startswith("{{1}} · ")  # type: ignore[arg-type]
