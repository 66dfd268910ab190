"""What the provider sent: stored once, applied once.

An item is stored before its webhook is acknowledged, and applied in one transaction together with its `state`: a
process that dies in between has applied nothing, and another one finds the item again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.conversation.model import new_id
from bot.store.unit_of_work import Unit
from bot.store.whatsapp_tables import item as table

# An item that cannot be applied is tried so often, and then left for a person to look at.
MOST_ATTEMPTS = 6
# Most keys in one statement; PostgreSQL takes 32,767 parameters, SQLite 32,766.
_AT_ONCE = 10_000
_FORGOTTEN = "{}"
# The outcome of what came to a number that is not set: kept as it came, and nothing else.
UNKNOWN_NUMBER = "unknown_number"
_older = table.alias("older")
_WAITING = (
    sa.select(table.c.key)
    .where(
        table.c.state == "new",
        table.c.due_at <= sa.bindparam("now", type_=table.c.due_at.type),
        # Of each sender only the oldest, so that what was said first is applied first.
        ~sa.exists().where(_older.c.sender == table.c.sender, _older.c.state == "new", _older.c.place < table.c.place),
    )
    .order_by(table.c.place)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_TAKE = (
    sa.select(table).where(table.c.key == sa.bindparam("one"), table.c.state == "new").with_for_update(skip_locked=True)
)
_ONE = sa.update(table).where(table.c.key == sa.bindparam("one"))


class StoredItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item that waits to be applied."""

    key: str
    kind: str
    sender: str | None
    received_at: datetime
    raw: str
    attempts: int


async def add_items(unit: Unit, rows: Sequence[dict[str, Any]]) -> None:
    """Store items; one whose key is known is left as it is. `rows` have key, kind, sender and raw."""
    if not rows:
        return
    batch = new_id()
    erased = {erased_key(str(row["key"])): row["key"] for row in rows}
    known: set[str] = set()
    for some in _chunks(list(erased)):
        found = await unit.connection.execute(sa.select(table.c.key).where(table.c.key.in_(some)))
        known |= {str(erased[key]) for key in found.scalars()}
    values = [
        {
            **row,
            "place": f"{batch}:{index:07d}",
            "received_at": unit.now,
            "due_at": unit.now,
            "state": "new",
        }
        for index, row in enumerate(rows)
        if row["key"] not in known
    ]
    if not values:
        return
    # In the order of the keys, so that two nodes with the same items wait for each other and never in a circle.
    values.sort(key=lambda row: str(row["key"]))
    insert = sqlite.insert if unit.connection.dialect.name == "sqlite" else postgresql.insert
    await unit.connection.execute(insert(table).on_conflict_do_nothing(index_elements=["key"]), values)


def _chunks(keys: list[str]) -> Iterator[list[str]]:
    """A body of 4 MiB can hold more items than a statement may have parameters."""
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))


async def waiting_items(unit: Unit, most: int) -> list[str]:
    """Keys of items that can be applied now, oldest first, one of each sender."""
    found = await unit.connection.execute(_WAITING, {"now": unit.now, "most": most})
    return list(found.scalars())


async def take_item(unit: Unit, key: str) -> StoredItem | None:
    """Lock an item until the unit ends; None when it is applied already or another worker has it."""
    row = (await unit.connection.execute(_TAKE, {"one": key})).one_or_none()
    if row is None:
        return None
    return StoredItem(
        key=row.key,
        kind=row.kind,
        sender=row.sender,
        received_at=row.received_at,
        raw=row.raw,
        attempts=row.attempts,
    )


async def settle_item(unit: Unit, key: str, state: Literal["applied", "kept"], outcome: str) -> None:
    """The item has had its effect, or needs none."""
    await unit.connection.execute(_ONE, {"one": key, "state": state, "outcome": outcome})


async def forget_items(unit: Unit, before: datetime) -> int:
    """Empty what came before this moment and has had its effect. The keys stay: what comes again is still known."""
    forgotten = await unit.connection.execute(
        sa.update(table)
        .where(table.c.received_at < before, table.c.state.in_(("applied", "kept")), table.c.raw != _FORGOTTEN)
        .values(raw=_FORGOTTEN)
    )
    return forgotten.rowcount


async def forget_item(unit: Unit, key: str) -> None:
    """Keep of an item only that it came: its key, too, tells who sent it. What comes again is still known."""
    await unit.connection.execute(
        _ONE, {"one": key, "key": erased_key(key), "raw": _FORGOTTEN, "sender": None, "outcome": None}
    )


def erased_key(key: str) -> str:
    """Whoever has the item knows it again by this; nobody can read the key from it."""
    return f"erased:{hashlib.sha256(key.encode()).hexdigest()}"


async def postpone_item(unit: Unit, item: StoredItem, error: str) -> bool:
    """It could not be applied: again later, or, after `MOST_ATTEMPTS`, left as it is. True when it is left."""
    dead = item.attempts + 1 >= MOST_ATTEMPTS
    await unit.connection.execute(
        _ONE,
        {
            "one": item.key,
            "attempts": item.attempts + 1,
            "outcome": error[:120],
            "state": "dead" if dead else "new",
            "due_at": unit.now + timedelta(seconds=0.1 * 3**item.attempts),
        },
    )
    return dead
