"""Accounts of the people at the desk. Passwords are argon2 hashes; failed logins lock an account for a while."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from bot.conversation.model import new_id
from bot.store.desk_tables import DEFAULT_TEAM, team_member
from bot.store.tables import agent as table
from bot.store.tokens import Agent
from bot.store.unit_of_work import Unit


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What a login is checked against."""

    agent: Agent
    password_hash: str
    failures: int
    locked_until: datetime | None


async def add_agent(unit: Unit, *, login: str, name: str, role: str, password_hash: str) -> Agent:
    """Create an account, in the default team. Raises `sqlalchemy.exc.IntegrityError` when the login is taken."""
    agent = Agent(id=new_id(), login=login, name=name, role=role)
    await unit.connection.execute(
        sa.insert(table).values(**msgspec.to_builtins(agent), password_hash=password_hash, created_at=unit.now)
    )
    await unit.connection.execute(sa.insert(team_member).values(team_id=DEFAULT_TEAM, agent_id=agent.id))
    return agent


async def set_password(unit: Unit, login: str, password_hash: str) -> bool:
    """Give an account a new password and unlock it. False when there is no such login."""
    done = await unit.connection.execute(
        sa.update(table)
        .where(table.c.login == login)
        .values(password_hash=password_hash, failures=0, locked_until=None)
    )
    return done.rowcount == 1


async def account(unit: Unit, login: str) -> Account | None:
    """The account with this login."""
    found = await unit.connection.execute(sa.select(table).where(table.c.login == login))
    row = found.mappings().one_or_none()
    if row is None:
        return None
    return Account(
        agent=Agent(id=row["id"], login=row["login"], name=row["name"], role=row["role"]),
        password_hash=row["password_hash"],
        failures=row["failures"],
        locked_until=row["locked_until"],
    )


async def count_failure(unit: Unit, agent_id: str, *, limit: int, lock: timedelta) -> None:
    """One more failed login; at `limit` the account is locked for `lock` and counting starts anew."""
    reached = table.c.failures + 1 >= limit
    await unit.connection.execute(
        sa.update(table)
        .where(table.c.id == agent_id)
        .values(
            failures=sa.case((reached, 0), else_=table.c.failures + 1),
            locked_until=sa.case(
                (reached, sa.literal(unit.now + lock, table.c.locked_until.type)), else_=table.c.locked_until
            ),
        )
    )


async def clear_failures(unit: Unit, agent_id: str) -> None:
    """A good login forgets the failed ones."""
    await unit.connection.execute(sa.update(table).where(table.c.id == agent_id).values(failures=0, locked_until=None))


async def has_agents(unit: Unit) -> bool:
    """Whether anybody can log in."""
    found = await unit.connection.execute(sa.select(sa.func.count()).select_from(table))
    return bool(found.scalar_one())


# A desk says every 20 seconds that it is connected; two words may be missed.
_PRESENT = timedelta(seconds=60)


async def somebody_is_present(unit: Unit) -> bool:
    """Whether any agent's desk is connected."""
    found = await unit.connection.execute(
        sa.select(sa.func.count()).select_from(table).where(table.c.last_seen_at > unit.now - _PRESENT)
    )
    return bool(found.scalar_one())


async def seen(unit: Unit, agent_id: str) -> None:
    """The agent's desk is connected now."""
    await unit.connection.execute(sa.update(table).where(table.c.id == agent_id).values(last_seen_at=unit.now))
