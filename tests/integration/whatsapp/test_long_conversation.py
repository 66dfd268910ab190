"""A long conversation over everything that can go wrong at once, on two nodes: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.conversation.model import AuthorKind
from bot.settings import Settings
from bot.store.tables import outbox as outbox_table
from bot.store.whatsapp_tables import rate
from connectors.whatsapp.standin import Troubles
from tests.fakes.brain import FakeBrain
from tests.integration.whatsapp.conftest import EVA, Rig, rig_of, until
from tests.invariants import assert_sound

_MESSAGES = 40


@pytest.fixture
async def two_nodes(settings: Settings, brain: FakeBrain) -> AsyncIterator[Rig]:
    """Two edges over one database."""
    async with rig_of(replace(settings, turn_deadline=30), brain, edges=2) as rig:
        yield rig


@pytest.mark.timeout(400)
async def test_nothing_is_lost_or_doubled_whatever_goes_wrong(two_nodes: Rig) -> None:
    rig = two_nodes
    rig.standin.let_go_wrong(Troubles(answer_lost=0.2, internal=0.1, repeated=0.5, reordered=True, patience=0.1))
    hurrying = asyncio.create_task(_hurry(rig))
    try:
        for number in range(_MESSAGES):
            # The provider chooses either node, and repeats what it got no answer to.
            rig.standin.webhooks.address = rig.hooks[number % 2]
            await rig.phones.write(EVA, f"Nummer {number:02d}")
            if number == 10:
                rig.standin.troubles.next_codes.extend([131056, 130429, 131000])
            if number == 20:
                rig.standin.troubles.token_expired = True
            if number == 24:
                rig.standin.troubles.token_expired = False
            await asyncio.sleep(0.1 * (number % 4))
        await until(lambda: _everything_is_sent(rig), seconds=150)
    finally:
        hurrying.cancel()
    await rig.standin.settled()
    await rig.applied()
    log = await rig.log()
    said = [entry.text for entry in log if entry.author.kind is AuthorKind.CUSTOMER]
    assert said == [f"Nummer {number:02d}" for number in range(_MESSAGES)]
    shown = rig.phones.shown(EVA)
    assert max(Counter(message.callback_data for message in shown).values()) == 1
    written = [entry.text for entry in log if entry.author.kind is not AuthorKind.CUSTOMER]
    assert "\n".join(message.text for message in shown).count("Bot · ") == len(written)
    # Each message of the customer is in exactly one answer, and the answers came in their order.
    answers = "\n".join(message.text for message in shown)
    assert [answers.count(text) for text in said] == [1] * _MESSAGES
    assert [answers.index(text) for text in said] == sorted(answers.index(text) for text in said)
    assert {item.state for item in await rig.items()} == {"applied"}
    await assert_sound(rig.services.store)


async def _everything_is_sent(rig: Rig) -> bool:
    rows = await rig.outbox()
    answers = "\n".join(message.text for message in rig.phones.shown(EVA))
    return f"Nummer {_MESSAGES - 1:02d}" in answers and {row.state for row in rows} == {"sent"}


async def _hurry(rig: Rig) -> None:
    """Make pauses short: what is tested is what happens after them."""
    while True:
        await asyncio.sleep(0.5)
        async with rig.services.store.write() as unit:
            await unit.connection.execute(sa.delete(rate).where(rate.c.tokens < 0))
            await unit.connection.execute(
                sa.update(outbox_table).where(outbox_table.c.state == "pending").values(due_at=unit.now)
            )
