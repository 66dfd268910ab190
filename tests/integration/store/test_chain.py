"""The chain finds what was changed by hand: each column of each chained table, rows gone, added, moved, cut off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from bot.conversation.chain import FIRST, SEALED, STATED, Kind
from bot.conversation.model import new_id
from bot.store import chain, schema, tables
from bot.store.chain import Finding, Head
from bot.store.erasure import erase
from tests.model.world import PUSH, World

# Not part of the record: what says so is the row's key, which another table refers to.
_CHAINED = {
    tables.message: ("seq", 4),
    tables.tenure: ("epoch", 2),
    tables.chain: ("position", 4),
    tables.erasure: ("number", 1),
}


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    world = await World.open(database_url)
    yield world
    await world.close()


async def _conversation(world: World) -> str:
    """A conversation with every kind of row: bot, queue, agent, bot again; a note with the handback."""
    conversation_id = await world.begin("widget")
    receive = world.conversations.receive
    await receive(conversation_id, "Mein Internet geht nicht.", client_id="c1")
    await world.work()
    row = await world.conversations.claim(conversation_id, world.anna, 1)
    await world.conversations.reply(conversation_id, world.anna, "Guten Tag.", client_id="a1")
    await world.conversations.hand_back(conversation_id, world.anna, "Router neu gestartet")
    await receive(conversation_id, "Danke.", client_id="c2")
    assert row.epoch == 2
    return conversation_id


async def _erased(world: World, conversation_id: str) -> None:
    async with world.store.write() as unit:
        opened = await world.conversations.open(unit, conversation_id)
        await erase(opened, "customer")
        await opened.save()


async def _findings(world: World, conversation_id: str, witnessed: tuple[Head, ...] = ()) -> list[Finding]:
    async with world.store.read() as unit:
        return await chain.verify(unit, conversation_id, witnessed)


async def _by_hand(world: World, *statements: sa.Executable) -> None:
    """As somebody with the database's password would: no key or constraint is in the way."""
    url = world.database.engine.url
    if world.database.is_sqlite:
        # A connection of its own: foreign keys are off unless somebody asks for them.
        engine = sa.create_engine(f"sqlite:///{url.database}")
        with engine.connect() as connection:
            connection.execute(sa.text("PRAGMA ignore_check_constraints=ON"))
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        engine.dispose()
        return
    other = create_async_engine(url)
    async with other.begin() as connection:
        await connection.execute(sa.text("set session_replication_role = replica"))
        checks = sa.text(
            "select conrelid::regclass::text, conname from pg_constraint where contype = 'c' and conrelid <> 0"
        )
        for table, name in (await connection.execute(checks)).all():
            await connection.execute(sa.text(f'alter table {table} drop constraint "{name}"'))
        for statement in statements:
            await connection.execute(statement)
    await other.dispose()


def _other(value: Any, column: sa.Column[Any]) -> Any:
    """A value that was not there."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1000
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    if isinstance(value, (list, dict)):
        return [{"id": "x", "title": "anders"}]
    if isinstance(value, str):
        return ("x" if value[:1] != "x" else "y") + value[1:]
    if isinstance(column.type, sa.String):
        return "x"
    return datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize("table", list(_CHAINED), ids=lambda table: table.name)
async def test_each_column_changed_by_hand_is_found_and_named(world: World, table: sa.Table) -> None:
    conversation_id = await _conversation(world)
    if table is tables.erasure:
        await _erased(world, conversation_id)
    assert await _findings(world, conversation_id) == []
    key, place = _CHAINED[table]
    here = (table.c.conversation_id == conversation_id) & (table.c[key] == place)
    async with world.store.read() as unit:
        row = dict((await unit.connection.execute(sa.select(table).where(here))).mappings().one())
    for column in table.c:
        changed = _other(row[column.name], column)
        there = (table.c.conversation_id == conversation_id) & (table.c[key] == place)
        if column.name == "conversation_id":
            there = (table.c.conversation_id == changed) & (table.c[key] == place)
        elif column.name == key:
            there = (table.c.conversation_id == conversation_id) & (table.c[key] == changed)
        await _by_hand(world, sa.update(table).where(here).values({column.name: changed}))
        found = await _findings(world, conversation_id)
        assert found, f"{table.name}.{column.name} was changed and nobody noticed"
        if table is not tables.chain:
            assert any(one.subject == place for one in found), f"{table.name}.{column.name}: not told which: {found}"
        await _by_hand(world, sa.update(table).where(there).values({column.name: row[column.name]}))
        assert await _findings(world, conversation_id) == [], f"{table.name}.{column.name} was put right again"


@pytest.mark.parametrize("table", [tables.message, tables.tenure, tables.chain], ids=lambda table: table.name)
async def test_a_row_removed_is_found_and_named(world: World, table: sa.Table) -> None:
    conversation_id = await _conversation(world)
    key, place = _CHAINED[table]
    here = (table.c.conversation_id == conversation_id) & (table.c[key] == place)
    await _by_hand(world, sa.delete(table).where(here))
    found = await _findings(world, conversation_id)
    assert any(one.what == "removed" and one.subject == place for one in found), found


async def test_a_row_inserted_is_found_and_named(world: World) -> None:
    conversation_id = await _conversation(world)
    async with world.store.read() as unit:
        here = tables.message.c.conversation_id == conversation_id
        row = dict((await unit.connection.execute(sa.select(tables.message).where(here).limit(1))).mappings().one())
    invented = {**row, "id": new_id(), "seq": 99, "opens": False, "client_id": None}
    await _by_hand(world, sa.insert(tables.message).values(invented))
    assert [(one.kind, one.subject, one.what) for one in await _findings(world, conversation_id)] == [
        ("message", 99, "inserted")
    ]


async def test_two_rows_that_changed_places_are_found_and_named(world: World) -> None:
    conversation_id = await _conversation(world)
    table, here = tables.message, tables.message.c.conversation_id == conversation_id
    await _by_hand(
        world,
        sa.update(table).where(here, table.c.seq == 2).values(seq=1002),
        sa.update(table).where(here, table.c.seq == 3).values(seq=2),
        sa.update(table).where(here, table.c.seq == 1002).values(seq=3),
    )
    found = await _findings(world, conversation_id)
    assert {(one.subject, one.what) for one in found if one.kind == "message"} >= {(2, "moved"), (3, "moved")}


async def test_an_end_that_was_cut_off_is_found_in_the_database_and_by_a_witness(world: World) -> None:
    conversation_id = await _conversation(world)
    async with world.store.read() as unit:
        (head,) = await chain.heads(unit, [conversation_id])
        links = await unit.connection.execute(
            sa.select(tables.chain).where(tables.chain.c.conversation_id == conversation_id).order_by("position")
        )
        last = list(links.mappings())[-1]
    assert last["kind"] == Kind.MESSAGE.value
    message, of_chain = tables.message, tables.chain
    await _by_hand(
        world,
        sa.delete(tables.inbox).where(tables.inbox.c.conversation_id == conversation_id),
        sa.delete(message).where(message.c.conversation_id == conversation_id, message.c.seq == last["subject"]),
        sa.delete(of_chain).where(of_chain.c.conversation_id == conversation_id, of_chain.c.position == head.length),
    )
    assert [one.what for one in await _findings(world, conversation_id)] == ["cut_off"]
    # Whoever knows the program also sets the conversation back; then only the witness knows.
    async with world.store.read() as unit:
        before = (
            await unit.connection.execute(
                sa.select(of_chain.c.link).where(
                    of_chain.c.conversation_id == conversation_id, of_chain.c.position == head.length - 1
                )
            )
        ).scalar_one()
    own = tables.conversation.c.id == conversation_id
    shorter = sa.update(tables.conversation).where(own).values(chain_length=head.length - 1, chain_link=before)
    await _by_hand(world, shorter)
    assert await _findings(world, conversation_id) == []
    assert [one.what for one in await _findings(world, conversation_id, (head,))] == ["cut_off"]


async def test_a_chain_made_anew_differs_from_what_the_witness_knows(world: World) -> None:
    conversation_id = await _conversation(world)
    async with world.store.read() as unit:
        witnessed = await chain.heads(unit, [conversation_id])
    own = tables.conversation.c.id == conversation_id
    here = tables.message.c.conversation_id == conversation_id
    await _by_hand(
        world,
        sa.update(tables.message).where(here, tables.message.c.seq == 2).values(text="etwas anderes"),
        sa.delete(tables.chain).where(tables.chain.c.conversation_id == conversation_id),
        sa.update(tables.conversation).where(own).values(chain_length=0, chain_link=FIRST),
    )
    async with world.store.write() as unit:
        assert await chain.seal_existing(unit) == 1
    assert await _findings(world, conversation_id) == []
    assert [one.what for one in await _findings(world, conversation_id, tuple(witnessed))] == ["changed"]


async def test_every_column_is_stated_sealed_or_named_here(world: World) -> None:
    """A column added to a chained table must be put into the chain, or on this list with a reason."""
    known = {
        "message": {*STATED[Kind.MESSAGE], *SEALED[Kind.MESSAGE]},
        "tenure": {*STATED[Kind.TENURE], *SEALED[Kind.TENURE], *STATED[Kind.TENURE_END]},
        "erasure": {*STATED[Kind.ERASURE]},
    }
    for name, columns in known.items():
        assert {column.name for column in tables.metadata.tables[name].c} == columns


async def test_what_was_stored_before_there_were_chains_gets_its_chain(world: World) -> None:
    conversation_id = await _conversation(world)
    pushed = await world.begin(PUSH)
    await _by_hand(world, sa.delete(tables.chain), sa.update(tables.conversation).values(chain_length=0, chain_link=""))
    assert await _findings(world, conversation_id)
    async with world.store.write() as unit:
        assert await chain.seal_existing(unit) == 2
    await schema.upgrade(world.database)
    for one in (conversation_id, pushed):
        assert await _findings(world, one) == []
    await world.conversations.receive(conversation_id, "Und weiter.", client_id="c3")
    assert await _findings(world, conversation_id) == []
