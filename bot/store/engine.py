"""Engines for SQLite and PostgreSQL behind one interface.

SQLite: statements run where they are called (`direct_sqlite`); WAL, foreign keys on, `BEGIN IMMEDIATE` for units that
write, so that two writers queue instead of failing at commit, and `synchronous=FULL`: an acknowledged message survives
loss of power. PostgreSQL: its defaults.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from bot.store.direct_sqlite import opener
from bot.store.errors import StoreUnavailable
from bot.store.writer_queue import WriterQueue

# Longest wait for another writer, for a free connection, or for the database to answer, in seconds.
_PATIENCE = 10.0
_WRITES = "klartext_writes"


class Database:
    """Opens transactions. One per process and database."""

    def __init__(self, engine: AsyncEngine, reporting: AsyncEngine | None = None) -> None:
        self.engine = engine
        # For queries that take long; the same engine where a query holds nobody else up.
        self._reporting = reporting or engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        # SQLite has one writer; queueing here costs less than waiting for its file lock.
        self._one_writer = WriterQueue()
        self._writing = engine.execution_options(**{_WRITES: True})

    @classmethod
    def connect(cls, url: str, *, patience: float = _PATIENCE, lasting: bool = True) -> Database:
        """Prepare the engine; the first unit connects. The folder of a SQLite file is made.

        `lasting`: whether a commit must survive loss of power, or only the end of the process (SQLite).
        """
        options: dict[str, Any] = {
            # Parameters hold what customers said: they do not belong into the message of an error.
            "hide_parameters": True,
            "json_serializer": lambda value: msgspec.json.encode(value).decode(),
            "json_deserializer": msgspec.json.decode,
        }
        if url.startswith("sqlite"):
            path = Path(sa.make_url(url).database or "")
            path.parent.mkdir(parents=True, exist_ok=True)
            options |= {"poolclass": AsyncAdaptedQueuePool, "max_overflow": 0, "pool_timeout": patience}
            engine = create_async_engine(url, pool_size=6, async_creator=opener(path, patience), **options)
            reporting = create_async_engine(url, pool_size=1, connect_args={"timeout": patience}, **options)
            for one in (engine, reporting):
                sa.event.listen(one.sync_engine, "connect", partial(_prepare_sqlite, lasting))
                sa.event.listen(one.sync_engine, "begin", _begin_sqlite)
        else:
            reporting = None
            engine = create_async_engine(
                url,
                pool_size=10,
                max_overflow=10,
                pool_timeout=patience,
                pool_pre_ping=True,
                connect_args={
                    "timeout": patience,
                    "command_timeout": patience,
                    # A node that hangs or vanishes in the middle of a transaction must not keep its locks: PostgreSQL
                    # ends a transaction in which nothing happens for so long.
                    "server_settings": {"idle_in_transaction_session_timeout": str(int(patience * 1000))},
                },
                **options,
            )
        return cls(engine, reporting)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads."""
        async with _translated(), self.engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self, *, urgent: bool = False) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes: committed when the block ends well, rolled back when it raises. An urgent one, for
        which somebody outside waits, goes before others where there is one writer.

        Raises:
            StoreUnavailable: the database cannot be reached or is locked; nothing was written.
        """
        if self.is_sqlite:
            async with self._one_writer.turn(urgent=urgent), _translated(), self._writing.begin() as connection:
                yield connection
        else:
            async with _translated(), self._writing.begin() as connection:
                yield connection

    @asynccontextmanager
    async def report(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that reads much: it may take long and holds nobody up."""
        async with _translated(), self._reporting.connect() as connection:
            yield connection

    async def free_space(self) -> None:
        """Give up the space of what was erased, so that nothing of it is left in the database's files.

        SQLite writes the file anew and empties its log; whoever writes waits meanwhile. PostgreSQL frees the space of
        old rows. Its own log and backups are kept as the operator decides.

        Raises:
            StoreUnavailable: somebody else held the database; nothing is lost, and nothing freed.
        """
        async with _translated():
            if self.is_sqlite:
                async with self._one_writer.turn(urgent=False):
                    await asyncio.to_thread(_write_anew, self.engine.url.database or "")
            else:
                async with self.engine.connect() as connection:
                    plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
                    await plain.exec_driver_sql("VACUUM")

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
        await self._reporting.dispose()


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except (
        *(DBAPIError, PoolTimeout, OSError),
        # Not wrapped by SQLAlchemy: a database that does not answer in time, and one that refuses a connection because
        # it starts, stops or is full.
        *(asyncio.TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError),
    ) as error:
        raise StoreUnavailable(str(error) or "no answer in time") from error


def _prepare_sqlite(lasting: bool, dbapi_connection: Any, _record: Any) -> None:
    if dbapi_connection.isolation_level is not None:
        # The driver must not begin transactions by itself: `_begin_sqlite` chooses the kind.
        dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        f"synchronous={'FULL' if lasting else 'NORMAL'}",
        "foreign_keys=ON",
        # What is deleted or replaced is overwritten with zeros.
        "secure_delete=ON",
        "cache_size=-16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_anew(path: str) -> None:
    with contextlib.closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as connection:
        try:
            connection.execute("VACUUM")
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            raise StoreUnavailable(str(error)) from error
    if busy:
        raise StoreUnavailable("the database's log is in use")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
