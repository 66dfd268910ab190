"""The migrations build exactly the tables that the code knows, on both databases, also when two nodes start at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.service.conversations import Conversations
from bot.settings import Settings
from bot.store import schema
from bot.store.attachments import add_attachment, content_of, keep_attachment, lease_attachments
from bot.store.chain import verify
from bot.store.engine import Database
from bot.store.tables import chain, metadata
from bot.store.unit_of_work import Store
from bot.store.wakeup import WakeUp
from bot.transparency.wording import wording


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


async def test_files_from_before_they_had_links_get_theirs_with_the_revision_that_knows_them_and_never_again(
    empty_database_url: str,
) -> None:
    database = Database.connect(empty_database_url)
    revision = ScriptDirectory.from_config(schema.configuration(None)).get_revision(schema.LINKS_FILES)
    async with database.write() as connection:
        await connection.run_sync(lambda sync: command.upgrade(schema.configuration(sync), str(revision.down_revision)))
    store = Store(database, WakeUp())
    conversations = Conversations(store, wording(), Settings(database_url=empty_database_url), frozenset())
    conversation_id = (await conversations.start_widget("de")).conversation.id
    content = content_of(b"%PDF-1.7", kind="document", media_type="application/pdf", name="Brief.pdf")
    for number in range(2):
        async with store.write() as unit:
            opened = await conversations.open(unit, conversation_id)
            message = await conversations.take_in(opened, "[Datei]", client_id=f"f{number}", has_files=True)
            await opened.save()
            more = {"reference": "1", "kind": "document", "file_name": "Brief.pdf"}
            await add_attachment(unit, message, "push", **more, expires_at=unit.now + timedelta(days=1))
            (fetching,) = await lease_attachments(unit, "push", 1)
            assert await keep_attachment(unit, fetching, content)
        await schema.upgrade(database)
        async with database.read() as connection:
            adopted = (await connection.execute(sa.select(chain.c.subject).where(chain.c.kind == "adopted"))).scalars()
            # Only the first: what comes without a link afterwards is reported, not adopted.
            assert adopted.all() == [2]
    async with store.read() as unit:
        assert [(one.kind, one.what) for one in await verify(unit, conversation_id)] == [("file", "inserted")]
    await store.wakeup.close()
    await database.close()
