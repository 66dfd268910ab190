"""Keeps demo data of an earlier day, or of an earlier version, plausible.

Guarantee: whatever the demo promised for a day that has passed (the end of an outage, a visit, a milestone, the end of
a ticket) is promised anew, as if the demo had been made today, and only as long as its state is the one it was made
with: what people have changed since stays as they left it. Dates alone change, and a second call changes nothing.
Tables that came empty with a later version get the rows of a new demo, as far as what they refer to is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any

from sqlalchemy import RowMapping, Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm import tables
from actions.crm.demo_data import build
from actions.crm.due import BERLIN

Row = Mapping[str, Any] | RowMapping


@dataclass(frozen=True)
class _Dated:
    """A table whose rows promise something for a day: the state they were made with, the promise, and all dates."""

    table: Table
    state: str
    promise: Callable[[Row], date | datetime | None]
    dates: tuple[str, ...]


_DATED = (
    _Dated(
        tables.outage,
        "state",
        lambda row: row["since"] if row["state"] == "planned" else row["expected_until"],
        ("since", "expected_until", "solved_at", "updated_at"),
    ),
    _Dated(tables.build_area, "phase", lambda row: row["milestone_on"], ("milestone_on", "delayed_from", "updated_on")),
    _Dated(tables.appointment, "status", lambda row: row["starts"], ("starts", "ends")),
    _Dated(
        tables.customer_order,
        "status",
        lambda row: row["expected_on"],
        ("ordered_on", "expected_on", "withdrawal_until"),
    ),
    _Dated(tables.ticket, "status", lambda row: row["due_at"], ("opened_at", "due_at", "noted_at")),
)


async def fill_empty(connection: AsyncConnection, today: date, seed: int) -> None:
    """Fill the tables that are empty and are not in a new demo."""
    for table, made in build(today, seed).items():
        if not made or (await connection.execute(select(table).limit(1))).first() is not None:
            continue
        rows = made
        for column in table.columns:
            for reference in column.foreign_keys:
                there = set((await connection.execute(select(reference.column))).scalars())
                rows = [row for row in rows if row.get(column.name) is None or row[column.name] in there]
        if rows:
            await connection.execute(insert(table), rows)


async def refresh(connection: AsyncConnection, today: date, seed: int) -> int:
    """Renew what has passed; how many rows that were."""
    made = build(today, seed)
    renewed = 0
    for dated in _DATED:
        table = dated.table
        stored = {row["number"]: row for row in (await connection.execute(select(table))).mappings()}
        for row in made[table]:
            old = stored.get(row["number"])
            if old is None or old[dated.state] != row[dated.state]:
                continue
            if _has_passed(dated.promise(old), today) and not _has_passed(dated.promise(row), today):
                values = {name: row[name] for name in dated.dates}
                await connection.execute(update(table).where(table.c.number == row["number"]).values(values))
                renewed += 1
    return renewed


def _has_passed(promised: date | datetime | None, today: date) -> bool:
    """Whether a promise was for a day before today, where the customers live. No promise does not pass."""
    if promised is None:
        return False
    return (_local_day(promised) if isinstance(promised, datetime) else promised) < today


def _local_day(moment: datetime) -> date:
    return moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(BERLIN).date()
