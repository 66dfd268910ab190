"""What the parts of the SQL adapter share: the database, the clock, and facts from rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import RowMapping, Select
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm.database import Database
from actions.crm.models import Fact
from actions.crm.queries import first

T = TypeVar("T")
Clock = Callable[[], datetime]


class SqlPart:
    """Base of the adapter's parts, one per topic. `clock` gives aware UTC datetimes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def _fact(self, value: T, record: str) -> Fact[T]:
        return Fact(value=value, record=record, as_of=self._clock())

    async def _all(self, operation: str, query: Select[Any], make: Callable[[RowMapping], T]) -> list[Fact[T]]:
        """One fact per row; the query has a column `number`."""

        async def work(connection: AsyncConnection) -> list[Fact[T]]:
            found = (await connection.execute(query)).mappings().all()
            return [self._fact(make(row), row["number"]) for row in found]

        return await self._database.read(operation, work)

    async def _one(self, operation: str, query: Select[Any], make: Callable[[RowMapping], T]) -> Fact[T] | None:
        return first(await self._all(operation, query.limit(1), make))
