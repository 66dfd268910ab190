"""Brings a database to the current schema. Two nodes that start at once do it once."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.conversation.model import utc_now
from bot.store import administration_tables, attachment_tables, desk_tables, whatsapp_tables
from bot.store.chain import adopt_files, seal_existing
from bot.store.engine import Database
from bot.store.unit_of_work import Unit

# Known to the migrations only once they are imported.
__all__ = [
    "LINKS_FILES",
    "administration_tables",
    "attachment_tables",
    "configuration",
    "desk_tables",
    "is_current",
    "upgrade",
    "whatsapp_tables",
    "write_revision",
]

_SCRIPTS = Path(__file__).parent / "migrations"
# Any number that no other user of the database takes for a lock.
_LOCK = 4811047115
# With this revision every stored file is in the chain.
LINKS_FILES = "0015"


def configuration(connection: sa.Connection | None) -> Config:
    """The migrations, over this connection."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    return config


async def upgrade(database: Database) -> None:
    """Apply what is missing, in one transaction. What is older than chains, or than links of files, gets them.

    Raises:
        StoreUnavailable: the database is away; nothing was changed.
    """
    async with database.write() as connection:
        if not database.is_sqlite:
            await connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = await connection.run_sync(_revision)
        await connection.run_sync(lambda sync: command.upgrade(configuration(sync), "head"))
        if before is not None and before != await connection.run_sync(_revision):
            unit = Unit(connection, utc_now())
            await seal_existing(unit)
            if LINKS_FILES in _between(before):
                await adopt_files(unit)


def _between(before: str) -> set[str]:
    """The revisions behind `before`."""
    return {one.revision for one in ScriptDirectory.from_config(configuration(None)).iterate_revisions("head", before)}


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


async def is_current(database: Database) -> bool:
    """Whether nothing is missing."""
    async with database.read() as connection:
        applied = await connection.run_sync(_revision)
    return applied == ScriptDirectory.from_config(configuration(None)).get_current_head()


def write_revision(connection: sa.Connection, message: str) -> None:
    """For developers: write the migration from the schema of this connection to the tables in the code."""
    command.revision(configuration(connection), message=message, autogenerate=True, rev_id=None)
