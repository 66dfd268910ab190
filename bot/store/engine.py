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
from pathlib import Path
from typing import Any, cast

import asyncpg
import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from bot.store.direct_sqlite import SqliteFile
from bot.store.errors import StoreUnavailable
from bot.store.writer_queue import WriterQueue

# Longest wait for another writer, for a free connection, or for the database to answer, in seconds.
_PATIENCE = 10.0


class Database:
    """Opens transactions. One per process and database."""

    def __init__(self, engine: AsyncEngine | SqliteFile, reporting: AsyncEngine | None = None) -> None:
        self.engine = engine
        # For queries that take long; where a query holds nobody else up, the same engine is good for them too.
        self._reporting = reporting
        self.is_sqlite = isinstance(engine, SqliteFile)
        # SQLite has one writer; queueing here costs less than waiting for its file lock.
        self._one_writer = WriterQueue()

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
            file = SqliteFile(url, patience=patience, lasting=lasting, options=options)
            options |= {"poolclass": AsyncAdaptedQueuePool, "max_overflow": 0, "pool_timeout": patience}
            reporting = create_async_engine(url, pool_size=1, connect_args={"timeout": patience}, **options)
            sa.event.listen(reporting.sync_engine, "connect", _prepare_report)
            sa.event.listen(reporting.sync_engine, "begin", _begin_report)
            return cls(file, reporting)
        return cls(
            create_async_engine(
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
        )

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads."""
        async with _translated():
            if isinstance(self.engine, SqliteFile):
                async with self.engine.unit(writes=False) as connection:
                    yield cast(AsyncConnection, connection)
            else:
                async with self.engine.connect() as connected:
                    yield connected

    @asynccontextmanager
    async def write(self, *, urgent: bool = False) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes: committed when the block ends well, rolled back when it raises. An urgent one, for
        which somebody outside waits, goes before others where there is one writer.

        Raises:
            StoreUnavailable: the database cannot be reached or is locked; nothing was written.
        """
        if isinstance(self.engine, SqliteFile):
            turn = self._one_writer.turn(urgent=urgent)
            async with turn, _translated(), self.engine.unit(writes=True) as connection:
                yield cast(AsyncConnection, connection)
        else:
            async with _translated(), self.engine.begin() as connected:
                yield connected

    @asynccontextmanager
    async def report(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that reads much: it may take long and holds nobody up."""
        if self._reporting is None:
            async with self.read() as connection:
                yield connection
        else:
            async with _translated(), self._reporting.connect() as connected:
                yield connected

    async def free_space(self) -> None:
        """Give up the space of what was erased, so that nothing of it is left in the database's files.

        SQLite writes the file anew and empties its log; whoever writes waits meanwhile. PostgreSQL frees the space of
        old rows. Its own log and backups are kept as the operator decides.

        Raises:
            StoreUnavailable: somebody else held the database; nothing is lost, and nothing freed.
        """
        async with _translated():
            if isinstance(self.engine, SqliteFile):
                async with self._one_writer.turn(urgent=False):
                    await asyncio.to_thread(_write_anew, self.engine.url.database or "")
            else:
                async with self.engine.connect() as connection:
                    plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
                    await plain.exec_driver_sql("VACUUM")

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
        if self._reporting is not None:
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


def _prepare_report(dbapi_connection: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    cursor.execute("PRAGMA query_only=ON")
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


def _begin_report(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")
