"""The migrations build exactly the tables that the code knows, on both databases, also when two nodes start at once."""

from __future__ import annotations

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from bot.store import schema
from bot.store.engine import Database
from bot.store.tables import metadata


async def test_two_nodes_that_start_at_once_migrate_once_and_to_the_tables_of_the_code(empty_database_url: str) -> None:
    nodes = [Database.connect(empty_database_url) for _ in range(2)]
    await asyncio.gather(*(schema.upgrade(node) for node in nodes))
    assert await schema.is_current(nodes[0])
    async with nodes[0].read() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )
    assert differences == []
    await schema.upgrade(nodes[1])
    for node in nodes:
        await node.close()
