"""Accounts, logins, second factor, the audit log and hours, over a real database of each kind and with a clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import msgspec
import pyotp
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.conversation.handover import Reason
from bot.conversation.model import Holder
from bot.conversation.roles import Role
from bot.service.administration import Administration
from bot.service.agents import AccountRefused, Agents, LoginRefused
from bot.service.schedule import OpeningHours, SpecialDay
from bot.store.administration_tables import audit_entry
from bot.store.agents import account_by_id
from bot.store.audit import Actor, AuditEntry, record
from bot.store.log import read_conversation
from bot.store.sessions import DeskSession
from bot.store.tokens import Agent
from tests.model.scenes import asked
from tests.model.world import World

PASSWORD = "ein-gutes-passwort"
HERE = "192.0.2.7"
_DAY = date(2026, 1, 2)


class Desk:
    """A world with an administrator."""

    def __init__(self, world: World, chief: Agent) -> None:
        self.world = world
        self.agents = world.agents
        self.administration = Administration(world.store, world.agents, world.settings)
        self.chief = chief
        self.by = Actor(id=chief.id, name=chief.name, address=HERE)

    async def log_in(self, login: str, password: str = PASSWORD, code: str = "", address: str = HERE) -> str:
        """`ok`, or why not."""
        try:
            await self.agents.log_in(login, password, code=code, address=address)
        except LoginRefused as refused:
            return refused.code
        return "ok"

    async def session(self, login: str, code: str = "") -> DeskSession:
        """A fresh session."""
        _, token = await self.agents.log_in(login, PASSWORD, code=code, address=HERE, client="test")
        found = await self.agents.session_of(token)
        assert found is not None
        return found

    async def actions(self) -> list[str]:
        """What is on record, oldest first."""
        return [entry.action for entry in await self.entries()]

    async def entries(self) -> list[AuditEntry]:
        """The whole log, oldest first."""
        found = await self.administration.log(before=None, agent_id=None, action=None, subject=None)
        return found[::-1]

    def code(self, secret: str, ahead: timedelta = timedelta()) -> str:
        """What the app shows."""
        return pyotp.TOTP(secret).at(self.world.clock.now + ahead)


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    """A world with an administrator and the agents Anna and Ben."""
    world = await World.open(database_url)
    chief = await world.agents.add("chefin", "Clara Haupt", "administrator", PASSWORD)
    yield Desk(world, chief)
    await world.close()


# --- logging in ---


async def test_a_login_is_locked_after_eight_failures_whether_it_exists_or_not_and_opens_again(desk: Desk) -> None:
    for login in ("chefin", "niemand"):
        assert [await desk.log_in(login, "falsch") for _ in range(9)] == ["wrong"] * 8 + ["locked"]
    assert await desk.log_in("chefin") == "locked"
    assert await desk.log_in("chefin", address="198.51.100.1") == "locked"
    desk.world.clock.now += timedelta(minutes=5, seconds=1)
    assert await desk.log_in("chefin") == "ok"


async def test_failures_long_ago_and_before_a_good_login_do_not_count(desk: Desk) -> None:
    for _ in range(3):
        for _ in range(7):
            assert await desk.log_in("chefin", "falsch") == "wrong"
        assert await desk.log_in("chefin") == "ok"
    for _ in range(2):
        for _ in range(7):
            assert await desk.log_in("niemand", "falsch") == "wrong"
        desk.world.clock.now += timedelta(minutes=16)


async def test_an_address_that_tries_many_logins_is_locked_and_others_are_not(desk: Desk) -> None:
    tried = [await desk.log_in(f"login{number}", "falsch") for number in range(41)]
    assert tried == ["wrong"] * 40 + ["locked"]
    assert await desk.log_in("chefin") == "locked"
    assert await desk.log_in("chefin", address="198.51.100.1") == "ok"


async def test_tries_at_the_same_moment_are_all_counted_and_a_late_good_one_is_refused(desk: Desk) -> None:
    tried = await asyncio.gather(*(desk.log_in("chefin", "falsch") for _ in range(12)))
    assert sorted(tried) == ["locked"] * 4 + ["wrong"] * 8
    assert await desk.log_in("chefin") == "locked"


async def test_logins_and_refused_logins_are_on_record_without_what_was_typed(desk: Desk) -> None:
    await desk.log_in("geheimes-passwort", "auch-geheim")
    await desk.log_in("chefin", "falsch-getippt")
    await desk.log_in("chefin")
    entries = await desk.entries()
    assert [(entry.action, entry.agent_id, entry.address) for entry in entries[-3:]] == [
        ("login.refused", None, HERE),
        ("login.refused", desk.chief.id, HERE),
        ("login", desk.chief.id, HERE),
    ]
    stored = msgspec.json.encode(entries).decode()
    assert not any(typed in stored for typed in ("geheim", "falsch-getippt", PASSWORD))


# --- second factor ---


async def _enrol(desk: Desk, login: str = "chefin") -> tuple[str, list[str]]:
    session = await desk.session(login)
    enrolment = await desk.agents.begin_factor(session, PASSWORD, desk.by)
    codes = await desk.agents.confirm_factor(session, desk.code(enrolment.secret), desk.by)
    return enrolment.secret, codes


async def test_a_code_is_needed_once_confirmed_and_good_once_only(desk: Desk) -> None:
    secret, _ = await _enrol(desk)
    assert await desk.log_in("chefin") == "code_needed"
    # The code that confirmed it is used up.
    assert await desk.log_in("chefin", code=desk.code(secret)) == "code_wrong"
    desk.world.clock.now += timedelta(seconds=30)
    code = desk.code(secret)
    assert await desk.log_in("chefin", code=f" {code[:3]} {code[3:]} ") == "ok"
    assert await desk.log_in("chefin", code=code) == "code_wrong"
    desk.world.clock.now += timedelta(minutes=2)
    assert await desk.log_in("chefin", code=desk.code(secret, timedelta(seconds=-90))) == "code_wrong"
    assert await desk.log_in("chefin", code=desk.code(secret, timedelta(seconds=30))) == "ok"
    # Older than one that was used: whoever looked over a shoulder is late.
    assert await desk.log_in("chefin", code=desk.code(secret)) == "code_wrong"


async def test_the_same_code_at_the_same_moment_opens_one_session(desk: Desk) -> None:
    secret, _ = await _enrol(desk)
    desk.world.clock.now += timedelta(seconds=30)
    tried = await asyncio.gather(*(desk.log_in("chefin", code=desk.code(secret)) for _ in range(5)))
    assert sorted(tried) == ["code_wrong"] * 4 + ["ok"]


async def test_codes_cannot_be_guessed_through(desk: Desk) -> None:
    await _enrol(desk)
    tried = [await desk.log_in("chefin", code=f"{number:06d}") for number in range(10)]
    assert tried[-1] == "locked"


async def test_each_recovery_code_opens_once(desk: Desk) -> None:
    _, codes = await _enrol(desk)
    assert len(set(codes)) == 10
    assert await desk.log_in("chefin", code=codes[0].upper()) == "ok"
    assert await desk.log_in("chefin", code=codes[0]) == "code_wrong"
    assert await desk.agents.factor_state(desk.chief.id) == (True, 9)


async def test_the_secret_is_stored_encrypted_and_of_no_use_under_another_key(desk: Desk) -> None:
    secret, codes = await _enrol(desk)
    async with desk.world.store.read() as unit:
        account = await account_by_id(unit, desk.chief.id)
    assert account is not None and account.totp_secret is not None and secret not in account.totp_secret
    assert not any(secret in str(entry) or codes[0] in str(entry) for entry in await desk.entries())
    other = Agents(desk.world.store, replace(desk.world.settings, secret_key="another key"))
    with pytest.raises(LoginRefused) as refused:
        await other.log_in("chefin", PASSWORD, code=desk.code(secret, timedelta(seconds=30)), address=HERE)
    assert refused.value.code == "code_unreadable"


async def test_setting_it_up_asks_for_the_password_and_for_a_right_code(desk: Desk) -> None:
    session = await desk.session("chefin")
    with pytest.raises(AccountRefused, match="password"):
        await desk.agents.begin_factor(session, "falsch", desk.by)
    enrolment = await desk.agents.begin_factor(session, PASSWORD, desk.by)
    with pytest.raises(AccountRefused, match="code"):
        await desk.agents.confirm_factor(session, "000000", desk.by)
    assert await desk.log_in("chefin") == "ok"
    await desk.agents.confirm_factor(session, desk.code(enrolment.secret), desk.by)
    with pytest.raises(AccountRefused, match="there"):
        await desk.agents.begin_factor(session, PASSWORD, desk.by)


# --- administration ---


async def test_who_is_deactivated_is_out_at_once_and_what_they_hold_is_due(desk: Desk) -> None:
    doris, password = await desk.administration.add(desk.by, " Doris ", "Doris  Ebner", Role.AGENT)
    _, token = await desk.agents.log_in("doris", password, address=HERE)
    conversation = await asked(desk.world)
    await desk.world.conversations.claim(conversation, doris, 1)
    await desk.administration.change(desk.by, doris.id, name="Doris Ebner", role=Role.AGENT, active=False)
    assert await desk.agents.session_of(token) is None
    assert await desk.log_in("doris", password) == "wrong"
    await desk.world.deadlines.expire_due()
    async with desk.world.store.read() as unit:
        row = await read_conversation(unit, conversation)
    assert row is not None and row.holder is Holder.QUEUE
    await desk.administration.change(desk.by, doris.id, name="Doris Ebner", role=Role.AGENT, active=True)
    assert await desk.log_in("doris", password) == "ok"


async def test_two_administrators_who_deactivate_each_other_at_once_leave_one(desk: Desk) -> None:
    other, _ = await desk.administration.add(desk.by, "zweite", "Zoe Zwei", Role.ADMINISTRATOR)
    done = await asyncio.gather(
        *(
            desk.administration.change(desk.by, agent.id, name=agent.name, role=Role.ADMINISTRATOR, active=False)
            for agent in (desk.chief, other)
        ),
        return_exceptions=True,
    )
    refused = [one for one in done if isinstance(one, AccountRefused)]
    assert [one.code for one in refused] == ["last_administrator"]
    assert sum(one.active for one in await desk.administration.accounts() if one.role is Role.ADMINISTRATOR) == 1


async def test_the_last_administrator_cannot_take_a_lesser_role(desk: Desk) -> None:
    with pytest.raises(AccountRefused, match="last_administrator"):
        await desk.administration.change(
            desk.by, desk.chief.id, name=desk.chief.name, role=Role.SUPERVISOR, active=True
        )


@pytest.mark.parametrize(
    ("login", "name", "code"),
    [
        ("", "Vor Name", "login"),
        ("mit leerzeichen", "Vor Name", "login"),
        ("<script>", "Vor Name", "login"),
        ("chefin", "Vor Name", "taken"),
        ("CHEFIN", "Vor Name", "taken"),
        ("neu", "Einwort", "name"),
        ("neu", "Vor \x00Name", "name"),
        ("neu", "Vor " + "N" * 200, "name"),
    ],
)
async def test_an_account_that_cannot_be_is_refused(desk: Desk, login: str, name: str, code: str) -> None:
    with pytest.raises(AccountRefused) as refused:
        await desk.administration.add(desk.by, login, name, Role.AGENT)
    assert refused.value.code == code


async def test_a_new_password_unlocks_and_ends_every_session(desk: Desk) -> None:
    doris, password = await desk.administration.add(desk.by, "doris", "Doris Ebner", Role.AGENT)
    _, token = await desk.agents.log_in("doris", password, address=HERE)
    for _ in range(9):
        last = await desk.log_in("doris", "falsch")
    assert last == "locked"
    fresh = await desk.administration.give_password(desk.by, doris.id)
    assert await desk.agents.session_of(token) is None
    assert await desk.log_in("doris", fresh) == "ok"
    assert await desk.log_in("doris", password) == "wrong"


async def test_ones_own_new_password_needs_the_old_one_and_ends_the_other_sessions(desk: Desk) -> None:
    here, there = await desk.session("chefin"), await desk.session("chefin")
    with pytest.raises(AccountRefused, match="short"):
        await desk.agents.change_own_password(here, PASSWORD, "kurz", desk.by)
    with pytest.raises(AccountRefused, match="password"):
        await desk.agents.change_own_password(here, "falsch", "ein-anderes-passwort", desk.by)
    await desk.agents.change_own_password(here, PASSWORD, "ein-anderes-passwort", desk.by)
    assert [session.id for session in await desk.agents.sessions(desk.chief.id)] == [here.id] != [there.id]
    assert await desk.log_in("chefin", "ein-anderes-passwort") == "ok"


# --- hours ---


async def test_hours_decided_at_the_desk_count_from_the_next_request_on(desk: Desk) -> None:
    before = await asked(desk.world)
    now = desk.world.clock.now
    closed = OpeningHours(hours="Mo-Fr 08:00-18:00", state="ST")
    assert not closed.parsed().is_open(now)
    await desk.administration.set_hours(desk.by, closed)
    async with desk.world.store.write() as unit:
        opened = await desk.world.conversations.open(unit, before)
        outcome = await desk.world.conversations.handover.ask_for_person(opened, Reason.CUSTOMER_REQUEST)
        await opened.save()
    assert outcome == "case"
    (changed,) = [entry for entry in await desk.entries() if entry.action == "hours.changed"]
    assert (changed.detail["before"]["hours"], changed.detail["after"]["hours"]) == ("24/7", "Mo-Fr 08:00-18:00")


def test_a_special_day_goes_before_the_week_and_before_a_public_holiday() -> None:
    hours = OpeningHours(
        hours="Mo-Fr 08:00-18:00",
        state="ST",
        days=(
            SpecialDay(day=date(2026, 12, 24), name="Heiligabend", hours="08:00-12:00"),
            SpecialDay(day=date(2026, 12, 25), name="Notdienst", hours="10:00-11:00"),
            SpecialDay(day=date(2026, 12, 28), name="Betriebsruhe"),
        ),
    ).parsed()

    def at(day: int, hour: int) -> bool:
        # In winter, German time is one hour ahead of UTC.
        return hours.is_open(datetime(2026, 12, day, hour - 1, 30, tzinfo=timezone.utc))

    assert [at(24, 11), at(24, 12), at(25, 10), at(25, 12), at(28, 9), at(29, 9)] == [
        True, False, True, False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "hours",
    [
        OpeningHours(hours="Mo-Fr", state="ST"),
        OpeningHours(hours="Mo-Fr 08:00-18:00", state="XX"),
        OpeningHours(hours="24/7", state="ST", days=(SpecialDay(day=_DAY, name="x"),)),
        OpeningHours(
            hours="Mo 08:00-18:00", state="ST", days=(SpecialDay(day=date(2026, 1, 2), name="x", hours="8-9"),)
        ),
        OpeningHours(hours="Mo 08:00-18:00", state="ST", days=(SpecialDay(day=_DAY, name="x"),) * 2),
    ],
)
async def test_hours_that_cannot_be_are_refused_and_change_nothing(desk: Desk, hours: OpeningHours) -> None:
    before = await desk.administration.hours()
    with pytest.raises(ValueError):
        await desk.administration.set_hours(desk.by, hours)
    assert await desk.administration.hours() == before


# --- the audit log ---


async def test_the_database_refuses_to_change_or_delete_what_is_on_record(desk: Desk) -> None:
    for change in (sa.update(audit_entry).values(agent_name="jemand anders"), sa.delete(audit_entry)):
        with pytest.raises(IntegrityError):
            async with desk.world.store.write() as unit:
                await unit.connection.execute(change)
    assert await desk.actions() == ["account.added"]


async def test_an_entry_commits_with_its_change_or_not_at_all(desk: Desk) -> None:
    with pytest.raises(RuntimeError):
        async with desk.world.store.write() as unit:
            await record(unit, desk.by, "never")
            raise RuntimeError
    with pytest.raises(AccountRefused):
        await desk.administration.add(desk.by, "chefin", "Vor Name", Role.AGENT)
    assert await desk.actions() == ["account.added"]


async def test_the_log_is_read_in_pages_and_by_agent_action_and_subject(desk: Desk) -> None:
    async with desk.world.store.write() as unit:
        for number in range(250):
            await record(unit, desk.by, "conversation.opened", f"c{number % 5}")
    log = desk.administration.log
    pages, before = [], None
    while page := await log(before=before, agent_id=None, action="conversation.", subject=None):
        pages.append(page)
        before = page[-1].id
    assert [len(page) for page in pages] == [100, 100, 50]
    assert len({entry.id for page in pages for entry in page}) == 250
    assert len(await log(before=None, agent_id=desk.chief.id, action=None, subject="c1")) == 50
    assert await log(before=None, agent_id="niemand", action=None, subject=None) == []
