"""A message that a worker of the same process begins with at once: leased in the transaction that stores it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.conversation.limits import TextRefused
from bot.service.outcomes import Refused
from bot.store import inbox
from bot.store.inbox import Lease
from bot.store.tables import inbox as inbox_table
from tests.integration.service.conftest import Desk
from tests.invariants import assert_sound

LONG = timedelta(seconds=30)


@dataclass
class Hands:
    """A worker that only notes what it is given."""

    room: timedelta | None = LONG
    begun: list[Lease] = field(default_factory=list)

    def room_for_one(self) -> timedelta | None:
        """As told."""
        return self.room

    def begin(self, lease: Lease) -> None:
        """Note it."""
        self.begun.append(lease)


async def _due(desk: Desk) -> list[Lease]:
    async with desk.store.write() as unit:
        return await inbox.lease_due(unit, 10, LONG)


async def test_a_message_is_leased_as_it_is_stored_and_no_other_worker_gets_it(desk: Desk) -> None:
    hands = desk.conversations.worker = Hands()
    conversation_id = await desk.start()
    receipt = await desk.say(conversation_id, "Hallo")
    assert [lease.message_id for lease in hands.begun] == [receipt.message.id]
    assert await _due(desk) == []
    await desk.turns.work(hands.begun[0])
    assert [entry.text for entry in await desk.log(conversation_id)][1:] == ["Hallo", "Echo: Hallo"]
    await assert_sound(desk.store)


async def test_what_comes_while_an_older_message_is_open_waits_for_its_worker(desk: Desk) -> None:
    hands = desk.conversations.worker = Hands()
    conversation_id = await desk.start()
    for text in ("eins", "zwei", "drei"):
        await desk.say(conversation_id, text)
    assert len(hands.begun) == 1
    assert await _due(desk) == []
    await desk.turns.work(hands.begun[0])
    assert len(desk.brain.requests) == 1
    said = [entry.text for entry in await desk.log(conversation_id)][1:]
    assert said == ["eins", "zwei", "drei", "Echo: eins\nzwei\ndrei"]
    await assert_sound(desk.store)


async def test_a_worker_that_died_with_it_is_followed_by_another_and_the_late_one_is_not_heard(desk: Desk) -> None:
    hands = desk.conversations.worker = Hands(room=timedelta(seconds=-1))
    conversation_id = await desk.start()
    await desk.say(conversation_id, "Hallo")
    (following,) = await _due(desk)
    assert following.attempts == 2
    await desk.turns.work(following)
    await desk.turns.work(hands.begun[0])
    assert [entry.text for entry in await desk.log(conversation_id)][1:] == ["Hallo", "Echo: Hallo"]
    await assert_sound(desk.store)


async def test_without_room_it_waits_as_ever(desk: Desk) -> None:
    hands = desk.conversations.worker = Hands(room=None)
    conversation_id = await desk.start()
    await desk.say(conversation_id, "Hallo")
    assert hands.begun == []
    assert len(await _due(desk)) == 1


async def test_what_is_not_stored_or_needs_no_turn_is_nobodys_to_begin(desk: Desk) -> None:
    hands = desk.conversations.worker = Hands()
    conversation_id = await desk.start()
    with pytest.raises(TextRefused):
        await desk.say(conversation_id, "  ")
    with pytest.raises(Refused):
        await desk.conversations.receive(conversation_id, "x", client_id="c", button_id="nobody's")
    await desk.say(conversation_id, "Hallo", "same")
    await desk.say(conversation_id, "Hallo", "same")
    await desk.turns.work(hands.begun[0])
    await desk.conversations.claim(conversation_id, desk.anna, await desk.epoch(conversation_id))
    await desk.say(conversation_id, "an Anna")
    assert len(hands.begun) == 1


async def test_a_running_worker_answers_without_looking_for_it(desk: Desk) -> None:
    changed = asyncio.Event()
    desk.store.wakeup.subscribe(lambda _hint: changed.set())
    running = asyncio.create_task(desk.turns.run())
    await asyncio.sleep(0)
    assert desk.conversations.worker is desk.turns
    conversation_id = await desk.start()
    for text in ("eins", "zwei"):
        await desk.say(conversation_id, text)
        while (await desk.log(conversation_id))[-1].text != f"Echo: {text}":
            await changed.wait()
            changed.clear()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert desk.conversations.worker is None
    async with desk.store.read() as unit:
        attempts = list((await unit.connection.execute(sa.select(inbox_table.c.attempts))).scalars())
    assert attempts == [1, 1]
    await assert_sound(desk.store)
