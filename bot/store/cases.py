"""Cases: requests that outlive the chat. Each has a number, a team, a due time and the tenure that it came from.

Where the company has a ticket system, a case gets a ticket there. Whose turn it is to make or look at one is decided
here: a case that a worker took is no other worker's for a while, and is due again when that worker dies.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec
import sqlalchemy as sa

from bot.conversation.handover import Reason
from bot.store.rows import plain
from bot.store.tables import case as table
from bot.store.tokens import Agent
from bot.store.unit_of_work import Unit, next_value

# The reason of a case that nobody had to wait for: somebody at the desk made it.
MADE_BY_AGENT = "made_by_agent"

Status = Literal["open", "in_progress", "waiting_for_customer", "solved"]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A case as stored."""

    number: str
    conversation_id: str
    epoch: int
    team: str
    status: str
    reason: str
    created_at: datetime
    due_at: datetime
    # Who works on it, once somebody does, and what it is about in an agent's words.
    owner_id: str | None = None
    owner_name: str | None = None
    title: str | None = None
    updated_at: datetime | None = None
    solved_at: datetime | None = None
    # The ticket in the company's ticket system, where there is one, and its status there.
    external_ref: str | None = None
    external_status: str | None = None
    synced_at: datetime | None = None


async def add_case(
    unit: Unit,
    *,
    conversation_id: str,
    epoch: int,
    team: str,
    reason: Reason | None,
    due_at: datetime,
    title: str | None = None,
    owner: Agent | None = None,
) -> Case:
    """Open a case for the tenure `epoch`, which ended without a person, or in which a person makes it (no reason)."""
    serial = await next_value(unit, "case")
    case = Case(
        number=f"KT-{unit.now:%y}-{serial:06d}",
        conversation_id=conversation_id,
        epoch=epoch,
        team=team,
        status="open",
        reason=MADE_BY_AGENT if reason is None else reason.value,
        created_at=unit.now,
        due_at=due_at,
        owner_id=None if owner is None else owner.id,
        owner_name=None if owner is None else owner.name,
        title=title,
        updated_at=unit.now,
    )
    await unit.connection.execute(sa.insert(table).values(msgspec.to_builtins(case, builtin_types=(datetime,))))
    return case


async def cases(unit: Unit, conversation_id: str) -> list[Case]:
    """The cases of a conversation, oldest first."""
    found = await unit.connection.execute(
        sa.select(table).where(table.c.conversation_id == conversation_id).order_by(table.c.number)
    )
    return [Case(**plain(row)) for row in found.mappings()]


async def case_of_tenure(unit: Unit, conversation_id: str, epoch: int) -> Case | None:
    """The case that was opened for this tenure."""
    found = await unit.connection.execute(
        sa.select(table).where(table.c.conversation_id == conversation_id, table.c.epoch == epoch)
    )
    row = found.mappings().one_or_none()
    return None if row is None else Case(**plain(row))


async def case_with_number(unit: Unit, number: str) -> Case | None:
    """The case with this number. Change it only under its conversation's lock."""
    found = await unit.connection.execute(sa.select(table).where(table.c.number == number))
    row = found.mappings().one_or_none()
    return None if row is None else Case(**plain(row))


async def put_case(unit: Unit, case: Case) -> None:
    """Write what an agent may change of a case; the moment of solving follows from the status."""
    solved_at = (case.solved_at or unit.now) if case.status == "solved" else None
    await unit.connection.execute(
        sa.update(table)
        .where(table.c.number == case.number)
        .values(
            team=case.team,
            status=case.status,
            due_at=case.due_at,
            owner_id=case.owner_id,
            owner_name=case.owner_name,
            title=case.title,
            updated_at=unit.now,
            solved_at=solved_at,
        )
    )


async def case_list(
    unit: Unit, agent_id: str, teams: frozenset[str] | None, *, solved: bool, limit: int = 500
) -> list[Case]:
    """Cases of these teams (None: of all) and those the agent works on; what is due first comes first."""
    theirs = sa.true() if teams is None else table.c.team.in_(sorted(teams)) | (table.c.owner_id == agent_id)
    found = await unit.connection.execute(
        sa.select(table)
        .where(theirs, (table.c.status == "solved") == solved)
        .order_by(table.c.solved_at.desc() if solved else table.c.due_at, table.c.number)
        .limit(limit)
    )
    return [Case(**plain(row)) for row in found.mappings()]


async def take_unfiled(unit: Unit, limit: int, again_after: timedelta) -> list[Case]:
    """Take cases that have no ticket yet and were not tried lately, oldest first."""
    waiting = table.c.external_ref.is_(None)
    untried = table.c.synced_at.is_(None) | (table.c.synced_at <= unit.now - again_after)
    return await _take(unit, waiting & untried, limit)


async def take_filed(unit: Unit, limit: int, again_after: timedelta, not_older_than: timedelta) -> list[Case]:
    """Take cases whose ticket may have changed and was not looked at lately."""
    live = table.c.external_ref.is_not(None) & (table.c.external_status != "closed")
    due = (table.c.synced_at <= unit.now - again_after) & (table.c.created_at > unit.now - not_older_than)
    return await _take(unit, live & due, limit)


async def record_ticket(unit: Unit, case: Case, ref: str, status: str) -> None:
    """Keep a case's ticket and its status; desks are told when either is new."""
    await unit.connection.execute(
        sa.update(table)
        .where(table.c.number == case.number)
        .values(external_ref=ref, external_status=status, synced_at=unit.now)
    )
    if (case.external_ref, case.external_status) != (ref, status):
        unit.announce(case.conversation_id, None)


async def _take(unit: Unit, which: sa.ColumnElement[bool], limit: int) -> list[Case]:
    found = await unit.connection.execute(
        sa.select(table)
        .where(which)
        .order_by(table.c.synced_at, table.c.number)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = [Case(**plain(row)) for row in found.mappings()]
    await unit.connection.execute(
        sa.update(table).where(table.c.number.in_([case.number for case in taken])).values(synced_at=unit.now)
    )
    return taken
