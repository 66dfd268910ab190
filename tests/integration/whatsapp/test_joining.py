"""Two conversations of one person, begun before WhatsApp told of it, become one: nothing lost, or answered twice."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from bot.conversation.handover import Reason
from bot.conversation.model import AuthorKind, Holder, Message, utc_now
from bot.service.outcomes import Refused
from bot.service.record import conversations_of
from bot.store.erasure import is_erased
from bot.store.log import read_conversation, tenures
from bot.store.whatsapp_contacts import joined_conversations
from tests.integration.whatsapp.conftest import EVA, Rig, posted, until
from tests.integration.whatsapp.payloads import BSUID, contact, message, post
from tests.invariants import assert_sound, the_chain_is_whole

NEW = "4915199999999"


async def _moved(rig: Rig) -> None:
    """WhatsApp says that Eva has a new number."""
    at = str(int(utc_now().timestamp()))
    system = {"type": "user_changed_number", "wa_id": NEW, "body": "neue Nummer"}
    await posted(rig, post(message("system", "wamid.moved", sender=EVA, timestamp=at, system=system), contacts=None))
    await rig.applied()


async def _two(rig: Rig) -> tuple[str, str]:
    """The older and the newer conversation."""
    for number in (EVA, NEW):
        await rig.phones.write(number, f"Hallo von {number[-3:]}")
        await rig.shows("Echo: Hallo", number)
    return (await rig.contact(EVA)).conversation_id, (await rig.contact(NEW)).conversation_id


async def _row(rig: Rig, conversation_id: str) -> Any:
    async with rig.services.store.read() as unit:
        return await read_conversation(unit, conversation_id)


async def _last_reason(rig: Rig, conversation_id: str) -> tuple[Reason, str | None]:
    async with rig.services.store.read() as unit:
        last = (await tenures(unit, conversation_id))[-1]
    return last.reason, last.detail


def _said(log: list[Message]) -> list[str]:
    return [entry.text for entry in log if entry.author.kind is AuthorKind.CUSTOMER]


async def test_the_newer_one_is_closed_with_a_pointer_and_both_numbers_go_on_in_the_older(rig: Rig) -> None:
    older, newer = await _two(rig)
    await _moved(rig)
    assert await _last_reason(rig, newer) == (Reason.JOINED, older)
    await rig.shows("Ihre zwei Gespräche sind ab jetzt eines", NEW)
    for number in (NEW, EVA):
        await rig.phones.write(number, f"Und jetzt {number[-3:]}")
        await rig.shows(f"Echo: Und jetzt {number[-3:]}", number)
    logs = await rig.logs()
    assert _said(logs[newer]) == ["Hallo von 999"]
    assert _said(logs[older])[-2:] == ["Und jetzt 999", "Und jetzt 678"]
    # Each question was answered once.
    everything = [shown.text for number in (EVA, NEW) for shown in rig.phones.shown(number)]
    assert sum("Echo: Hallo von 999" in text for text in everything) == 1
    async with rig.services.store.read() as unit:
        assert await joined_conversations(unit, older) == [newer]
    await assert_sound(rig.services.store)


async def test_a_user_id_that_is_seen_later_joins_too(rig: Rig) -> None:
    await rig.phones.write(EVA, "Mit Nummer")
    await rig.shows("Echo: Mit Nummer")
    rig.standin.wrote_at[BSUID] = 2e9
    body = message(provider_id="b", sender=None, from_user_id=BSUID, text={"body": "Mit Kennung"})
    await posted(rig, post(body, contacts=None))
    await rig.answered()
    older, newer = (await rig.contact()).conversation_id, (await rig.contact(None, BSUID)).conversation_id
    assert older != newer
    both = message(provider_id="c", text={"body": "Mit beidem"})
    await posted(rig, post(both, contacts=[contact(user_id=BSUID)]))
    await rig.answered()
    assert await _last_reason(rig, newer) == (Reason.JOINED, older)
    logs = await rig.logs()
    assert _said(logs[older]) == ["Mit Nummer", "Mit beidem"]
    await assert_sound(rig.services.store)


async def test_what_nobody_has_answered_is_asked_once_where_it_goes_on(rig: Rig) -> None:
    older, newer = await _two(rig)
    with rig.brain.thinking():
        await rig.phones.write(NEW, "Wann wird es schneller?")
        await rig.applied()
        await _moved(rig)
    await rig.shows("Echo: Wann wird es schneller?", NEW)
    await rig.turns_ended()
    answers = [one for number in (EVA, NEW) for one in rig.phones.shown(number) if "Echo: Wann" in one.text]
    assert len(answers) == 1
    logs = await rig.logs()
    assert "[Aus dem anderen Gespräch] Wann wird es schneller?" in _said(logs[older])
    assert not any("Echo: Wann" in entry.text for entry in logs[newer])
    await assert_sound(rig.services.store)


async def test_the_one_that_a_person_is_busy_with_goes_on(rig: Rig) -> None:
    older, newer = await _two(rig)
    anna = await rig.services.agents.add("anna", "Anna Berger", "agent", "ein-gutes-passwort")
    await rig.services.conversations.claim(newer, anna, 1)
    await _moved(rig)
    assert await _last_reason(rig, older) == (Reason.JOINED, newer)
    assert (await _row(rig, newer)).holder is Holder.AGENT
    await rig.services.conversations.reply(newer, anna, "Ich bin da", client_id="1")
    await rig.shows("Anna Berger (Mensch) · Ich bin da", NEW)
    await rig.phones.write(EVA, "Alte Nummer")
    await rig.applied()
    assert _said((await rig.logs())[newer])[-1] == "Alte Nummer"
    with pytest.raises(Refused, match="joined"):
        await rig.services.conversations.claim(older, anna, (await _row(rig, older)).epoch)
    await assert_sound(rig.services.store)


async def test_who_waits_for_a_person_in_one_waits_on_in_it(rig: Rig) -> None:
    older, newer = await _two(rig)
    human = next(
        (shown, choice["id"])
        for shown in rig.phones.shown(NEW)
        for choice in shown.choices
        if "Mensch" in choice["title"]
    )
    await rig.phones.press(NEW, *human)

    async def waits() -> bool:
        return (await _row(rig, newer)).holder is Holder.QUEUE

    await until(waits)
    await _moved(rig)
    assert (await _row(rig, newer)).holder is Holder.QUEUE
    assert await _last_reason(rig, older) == (Reason.JOINED, newer)
    await assert_sound(rig.services.store)


async def test_of_two_that_agents_hold_the_older_goes_on_with_what_was_asked_in_both(rig: Rig) -> None:
    older, newer = await _two(rig)
    anna, ben = [
        await rig.services.agents.add(login, name, "agent", "ein-gutes-passwort")
        for login, name in (("anna", "Anna Berger"), ("ben", "Ben Adler"))
    ]
    await rig.services.conversations.claim(older, anna, 1)
    await rig.services.conversations.claim(newer, ben, 1)
    await rig.services.desk.hold(newer, ben, "Ich sehe nach", client_id="h1")
    await rig.phones.write(NEW, "Sind Sie noch da?")
    await rig.applied()
    await _moved(rig)
    # What Ben had written goes out, and Anna sees what he was asked.
    await rig.shows("Ben Adler (Mensch) · Ich sehe nach", NEW)
    assert _said((await rig.logs())[older])[-1] == "[Mitteilung von WhatsApp] neue Nummer"
    assert "[Aus dem anderen Gespräch] Sind Sie noch da?" in _said((await rig.logs())[older])
    with pytest.raises(Refused, match="not_holder"):
        await rig.services.conversations.reply(newer, ben, "Noch etwas", client_id="2")
    await assert_sound(rig.services.store)


async def test_erasure_and_export_reach_both(rig: Rig) -> None:
    older, newer = await _two(rig)
    await _moved(rig)
    async with rig.services.store.read() as unit:
        assert {older, newer} <= set(await conversations_of(unit, phone=f"+{NEW}"))
    assert await rig.services.erasures.erase(older, "company")
    async with rig.services.store.read() as unit:
        assert await is_erased(unit, older)
        assert await is_erased(unit, newer)
    assert not any("Hallo von" in entry.text for log in (await rig.logs()).values() for entry in log)
    for one in (older, newer):
        await the_chain_is_whole(rig.services.store, one)


async def test_an_answer_of_the_one_that_cannot_be_delivered_brings_a_person_in_the_other(rig: Rig) -> None:
    older, newer = await _two(rig)
    answer = next(entry for entry in (await rig.logs())[newer] if entry.text.startswith("Echo"))
    await _moved(rig)
    async with rig.services.store.write() as unit:
        await rig.services.conversations.undelivered(unit, newer, answer.id, "undeliverable: 131026")
    assert (await _last_reason(rig, older))[0] is Reason.UNDELIVERABLE
    assert (await _row(rig, newer)).holder is Holder.CLOSED
    await assert_sound(rig.services.store)


async def test_the_bot_is_silent_in_the_one_when_a_person_takes_over_the_other(rig: Rig) -> None:
    older, newer = await _two(rig)
    rig.standin.troubles.next_codes.extend([130429] * 3)
    await rig.phones.write(NEW, "drei")

    async def waits() -> bool:
        return any(str(row.error).startswith("number_limit") for row in await rig.outbox())

    await until(waits)
    anna = await rig.services.agents.add("anna", "Anna Berger", "agent", "ein-gutes-passwort")
    await rig.services.conversations.claim(older, anna, 1)
    await _moved(rig)
    assert await _last_reason(rig, newer) == (Reason.JOINED, older)

    async def cancelled() -> bool:
        return any(row.state == "cancelled" for row in await rig.outbox())

    await until(cancelled)
    assert not any("Echo: drei" in shown.text for shown in rig.phones.shown(NEW))
    await assert_sound(rig.services.store)


async def test_the_desk_shows_the_other_thread_and_leads_to_where_it_goes_on(rig: Rig) -> None:
    older, newer = await _two(rig)
    await _moved(rig)
    await rig.services.agents.add("anna", "Anna Berger", "agent", "ein-gutes-passwort")
    base, jar = rig.hooks[0].replace("/webhooks/whatsapp", "/"), aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(base, headers={"X-Klartext-Desk": "1"}, cookie_jar=jar) as session:
        await session.post("/desk/api/login", json={"login": "anna", "password": "ein-gutes-passwort"})
        async with session.get(f"/desk/api/conversations/{older}") as response:
            (joined,) = (await response.json())["messenger"]["joined"]
        assert joined["id"] == newer
        async with session.get(f"/desk/api/conversations/{newer}/events?before=999999999") as response:
            texts = [event["text"] for event in (await response.json())["events"]]
        assert "Hallo von 999" in texts
        async with session.get(f"/desk/api/conversations/{newer}") as response:
            summary = (await response.json())["summary"]
        assert (summary["holder"], summary["goes_on_in"]) == ("closed", older)
        claim = {"epoch": summary["epoch"]}
        async with session.post(f"/desk/api/conversations/{newer}/claim", json=claim) as response:
            assert (response.status, (await response.json())["code"]) == (409, "joined")
