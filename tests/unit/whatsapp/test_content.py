"""What a message says: to the log, and to the bot."""

from __future__ import annotations

from typing import Any

import pytest

from bot.transparency.wording import LANGUAGES, wording
from connectors.whatsapp.content import Content, NewAddress, read


def _reply(kind: str, **content: Any) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": kind, kind: content}}


def _shown(content: Content) -> str:
    assert content.key is not None
    return wording().say(content.key, "de", **(content.values or {}))


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ('{"flow_token": "t", "Name": "Eva", "Tage": ["Mo", "Di"], "Leer": ""}', "[Formular] Name: Eva\nTage: Mo, Di"),
        ({"a": {"b": 1, "c": [{"d": True}, {"d": None}]}}, "[Formular] b: 1\nd: True"),
        (
            '{"saved_address_id": "7", "values": {"city": "Merseburg"}}',
            "[Formular] saved_address_id: 7\ncity: Merseburg",
        ),
        ("[1, 2]", "[Formular] 1, 2"),
        ("kein JSON", "[Formular] kein JSON"),
        ("", "[Formular] –"),
    ],
)
def test_a_form_is_shown_field_by_field(answer: object, shown: str) -> None:
    assert _shown(read(_reply("nfm_reply", response_json=answer, name="flow", body="Sent"))) == shown


def test_what_is_null_counts_as_what_is_not_there() -> None:
    element = {"type": "image", "image": {"id": "7", "caption": None, "filename": None, "voice": None}, "context": None}
    content = read(element)
    assert content.media is not None
    assert _shown(content) == "[Bild]"
    assert read({"type": "reaction", "reaction": {"message_id": "m", "emoji": None}}).key == "whatsapp_in_reaction_gone"


@pytest.mark.parametrize(
    ("around", "key"),
    [
        ({"referral": {"headline": "Glasfaser", "source_id": 7}}, "whatsapp_in_referral"),
        ({"referral": {}}, "whatsapp_in_referral"),
        ({"context": {"id": "m", "referred_product": {"product_retailer_id": 7590}}}, "whatsapp_in_product"),
    ],
)
@pytest.mark.parametrize("kind", ["text", "image"])
def test_what_led_to_a_message_is_shown_and_the_bot_gets_the_words(around: dict[str, Any], key: str, kind: str) -> None:
    part = {"body": "Was kostet das?"} if kind == "text" else {"id": "7", "caption": "Was kostet das?"}
    content = read({"type": kind, kind: part, **around})
    assert content.heard == "Was kostet das?"
    assert content.led_by is not None
    assert content.led_by[0] == key
    for language in LANGUAGES:
        assert "Was kostet das?" in wording().say(key, language, text="Was kostet das?", **content.led_by[1])


def test_whoever_opens_the_chat_has_said_nothing_yet() -> None:
    content = read({"type": "request_welcome"})
    assert (content.heard, content.answer, _shown(content)) == ("", None, "[Hat den Chat geöffnet]")


@pytest.mark.parametrize(
    ("system", "moved"),
    [
        ({"type": "user_changed_number", "wa_id": "49151"}, NewAddress(number="49151")),
        ({"type": "customer_changed_number", "new_wa_id": 49151, "wa_id": "49152"}, NewAddress(number=49151)),
        ({"type": "user_changed_user_id", "user_id": "DE.2", "wa_id": ""}, NewAddress(number="", user_id="DE.2")),
        ({"type": "customer_identity_changed", "wa_id": "49151", "hash": "x"}, None),
        ({"body": "?"}, None),
    ],
)
def test_what_whatsapp_says_is_a_notice_and_moves_only_who_moved(system: dict[str, Any], moved: object) -> None:
    content = read({"type": "system", "system": system})
    assert content.is_notice
    assert content.moved == moved


@pytest.mark.parametrize(
    ("element", "kind"),
    [
        ({"type": "unsupported", "unsupported": {"type": "poll"}}, "poll"),
        ({"type": "unsupported"}, "unsupported"),
        (_reply("call_permission_reply", response="accept"), "call_permission_reply"),
        ({"type": "hologram"}, "hologram"),
        ({"type": 7}, "–"),
    ],
)
def test_what_is_not_supported_is_named(element: dict[str, Any], kind: str) -> None:
    assert _shown(read(element)) == f"[Nicht unterstützt: {kind}]"


def test_a_contact_is_shown_with_every_way_to_it() -> None:
    card = {"name": {"first_name": "Eva"}, "phones": [{"phone": "+49 391 1"}], "emails": [{"email": "eva@example.org"}]}
    assert _shown(read({"type": "contacts", "contacts": [card]})) == "[Kontakt] Eva, +49 391 1, eva@example.org"


@pytest.mark.parametrize("mark", ["forwarded", "frequently_forwarded"])
def test_what_is_forwarded_is_shown_as_such_and_the_bot_gets_the_words(mark: str) -> None:
    content = read({"type": "text", "text": {"body": "Hallo"}, "context": {mark: True}})
    assert content.led_by == ("whatsapp_in_forwarded", {})
    assert content.heard == "Hallo"
    assert read({"type": "text", "text": {"body": "Hallo"}, "context": {mark: False}}).led_by is None


@pytest.mark.parametrize("voice", [None, [], "x", 7, {}])
def test_a_voice_message_of_nothing_is_not_supported(voice: object) -> None:
    assert _shown(read({"type": "voice", "voice": voice})) == "[Nicht unterstützt: voice]"
