"""Who saw and did what at the desk. Written here alone, never changed, never deleted: the database refuses both.

An entry commits together with the change that it tells of. Where a change is a service's own (a takeover, a message),
and for everything that is only looked at, the entry commits before: what happened is then always on record, and what
was refused is followed by an entry that says so.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.conversation.model import new_id
from bot.store.administration_tables import audit_entry as table
from bot.store.rows import plain
from bot.store.unit_of_work import Unit


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who does something: an agent, or nobody known (`id` is None), and the address that they come from."""

    id: str | None
    name: str
    address: str


# The command line: whoever may run it may do everything.
OPERATOR = Actor(id=None, name="klartext", address="")


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log."""

    id: str
    at: datetime
    agent_id: str | None
    agent_name: str
    address: str
    action: str
    subject: str
    detail: dict[str, Any]


async def record(unit: Unit, actor: Actor, action: str, subject: str = "", **detail: Any) -> None:
    """Put on record that `actor` did `action` to `subject`. `detail` never holds a secret."""
    entry = AuditEntry(
        id=new_id(),
        at=unit.now,
        agent_id=actor.id,
        agent_name=actor.name,
        address=actor.address[:64],
        action=action,
        subject=subject[:120],
        detail=detail,
    )
    await unit.connection.execute(
        sa.insert(table).values(**{name: getattr(entry, name) for name in AuditEntry.__struct_fields__})
    )


async def was_recorded(unit: Unit, actor: Actor, action: str, subject: str, within: timedelta) -> bool:
    """Whether this actor's same action on the same subject is on record within the time just past."""
    found = await unit.connection.execute(
        sa.select(table.c.id)
        .where(
            table.c.subject == subject[:120],
            table.c.agent_id == actor.id,
            table.c.action == action,
            table.c.at > unit.now - within,
        )
        .limit(1)
    )
    return found.first() is not None


async def entries(
    unit: Unit,
    *,
    before: str | None = None,
    agent_id: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    limit: int = 100,
) -> list[AuditEntry]:
    """The newest entries, newest first; those before an entry's id for the next page. `action` may be a beginning."""
    query = sa.select(table).order_by(table.c.id.desc()).limit(limit)
    if before:
        query = query.where(table.c.id < before)
    if agent_id:
        query = query.where(table.c.agent_id == agent_id)
    if action:
        query = query.where(table.c.action.startswith(action, autoescape=True))
    if subject:
        query = query.where(table.c.subject == subject)
    return [AuditEntry(**plain(row)) for row in (await unit.connection.execute(query)).mappings()]
