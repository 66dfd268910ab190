"""What administrators do: accounts, sessions, hours, security, and reading the log of who did what.

Every change and its entry in the audit log commit together. There is always an administrator left who can log in: the
last one can be neither deactivated nor given a lesser role, also when two try at once.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.exc import IntegrityError

from bot.conversation.roles import Role
from bot.service.agents import (
    POLICY,
    AccountRefused,
    Agents,
    SecurityPolicy,
    drop_factor,
    new_password,
    replace_password,
)
from bot.service.schedule import HOURS, OpeningHours, Schedule
from bot.settings import Settings
from bot.store import agents as accounts
from bot.store import audit, sessions
from bot.store.agents import Account
from bot.store.audit import Actor, AuditEntry, record
from bot.store.desk_settings import set_setting, setting
from bot.store.tokens import Agent
from bot.store.unit_of_work import Store, Unit
from bot.store.whatsapp_templates import TemplateState, template_states

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,79}")
_LONGEST_NAME = 120


class AccountOverview(msgspec.Struct, frozen=True, kw_only=True):
    """An account as administrators see it: nothing secret."""

    id: str
    login: str
    name: str
    role: Role
    active: bool
    second_factor: bool
    # Conversations that are given to it at once, at most; it may take more.
    capacity: int
    last_seen_at: datetime | None
    created_at: datetime


class Administration:
    """The use cases of administrators."""

    def __init__(self, store: Store, agents: Agents, settings: Settings) -> None:
        self._store = store
        self._agents = agents
        self._schedule = Schedule(settings)

    # --- accounts ---

    async def accounts(self) -> list[AccountOverview]:
        """Every account, by name."""
        async with self._store.read() as unit:
            return [_overview(account) for account in await accounts.all_accounts(unit)]

    async def add(self, by: Actor, login: str, name: str, role: Role) -> tuple[Agent, str]:
        """A new account and the only copy of its password.

        Raises:
            AccountRefused: `login` or `name` cannot be used; `taken`, the login is somebody's.
        """
        login = login.strip().lower()
        if not _LOGIN.fullmatch(login):
            raise AccountRefused("login")
        password = new_password()
        try:
            agent = await self._agents.add(login, _name(name), role.value, password, by)
        except IntegrityError as error:
            raise AccountRefused("taken") from error
        return agent, password

    async def change(
        self, by: Actor, agent_id: str, *, name: str, role: Role, active: bool, capacity: int | None = None
    ) -> AccountOverview:
        """Rename, give another role or capacity (None: as it is), deactivate or activate. Who is deactivated is logged
        out at once, and what they hold goes to somebody else.

        Raises:
            AccountRefused: `unknown`, `name`, or nobody would be left to administer (`last_administrator`).
        """
        name = _name(name)
        async with self._store.write() as unit:
            administrators = await accounts.active_administrators(unit)
            account = await self._account(unit, agent_id)
            if administrators == [agent_id] and not (active and role is Role.ADMINISTRATOR):
                raise AccountRefused("last_administrator")
            before = _changeable(account)
            after = {
                "name": name,
                "role": role.value,
                "active": active,
                "capacity": account.capacity if capacity is None else capacity,
            }
            changed = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
            if changed:
                deactivated_at = None if active else account.deactivated_at or unit.now
                await accounts.change_account(
                    unit,
                    agent_id,
                    name=name,
                    role=role.value,
                    capacity=after["capacity"],
                    deactivated_at=deactivated_at,
                )
                await record(unit, by, "account.changed", agent_id, **changed)
            if not active:
                await sessions.end_sessions_of(unit, agent_id)
                await accounts.release_conversations(unit, agent_id)
            return _overview(await self._account(unit, agent_id))

    async def give_password(self, by: Actor, agent_id: str) -> str:
        """A new random password, the only copy; the account is unlocked and logged out everywhere.

        Raises:
            AccountRefused: `unknown`.
        """
        password = new_password()
        digest = await self._agents.passwords.hash(password)
        async with self._store.write() as unit:
            await replace_password(unit, await self._account(unit, agent_id), digest, by)
        return password

    async def drop_factor(self, by: Actor, agent_id: str) -> None:
        """Take a lost second factor away, and log the account out. Raises `AccountRefused`: `unknown`."""
        async with self._store.write() as unit:
            await drop_factor(unit, await self._account(unit, agent_id), by)
            await sessions.end_sessions_of(unit, agent_id)

    async def _account(self, unit: Unit, agent_id: str) -> Account:
        account = await accounts.account_by_id(unit, agent_id)
        if account is None:
            raise AccountRefused("unknown")
        return account

    # --- settings ---

    async def hours(self) -> OpeningHours:
        """When the desk is staffed."""
        async with self._store.read() as unit:
            return await self._schedule.decided(unit)

    async def set_hours(self, by: Actor, hours: OpeningHours) -> None:
        """Decide when the desk is staffed. Raises `ValueError` naming what cannot be read."""
        hours.parsed()
        async with self._store.write() as unit:
            before = await self._schedule.decided(unit)
            await set_setting(unit, HOURS, hours, by.name)
            await record(unit, by, "hours.changed", HOURS, before=_plain(before), after=_plain(hours))

    async def security(self) -> SecurityPolicy:
        """What is asked of every account."""
        async with self._store.read() as unit:
            return await setting(unit, POLICY, SecurityPolicy) or SecurityPolicy()

    async def set_security(self, by: Actor, policy: SecurityPolicy) -> None:
        """Decide what is asked of every account; who lacks it can do nothing else before they have it."""
        async with self._store.write() as unit:
            before = await setting(unit, POLICY, SecurityPolicy) or SecurityPolicy()
            await set_setting(unit, POLICY, policy, by.name)
            await record(unit, by, "security.changed", POLICY, before=_plain(before), after=_plain(policy))

    async def templates(self) -> list[TemplateState]:
        """What the messenger's provider said last about each template."""
        async with self._store.read() as unit:
            return await template_states(unit)

    # --- the log ---

    async def log(
        self, *, before: str | None, agent_id: str | None, action: str | None, subject: str | None
    ) -> list[AuditEntry]:
        """Who saw and did what, newest first, a hundred at a time."""
        async with self._store.report() as unit:
            return await audit.entries(unit, before=before, agent_id=agent_id, action=action, subject=subject)


def _name(name: str) -> str:
    """First and last name, as customers see it. Raises `AccountRefused`: `name`."""
    words = name.split()
    clean = " ".join(words)
    if len(words) < 2 or len(clean) > _LONGEST_NAME or not clean.isprintable():
        raise AccountRefused("name")
    return clean


def _changeable(account: Account) -> dict[str, Any]:
    return {
        "name": account.agent.name,
        "role": account.agent.role.value,
        "active": account.deactivated_at is None,
        "capacity": account.capacity,
    }


def _overview(account: Account) -> AccountOverview:
    return AccountOverview(
        id=account.agent.id,
        login=account.agent.login,
        name=account.agent.name,
        role=account.agent.role,
        active=account.deactivated_at is None,
        second_factor=account.totp_confirmed_at is not None,
        capacity=account.capacity,
        last_seen_at=account.last_seen_at,
        created_at=account.created_at,
    )


def _plain(value: msgspec.Struct) -> Any:
    return msgspec.to_builtins(value)
