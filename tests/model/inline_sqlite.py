"""SQLite without a thread for each connection: `sqlite+inline:///file`.

The same file, statements and locks as `sqlite+aiosqlite`; calls block the event loop instead of a helper thread. With
one actor running at a time nothing waits on it, and it is several times faster.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import AsyncAdaptedQueuePool, Pool
from sqlalchemy.util import await_only


class _Cursor(sqlite3.Cursor):
    async def _async_soft_close(self) -> None:
        """Asked for by SQLAlchemy; rows are read when they are wanted."""


class _Connection(sqlite3.Connection):
    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


async def _nothing() -> None:
    """SQLAlchemy insists that something is awaited."""


class InlineDialect(SQLiteDialect_pysqlite):
    """Python's own driver where SQLAlchemy expects an asynchronous one."""

    driver = "inline"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: sa.URL) -> type[Pool]:
        """One that does not wait for a thread."""
        return AsyncAdaptedQueuePool

    def connect(self, *cargs: Any, **cparams: Any) -> Any:
        """A connection of the driver, with our cursors."""
        return super().connect(*cargs, factory=_Connection, **cparams)

    def get_driver_connection(self, connection: Any) -> Any:
        """There is nothing between us and the driver."""
        return connection

    def do_execute(self, cursor: Any, statement: Any, parameters: Any, context: Any = None) -> None:
        """As the parent."""
        await_only(_nothing())
        super().do_execute(cursor, statement, parameters, context)

    def do_executemany(self, cursor: Any, statement: Any, parameters: Any, context: Any = None) -> None:
        """As the parent."""
        await_only(_nothing())
        super().do_executemany(cursor, statement, parameters, context)


registry.register("sqlite.inline", __name__, "InlineDialect")
