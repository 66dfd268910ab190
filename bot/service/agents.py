"""Who may work at the desk: accounts, logins, sessions.

A wrong login costs the same time and says the same whether the login exists or not; several wrong ones lock the account
for some minutes.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.settings import Settings
from bot.store import agents as accounts
from bot.store.tables import tenure as tenure_table
from bot.store.tokens import Agent, add_agent_session, agent_of_session, end_agent_session, new_token
from bot.store.unit_of_work import Store

_SESSION = timedelta(hours=12)
_LOCK = timedelta(minutes=5)
_MOST_FAILURES = 8
# Letters and digits that cannot be mistaken for each other when read aloud or typed from a screen.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class LoginRefused(Exception):
    """Wrong login or password (`wrong`), or too many tries (`locked`)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def new_password() -> str:
    """A random password that can be read aloud: four groups of four, 79 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


class Agents:
    """Accounts and sessions."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._hasher = PasswordHasher()
        # Checked against when the login is unknown, so that both cases take the same time.
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    async def add(self, login: str, name: str, role: str, password: str) -> Agent:
        """Create an account. Raises `sqlalchemy.exc.IntegrityError` when the login is taken."""
        digest = await asyncio.to_thread(self._hasher.hash, password)
        async with self._store.write() as unit:
            return await accounts.add_agent(unit, login=login, name=name, role=role, password_hash=digest)

    async def set_password(self, login: str, password: str) -> bool:
        """Replace a password and unlock. False when there is no such login."""
        digest = await asyncio.to_thread(self._hasher.hash, password)
        async with self._store.write() as unit:
            return await accounts.set_password(unit, login, digest)

    async def any(self) -> bool:
        """Whether there is an account at all."""
        async with self._store.read() as unit:
            return await accounts.has_agents(unit)

    async def log_in(self, login: str, password: str) -> tuple[Agent, str]:
        """The agent and a fresh session token.

        Raises:
            LoginRefused: `wrong` or `locked`.
        """
        async with self._store.read() as unit:
            account = await accounts.account(unit, login)
            now = unit.now
        if account is not None and account.locked_until is not None and account.locked_until > now:
            raise LoginRefused("locked")
        good = await asyncio.to_thread(self._verify, account.password_hash if account else self._nobody, password)
        if account is None:
            raise LoginRefused("wrong")
        if not good:
            async with self._store.write() as unit:
                await accounts.count_failure(unit, account.agent.id, limit=_MOST_FAILURES, lock=_LOCK)
            raise LoginRefused("wrong")
        token = new_token()
        async with self._store.write() as unit:
            await accounts.clear_failures(unit, account.agent.id)
            await add_agent_session(unit, token, account.agent.id, unit.now + _SESSION)
        return account.agent, token

    def _verify(self, digest: str, password: str) -> bool:
        try:
            return self._hasher.verify(digest, password)
        except (VerificationError, InvalidHashError):
            return False

    async def of_session(self, token: str) -> Agent | None:
        """Whose session the token is."""
        async with self._store.read() as unit:
            return await agent_of_session(unit, token)

    async def log_out(self, token: str) -> None:
        """End a session."""
        async with self._store.write() as unit:
            await end_agent_session(unit, token)

    async def is_present(self, agent_id: str) -> None:
        """The agent's desk is connected: the deadlines of what they hold move on."""
        async with self._store.write() as unit:
            await accounts.seen(unit, agent_id)
            await unit.connection.execute(
                sa.update(tenure_table)
                .where(tenure_table.c.agent_id == agent_id, tenure_table.c.ended_at.is_(None))
                .values(deadline_at=unit.now + timedelta(seconds=self._settings.agent_deadline))
            )
