"""SQLite without a thread in between.

The usual asynchronous driver gives each connection a thread and hands every step over to it: four steps a statement,
more than a hundred for one answer, each dearer than the statement itself, which takes SQLite some ten microseconds.
Here a statement runs where it is called. What may take long does not: a commit waits for the disk in a thread, and a
lock that another process holds is waited for by asking again, so that the event loop goes on meanwhile. A query over
whole tables would hold everybody up: it belongs to `Database.report`, which keeps the usual driver.

Transactions begin and end here alone: what SQLAlchemy takes for a commit or a rollback does nothing. A commit that is
cancelled is waited for all the same: nobody else touches the connection meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from bot.store.prepared import Parameters, Prepared, is_repeated

Result = TypeVar("Result")

# Connections of one process to one file.
_MOST_CONNECTIONS = 6
# Prepared statements of each connection; there are fewer than these.
_STATEMENTS_KEPT = 500
# Pauses between two attempts at a lock, in seconds.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.02

_KINDS: dict[type[sqlite3.Error], type[sa.exc.DBAPIError]] = {
    sqlite3.IntegrityError: sa.exc.IntegrityError,
    sqlite3.OperationalError: sa.exc.OperationalError,
}


class _OpenFile(sqlite3.Connection):
    """A connection whose transactions SQLAlchemy cannot end."""

    def commit(self) -> None:
        """Called by SQLAlchemy: nothing happens. See `keep`."""

    def rollback(self) -> None:
        """Called by SQLAlchemy: nothing happens. See `undo`."""

    def keep(self) -> None:
        """Commit; with `synchronous=FULL` the disk has it when this returns."""
        super().commit()

    def undo(self) -> None:
        """Undo what was not committed."""
        super().rollback()


class DirectConnection:
    """What a unit gets: of SQLAlchemy's `AsyncConnection` the part that units use. Used by one task at a time."""

    def __init__(self, file: SqliteFile, sync: sa.Connection, opened: _OpenFile) -> None:
        self._file = file
        self._sync = sync
        self._opened = opened
        self.dialect = file.dialect

    async def execute(self, statement: sa.Executable, parameters: Parameters = None) -> Any:
        """Run a statement, for each row if `parameters` is a list of them."""
        if is_repeated(statement):
            prepared = self._file.prepared(statement, parameters)
            return await self._run(prepared.sql, lambda: prepared.run(self._opened, parameters))
        result = await _patiently(lambda: self._sync.execute(statement, parameters), self._file.patience)
        # Read to its end, so that nothing of it is open when the transaction ends.
        return result.freeze()() if result.returns_rows else result

    async def scalar(self, statement: sa.Executable, parameters: Parameters = None) -> Any:
        """The first value of the first row, or None."""
        return (await self.execute(statement, parameters)).scalar()

    async def run_sync(self, work: Callable[[sa.Connection], Result]) -> Result:
        """Let a function work with SQLAlchemy's own connection, within this transaction."""
        if not self._sync.in_transaction():
            self._sync.begin()
        return work(self._sync)

    async def begin(self, *, writes: bool) -> None:
        """Begin a transaction; one that writes has the lock on the file when this returns."""
        statement = "BEGIN IMMEDIATE" if writes else "BEGIN"
        await self._run(statement, lambda: self._opened.execute(statement))

    async def commit(self) -> None:
        """Commit, in a thread where that waits for the disk."""
        if not self._file.lasting:
            self._opened.keep()
            return
        done = asyncio.get_running_loop().run_in_executor(self._file.disk, self._opened.keep)
        try:
            await asyncio.shield(done)
        finally:
            while not done.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait({done})

    async def prepare(self) -> None:
        """Set what holds for a connection as long as it lives."""
        for setting in (
            "journal_mode=WAL",
            f"synchronous={'FULL' if self._file.lasting else 'NORMAL'}",
            "foreign_keys=ON",
            # What is deleted or replaced is overwritten with zeros.
            "secure_delete=ON",
            # In KiB, for each connection; behind it the system's own cache has the file.
            "cache_size=-4000",
        ):
            statement = f"PRAGMA {setting}"
            await self._run(statement, lambda: self._opened.execute(statement).fetchall())  # noqa: B023 (run at once)

    async def _run(self, sql: str, work: Callable[[], Result]) -> Result:
        """Errors are those that SQLAlchemy makes of them, without the parameters: they hold what customers said."""
        try:
            return await _patiently(work, self._file.patience)
        except sqlite3.Error as error:
            kind = _KINDS.get(type(error), sa.exc.DBAPIError)
            raise kind(sql, None, error, hide_parameters=True) from error

    def leave(self) -> None:
        """End the transaction without keeping what is not committed."""
        if self._opened.in_transaction:
            self._opened.undo()
        if self._sync.in_transaction():
            self._sync.rollback()

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(sa.exc.SQLAlchemyError, sqlite3.Error):
            self._sync.close()
        self._opened.close()


class SqliteFile:
    """A few connections to one file, opened when they are needed.

    `lasting`: whether a commit must survive loss of power, or only the end of the process.
    """

    def __init__(self, url: str, *, patience: float, lasting: bool, options: dict[str, Any]) -> None:
        self.url = sa.make_url(url)
        self.patience = patience
        self.lasting = lasting
        self.disk = ThreadPoolExecutor(1, thread_name_prefix="sqlite-commit")
        self._engine = sa.create_engine(
            self.url.set(drivername="sqlite"), creator=self._open_file, poolclass=sa.NullPool, **options
        )
        self.dialect = self._engine.dialect
        self._idle: list[DirectConnection] = []
        self._places = asyncio.Semaphore(_MOST_CONNECTIONS)
        self._prepared: dict[tuple[int, tuple[str, ...]], Prepared] = {}

    @asynccontextmanager
    async def unit(self, *, writes: bool) -> AsyncIterator[DirectConnection]:
        """A transaction: committed when the block ends well and writes, else undone.

        Raises:
            asyncio.TimeoutError: no connection became free in time.
            sqlalchemy.exc.DBAPIError: what SQLite says, a lock that is held for too long included.
        """
        if self._places.locked():
            await asyncio.wait_for(self._places.acquire(), self.patience)
        else:
            await self._places.acquire()
        connection: DirectConnection | None = None
        try:
            connection = self._idle.pop() if self._idle else await self._open()
            await connection.begin(writes=writes)
            yield connection
            if writes:
                await connection.commit()
        finally:
            if connection is not None:
                self._leave(connection)
            self._places.release()

    def prepared(self, statement: sa.Executable, parameters: Parameters) -> Prepared:
        """The statement as it runs with parameters of these names."""
        first = parameters[0] if isinstance(parameters, (list, tuple)) else parameters
        key = (id(statement), tuple(first or ()))
        found = self._prepared.get(key)
        if found is None:
            found = self._prepared[key] = Prepared(statement, key[1], self.dialect)
        return found

    async def dispose(self) -> None:
        """Close every connection that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def _leave(self, connection: DirectConnection) -> None:
        try:
            connection.leave()
        except (sa.exc.SQLAlchemyError, sqlite3.Error):
            # Whatever state it is in, nobody gets it again.
            connection.close()
        else:
            self._idle.append(connection)

    async def _open(self) -> DirectConnection:
        sync = self._engine.connect()
        opened = sync.connection.dbapi_connection
        assert isinstance(opened, _OpenFile)
        connection = DirectConnection(self, sync, opened)
        try:
            await connection.prepare()
        except BaseException:
            connection.close()
            raise
        return connection

    def _open_file(self) -> _OpenFile:
        # No transaction begins by itself, no lock is waited for inside SQLite.
        return sqlite3.connect(
            Path(self.url.database or ""),
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENTS_KEPT,
            factory=_OpenFile,
        )


async def _patiently(work: Callable[[], Result], patience: float) -> Result:
    """Run a statement; while another process holds the lock, again and again, for `patience` seconds."""
    try:
        return work()
    except (sqlite3.OperationalError, sa.exc.OperationalError) as error:
        if not _is_locked(error):
            raise
    until, pause = time.monotonic() + patience, _FIRST_PAUSE
    while True:
        await asyncio.sleep(pause)
        try:
            return work()
        except (sqlite3.OperationalError, sa.exc.OperationalError) as error:
            if not _is_locked(error) or time.monotonic() > until:
                raise
        pause = min(pause * 2, _LONGEST_PAUSE)


def _is_locked(error: Exception) -> bool:
    return "locked" in str(getattr(error, "orig", error))
