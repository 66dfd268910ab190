"""What the provider took and then failed: tried again in order where that can help, so often, never twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import cast

import pytest
import sqlalchemy as sa

from bot.conversation.model import AuthorKind, Holder, utc_now
from bot.service.delivery import Sender, Sent
from bot.settings import Settings
from bot.store.log import read_conversation, tenures
from bot.store.outbox import Shipment
from bot.store.tables import conversation as conversation_table
from bot.store.tables import outbox as outbox_table
from bot.store.unit_of_work import Unit
from bot.store.whatsapp_parts import newest_states, part_by_provider_id
from connectors.whatsapp.standin import Accepted
from connectors.whatsapp.statuses import apply_status
from tests.fakes.brain import FakeBrain
from tests.integration.whatsapp.conftest import EVA, Rig, rig_of, until
from tests.invariants import assert_sound


async def _greeted(rig: Rig) -> str:
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Echo: Hallo")
    await _sent(rig)
    return (await rig.contact()).conversation_id


async def _sent(rig: Rig) -> None:
    async def done() -> bool:
        return {row.state for row in await rig.outbox()} == {"sent"}

    await until(done)
    await rig.standin.settled()
    await rig.applied()


async def _waits(rig: Rig, error: str) -> None:
    async def done() -> bool:
        return any(row.state == "pending" and (row.error or "").startswith(error) for row in await rig.outbox())

    await until(done)


async def _hurry(rig: Rig) -> None:
    async with rig.services.store.write() as unit:
        pending = sa.update(outbox_table).where(outbox_table.c.state == "pending")
        await unit.connection.execute(pending.values(due_at=utc_now()))


def _with(rig: Rig, text: str) -> list[Accepted]:
    return [message for message in rig.phones.shown(EVA) if text in message.text]


@pytest.mark.parametrize("code", [131000, 131016, 130429, 131042])
async def test_a_passing_failure_is_tried_again_and_nothing_overtakes_it(rig: Rig, code: int) -> None:
    conversation_id = await _greeted(rig)
    rig.standin.troubles.failing_codes.append(code)
    await rig.phones.write(EVA, "zwei")
    await rig.shows("Echo: zwei")
    await _waits(rig, "account: " if code == 131042 else "number_limit: " if code == 130429 else "try_again: ")
    await rig.phones.write(EVA, "drei")
    await rig.answered()
    assert not _with(rig, "Echo: drei")
    await _hurry(rig)
    await rig.shows("Echo: drei")
    await _sent(rig)
    failed, again = _with(rig, "Echo: zwei")
    assert again.callback_data == f"{failed.callback_data}.1"
    assert rig.phones.shown(EVA).index(again) < rig.phones.shown(EVA).index(_with(rig, "Echo: drei")[0])
    # What is said of the first attempt now says nothing about the second.
    await rig.standin.tell(failed, "failed", errors=[{"code": code}])
    await rig.standin.tell(failed, "read")
    await rig.applied()
    async with rig.services.store.read() as unit:
        assert {part.state for part in await newest_states(unit, conversation_id)} == {"delivered"}
    await assert_sound(rig.services.store)


async def test_a_word_that_it_arrived_after_all_ends_the_waiting(rig: Rig) -> None:
    await _greeted(rig)
    rig.standin.troubles.failing_codes.append(131000)
    await rig.phones.write(EVA, "zwei")
    await rig.shows("Echo: zwei")
    await _waits(rig, "try_again: ")
    await rig.standin.tell(_with(rig, "Echo: zwei")[0], "delivered")
    await _sent(rig)
    assert len(_with(rig, "Echo: zwei")) == 1


async def test_what_fails_again_and_again_becomes_a_persons(rig: Rig) -> None:
    conversation_id = await _greeted(rig)
    rig.standin.troubles.failing_codes.extend([131000] * 5)
    await rig.phones.write(EVA, "zwei")
    for tries in range(1, 5):
        await rig.shows("Echo: zwei", count=tries)
        await _waits(rig, "try_again: ")
        await _hurry(rig)
    await rig.shows("Echo: zwei", count=5)

    async def handed_over() -> bool:
        async with rig.services.store.read() as unit:
            row = await read_conversation(unit, conversation_id)
        return row is not None and row.holder is Holder.QUEUE

    await until(handed_over)
    async with rig.services.store.read() as unit:
        assert (await tenures(unit, conversation_id))[-1].reason.value == "undeliverable"
    assert "dead" in {row.state for row in await rig.outbox()}
    await assert_sound(rig.services.store)


async def test_a_takeover_ends_the_tries_of_the_bot(rig: Rig) -> None:
    conversation_id = await _greeted(rig)
    rig.standin.troubles.failing_codes.append(131000)
    await rig.phones.write(EVA, "zwei")
    await rig.shows("Echo: zwei")
    await _waits(rig, "try_again: ")
    anna = await rig.services.agents.add("anna", "Anna Berger", "agent", "ein-gutes-passwort")
    await rig.services.conversations.claim(conversation_id, anna, (await rig.log())[-1].epoch)
    await _hurry(rig)
    await rig.shows("übernommen")
    assert len(_with(rig, "Echo: zwei")) == 1
    assert "cancelled" in {row.state for row in await rig.outbox()}


class After:
    """The channel's sender, after something else."""

    def __init__(self, sender: Sender, meanwhile: Callable[[Shipment], Awaitable[None]]) -> None:
        self._sender, self._meanwhile = sender, meanwhile

    async def send(self, shipment: Shipment) -> Sent:
        """As `Sender.send`."""
        await self._meanwhile(shipment)
        return await self._sender.send(shipment)


async def test_a_takeover_between_claim_and_request_silences_the_bot(rig: Rig) -> None:
    conversation_id = await _greeted(rig)
    anna = await rig.services.agents.add("anna", "Anna Berger", "agent", "ein-gutes-passwort")

    async def takes_over(shipment: Shipment) -> None:
        if shipment.message.author.kind is AuthorKind.BOT:
            await rig.services.conversations.claim(conversation_id, anna, shipment.message.epoch)

    senders = cast("dict[str, Sender]", rig.services.senders)
    senders["whatsapp"] = After(senders["whatsapp"], takes_over)
    await rig.phones.write(EVA, "zwei")
    await rig.shows("übernommen")
    assert not _with(rig, "Echo: zwei")
    assert "cancelled" in {row.state for row in await rig.outbox()}
    await assert_sound(rig.services.store)


async def test_an_edge_that_is_told_to_stop_ends_what_it_is_sending(settings: Settings, brain: FakeBrain) -> None:
    begun = asyncio.Event()

    async def begins(_shipment: Shipment) -> None:
        begun.set()
        # Long enough that the edge is ending when the request goes out.
        await asyncio.sleep(0.2)

    async with rig_of(settings, brain) as rig:
        await _greeted(rig)
        senders = cast("dict[str, Sender]", rig.services.senders)
        senders["whatsapp"] = After(senders["whatsapp"], begins)
        await rig.phones.write(EVA, "zwei")
        await begun.wait()
        await rig.servers[0].close()
        assert len(_with(rig, "Echo: zwei")) == 1
    async with rig_of(replace(settings, whatsapp_access_token=None), brain) as rig:
        assert {row.state for row in await rig.outbox()} == {"sent"}


@pytest.mark.parametrize("code", [131026, 130472, 131047, 131050])
async def test_what_no_other_try_can_help_is_not_tried_again(rig: Rig, code: int) -> None:
    await _greeted(rig)
    rig.standin.troubles.failing_codes.append(code)
    await rig.phones.write(EVA, "zwei")

    async def dead() -> bool:
        return any(row.state == "dead" for row in await rig.outbox())

    await until(dead)
    await _hurry(rig)
    await rig.applied()
    assert len(_with(rig, "Echo: zwei")) == 1


async def _somebody_waits(unit: Unit) -> bool:
    """Whether another transaction of this database waits for a lock. SQLite lets no second writer begin."""
    if unit.connection.dialect.name == "sqlite":
        return True
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return bool((await unit.connection.execute(sa.text(waiting))).scalar_one())


async def test_who_sends_and_who_hears_what_became_of_it_never_wait_for_each_other(rig: Rig) -> None:
    conversation_id = await _greeted(rig)
    async with rig.services.store.read() as unit:
        provider_id = (await newest_states(unit, conversation_id))[-1].provider_id
    assert provider_id is not None

    async def hears() -> None:
        async with rig.services.store.write() as unit:
            await apply_status(unit, rig.services.conversations, {"status": "played", "id": provider_id})

    async with rig.services.store.write() as unit:
        one = sa.select(conversation_table.c.id).where(conversation_table.c.id == conversation_id)
        await unit.connection.execute(one.with_for_update(read=True))
        hearing = asyncio.create_task(hears())
        await until(lambda: _somebody_waits(unit))
        assert await part_by_provider_id(unit, provider_id) is not None
    await hearing
    async with rig.services.store.read() as unit:
        assert (await newest_states(unit, conversation_id))[-1].state == "played"
