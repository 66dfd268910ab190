"""Failed logins, counted for the login that was typed and for the address they come from.

A login that does not exist is counted and locked like one that does, so that a lock tells nobody which exist. What is
stored of a login is its digest: people type passwords into the wrong field.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from bot.store.administration_tables import login_failure as table
from bot.store.unit_of_work import Unit

# Failures are forgotten this long after the first of them.
WINDOW = timedelta(minutes=15)


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """`most` failures within the window lock the key for `lock`."""

    key: str
    most: int
    lock: timedelta


def login_limit(login: str) -> Limit:
    """Eight wrong passwords for one login lock it for five minutes."""
    digest = hashlib.sha256(login.encode("utf-8", "surrogatepass")).hexdigest()
    return Limit(key=f"login:{digest}", most=8, lock=timedelta(minutes=5))


def address_limit(address: str) -> Limit:
    """Forty failures from one address, over all logins, lock it for a quarter of an hour: offices share addresses."""
    return Limit(key=f"from:{address[:64]}", most=40, lock=timedelta(minutes=15))


async def is_locked(unit: Unit, limits: Sequence[Limit]) -> bool:
    """Whether any of them is locked now, without waiting for anybody."""
    found = await unit.connection.execute(
        sa.select(table.c.key)
        .where(table.c.key.in_([limit.key for limit in limits]), table.c.locked_until > unit.now)
        .limit(1)
    )
    return found.first() is not None


async def hold(unit: Unit, limits: Sequence[Limit]) -> bool:
    """Take the keys until the unit ends, and say whether any is locked.

    Tries that come at once are decided one after the other, so that each sees the failures before it.
    """
    # In the same order everywhere, so that two tries do not wait for each other in a circle.
    keys = sorted(limit.key for limit in limits)
    # Both dialects know the same upsert.
    insert = sqlite_insert if unit.connection.dialect.name == "sqlite" else postgresql_insert
    for key in keys:
        await unit.connection.execute(
            insert(table)
            .values(key=key, failures=0, since=unit.now)
            .on_conflict_do_update(index_elements=[table.c.key], set_={"failures": table.c.failures})
        )
    await unit.connection.execute(
        sa.update(table)
        .where(table.c.key.in_(keys), table.c.since <= unit.now - WINDOW)
        .values(failures=0, since=unit.now)
    )
    return await is_locked(unit, limits)


async def count_failure(unit: Unit, limits: Sequence[Limit]) -> None:
    """One more failure for each of the keys, which are held. Old ones of others are forgotten."""
    for limit in limits:
        counted = await unit.connection.execute(
            sa.update(table)
            .where(table.c.key == limit.key)
            .values(failures=table.c.failures + 1)
            .returning(table.c.failures)
        )
        if counted.scalar_one() >= limit.most:
            locked_until = unit.now + limit.lock
            await unit.connection.execute(
                sa.update(table)
                .where(table.c.key == limit.key)
                .values(failures=0, since=unit.now, locked_until=locked_until)
            )
    old = (table.c.since <= unit.now - WINDOW) & (table.c.locked_until.is_(None) | (table.c.locked_until <= unit.now))
    free = sa.select(table.c.key).where(old).with_for_update(skip_locked=True)
    await unit.connection.execute(sa.delete(table).where(table.c.key.in_(free)))


async def forget_failures(unit: Unit, limit: Limit) -> None:
    """A good login, or a new password, forgets the failed ones."""
    await unit.connection.execute(sa.delete(table).where(table.c.key == limit.key))
