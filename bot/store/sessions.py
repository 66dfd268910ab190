"""Sessions of the desk: who is logged in, from where, until when. Ending one ends it for the next request on any node.

A session of a deactivated account opens nothing, whether or not somebody ended it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from bot.conversation.model import new_id
from bot.conversation.roles import Role
from bot.store.administration_tables import agent_session as table
from bot.store.tables import agent as agent_table
from bot.store.tokens import Agent, digest
from bot.store.unit_of_work import Unit


class DeskSession(msgspec.Struct, frozen=True, kw_only=True):
    """An open session. Its `id` names it in lists and opens nothing."""

    id: str
    agent: Agent
    address: str
    client: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    # Whether the agent has a second factor.
    second_factor: bool


_OPEN = sa.select(
    *(column for column in table.c if column.name not in {"digest", "agent_id"}),
    agent_table.c.id.label("agent_id"),
    agent_table.c.login,
    agent_table.c.name,
    agent_table.c.role,
    agent_table.c.totp_confirmed_at,
).join(agent_table, (agent_table.c.id == table.c.agent_id) & agent_table.c.deactivated_at.is_(None))


async def add_session(unit: Unit, token: str, agent_id: str, *, address: str, client: str, lifetime: timedelta) -> str:
    """Let `token` open the desk for an agent; the session's id."""
    session_id = new_id()
    await unit.connection.execute(
        sa.insert(table).values(
            digest=digest(token),
            id=session_id,
            agent_id=agent_id,
            address=address[:64],
            client=client[:200],
            created_at=unit.now,
            used_at=unit.now,
            expires_at=unit.now + lifetime,
        )
    )
    return session_id


async def session_of(unit: Unit, token: str) -> DeskSession | None:
    """The open session that this token opens, or none."""
    found = await unit.connection.execute(_OPEN.where(table.c.digest == digest(token), table.c.expires_at > unit.now))
    row = found.one_or_none()
    return None if row is None else _session(row)


async def open_sessions(unit: Unit, agent_id: str | None = None) -> list[DeskSession]:
    """Everybody's open sessions, or one agent's; the one used last comes first."""
    query = _OPEN.where(table.c.expires_at > unit.now).order_by(table.c.used_at.desc(), table.c.id)
    if agent_id is not None:
        query = query.where(table.c.agent_id == agent_id)
    return [_session(row) for row in await unit.connection.execute(query)]


async def session_is_used(unit: Unit, session_id: str) -> None:
    """The session's desk is connected now."""
    await unit.connection.execute(sa.update(table).where(table.c.id == session_id).values(used_at=unit.now))


async def end_session(unit: Unit, session_id: str) -> None:
    """Log out."""
    await unit.connection.execute(sa.delete(table).where(table.c.id == session_id))


async def end_sessions_of(unit: Unit, agent_id: str, *, but: str | None = None) -> None:
    """Log an agent out everywhere, save for one session."""
    query = sa.delete(table).where(table.c.agent_id == agent_id)
    await unit.connection.execute(query if but is None else query.where(table.c.id != but))


async def forget_expired(unit: Unit) -> None:
    """Delete what opens nothing any more."""
    await unit.connection.execute(sa.delete(table).where(table.c.expires_at <= unit.now))


def _session(row: sa.Row[tuple[object, ...]]) -> DeskSession:
    agent = Agent(id=row.agent_id, login=row.login, name=row.name, role=Role(row.role))
    return DeskSession(
        id=row.id,
        agent=agent,
        address=row.address,
        client=row.client,
        created_at=row.created_at,
        used_at=row.used_at,
        expires_at=row.expires_at,
        second_factor=row.totp_confirmed_at is not None,
    )
