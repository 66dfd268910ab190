"""What the database itself refuses, whatever the code above it does: the structure behind the guarantees."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.conversation.model import new_id
from bot.store import tables
from tests.model.scenes import ANNA, asked
from tests.model.world import World


@dataclass(frozen=True)
class Case:
    """A row that must not be: a stored one with these columns changed. `spare` leads to a row that may be."""

    name: str
    table: sa.Table
    changed: dict[str, Any]
    spare: dict[str, Any]


# Behind the newest entry of the log, in the agent's tenure.
_NEXT = {"seq": 99, "client_id": "c9", "provider_id": None, "opens": False, "discloses": False}

CASES = (
    Case("a client id twice", tables.message, {**_NEXT, "client_id": "c1"}, _NEXT),
    Case("a provider id twice", tables.message, {**_NEXT, "provider_id": "p1"}, {**_NEXT, "provider_id": "p2"}),
    Case("a place in the log twice", tables.message, {**_NEXT, "seq": 1}, _NEXT),
    Case("a message of no tenure", tables.message, {**_NEXT, "epoch": 9}, _NEXT),
    Case(
        "the bot in an agent's tenure",
        tables.message,
        {**_NEXT, "author_kind": "bot", "epoch": 2, "holder": "agent"},
        {**_NEXT, "author_kind": "human", "epoch": 2, "holder": "agent"},
    ),
    Case(
        "the bot in a tenure it names wrongly",
        tables.message,
        {**_NEXT, "author_kind": "bot", "epoch": 2, "holder": "bot"},
        {**_NEXT, "author_kind": "bot", "epoch": 1, "holder": "bot"},
    ),
    Case(
        "a person in the bot's tenure",
        tables.message,
        {**_NEXT, "author_kind": "human"},
        {**_NEXT, "author_kind": "bot"},
    ),
    Case("an author of no kind", tables.message, {**_NEXT, "author_kind": "assistant"}, _NEXT),
    Case("an author without a name", tables.message, {**_NEXT, "author_name": ""}, _NEXT),
    Case(
        "two words about one change of holder",
        tables.message,
        {**_NEXT, "epoch": 2, "holder": "agent", "opens": True},
        {**_NEXT, "epoch": 2, "holder": "agent"},
    ),
    Case(
        "two holders at once",
        tables.tenure,
        {"epoch": 3, "ended_at": None},
        {"epoch": 3},
    ),
    Case("an agent's tenure of nobody", tables.tenure, {"epoch": 3, "holder": "agent"}, {"epoch": 3}),
    Case("a queue without a deadline", tables.tenure, {"epoch": 3, "holder": "queue"}, {"epoch": 3}),
)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[tuple[World, str]]:
    """A conversation of the bot that an agent took over."""
    world = await World.open(database_url)
    conversation_id = await asked(world)
    await world.conversations.claim(conversation_id, ANNA, 1)
    async with world.store.write() as unit:
        await unit.connection.execute(
            sa.update(tables.message).where(tables.message.c.client_id == "c1").values(provider_id="p1")
        )
    yield world, conversation_id
    await world.close()


async def _insert(world: World, conversation_id: str, table: sa.Table, changed: dict[str, Any]) -> None:
    """A copy of the customer's message, or of the bot's tenure, with `changed`."""
    async with world.store.write() as unit:
        row = sa.select(table).where(table.c.conversation_id == conversation_id, table.c.epoch == 1)
        if table is tables.message:
            row = row.where(table.c.client_id == "c1")
        values = dict((await unit.connection.execute(row)).mappings().one())
        if "id" in values:
            values["id"] = new_id()
        await unit.connection.execute(sa.insert(table).values({**values, **changed}))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_database_refuses(world: tuple[World, str], case: Case) -> None:
    with pytest.raises(IntegrityError):
        await _insert(*world, case.table, case.changed)
    await _insert(*world, case.table, case.spare)
