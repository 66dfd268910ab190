"""SQLite without a thread in between.

The usual asynchronous driver gives each connection a thread and hands every step over to it: four steps a statement,
more than a hundred for one answer, each dearer than the statement itself, which takes SQLite some ten microseconds.
Here a statement runs where it is called. What may take long does not: a commit waits for the disk in a thread, and a
lock that another process holds is waited for by asking again, so that the event loop goes on meanwhile. A query over
whole tables would hold everybody up: it belongs to `Database.report`, which keeps the usual driver.

`Connection` and `Cursor` offer what SQLAlchemy's dialect `sqlite+aiosqlite` asks of its driver, and no more. Errors are
those of `sqlite3`. A commit that is cancelled is waited for all the same: nobody else touches the connection meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")

# Prepared statements of each connection; there are fewer than these.
_STATEMENTS_KEPT = 500
# Pauses between two attempts at a lock, in seconds.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.02


class Cursor:
    """A cursor whose statements run at once."""

    def __init__(self, cursor: sqlite3.Cursor, patience: float) -> None:
        self._cursor = cursor
        self._patience = patience

    @property
    def description(self) -> Any:
        """As in the DB-API."""
        return self._cursor.description

    @property
    def lastrowid(self) -> int | None:
        """As in the DB-API."""
        return self._cursor.lastrowid

    @property
    def rowcount(self) -> int:
        """As in the DB-API."""
        return self._cursor.rowcount

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement."""
        await _patiently(lambda: self._cursor.execute(statement, parameters), self._patience)

    async def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each row."""
        await _patiently(lambda: self._cursor.executemany(statement, rows), self._patience)

    async def fetchall(self) -> list[Any]:
        """What is left of the result."""
        return self._cursor.fetchall()

    async def close(self) -> None:
        """Forget the result."""
        self._cursor.close()


class Connection:
    """A connection to a SQLite file. Used by one task at a time, as the pool sees to."""

    # Transactions are begun by statements alone.
    isolation_level = None

    def __init__(self, connection: sqlite3.Connection, patience: float, disk: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._patience = patience
        self._disk = disk

    async def cursor(self) -> Cursor:
        """A new cursor."""
        return Cursor(self._connection.cursor(), self._patience)

    async def commit(self) -> None:
        """Commit; with `synchronous=FULL` the disk has it when this returns."""
        if not self._connection.in_transaction:
            return
        done = asyncio.get_running_loop().run_in_executor(self._disk, self._connection.commit)
        try:
            await asyncio.shield(done)
        finally:
            while not done.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait({done})

    async def rollback(self) -> None:
        """Undo what was not committed."""
        if self._connection.in_transaction:
            self._connection.rollback()

    async def create_function(self, *arguments: Any, **options: Any) -> None:
        """As in `sqlite3`."""
        self._connection.create_function(*arguments, **options)

    async def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def stop(self) -> None:
        """Close the file at once."""
        self._connection.close()


async def _patiently(work: Callable[[], Result], patience: float) -> Result:
    """Run a statement; while another process holds the lock, again and again, for `patience` seconds."""
    try:
        return work()
    except sqlite3.OperationalError as error:
        if not _is_locked(error):
            raise
    until, pause = time.monotonic() + patience, _FIRST_PAUSE
    while True:
        await asyncio.sleep(pause)
        try:
            return work()
        except sqlite3.OperationalError as error:
            if not _is_locked(error) or time.monotonic() > until:
                raise
        pause = min(pause * 2, _LONGEST_PAUSE)


def _is_locked(error: sqlite3.OperationalError) -> bool:
    return "locked" in str(error)


def opener(path: Path, patience: float) -> Callable[[], Awaitable[Connection]]:
    """What opens connections to `path` that wait for a lock for at most `patience` seconds."""
    disk = ThreadPoolExecutor(1, thread_name_prefix="sqlite-commit")

    async def open_file() -> Connection:
        # No transaction begins by itself, no lock is waited for inside SQLite.
        opened = sqlite3.connect(
            path, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS_KEPT
        )
        return Connection(opened, patience, disk)

    return open_file
