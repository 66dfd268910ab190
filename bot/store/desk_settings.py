"""What an administrator decides at the desk, one row for each setting. What is not there is as the environment says."""

from __future__ import annotations

from typing import TypeVar

import msgspec
import sqlalchemy as sa

from bot.store.administration_tables import desk_setting as table
from bot.store.unit_of_work import Unit

Value = TypeVar("Value", bound=msgspec.Struct)


async def setting(unit: Unit, name: str, kind: type[Value]) -> Value | None:
    """The setting as it was last decided, or none."""
    found = await unit.connection.execute(sa.select(table.c.value).where(table.c.name == name))
    row = found.one_or_none()
    return None if row is None else msgspec.convert(row.value, type=kind)


async def set_setting(unit: Unit, name: str, value: msgspec.Struct, by: str) -> None:
    """Decide it anew."""
    # JSON's own types, so that what is read back is what was written.
    row = {"value": msgspec.json.decode(msgspec.json.encode(value)), "changed_at": unit.now, "changed_by": by}
    changed = await unit.connection.execute(sa.update(table).where(table.c.name == name).values(**row))
    if changed.rowcount == 0:
        await unit.connection.execute(sa.insert(table).values(name=name, **row))
