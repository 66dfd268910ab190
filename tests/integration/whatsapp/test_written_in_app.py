"""What colleagues write in the WhatsApp Business app: shown once, as a person's, and the bot does not speak over it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.conversation.handover import IN_APP, Reason
from bot.conversation.model import AuthorKind, EventKind, Holder
from bot.service.deadlines import Deadlines
from bot.service.outcomes import Refused
from bot.service.record import record_of
from bot.store.log import TenureRecord, tenures
from bot.store.tables import tenure as tenure_table
from tests.integration.whatsapp.conftest import EVA, Rig, posted, until
from tests.integration.whatsapp.later_payloads import _one
from tests.integration.whatsapp.payloads import BSUID, contact, message
from tests.invariants import assert_sound

APP = "Team (WhatsApp-Business-App)"
OURS = "4939112345"


def _echo(provider_id: str = "wamid.app", kind: str = "text", to: str | None = EVA, **parts: Any) -> bytes:
    if kind == "text" and "text" not in parts:
        parts["text"] = {"body": "Der Techniker kommt um acht."}
    said = message(kind, provider_id, sender=OURS, to=to, **parts)
    return _one("smb_message_echoes", message_echoes=[said])


async def _tenures(rig: Rig) -> list[TenureRecord]:
    (conversation_id,) = await rig.logs()
    async with rig.services.store.read() as unit:
        return await tenures(unit, conversation_id)


async def _due_now(rig: Rig) -> None:
    async with rig.services.store.write() as unit:
        await unit.connection.execute(
            sa.update(tenure_table).where(tenure_table.c.ended_at.is_(None)).values(deadline_at=unit.now)
        )
    await Deadlines(rig.services.store, rig.services.conversations).expire_due()


async def test_a_word_of_the_app_is_in_the_log_once_as_a_persons_and_is_not_sent_again(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Echo: Hallo")
    for _ in range(3):
        assert await posted(rig, _echo()) == 200
    await rig.applied()
    await rig.shows("Hier hat Ihnen ein Mensch aus unserem Team geschrieben")
    log = await rig.log()
    (said,) = [entry for entry in log if entry.author.kind is AuthorKind.HUMAN]
    assert (said.author.name, said.text) == (APP, "Der Techniker kommt um acht.")
    notice = log[said.seq - 2]
    assert (notice.kind, notice.holder) == (EventKind.NOTICE, Holder.AGENT)
    # The customer has it already: only the word about it is owed.
    assert not any("Techniker" in shown.text for shown in rig.phones.shown(EVA))
    assert said.id not in {row.message_id for row in await rig.outbox()}
    tenure = (await _tenures(rig))[-1]
    assert (tenure.reason, tenure.agent_id, tenure.agent_name) == (Reason.WROTE_IN_APP, IN_APP, APP)
    async with rig.services.store.read() as unit:
        record = await record_of(unit, said.conversation_id)
    assert (record.messages[-1].author, record.messages[-1].name) == ("human", APP)
    await assert_sound(rig.services.store)


async def test_the_bot_is_silent_while_a_colleague_writes(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Echo: Hallo")
    with rig.brain.thinking():
        await rig.phones.write(EVA, "Wann kommt jemand?")
        await rig.applied()
        # The colleague answers while the bot thinks, and again; the customer thanks.
        await rig.phones.colleague(EVA, "Um acht.")
        await rig.phones.colleague(EVA, "Bitte Router bereithalten.")
        await rig.phones.write(EVA, "Mache ich")
        await rig.applied()
    await rig.turns_ended()
    assert not any("Wann kommt" in shown.text or "Mache" in shown.text for shown in rig.phones.shown(EVA))
    log = await rig.log()
    assert [entry.text for entry in log if entry.author.kind is AuthorKind.HUMAN] == [
        "Um acht.",
        "Bitte Router bereithalten.",
    ]
    # One change of holder, one word about it.
    assert [one.reason for one in await _tenures(rig)] == [Reason.STARTED, Reason.WROTE_IN_APP]
    assert log[-1].text == "Mache ich"
    await assert_sound(rig.services.store)


async def test_what_the_bot_has_not_sent_yet_is_cancelled(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Echo: Hallo")
    rig.standin.troubles.next_codes.extend([130429] * 3)
    await rig.phones.write(EVA, "zwei")

    async def waits() -> bool:
        return str((await rig.outbox())[-1].error).startswith("number_limit")

    await until(waits)
    await rig.phones.colleague(EVA, "Ich kümmere mich.")
    await rig.shows("Hier hat Ihnen ein Mensch")
    assert not any("zwei" in shown.text for shown in rig.phones.shown(EVA))
    assert "cancelled" in {row.state for row in await rig.outbox()}
    await assert_sound(rig.services.store)


async def test_who_waits_for_the_app_gets_somebody_else_in_time(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Echo: Hallo")
    await rig.phones.colleague(EVA, "Ich kümmere mich.")
    await rig.applied()
    quiet = (await _tenures(rig))[-1].deadline_at
    await rig.phones.write(EVA, "Und, wann?")
    await rig.applied()
    soon = (await _tenures(rig))[-1].deadline_at
    assert quiet is not None
    assert soon is not None
    assert quiet - soon > timedelta(minutes=30)
    # A word of the colleague gives them time again.
    await rig.phones.colleague(EVA, "Gleich morgen.")
    await rig.applied()
    assert (await _tenures(rig))[-1].deadline_at >= quiet  # type: ignore[operator]
    await rig.phones.write(EVA, "Um wie viel Uhr?")
    await rig.applied()
    await _due_now(rig)
    tenure = (await _tenures(rig))[-1]
    assert (tenure.holder, tenure.reason) == (Holder.QUEUE, Reason.APP_SILENT)
    await rig.shows("kam keine Antwort mehr")
    await assert_sound(rig.services.store)


async def test_where_nobody_waits_the_bot_is_back_and_says_what_it_is(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Echo: Hallo")
    await rig.phones.colleague(EVA, "Erledigt.")
    await rig.applied()
    # A thumb asks for no answer.
    await rig.phones.send(EVA, "reaction", {"message_id": "wamid.x", "emoji": "👍"})
    await rig.applied()
    await _due_now(rig)
    assert (await _tenures(rig))[-1].reason is Reason.APP_QUIET
    await rig.shows("Ab jetzt antwortet hier wieder der Bot")
    await rig.phones.write(EVA, "Danke")
    await rig.shows("Echo: Danke")
    await assert_sound(rig.services.store)


async def test_an_agent_takes_it_from_the_app_and_the_app_from_an_agent(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Echo: Hallo")
    await rig.phones.colleague(EVA, "Ich kümmere mich.")
    await rig.applied()
    (conversation_id,) = await rig.logs()
    anna, ben = [
        await rig.services.agents.add(login, name, "agent", "ein-gutes-passwort")
        for login, name in (("anna", "Anna Berger"), ("ben", "Ben Adler"))
    ]
    await rig.services.conversations.claim(conversation_id, anna, 2)
    assert (await _tenures(rig))[-1].reason is Reason.TAKEN_FROM_APP
    with pytest.raises(Refused, match="already_claimed"):
        await rig.services.conversations.claim(conversation_id, ben, 3)
    await rig.services.conversations.reply(conversation_id, anna, "Guten Tag", client_id="1")
    await rig.shows("Anna Berger (Mensch) · Guten Tag")
    await rig.phones.colleague(EVA, "Ich bin es wieder.")
    await rig.applied()
    with pytest.raises(Refused, match="not_holder"):
        await rig.services.conversations.reply(conversation_id, anna, "Noch etwas", client_id="2")
    assert (await rig.log())[-1].author.name == APP
    await assert_sound(rig.services.store)


async def test_who_is_written_to_first_in_the_app_has_a_conversation_that_is_not_the_bots(rig: Rig) -> None:
    await rig.phones.colleague(EVA, "Ihr Anschluss ist fertig.")
    await rig.applied()
    log = await rig.log()
    assert [entry.author.kind for entry in log] == [AuthorKind.SYSTEM, AuthorKind.HUMAN]
    assert "Wir speichern" in log[0].text
    await rig.phones.write(EVA, "Danke!")
    await rig.applied()
    assert (await rig.log())[-1].holder is Holder.AGENT
    assert len(await rig.logs()) == 1
    assert rig.brain.requests == []
    await _due_now(rig)
    assert (await _tenures(rig))[-1].reason is Reason.APP_SILENT
    await assert_sound(rig.services.store)


async def test_the_first_word_of_the_bot_there_says_what_is_stored(rig: Rig) -> None:
    await rig.phones.colleague(EVA, "Ihr Anschluss ist fertig.")
    await rig.applied()
    await _due_now(rig)
    last = (await rig.log())[-1]
    assert last.author.kind is AuthorKind.BOT
    assert "Wir speichern" in last.text
    await assert_sound(rig.services.store)


async def test_every_kind_that_the_app_sends_is_shown(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Echo: Hallo")
    rig.standin.media["900100"] = b"\xff\xd8\xff" + bytes(50)
    bodies = [
        _echo("a"),
        _echo("b", "image", image={"id": "900100", "caption": "So muss es aussehen"}),
        _echo(
            "c", "edit", edit={"original_message_id": "a", "message": {"type": "text", "text": {"body": "Um neun."}}}
        ),
        _echo("d", "revoke", revoke={"original_message_id": "a"}),
        _echo("e", "hologram", hologram={}),
        # Said the other way round, as of a message that comes in; and to a user id alone.
        _one("smb_message_echoes", message_echoes=[message(provider_id="f", sender=EVA, to=OURS)]),
        _one("smb_message_echoes", message_echoes=[message(provider_id="g", sender=OURS, to=EVA, to_user_id=BSUID)]),
        _one(
            "smb_message_echoes",
            message_echoes=[message(provider_id="h", sender=OURS)],
            contacts=[contact(user_id=BSUID)],
        ),
    ]
    for body in bodies:
        await posted(rig, body)
        await rig.applied()
    said = [entry.text for entry in await rig.log() if entry.author.kind is AuthorKind.HUMAN]
    assert said == [
        "Der Techniker kommt um acht.",
        "[Bild] So muss es aussehen",
        "[Zu „Der Techniker kommt um acht.“] [Geändert] Um neun.",
        "[Zu „Der Techniker kommt um acht.“] [Hat eine Nachricht gelöscht]",
        "[Nicht unterstützt: hologram]",
        *["Mein Internet geht nicht"] * 3,
    ]
    assert {item.state for item in await rig.items() if item.kind == "echo"} == {"applied"}

    async def fetched() -> bool:
        (picture,) = [entry for entry in await rig.log() if entry.files]
        return picture.files[0].state == "stored"

    await until(fetched)
    # What a customer answers to it is shown with it.
    await rig.phones.send(EVA, "text", {"body": "Passt"}, context={"id": "a"})
    await rig.applied()
    assert (await rig.log())[-1].text == "[Zu „Der Techniker kommt um acht.“] Passt"
    await assert_sound(rig.services.store)


async def test_what_we_sent_ourselves_is_no_word_of_a_colleague(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Echo: Hallo")

    async def sent() -> bool:
        return {row.state for row in await rig.outbox()} == {"sent"}

    await until(sent)
    ours = rig.phones.shown(EVA)[-1]
    await posted(rig, _echo(ours.id, text={"body": ours.text}))
    await rig.applied()
    assert not any(entry.author.kind is AuthorKind.HUMAN for entry in await rig.log())
    assert (await _tenures(rig))[-1].holder is Holder.BOT


async def test_what_was_said_before_and_the_phones_contacts_are_kept_and_change_nothing(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Echo: Hallo")
    before = await rig.log()
    past = message(provider_id="wamid.past", sender=OURS, to=EVA, history_context={"status": "READ"})
    await posted(rig, _one("history", history=[{"threads": [{"id": EVA, "messages": [past]}]}]))
    sync = {"type": "contact", "contact": {"full_name": "Eva", "phone_number": EVA}, "action": "add"}
    await posted(rig, _one("smb_app_state_sync", state_sync=[sync]))
    await rig.applied()
    assert await rig.log() == before
    kinds = {item.kind: item.state for item in await rig.items()}
    assert (kinds["history"], kinds["contact"]) == ("kept", "kept")
