"""Teams, who is in them, and who of them can be given a conversation now.

Connected is only who has a socket that spoke within the last minute: a socket's row goes with it, and the row of a
process that was killed is soon too old to count.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
import sqlalchemy as sa

from bot.conversation.model import Holder
from bot.conversation.roles import Role
from bot.store.desk_tables import DEFAULT_TEAM, desk_connection, invitation, team_member
from bot.store.desk_tables import team as table
from bot.store.rows import plain
from bot.store.tables import agent as agent_table
from bot.store.tables import conversation as conversation_table
from bot.store.tables import tenure as tenure_table
from bot.store.tokens import Agent
from bot.store.unit_of_work import Unit

# A desk says every 20 seconds that it is connected; two words may be missed.
CONNECTED = timedelta(seconds=60)
# Whoever did nothing at the desk for this long is away, whatever they chose.
IDLE = timedelta(minutes=10)

Availability = Literal["available", "away", "idle", "offline"]


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """A team as stored."""

    id: str
    name_de: str
    name_en: str
    topics: list[str]
    assignment: Literal["manual", "round_robin", "least_busy"]

    def name(self, language: str) -> str:
        """What people call it."""
        return self.name_en if language == "en" else self.name_de


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """An agent as colleagues see them. `load`: conversations held now."""

    id: str
    name: str
    teams: list[str]
    state: Availability
    load: int
    capacity: int


async def teams(unit: Unit) -> list[Team]:
    """Every team, by name."""
    found = await unit.connection.execute(sa.select(table).order_by(table.c.name_de))
    return [msgspec.convert(plain(row), Team) for row in found.mappings()]


async def team(unit: Unit, team_id: str) -> Team | None:
    """The team with this id."""
    found = await unit.connection.execute(sa.select(table).where(table.c.id == team_id))
    row = found.mappings().one_or_none()
    return None if row is None else msgspec.convert(plain(row), Team)


async def put_team(unit: Unit, one: Team) -> None:
    """Make a team, or change it."""
    values = msgspec.to_builtins(one)
    done = await unit.connection.execute(sa.update(table).where(table.c.id == one.id).values(values))
    if done.rowcount == 0:
        await unit.connection.execute(sa.insert(table).values(values))


async def lock_teams(unit: Unit) -> list[Team]:
    """Every team, locked against other writers until the unit ends: what holds for all of them is decided behind it."""
    await unit.connection.execute(sa.select(table.c.id).order_by(table.c.id).with_for_update())
    return await teams(unit)


async def members(unit: Unit) -> dict[str, list[str]]:
    """Ids of the active accounts in each team that has some."""
    found = await unit.connection.execute(
        sa.select(team_member)
        .join(agent_table, agent_table.c.id == team_member.c.agent_id)
        .where(agent_table.c.deactivated_at.is_(None))
        .order_by(team_member.c.team_id, team_member.c.agent_id)
    )
    together: dict[str, list[str]] = {}
    for row in found:
        together.setdefault(row.team_id, []).append(row.agent_id)
    return together


async def resting_members(unit: Unit, team_id: str) -> list[str]:
    """Ids of the deactivated accounts in a team."""
    found = await unit.connection.execute(
        sa.select(team_member.c.agent_id)
        .join(agent_table, agent_table.c.id == team_member.c.agent_id)
        .where(team_member.c.team_id == team_id, agent_table.c.deactivated_at.is_not(None))
    )
    return list(found.scalars())


async def set_members(unit: Unit, team_id: str, agent_ids: Collection[str]) -> None:
    """Who is in a team, from now on."""
    await unit.connection.execute(sa.delete(team_member).where(team_member.c.team_id == team_id))
    if agent_ids:
        await unit.connection.execute(
            sa.insert(team_member), [{"team_id": team_id, "agent_id": agent_id} for agent_id in sorted(set(agent_ids))]
        )


async def team_for(unit: Unit, intent: str | None) -> str:
    """The team whose topic this intent is; the default team where no other has it."""
    if intent is None:
        return DEFAULT_TEAM
    return next((one.id for one in await teams(unit) if intent in one.topics), DEFAULT_TEAM)


async def team_name(unit: Unit, team_id: str, language: str) -> str:
    """What people call a team; its id where it is gone."""
    one = await team(unit, team_id)
    return team_id if one is None else one.name(language)


async def teams_of(unit: Unit, agent: Agent) -> frozenset[str] | None:
    """The teams whose conversations this agent sees; None for all."""
    if agent.role.may(Role.SUPERVISOR):
        return None
    found = await unit.connection.execute(sa.select(team_member.c.team_id).where(team_member.c.agent_id == agent.id))
    return frozenset(found.scalars())


def visible_to(agent: Agent, seen: frozenset[str] | None) -> sa.ColumnElement[bool]:
    """A condition on `conversation` joined with its current tenure as `current`: what this agent may see.

    Their teams' conversations, those they hold, and those they are invited to.
    """
    if seen is None:
        return sa.true()
    invited = sa.exists().where(
        invitation.c.conversation_id == conversation_table.c.id, invitation.c.agent_id == agent.id
    )
    holds = sa.exists().where(
        tenure_table.c.conversation_id == conversation_table.c.id,
        tenure_table.c.epoch == conversation_table.c.epoch,
        tenure_table.c.agent_id == agent.id,
    )
    return sa.or_(conversation_table.c.team.in_(sorted(seen)), holds, invited)


async def sees(unit: Unit, agent: Agent, conversation_id: str) -> bool:
    """Whether this agent may see this conversation."""
    found = await unit.connection.execute(
        sa.select(conversation_table.c.id).where(
            conversation_table.c.id == conversation_id, visible_to(agent, await teams_of(unit, agent))
        )
    )
    return found.first() is not None


# --- who is there ---


async def connected(unit: Unit, connection_id: str, agent_id: str) -> None:
    """A socket of this agent's desk is alive."""
    done = await unit.connection.execute(
        sa.update(desk_connection).where(desk_connection.c.id == connection_id).values(seen_at=unit.now)
    )
    if done.rowcount == 0:
        await unit.connection.execute(
            sa.insert(desk_connection).values(id=connection_id, agent_id=agent_id, seen_at=unit.now)
        )


async def disconnected(unit: Unit, connection_id: str) -> None:
    """A socket is closed. Rows that killed processes left behind go with it."""
    await unit.connection.execute(
        sa.delete(desk_connection).where(
            sa.or_(desk_connection.c.id == connection_id, desk_connection.c.seen_at < unit.now - timedelta(days=1))
        )
    )


async def active(unit: Unit, agent_id: str) -> None:
    """The agent did something at the desk."""
    await unit.connection.execute(sa.update(agent_table).where(agent_table.c.id == agent_id).values(active_at=unit.now))


async def set_available(unit: Unit, agent_id: str, available: bool) -> None:
    """The agent chose whether to be given conversations."""
    await unit.connection.execute(
        sa.update(agent_table).where(agent_table.c.id == agent_id).values(available=available, active_at=unit.now)
    )


_LOAD = (
    sa.select(sa.func.count())
    .where(
        tenure_table.c.agent_id == agent_table.c.id,
        tenure_table.c.ended_at.is_(None),
        tenure_table.c.holder == Holder.AGENT.value,
    )
    .correlate(agent_table)
    .scalar_subquery()
)


def _is_connected(now: datetime) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        desk_connection.c.agent_id == agent_table.c.id, desk_connection.c.seen_at > now - CONNECTED
    )


async def colleagues(unit: Unit) -> list[Colleague]:
    """Everybody at the desk, by name."""
    found = await unit.connection.execute(
        sa.select(
            agent_table.c.id,
            agent_table.c.name,
            agent_table.c.available,
            agent_table.c.active_at,
            agent_table.c.capacity,
            _LOAD.label("load"),
            _is_connected(unit.now).label("connected"),
        )
        .where(agent_table.c.deactivated_at.is_(None))
        .order_by(agent_table.c.name)
    )
    their_teams: dict[str, list[str]] = {}
    for row in await unit.connection.execute(sa.select(team_member).order_by(team_member.c.team_id)):
        their_teams.setdefault(row.agent_id, []).append(row.team_id)
    return [
        Colleague(
            id=row.id,
            name=row.name,
            teams=their_teams.get(row.id, []),
            state=_state(row.connected, row.available, row.active_at, unit.now),
            load=row.load,
            capacity=row.capacity,
        )
        for row in found
    ]


def _state(is_connected: bool, available: bool, active_at: datetime | None, now: datetime) -> Availability:
    if not is_connected:
        return "offline"
    if not available:
        return "away"
    return "available" if active_at is not None and active_at > now - IDLE else "idle"


async def next_agent(unit: Unit, team_id: str, assignment: str, *, besides: Sequence[str] = ()) -> Agent | None:
    """Who of the team is given the next conversation: connected, available, active and below their capacity.

    The chosen account is locked until the unit ends, so that two nodes together do not go beyond a capacity.
    """
    order = [agent_table.c.assigned_at.is_not(None), agent_table.c.assigned_at, agent_table.c.id]
    if assignment == "least_busy":
        order.insert(0, _LOAD)
    candidates = await unit.connection.execute(
        sa.select(agent_table.c.id)
        .join(team_member, team_member.c.agent_id == agent_table.c.id)
        .where(team_member.c.team_id == team_id, agent_table.c.id.not_in(list(besides)), *_can_be_given(unit.now))
        .order_by(*order)
    )
    for agent_id in list(candidates.scalars()):
        await unit.connection.execute(sa.select(agent_table.c.id).where(agent_table.c.id == agent_id).with_for_update())
        # Counted again behind the lock: another node may have given them one meanwhile.
        found = await unit.connection.execute(
            sa.select(agent_table.c.id, agent_table.c.login, agent_table.c.name, agent_table.c.role).where(
                agent_table.c.id == agent_id, *_can_be_given(unit.now)
            )
        )
        if (row := found.one_or_none()) is not None:
            await unit.connection.execute(
                sa.update(agent_table).where(agent_table.c.id == agent_id).values(assigned_at=unit.now)
            )
            return Agent(id=row.id, login=row.login, name=row.name, role=Role(row.role))
    return None


def _can_be_given(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        agent_table.c.available,
        agent_table.c.deactivated_at.is_(None),
        agent_table.c.active_at > now - IDLE,
        _is_connected(now),
        agent_table.c.capacity > _LOAD,
    )


async def waiting_for_assignment(unit: Unit, limit: int = 100) -> list[str]:
    """Conversations that wait in a team with a rule, those whose deadline is nearest first."""
    found = await unit.connection.execute(
        sa.select(conversation_table.c.id)
        .join(
            tenure_table,
            (tenure_table.c.conversation_id == conversation_table.c.id)
            & (tenure_table.c.epoch == conversation_table.c.epoch),
        )
        .join(table, table.c.id == conversation_table.c.team)
        .where(conversation_table.c.holder == Holder.QUEUE.value, table.c.assignment != "manual")
        .order_by(tenure_table.c.deadline_at)
        .limit(limit)
    )
    return list(found.scalars())
