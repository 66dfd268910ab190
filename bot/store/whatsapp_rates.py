"""How fast may be sent: buckets in the database, so that all nodes together stay below the provider's limits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.unit_of_work import Unit
from bot.store.whatsapp_tables import rate as table


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """So many messages a second on average, and at most so many at once."""

    per_second: float
    burst: float


# Longest name of a person that stands in a bucket's as it is.
_LONGEST_NAME = 32


def number_bucket(ours: str) -> str:
    """What is sent from this number of ours."""
    return f"number:{ours}"


def pair_bucket(ours: str, person: str) -> str:
    """What is sent from this number of ours to this person."""
    return f"pair:{ours}:{person if len(person) <= _LONGEST_NAME else short_digest(person)}"


def short_digest(person: str) -> str:
    """What stands in the place of a name that is too long for a bucket's."""
    return hashlib.sha256(person.encode()).hexdigest()[:_LONGEST_NAME]


async def take_or_wait(unit: Unit, limits: Mapping[str, Limit]) -> float:
    """Take one message out of every bucket, or out of none; how many seconds are to be waited in that case, else 0."""
    left: dict[str, float] = {}
    wait = 0.0
    # Always in one order, so that two nodes wait for each other and never in a circle.
    for bucket in sorted(limits):
        limit = limits[bucket]
        left[bucket] = await _filled(unit, bucket, limit)
        if left[bucket] < 1:
            wait = max(wait, (1 - left[bucket]) / limit.per_second)
    if wait > 0:
        return wait
    for bucket in sorted(limits):
        await _write(unit, bucket, left[bucket] - 1, unit.now)
    return 0.0


async def pause(unit: Unit, bucket: str, limit: Limit, seconds: float) -> None:
    """The provider wants no more for so long."""
    await _filled(unit, bucket, limit)
    await _write(unit, bucket, 1 - seconds * limit.per_second, unit.now)


async def _filled(unit: Unit, bucket: str, limit: Limit) -> float:
    insert = sqlite.insert if unit.connection.dialect.name == "sqlite" else postgresql.insert
    await unit.connection.execute(
        insert(table)
        .values(bucket=bucket, tokens=limit.burst, at=unit.now)
        .on_conflict_do_nothing(index_elements=["bucket"])
    )
    found = await unit.connection.execute(
        sa.select(table.c.tokens, table.c.at).where(table.c.bucket == bucket).with_for_update()
    )
    tokens, at = found.one()
    passed = max(0.0, (unit.now - at).total_seconds())
    return float(min(limit.burst, tokens + passed * limit.per_second))


async def _write(unit: Unit, bucket: str, tokens: float, at: datetime) -> None:
    await unit.connection.execute(sa.update(table).where(table.c.bucket == bucket).values(tokens=tokens, at=at))
