"""Transactions on the customer data system's database, the same on SQLite and PostgreSQL.

Guarantee: `read` sees one moment; `write` runs as if alone (SQLite: BEGIN IMMEDIATE; PostgreSQL: SERIALIZABLE,
repeated when it collides). Either ends within the time limit: a database that is away, locked, hanging or
without tables becomes `CrmUnavailable`, and so does a record that does not fit its types ("unreadable"). A write that
ran into the limit may have been committed, so callers' writes are repeatable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import asyncpg
import msgspec
import structlog
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from actions.crm.errors import CrmUnavailable

log = structlog.get_logger(__name__)

R = TypeVar("R")
Work = Callable[[AsyncConnection], Awaitable[R]]

TIME_LIMIT = 2.0  # seconds for one verb, retries included
_RETRIABLE = {"40001", "40P01"}  # PostgreSQL: serialization failure, deadlock


class Database:
    """An engine with the two kinds of transaction that the adapter needs."""

    def __init__(self, url: str, *, create: bool = False, time_limit: float = TIME_LIMIT) -> None:
        """`create`: a missing SQLite file is made, else it counts as unavailable."""
        self._limit = time_limit
        self._abandoned: set[asyncio.Future[Any]] = set()  # timed out, still winding down
        address = make_url(url)
        self.dialect = address.get_backend_name()
        self._file: Path | None = None
        if self.dialect == "sqlite":
            self._file = Path(address.database or "").resolve()
            if create:
                self._file.parent.mkdir(parents=True, exist_ok=True)
            self._engine = _sqlite_engine(address, self._file, create, time_limit)
            self._reader = self._engine
            self._writer = self._engine.execution_options(begin_immediate=True)
            self._creator = self._writer
        else:
            self._engine = create_async_engine(
                address,
                pool_pre_ping=True,
                pool_timeout=time_limit,
                connect_args={"timeout": time_limit, "command_timeout": time_limit},
            )
            self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ")
            self._writer = self._engine.execution_options(isolation_level="SERIALIZABLE")
            self._creator = self._engine
        self._must_exist = self._file is not None and not create

    async def read(self, operation: str, work: Work[R]) -> R:
        """Run `work` in a transaction that sees one moment and changes nothing."""
        return await self._bounded(operation, self._transact(self._reader, work))

    async def write(self, operation: str, work: Work[R]) -> R:
        """Run `work` in a transaction as if alone; it may run more than once before it commits."""
        return await self._bounded(operation, self._transact(self._writer, work))

    async def create(self, operation: str, work: Work[R]) -> R:
        """Run `work`, which makes tables, in one transaction; the caller must lock."""
        return await self._bounded(operation, self._transact(self._creator, work))

    async def close(self) -> None:
        """Release every connection."""
        for future in list(self._abandoned):
            future.cancel()
        await self._engine.dispose()

    async def _transact(self, engine: AsyncEngine, work: Work[R]) -> R:
        while True:
            try:
                async with engine.begin() as connection:
                    return await work(connection)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _RETRIABLE:
                    raise
                await asyncio.sleep(0.005)  # ends at the latest with the time limit

    async def _bounded(self, operation: str, work: Awaitable[R]) -> R:
        if self._must_exist and self._file is not None and not self._file.exists():
            if asyncio.iscoroutine(work):
                work.close()
            await self._engine.dispose()  # connections to the vanished file must not outlive it
            raise CrmUnavailable(operation, "no database file")
        task = asyncio.ensure_future(work)
        try:
            done, _ = await asyncio.wait({task}, timeout=self._limit)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not done:
            # Not awaited: a hanging server would also hang the rollback.
            task.cancel()
            self._abandoned.add(task)
            task.add_done_callback(self._forget)
            raise CrmUnavailable(operation, f"no answer within {self._limit:g} s")
        try:
            return task.result()
        except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            raise CrmUnavailable(operation, type(getattr(error, "orig", None) or error).__name__) from error
        except asyncio.TimeoutError as error:
            raise CrmUnavailable(operation, "timeout") from error
        except (msgspec.ValidationError, ValueError, TypeError, LookupError) as error:
            # Not `log.exception`: its trace would hold the record. Field and type are enough to find it.
            log.error(
                "a record of the customer data system cannot be read", operation=operation, error=str(error)[:200]
            )
            raise CrmUnavailable(operation, "unreadable") from error

    def _forget(self, task: asyncio.Future[Any]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # taken, so that it is not reported a second time


def _sqlite_engine(address: URL, file: Path, create: bool, time_limit: float) -> AsyncEngine:
    mode = "rwc" if create else "rw"
    url = address.set(database=f"file:{quote(str(file))}", query={"mode": mode, "uri": "true"})
    # Waiting for a lock ends before the time limit, so that it is the database that reports it.
    engine = create_async_engine(url, connect_args={"timeout": time_limit * 0.75})

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not open transactions on its own
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        immediate = connection.get_execution_options().get("begin_immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
