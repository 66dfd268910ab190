"""Brings a database to the current schema. Two nodes that start at once do it once."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.store import administration_tables, desk_tables, whatsapp_tables
from bot.store.engine import Database

# Known to the migrations only once they are imported.
__all__ = ["administration_tables", "desk_tables", "is_current", "upgrade", "whatsapp_tables", "write_revision"]

_SCRIPTS = Path(__file__).parent / "migrations"
# Any number that no other user of the database takes for a lock.
_LOCK = 4811047115


def _config(connection: sa.Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    return config


async def upgrade(database: Database) -> None:
    """Apply what is missing, in one transaction.

    Raises:
        StoreUnavailable: the database is away; nothing was changed.
    """
    async with database.write() as connection:
        if not database.is_sqlite:
            await connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), "head"))


async def is_current(database: Database) -> bool:
    """Whether nothing is missing."""
    async with database.read() as connection:
        applied = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    return applied == ScriptDirectory.from_config(_config(None)).get_current_head()


def write_revision(connection: sa.Connection, message: str) -> None:
    """For developers: write the migration from the schema of this connection to the tables in the code."""
    command.revision(_config(connection), message=message, autogenerate=True, rev_id=None)
