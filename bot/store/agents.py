"""Accounts of the people at the desk. Passwords come here as argon2 hashes, second factors encrypted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.conversation.model import new_id
from bot.conversation.roles import Role
from bot.store.administration_tables import recovery_code
from bot.store.desk_tables import DEFAULT_TEAM, team_member
from bot.store.tables import agent as table
from bot.store.tables import tenure as tenure_table
from bot.store.tokens import Agent
from bot.store.unit_of_work import Unit


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about an account. Its secrets stay in the services: views are made of other types."""

    agent: Agent
    password_hash: str
    # Encrypted; in use once it was confirmed.
    totp_secret: str | None
    totp_confirmed_at: datetime | None
    deactivated_at: datetime | None
    last_seen_at: datetime | None
    created_at: datetime
    # Conversations that are given to it at once, at most.
    capacity: int


async def add_agent(unit: Unit, *, login: str, name: str, role: str, password_hash: str) -> Agent:
    """Create an account, in the default team.

    Raises `sqlalchemy.exc.IntegrityError` when the login is taken, `ValueError` for no role.
    """
    agent = Agent(id=new_id(), login=login, name=name, role=Role(role))
    await unit.connection.execute(
        sa.insert(table).values(**msgspec.to_builtins(agent), password_hash=password_hash, created_at=unit.now)
    )
    await unit.connection.execute(sa.insert(team_member).values(team_id=DEFAULT_TEAM, agent_id=agent.id))
    return agent


async def account(unit: Unit, login: str) -> Account | None:
    """The account with this login, deactivated or not."""
    return await _one(unit, sa.select(table).where(table.c.login == login))


async def account_by_id(unit: Unit, agent_id: str) -> Account | None:
    """The account with this id, locked against other writers until the unit ends."""
    return await _one(unit, sa.select(table).where(table.c.id == agent_id).with_for_update())


async def all_accounts(unit: Unit) -> list[Account]:
    """Every account, by name."""
    found = await unit.connection.execute(sa.select(table).order_by(table.c.name, table.c.id))
    return [_account(row) for row in found.mappings()]


async def active_administrators(unit: Unit) -> list[str]:
    """Ids of those who can administer, locked against other writers until the unit ends."""
    found = await unit.connection.execute(
        sa.select(table.c.id)
        .where(table.c.role == Role.ADMINISTRATOR.value, table.c.deactivated_at.is_(None))
        .order_by(table.c.id)
        .with_for_update()
    )
    return list(found.scalars())


async def change_account(unit: Unit, agent_id: str, **values: Any) -> None:
    """Replace columns of an account."""
    await unit.connection.execute(sa.update(table).where(table.c.id == agent_id).values(**values))


async def use_step(unit: Unit, agent_id: str, step: int) -> bool:
    """Use up a time step of the second factor; False when it, or a later one, was used before."""
    done = await unit.connection.execute(
        sa.update(table)
        .where(table.c.id == agent_id, table.c.totp_step.is_(None) | (table.c.totp_step < step))
        .values(totp_step=step)
    )
    return done.rowcount == 1


async def replace_recovery_codes(unit: Unit, agent_id: str, digests: Sequence[str]) -> None:
    """From now on these, and no others, open the desk once each."""
    await unit.connection.execute(sa.delete(recovery_code).where(recovery_code.c.agent_id == agent_id))
    if digests:
        rows = [{"agent_id": agent_id, "digest": digest} for digest in digests]
        await unit.connection.execute(sa.insert(recovery_code), rows)


async def use_recovery_code(unit: Unit, agent_id: str, digest: str) -> bool:
    """Use a recovery code up; False when there is no such."""
    done = await unit.connection.execute(
        sa.delete(recovery_code).where(recovery_code.c.agent_id == agent_id, recovery_code.c.digest == digest)
    )
    return done.rowcount == 1


async def recovery_codes_left(unit: Unit, agent_id: str) -> int:
    """How many are unused."""
    found = await unit.connection.execute(
        sa.select(sa.func.count()).select_from(recovery_code).where(recovery_code.c.agent_id == agent_id)
    )
    return int(found.scalar_one())


async def release_conversations(unit: Unit, agent_id: str) -> None:
    """The agent will not come back: what they hold is due now, and the deadlines bring it to somebody else."""
    await unit.connection.execute(
        sa.update(tenure_table)
        .where(tenure_table.c.agent_id == agent_id, tenure_table.c.ended_at.is_(None))
        .values(deadline_at=unit.now)
    )


async def has_agents(unit: Unit) -> bool:
    """Whether anybody can log in."""
    found = await unit.connection.execute(sa.select(sa.func.count()).select_from(table))
    return bool(found.scalar_one())


# A desk says every 20 seconds that it is connected; two words may be missed.
PRESENT = timedelta(seconds=60)


async def somebody_is_present(unit: Unit) -> bool:
    """Whether any agent's desk is connected."""
    found = await unit.connection.execute(
        sa.select(sa.func.count()).select_from(table).where(table.c.last_seen_at > unit.now - PRESENT)
    )
    return bool(found.scalar_one())


async def seen(unit: Unit, agent_id: str) -> None:
    """The agent's desk is connected now."""
    await unit.connection.execute(sa.update(table).where(table.c.id == agent_id).values(last_seen_at=unit.now))


async def _one(unit: Unit, query: sa.Select[Any]) -> Account | None:
    row = (await unit.connection.execute(query)).mappings().one_or_none()
    return None if row is None else _account(row)


def _account(row: sa.RowMapping) -> Account:
    return Account(
        agent=Agent(id=row["id"], login=row["login"], name=row["name"], role=Role(row["role"])),
        **{name: row[name] for name in Account.__struct_fields__ if name != "agent"},
    )
