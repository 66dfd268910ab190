"""Webhook bodies of our own, for what captured ones lack: one readable table of cases, each with its elements' count.

`CASES` maps a name to a `Case`: the body as it is posted, how many items it holds, and how many entries of a log come
of it. `captured()` adds the payloads in the folder that `KLARTEXT_TEST_DATA` names, where there is one.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NUMBER, BSUID = "4915112345678", "DE.13491208655302741918"
PHONE_NUMBER_ID = "106540352242922"
_ABSENT = object()


@dataclass(frozen=True)
class Case:
    """A body, and what it holds."""

    body: bytes
    items: int
    logged: int


def message(kind: str = "text", provider_id: object = "wamid.1", *, sender: object = NUMBER, **parts: Any) -> dict:
    """One message; a part given as `None` is left out."""
    element: dict[str, Any] = {"from": sender, "id": provider_id, "timestamp": "1697043223", "type": kind}
    if kind == "text" and "text" not in parts:
        parts["text"] = {"body": "Mein Internet geht nicht"}
    element.update(parts)
    return {name: part for name, part in element.items() if part is not None}


def status(state: str = "sent", provider_id: object = "wamid.out", **parts: Any) -> dict:
    """One status."""
    element = {"id": provider_id, "status": state, "timestamp": "1697043224", "recipient_id": NUMBER, **parts}
    return {name: part for name, part in element.items() if part is not None}


def contact(number: object = NUMBER, user_id: object = None, name: object = "Eva Falk") -> dict:
    """One contact."""
    found = {"profile": {"name": name}, "wa_id": number, "user_id": user_id}
    return {key: part for key, part in found.items() if part is not None}


def change(*, field: object = "messages", **value: Any) -> dict:
    """One change around lists of elements."""
    around = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "4939112345", "phone_number_id": PHONE_NUMBER_ID},
    }
    return {"field": field, "value": {**around, **value}}


def entry(*changes: Any, entry_id: object = "102290129340398", **more: Any) -> dict:
    """One entry around changes."""
    return {"id": entry_id, "changes": list(changes), **more}


def envelope(*entries: Any) -> bytes:
    """A whole body."""
    return json.dumps({"object": "whatsapp_business_account", "entry": list(entries)}).encode()


def post(*messages: Any, contacts: Any = _ABSENT, **value: Any) -> bytes:
    """The usual body: one entry, one change."""
    if contacts is _ABSENT:
        contacts = [contact()]
    around = {} if contacts is None else {"contacts": contacts}
    return envelope(entry(change(**around, messages=list(messages), **value)))


def _media(kind: str, **more: Any) -> dict:
    return message(kind, **{kind: {"id": "900100", "mime_type": "x/y", "sha256": "abc=", **more}})


_DEEP = b"[" * 3000 + b"]" * 3000

CASES: dict[str, Case] = {
    # --- several of everything in one request ---
    "two_messages": Case(post(message(), message(provider_id="wamid.2")), 2, 2),
    "ten_messages": Case(post(*(message(provider_id=f"wamid.{n}") for n in range(10))), 10, 10),
    "two_entries": Case(
        envelope(
            entry(change(messages=[message()])), entry(change(messages=[message(provider_id="wamid.2")]), entry_id="2")
        ),
        2,
        2,
    ),
    "two_changes": Case(
        envelope(entry(change(messages=[message()]), change(messages=[message(provider_id="wamid.2")]))), 2, 2
    ),
    "messages_and_statuses": Case(post(message(), statuses=[status(), status("delivered")]), 3, 1),
    "statuses_of_two_messages": Case(
        envelope(entry(change(statuses=[status(), status(provider_id="wamid.out2"), status("read")]))), 3, 0
    ),
    "two_people": Case(
        post(
            message(),
            message(provider_id="wamid.2", sender="4915187654321"),
            contacts=[contact(), contact("4915187654321", name="Ben Adler")],
        ),
        2,
        2,
    ),
    "entries_changes_and_kinds": Case(
        envelope(
            entry(change(messages=[message(), message(provider_id="wamid.2")], statuses=[status()])),
            entry(change(field="account_update", event="ACCOUNT_REVIEW"), change(errors=[{"code": 131000}])),
        ),
        5,
        2,
    ),
    "the_same_message_twice": Case(post(message(), message()), 1, 1),
    "the_same_status_twice": Case(envelope(entry(change(statuses=[status(), status()]))), 1, 0),
    "one_object_where_a_list_belongs": Case(
        json.dumps({"entry": {"id": "1", "changes": {"field": "messages", "value": {"messages": message()}}}}).encode(),
        1,
        1,
    ),
    # --- who it is from ---
    "no_contacts": Case(post(message(), contacts=None), 1, 1),
    "empty_contacts": Case(post(message(), contacts=[]), 1, 1),
    "no_user_id": Case(post(message(), contacts=[contact()]), 1, 1),
    "user_id_in_the_contact": Case(post(message(), contacts=[contact(user_id=BSUID)]), 1, 1),
    "user_id_in_the_message": Case(post(message(from_user_id=BSUID), contacts=None), 1, 1),
    "no_from_but_user_id": Case(post(message(sender=None, from_user_id=BSUID), contacts=None), 1, 1),
    "no_from_but_one_contact": Case(post(message(sender=None), contacts=[contact(user_id=BSUID)]), 1, 1),
    "user_id_as_from": Case(post(message(sender=BSUID), contacts=None), 1, 1),
    "contact_without_number": Case(
        post(message(sender=None, from_user_id=BSUID), contacts=[contact(None, BSUID)]), 1, 1
    ),
    "from_as_integer": Case(post(message(sender=int(NUMBER)), contacts=None), 1, 1),
    "from_with_plus": Case(post(message(sender=f"+{NUMBER}"), contacts=None), 1, 1),
    "nobody_to_be_seen": Case(post(message(sender=None), contacts=None), 1, 0),
    "from_is_an_object": Case(post(message(sender={"a": 1}), contacts=None), 1, 0),
    "contacts_is_a_string": Case(post(message(), contacts="nobody"), 1, 1),
    "a_contact_without_a_profile": Case(post(message(), contacts=[{"wa_id": NUMBER}]), 1, 1),
    # --- times ---
    "integer_time": Case(post(message(timestamp=1697043223)), 1, 1),
    "no_time": Case(post(message(timestamp=None)), 1, 1),
    "time_far_in_the_future": Case(post(message(timestamp="99999999999999")), 1, 1),
    "negative_time": Case(post(message(timestamp=-1)), 1, 1),
    "time_that_is_none": Case(post(message(timestamp="yesterday")), 1, 1),
    "integer_time_of_a_status": Case(envelope(entry(change(statuses=[status(timestamp=1697043224)]))), 1, 0),
    # --- texts ---
    "escaped_unicode": Case(post(message(text={"body": "Grüße aus Köln 🙂 – schön"})), 1, 1),
    "raw_unicode": Case(post(message(text={"body": "X"})).replace(b'"X"', '"Grüße aus Köln 🙂"'.encode()), 1, 1),
    "half_a_surrogate": Case(post(message(text={"body": "X"})).replace(b'"X"', b'"vor \\ud83d nach"'), 1, 1),
    "nul_in_the_text": Case(post(message(text={"body": "vor \x00 nach"})), 1, 1),
    "broken_utf8": Case(post(message(text={"body": "X"})).replace(b'"X"', b'"vor \xff nach"'), 1, 1),
    "only_invisible": Case(post(message(text={"body": "\u200b\u200b"})), 1, 1),
    "empty_text": Case(post(message(text={"body": ""})), 1, 1),
    "longest_text": Case(post(message(text={"body": "a" * 4096})), 1, 2),
    "much_too_long_text": Case(post(message(text={"body": "b" * 300_000})), 1, 5),
    "right_to_left": Case(post(message(text={"body": "\u202eمرحبا"})), 1, 1),
    "a_slash": Case(post(message(text={"body": "/restart"})), 1, 1),
    "markup": Case(post(message(text={"body": "<script>alert(1)</script>"})), 1, 1),
    # --- kinds ---
    "voice": Case(post(_media("audio", voice=True)), 1, 1),
    "voice_as_a_type": Case(post(message("voice", voice={"id": "900100"})), 1, 1),
    "image_with_caption": Case(post(_media("image", caption="Der Router blinkt rot")), 1, 1),
    "image_without_id": Case(post(message("image", image={"mime_type": "image/jpeg"})), 1, 1),
    "document": Case(post(_media("document", filename="../../etc/passwd")), 1, 1),
    "media_id_as_integer": Case(post(message("video", video={"id": 900100})), 1, 1),
    "location_as_strings": Case(post(message("location", location={"latitude": "51.5", "longitude": "11.9"})), 1, 1),
    "list_reply": Case(
        post(message("interactive", interactive={"type": "list_reply", "list_reply": {"id": "x", "title": "Störung"}})),
        1,
        1,
    ),
    "interactive_of_a_new_kind": Case(post(message("interactive", interactive={"type": "carousel_reply"})), 1, 1),
    "a_type_of_the_future": Case(post(message("hologram", hologram={"depth": 3})), 1, 1),
    "no_type": Case(post(message(kind=None, text={"body": "?"})), 1, 1),
    "type_is_a_number": Case(post(message(kind=7)), 1, 1),
    "text_is_a_string": Case(post(message(text="not an object")), 1, 1),
    "text_of_another_type": Case(post(message(text={"body": 5})), 1, 1),
    "edit_of_a_text": Case(
        post(
            message(
                "edit", edit={"original_message_id": "wamid.0", "message": {"type": "text", "text": {"body": "neu"}}}
            )
        ),
        1,
        1,
    ),
    "edit_of_an_edit_of_an_edit": Case(
        post(message("edit", edit={"original_message_id": "a", "message": {"type": "edit", "edit": {}}})), 1, 1
    ),
    "said_in_a_group": Case(post(message(group_id="1203630")), 1, 0),
    "context_and_referral": Case(
        post(message(context={"id": "wamid.0", "from": NUMBER}, referral={"headline": "Glasfaser", "source_url": "u"})),
        1,
        1,
    ),
    "status_of_a_group_member": Case(
        envelope(
            entry(
                change(
                    statuses=[
                        status("read", recipient_type="group", recipient_participant_id="491511"),
                        status("read", recipient_type="group", recipient_participant_id="491512"),
                    ]
                )
            )
        ),
        2,
        0,
    ),
    "status_of_a_new_kind": Case(envelope(entry(change(statuses=[status("teleported")]))), 1, 0),
    "status_without_id": Case(envelope(entry(change(statuses=[status(provider_id=None)]))), 1, 0),
    "calls": Case(envelope(entry(change(field="calls", calls=[{"id": "wacid.1", "event": "connect"}]))), 1, 0),
    "a_call_that_comes_in_and_ends": Case(
        envelope(
            entry(
                change(
                    field="calls",
                    calls=[
                        {"id": "wacid.2", "from": NUMBER, "event": event, "direction": "USER_INITIATED"}
                        for event in ("connect", "terminate")
                    ],
                )
            )
        ),
        2,
        1,
    ),
    "a_call_of_our_own": Case(
        envelope(
            entry(
                change(
                    field="calls",
                    calls=[{"id": "wacid.3", "from": NUMBER, "event": "connect", "direction": "BUSINESS_INITIATED"}],
                )
            )
        ),
        1,
        0,
    ),
    "wish_for_no_more_marketing": Case(
        envelope(entry(change(field="user_preferences", user_preferences=[{"wa_id": NUMBER, "value": "stop"}]))),
        1,
        0,
    ),
    "a_field_of_the_future": Case(envelope(entry(change(field="holograms", holograms=[{"id": 1}, {"id": 2}]))), 1, 0),
    # --- bad neighbours ---
    "a_message_that_is_null": Case(post(None, message()), 2, 1),
    "a_message_that_is_a_list": Case(post([1, 2], message()), 2, 1),
    "a_message_that_is_text": Case(post("hello", message()), 2, 1),
    "a_change_that_is_null": Case(envelope(entry(None, change(messages=[message()]))), 2, 1),
    "an_entry_that_is_a_number": Case(envelope(7, entry(change(messages=[message()]))), 2, 1),
    "a_value_that_is_text": Case(
        envelope(entry({"field": "messages", "value": "x"}, change(messages=[message()]))), 2, 1
    ),
    "id_is_an_object": Case(post(message(provider_id={"a": 1}), message()), 2, 2),
    "id_is_a_number": Case(post(message(provider_id=12345)), 1, 1),
    "id_is_endless": Case(post(message(provider_id="w" * 100_000), message()), 2, 2),
    "id_with_a_nul": Case(post(message(provider_id="wamid.\x00"), message()), 2, 2),
    "deeply_nested": Case(post(message(provider_id="wamid.deep", x="X"), message()).replace(b'"X"', _DEEP), 2, 2),
    "an_endless_number": Case(
        post(message(provider_id="wamid.n", x="X"), message()).replace(b'"X"', b"9" * 9000), 2, 2
    ),
    "not_a_number": Case(post(message(provider_id="wamid.n", x="X"), message()).replace(b'"X"', b"NaN"), 2, 2),
    "the_same_key_twice": Case(post(message()).replace(b'"type": "text"', b'"type": "image", "type": "text"'), 1, 1),
    # --- hardly anything ---
    "an_empty_object": Case(b"{}", 1, 0),
    "an_empty_list": Case(b"[]", 1, 0),
    "null": Case(b"null", 1, 0),
    "nothing": Case(b"", 1, 0),
    "no_json": Case(b"hello=world", 1, 0),
    "brackets_without_an_end": Case(b"[" * 5000, 1, 0),
    "no_entries": Case(b'{"object": "whatsapp_business_account", "entry": []}', 1, 0),
    "a_byte_order_mark": Case(b"\xef\xbb\xbf" + post(message()), 1, 1),
}


def captured() -> dict[str, bytes]:
    """Captured payloads by name; none where the variable names no folder with any."""
    folder = os.environ.get("KLARTEXT_TEST_DATA")
    if not folder:
        return {}
    return {path.stem: path.read_bytes() for path in sorted((Path(folder) / "whatsapp").glob("*.json"))}
