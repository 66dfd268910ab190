"""What is no plain message: account numbers are masked before anything is stored; groups and calls are told."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.store.tables import metadata
from bot.transparency.wording import wording
from connectors.whatsapp.envelope import items
from tests.integration.whatsapp.conftest import EVA, Rig, posted
from tests.integration.whatsapp.payloads import (
    BSUID,
    change,
    contact,
    entry,
    envelope,
    message,
    post,
    status,
)
from tests.invariants import assert_sound

IBAN = "DE89370400440532013000"
SPACED = "DE89 3704 0044 0532 0130 00"
FOREIGN = "AT61 1904 3002 3457 3201"
_TRACES = (IBAN, SPACED, FOREIGN, FOREIGN.replace(" ", ""), IBAN[4:], SPACED[5:], "1904 3002 3457")


def _everywhere(account: str) -> bytes:
    """A body that has an account number in every place where a text can stand."""
    flow = {"type": "nfm_reply", "nfm_reply": {"response_json": json.dumps({"iban": account}), "body": account}}
    card = {"name": {"formatted_name": account, "first_name": account}, "phones": [{"phone": account}]}
    product = {"product_retailer_id": account, "quantity": 1, "item_price": 1, "currency": "EUR"}
    edited = {"original_message_id": "wamid.0", "message": {"type": "text", "text": {"body": account}}}
    told = [{"code": 131051, "title": account, "message": account, "error_data": {"details": account}}]
    elements = [
        message(provider_id="wamid.1", text={"body": f"Meine IBAN: {account}, bitte buchen Sie ab"}),
        message("image", "wamid.2", image={"id": "900", "caption": account, "mime_type": "image/png"}),
        message("document", "wamid.3", document={"id": "901", "filename": f"{account}.pdf", "caption": account}),
        message("contacts", "wamid.4", contacts=[card]),
        message("order", "wamid.5", order={"text": account, "product_items": [product]}),
        message("interactive", "wamid.6", interactive=flow),
        message(
            "interactive",
            "wamid.7",
            interactive={"type": "button_reply", "button_reply": {"id": "x", "title": account}},
        ),
        message("button", "wamid.8", button={"text": account, "payload": account}),
        message("location", "wamid.9", location={"latitude": 1, "longitude": 2, "name": account, "address": account}),
        message("edit", "wamid.10", edit=edited),
        message("hologram", "wamid.11", hologram={"deep": [{account: account}]}),
        message("unsupported", "wamid.12", errors=told),
        message("reaction", "wamid.13", reaction={"message_id": "wamid.1", "emoji": account}),
        message(provider_id="wamid.14", referral={"headline": account, "body": account}),
        message(provider_id="wamid.15", group_id="120363", text={"body": account}),
        message(provider_id=account, text={"body": "the id itself"}),
    ]
    statuses = [status("failed", errors=told), status("read", biz_opaque_callback_data=account)]
    return envelope(
        entry(
            change(
                messages=elements,
                contacts=[contact(name=account)],
                statuses=statuses,
                errors=told,
                note=account,
            )
        ),
        {"id": "1", "nothing": account},
    )


async def _stored_text(rig: Rig) -> str:
    """Every column of every table, as text."""
    found = []
    async with rig.services.store.read() as unit:
        for table in metadata.sorted_tables:
            for row in await unit.connection.execute(sa.select(table)):
                found += [f"{table.name}: {value!r}" for value in row]
    return "\n".join(found)


@pytest.mark.parametrize("account", [IBAN, SPACED, FOREIGN])
async def test_no_account_number_is_stored_wherever_it_was_typed(quiet_rig: Rig, account: str) -> None:
    rig = quiet_rig
    escaped = "".join(f"\\u{ord(sign):04x}" for sign in account).encode()
    for body in (
        _everywhere(account),
        post(message(provider_id="wamid.e", text={"body": "X"})).replace(b'"X"', b'"' + escaped + b'"'),
        b"no JSON, but " + account.encode(),
        post(message(provider_id="wamid.s", text={"body": "X"})).replace(
            b'"X"', b'"\\ud83d ' + account.encode() + b'"'
        ),
    ):
        assert await posted(rig, body) == 200
    before = await _stored_text(rig)
    await rig.answered()
    for stored in (before, await _stored_text(rig)):
        lines = [line for line in stored.splitlines() for trace in _TRACES if trace in line]
        assert lines == []
        assert account[:2] + "** **** " in stored
    if rig.services.store.database.is_sqlite:
        file = rig.services.settings.database_url.partition("///")[2]
        for ending in ("", "-wal"):
            content = await asyncio.to_thread(Path(file + ending).read_bytes)
            assert [trace for trace in _TRACES if trace.encode() in content] == []
    await assert_sound(rig.services.store)


def test_ids_of_the_provider_stay_as_they_are() -> None:
    """A user id may look like an account number; nobody would be known by it any more."""
    (item,) = items(post(message(from_user_id=BSUID), contacts=[contact(user_id=BSUID)]))
    assert item.sender == BSUID and json.loads(item.raw)["sender"]["user_id"] == BSUID
    (other,) = items(post(message(from_user_id=BSUID, text={"body": IBAN})))
    assert BSUID in other.raw and IBAN not in other.raw


def test_what_differs_only_in_what_is_masked_is_two_items() -> None:
    first, second = (items(envelope({"id": "1", "text": one}))[0] for one in (IBAN, "DE75512108001245126199"))
    assert first.key != second.key


async def test_a_group_message_is_shown_at_the_desk_and_told_once(rig: Rig) -> None:
    await rig.phones.write(EVA, "Guten Tag")
    await rig.answered()
    for text in ("Kennt jemand das?", "Bei mir auch"):
        await rig.phones.send(EVA, "text", {"body": text}, group_id="120363")
    await rig.answered()
    log = await rig.log()
    assert [entry.text for entry in log if entry.text.startswith("[In einer Gruppe]")] == [
        "[In einer Gruppe] Kennt jemand das?",
        "[In einer Gruppe] Bei mir auch",
    ]
    told = wording().say("whatsapp_reply_group", "de")
    assert [entry.text for entry in log].count(told) == 1
    await rig.shows(told.split(".")[0])
    # The bot was asked about the first message only.
    assert [request.text for request in rig.brain.requests] == ["Guten Tag"]
    window = (await rig.contact()).window_until
    await rig.phones.send(EVA, "text", {"body": "Noch etwas"}, group_id="120363")
    await rig.answered()
    assert (await rig.contact()).window_until == window, "a word in a group does not allow us to write"
    await assert_sound(rig.services.store)


async def test_strangers_in_a_group_are_not_written_to(rig: Rig) -> None:
    await rig.phones.send(EVA, "text", {"body": "Hallo zusammen"}, group_id="120363")
    await rig.applied()
    (item,) = await rig.items()
    assert (item.state, item.outcome) == ("applied", "group_of_strangers")
    assert await rig.logs() == {} and rig.phones.shown(EVA) == []


async def test_a_call_is_shown_and_the_customer_told_what_works_instead(rig: Rig) -> None:
    for event in ("connect", "terminate"):
        call = {"id": "wacid.9", "from": EVA, "event": event, "direction": "USER_INITIATED", "timestamp": "1697043223"}
        body = envelope(entry(change(field="calls", calls=[call], contacts=[contact()])))
        for _ in range(2):
            assert await posted(rig, body) == 200
    await rig.answered()
    log = await rig.log()
    shown = wording().say("whatsapp_in_call", "de")
    assert [entry.text for entry in log].count(shown) == 1
    answer = next(entry for entry in log if entry.text == wording().say("whatsapp_reply_call", "de"))
    assert answer.buttons[0].title == wording().say("intent_title_callback_request", "de")
    assert "Computerprogramm" in log[0].text, "the first contact is disclosed"
    assert rig.brain.requests == []
    await assert_sound(rig.services.store)
