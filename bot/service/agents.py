"""Who may work at the desk: logins, sessions, and what each may change about their own account.

A wrong login costs the same time and says the same whether the login exists or not; several wrong ones lock it for some
minutes, whether it exists or not. Every login, refused ones included, is on record in the transaction that decides it.
"""

from __future__ import annotations

import asyncio
import functools
import secrets
from datetime import timedelta

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.service.second_factor import ALPHABET, Enrolment, SecondFactor, Unreadable, renew_recovery_codes
from bot.settings import Settings
from bot.store import agents as accounts
from bot.store import lockout, sessions
from bot.store.audit import OPERATOR, Actor, record
from bot.store.desk_settings import setting
from bot.store.sessions import DeskSession
from bot.store.teams import active
from bot.store.tokens import Agent, new_token
from bot.store.unit_of_work import Store, Unit
from bot.transparency.gate import is_machine_name

_SESSION = timedelta(hours=12)
# Characters; what people choose themselves. Generated ones have 19.
SHORTEST_PASSWORD = 12


class LoginRefused(Exception):
    """`wrong` login or password; `locked` after too many tries; `code_needed`, `code_wrong`; `code_unreadable`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class AccountRefused(Exception):
    """A change of an account that is not possible; `code` says why, nothing was written."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SecurityPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of everybody's account."""

    second_factor_required: bool = False


POLICY = "security"


def new_password() -> str:
    """A random password that can be read aloud: four groups of four, 79 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


@functools.cache
def _nobodys_hash() -> str:
    """Of no password at all; a process needs one."""
    return PasswordHasher().hash(secrets.token_urlsafe(16))


class Passwords:
    """Argon2, off the event loop."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        # Checked against when the login is unknown, so that both cases take the same time.
        self._nobody = _nobodys_hash()

    async def hash(self, password: str) -> str:
        """What is stored of a password."""
        return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, account: accounts.Account | None, password: str) -> bool:
        """Whether it is the account's password; nobody's never is, and takes as long."""
        digest = account.password_hash if account else self._nobody
        return await asyncio.to_thread(self._verify, digest, password) and account is not None

    def _verify(self, digest: str, password: str) -> bool:
        try:
            return self._hasher.verify(digest, password)
        except (VerificationError, InvalidHashError):
            return False


class Agents:
    """Logins and sessions, and each agent's own account."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self.passwords = Passwords()
        self._factor = SecondFactor(settings.secret_key)

    async def add(self, login: str, name: str, role: str, password: str, by: Actor = OPERATOR) -> Agent:
        """Create an account.

        Raises:
            IntegrityError: (SQLAlchemy's) the login is taken.
            ValueError: the bot or the system speaks under this name.
        """
        if is_machine_name(name):
            raise ValueError(f"messages of the machine stand under the name {name!r}")
        digest = await self.passwords.hash(password)
        async with self._store.write() as unit:
            agent = await accounts.add_agent(unit, login=login, name=name, role=role, password_hash=digest)
            await record(unit, by, "account.added", agent.id, login=login, name=name, role=agent.role.value)
        return agent

    async def set_password(self, login: str, password: str) -> bool:
        """Replace a password from the command line, unlock, log out everywhere. False when there is no such login."""
        digest = await self.passwords.hash(password)
        async with self._store.write() as unit:
            account = await accounts.account(unit, login)
            if account is None:
                return False
            await replace_password(unit, account, digest, OPERATOR)
        return True

    async def drop_second_factor(self, login: str) -> bool:
        """Take the second factor away from the command line. False when there is no such login."""
        async with self._store.write() as unit:
            account = await accounts.account(unit, login)
            if account is None:
                return False
            await drop_factor(unit, account, OPERATOR)
        return True

    async def any(self) -> bool:
        """Whether there is an account at all."""
        async with self._store.read() as unit:
            return await accounts.has_agents(unit)

    # --- logging in ---

    async def log_in(
        self, login: str, password: str, *, code: str = "", address: str = "", client: str = ""
    ) -> tuple[Agent, str]:
        """The agent and a fresh session token.

        Raises:
            LoginRefused: nothing was opened; the failure is counted and on record.
        """
        limits = [lockout.login_limit(login), lockout.address_limit(address)]
        async with self._store.read() as unit:
            account = await accounts.account(unit, login)
            locked = await lockout.is_locked(unit, limits)
        if locked:
            raise LoginRefused("locked")
        good = await self.passwords.fits(account, password)
        async with self._store.write() as unit:
            who = _known(account, address)
            # Looked at again, and now one after the other: many may have tried at once.
            refused = "locked" if await lockout.hold(unit, limits) else None
            refused = refused or await self._check(unit, account, good, code)
            if refused in {"wrong", "code_wrong"}:
                await lockout.count_failure(unit, limits)
            if refused and refused != "code_needed":
                await record(unit, who, "login.refused", who.id or "", code=refused)
            token = new_token()
            if refused is None:
                assert account is not None
                await lockout.forget_failures(unit, limits[0])
                await sessions.forget_expired(unit)
                session_id = await sessions.add_session(
                    unit, token, account.agent.id, address=address, client=client, lifetime=_SESSION
                )
                # Who has just logged in is there to work, before their first key is pressed.
                await active(unit, account.agent.id)
                await record(unit, who, "login", account.agent.id, session=session_id)
        if refused is not None or account is None:
            raise LoginRefused(refused or "wrong")
        return account.agent, token

    async def _check(self, unit: Unit, account: accounts.Account | None, good: bool, code: str) -> str | None:
        """Why this login is refused, or nothing."""
        if account is None or not good or account.deactivated_at is not None:
            return "wrong"
        if account.totp_confirmed_at is None:
            return None
        if not code.strip():
            return "code_needed"
        try:
            return None if await self._factor.use(unit, account, code) else "code_wrong"
        except Unreadable:
            return "code_unreadable"

    async def session_of(self, token: str) -> DeskSession | None:
        """The open session that the token opens."""
        async with self._store.read() as unit:
            return await sessions.session_of(unit, token)

    async def second_factor_required(self) -> bool:
        """Whether every account needs a second factor."""
        async with self._store.read() as unit:
            return (await setting(unit, POLICY, SecurityPolicy) or SecurityPolicy()).second_factor_required

    async def log_out(self, session: DeskSession, by: Actor) -> None:
        """End a session: one's own, or as an administrator somebody else's."""
        async with self._store.write() as unit:
            await sessions.end_session(unit, session.id)
            await record(unit, by, "session.ended", session.agent.id, session=session.id)

    async def sessions(self, agent_id: str | None = None) -> list[DeskSession]:
        """Open sessions, of one agent or of all."""
        async with self._store.read() as unit:
            return await sessions.open_sessions(unit, agent_id)

    # --- one's own account ---

    async def factor_state(self, agent_id: str) -> tuple[bool, int]:
        """Whether the account has a second factor, and how many recovery codes are left."""
        async with self._store.read() as unit:
            account = await accounts.account_by_id(unit, agent_id)
            confirmed = account is not None and account.totp_confirmed_at is not None
            return confirmed, await accounts.recovery_codes_left(unit, agent_id)

    async def change_own_password(self, session: DeskSession, old: str, new: str, by: Actor) -> None:
        """Choose a new password; every other session of the account ends.

        Raises:
            AccountRefused: `password`, the old one is wrong; `short`, the new one is too short; `locked`.
        """
        if len(new) < SHORTEST_PASSWORD:
            raise AccountRefused("short")
        await self._prove(session, old, by)
        digest = await self.passwords.hash(new)
        async with self._store.write() as unit:
            account = await accounts.account_by_id(unit, session.agent.id)
            assert account is not None
            await replace_password(unit, account, digest, by, but=session.id)

    async def begin_factor(self, session: DeskSession, password: str, by: Actor) -> Enrolment:
        """A second factor to be confirmed. Raises `AccountRefused`: `password`, `locked`, or `there` is one."""
        await self._prove(session, password, by)
        enrolment, stored = self._factor.begin(session.agent.login)
        async with self._store.write() as unit:
            account = await accounts.account_by_id(unit, session.agent.id)
            assert account is not None
            if account.totp_confirmed_at is not None:
                raise AccountRefused("there")
            await accounts.change_account(unit, session.agent.id, totp_secret=stored)
        return enrolment

    async def confirm_factor(self, session: DeskSession, code: str, by: Actor) -> list[str]:
        """Take the second factor into use; the only copy of the recovery codes. Other sessions end.

        Raises:
            AccountRefused: `code`, it is not the app's; `there`, it is in use already.
        """
        async with self._store.write() as unit:
            account = await accounts.account_by_id(unit, session.agent.id)
            assert account is not None
            if account.totp_confirmed_at is not None:
                raise AccountRefused("there")
            try:
                good = await self._factor.use(unit, account, code)
            except Unreadable:
                good = False
            if not good:
                raise AccountRefused("code")
            await accounts.change_account(unit, session.agent.id, totp_confirmed_at=unit.now)
            codes = await renew_recovery_codes(unit, session.agent.id)
            await sessions.end_sessions_of(unit, session.agent.id, but=session.id)
            await record(unit, by, "second_factor.added", session.agent.id)
        return codes

    async def drop_own_factor(self, session: DeskSession, password: str, by: Actor) -> None:
        """Give the second factor up. Raises `AccountRefused`: `password`, `locked`, or it is `required`."""
        if await self.second_factor_required():
            raise AccountRefused("required")
        await self._prove(session, password, by)
        async with self._store.write() as unit:
            account = await accounts.account_by_id(unit, session.agent.id)
            assert account is not None
            await drop_factor(unit, account, by)

    async def _prove(self, session: DeskSession, password: str, by: Actor) -> None:
        """Ask for the password again; wrong ones count as failed logins do."""
        limits = [lockout.login_limit(session.agent.login), lockout.address_limit(by.address)]
        async with self._store.read() as unit:
            account = await accounts.account(unit, session.agent.login)
            locked = await lockout.is_locked(unit, limits)
        if locked:
            raise AccountRefused("locked")
        if not await self.passwords.fits(account, password):
            async with self._store.write() as unit:
                await lockout.hold(unit, limits)
                await lockout.count_failure(unit, limits)
                await record(unit, by, "login.refused", session.agent.id, code="wrong")
            raise AccountRefused("password")


async def replace_password(
    unit: Unit, account: accounts.Account, digest: str, by: Actor, *, but: str | None = None
) -> None:
    """A new password: the account is unlocked, and logged out save for one session."""
    await accounts.change_account(unit, account.agent.id, password_hash=digest)
    await lockout.forget_failures(unit, lockout.login_limit(account.agent.login))
    await sessions.end_sessions_of(unit, account.agent.id, but=but)
    await record(unit, by, "password.changed", account.agent.id)


async def drop_factor(unit: Unit, account: accounts.Account, by: Actor) -> None:
    """The account has no second factor any more, nor recovery codes."""
    await accounts.change_account(unit, account.agent.id, totp_secret=None, totp_confirmed_at=None)
    await accounts.replace_recovery_codes(unit, account.agent.id, [])
    await record(unit, by, "second_factor.removed", account.agent.id)


def _known(account: accounts.Account | None, address: str) -> Actor:
    """Who tries to log in; of somebody unknown nothing is kept but the address."""
    if account is None:
        return Actor(id=None, name="?", address=address)
    return Actor(id=account.agent.id, name=account.agent.name, address=address)
