"""Several numbers of our own: each conversation is answered from the number that it came to, and from no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest
import sqlalchemy as sa

from bot.settings import Settings
from bot.store.tables import outbox as outbox_table
from bot.store.whatsapp_items import UNKNOWN_NUMBER
from bot.store.whatsapp_tables import address as address_table
from bot.store.whatsapp_tables import contact as contact_table
from bot.store.whatsapp_tables import rate
from tests.fakes.brain import FakeBrain
from tests.integration.whatsapp.conftest import EVA, PHONE_NUMBER_ID, SECOND, Rig, posted, rig_of, until
from tests.integration.whatsapp.payloads import envelope, message, post
from tests.invariants import assert_sound


@pytest.fixture
async def rig(settings: Settings, brain: FakeBrain) -> AsyncIterator[Rig]:
    """One edge with two numbers."""
    both = replace(settings, whatsapp_phone_number_id=f"{PHONE_NUMBER_ID}, {SECOND}")
    async with rig_of(both, brain) as started:
        yield started


async def _sent(rig: Rig) -> None:
    async def done() -> bool:
        return {row.state for row in await rig.outbox()} == {"sent"}

    await until(done)


async def _hurried(rig: Rig) -> None:
    """Whatever waits is due now."""
    async with rig.services.store.write() as unit:
        await unit.connection.execute(sa.update(outbox_table).values(due_at=unit.now))


async def test_everything_goes_out_from_the_number_that_was_written_to(rig: Rig) -> None:
    await rig.phones.write(EVA, "An die zweite", ours=SECOND)
    await rig.shows("Echo: An die zweite")
    await rig.phones.write(EVA, "An die erste")
    await rig.shows("Echo: An die erste")
    await _sent(rig)
    first, second = await rig.contact(), await rig.contact(ours=SECOND)
    assert first.conversation_id != second.conversation_id
    assert (first.phone_number_id, second.phone_number_id) == (PHONE_NUMBER_ID, SECOND)
    senders = {shown.text: shown.sender for shown in rig.phones.shown(EVA)}
    assert senders["Bot · Echo: An die zweite"] == SECOND
    assert senders["Bot · Echo: An die erste"] == PHONE_NUMBER_ID
    # Each greeted once, each from its own number.
    greetings = [shown.sender for shown in rig.phones.shown(EVA) if "kein Mensch" in shown.text]
    assert greetings == [SECOND, PHONE_NUMBER_ID]
    assert rig.standin.marking_numbers == [SECOND, PHONE_NUMBER_ID]
    assert second.our_number == "4939100000"
    async with rig.services.store.read() as unit:
        buckets = set((await unit.connection.execute(sa.select(rate.c.bucket))).scalars())
    assert buckets == {
        *(f"number:{ours}" for ours in (PHONE_NUMBER_ID, SECOND)),
        *(f"pair:{ours}:{EVA}" for ours in (PHONE_NUMBER_ID, SECOND)),
    }
    await assert_sound(rig.services.store)


async def test_the_24_hours_and_a_stop_are_of_one_number(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo", ours=SECOND)
    await rig.phones.write(EVA, "Stopp")
    await rig.shows("Von uns aus")
    await rig.applied()
    first, second = await rig.contact(), await rig.contact(ours=SECOND)
    assert first.stopped_at is not None
    assert second.stopped_at is None
    async with rig.services.store.write() as unit:
        over = unit.now - timedelta(minutes=1)
        await unit.connection.execute(
            sa.update(contact_table).where(contact_table.c.id == first.id).values(window_until=over)
        )
    assert (await rig.contact(ours=SECOND)).window_until == second.window_until


async def test_files_and_templates_of_an_agent_go_out_from_it_too(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo", ours=SECOND)
    await rig.shows("Echo")
    conversation_id = (await rig.contact(ours=SECOND)).conversation_id
    agent = await rig.services.agents.add("anna", "Anna Berger", "agent", "ein-gutes-passwort")
    await rig.services.conversations.claim(conversation_id, agent, 1)
    base = rig.hooks[0].replace("/webhooks/whatsapp", "/")
    async with aiohttp.ClientSession(
        base, headers={"X-Klartext-Desk": "1"}, cookie_jar=aiohttp.CookieJar(unsafe=True)
    ) as session:
        await session.post("/desk/api/login", json={"login": "anna", "password": "ein-gutes-passwort"})
        form = aiohttp.FormData({"client_id": "1", "text": "Ihr Plan"})
        form.add_field("file", b"%PDF-1.7\n" + bytes(100), filename="Plan.pdf")
        async with session.post(f"/desk/api/conversations/{conversation_id}/files", data=form) as response:
            assert response.status == 200, await response.text()
        await rig.shows("Ihr Plan")
        use = {"client_id": "2", "template": "request_update", "topic": "Störung"}
        async with session.post(f"/desk/api/conversations/{conversation_id}/template", json=use) as response:
            assert response.status == 200
        await rig.shows("[request_update]")
        async with session.get(f"/desk/api/conversations/{conversation_id}") as response:
            assert (await response.json())["messenger"]["our_number"] == "+49 391 00000"
    assert {shown.sender for shown in rig.phones.shown(EVA)} == {SECOND}
    assert set(rig.standin.uploaders.values()) == {SECOND}


async def test_what_comes_to_a_number_that_is_not_set_is_kept_counted_and_not_answered(rig: Rig) -> None:
    await rig.phones.write(EVA, "Ist da jemand?", ours="999")
    await rig.phones.send(EVA, "text", {"body": "Hallo?"}, ours="999")
    # Nor is it guessed where the provider does not say which it was.
    await posted(rig, envelope({"id": "1", "changes": [{"value": {"messages": [message(provider_id="x")]}}]}))
    await rig.applied()
    assert await rig.logs() == {}
    assert [(item.state, item.outcome) for item in await rig.items()] == [("kept", UNKNOWN_NUMBER)] * 3
    assert "Ist da jemand?" in (await rig.items())[0].raw
    assert rig.standin.accepted == []
    async with aiohttp.ClientSession() as session:
        address = rig.hooks[0].replace("/webhooks/whatsapp", "/metrics")
        async with session.get(address) as response:
            assert 'klartext_whatsapp_items{kind="unknown_number"} 3.0' in await response.text()


async def test_messages_of_a_number_that_is_no_longer_set_wait(settings: Settings, brain: FakeBrain) -> None:
    both = replace(settings, whatsapp_phone_number_id=f"{PHONE_NUMBER_ID},{SECOND}", whatsapp_access_token=None)
    async with rig_of(both, brain) as rig:
        await rig.phones.write(EVA, "Hallo", ours=SECOND)
        await rig.answered()
    async with rig_of(settings, brain) as rig:
        rig.standin.wrote_at[rig.standin.pair(SECOND, EVA)] = 2e9

        async def waits() -> bool:
            rows = await rig.outbox()
            return bool(rows) and str(rows[0].error).startswith(f"account: no code the number {SECOND} is not set")

        # They were tried a moment ago, without a token.
        await _hurried(rig)
        await until(waits)
        assert rig.standin.accepted == []
        assert {row.attempts for row in await rig.outbox()} == {0}


async def test_who_wrote_before_there_were_several_goes_on_with_the_number_they_write_to(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo", ours=SECOND)
    await rig.shows("Echo: Hallo")
    async with rig.services.store.write() as unit:
        # As a row that was written when there was one number.
        for table in (contact_table, address_table):
            await unit.connection.execute(sa.update(table).values(phone_number_id=""))
    before = (await rig.contact(ours="")).conversation_id
    await rig.phones.write(EVA, "Wieder da", ours=SECOND)
    await rig.shows("Echo: Wieder da")
    assert (await rig.contact(ours=SECOND)).conversation_id == before
    assert len(await rig.logs()) == 1
    assert {shown.sender for shown in rig.phones.shown(EVA)} == {SECOND}


async def test_with_one_number_nothing_needs_to_be_said(quiet_rig: Rig) -> None:
    await posted(quiet_rig, envelope({"id": "1", "changes": [{"value": {"messages": [message(provider_id="x")]}}]}))
    await posted(quiet_rig, post(message(provider_id="y")))
    await quiet_rig.applied()
    assert len(await quiet_rig.logs()) == 1
    assert (await quiet_rig.contact()).phone_number_id == PHONE_NUMBER_ID
