"""Cases become tickets, once, with the conversation; their status comes back; they wait for a system that is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Literal

import pytest
import sqlalchemy as sa
from rt_installation import Installation

from actions.crm.errors import CrmUnavailable
from actions.crm.models import Customer, Fact, Identifier
from actions.crm.request_tracker import RequestTracker
from actions.crm.tickets import Filed, TicketDraft
from bot.conversation.handover import Reason
from bot.conversation.model import new_id
from bot.service.agents import Agents
from bot.service.case_sync import CaseSync
from bot.service.conversations import Conversations
from bot.settings import Settings
from bot.store import cases, schema, traces
from bot.store.cases import Case
from bot.store.engine import Database
from bot.store.tables import conversation as conversation_table
from bot.store.unit_of_work import Store
from bot.store.wakeup import WakeUp
from bot.transparency.wording import wording


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(timezone.utc)

    def __call__(self) -> datetime:
        return self.now


class NoCustomers:
    """A customer data system that is away."""

    async def find_customer(self, identifier: Identifier) -> Fact[Customer] | None:
        raise CrmUnavailable("find_customer", "away")


class Tickets:
    """A ticket system in memory that can be away, or lose its answer after the work is done."""

    def __init__(self) -> None:
        self.by_key: dict[str, TicketDraft] = {}
        self.away = self.loses_answers = False
        self.status = "new"

    async def file(self, draft: TicketDraft, *, key: str) -> tuple[Filed, bool]:
        if self.away:
            raise CrmUnavailable("file", "away")
        created = key not in self.by_key
        self.by_key.setdefault(key, draft)
        if self.loses_answers:
            raise CrmUnavailable("file", "no answer")
        found = await self.by_number(f"T-{list(self.by_key).index(key) + 1:06d}")
        assert found is not None
        return found, created

    async def by_number(self, number: str) -> Filed | None:
        if self.away:
            raise CrmUnavailable("by_number", "away")
        now = datetime.now(timezone.utc)
        status = "in_progress" if self.status == "open" else "new"
        return Filed(number=number, subject="", status=status, opened_at=now, due_at=None, marks=())


@dataclass
class Office:
    store: Store
    clock: Clock
    conversations: Conversations

    async def case(self, *texts: str) -> Case:
        """A case of a conversation in which the customer wrote these texts."""
        conversation_id = (await self.conversations.start_widget("de")).conversation.id
        for index, text in enumerate(texts):
            await self.conversations.receive(conversation_id, text, client_id=f"c{index}")
        async with self.store.write() as unit:
            return await cases.add_case(
                unit,
                conversation_id=conversation_id,
                epoch=1,
                team="service",
                reason=Reason.QUEUE_EXPIRED,
                due_at=self.clock.now + timedelta(days=1),
            )

    async def answered(self, case: Case, work: str | None, outcome: Literal["committed", "suppressed"]) -> None:
        """The bot has answered, and so much had been answered by the customer."""
        self.later(seconds=1)
        async with self.store.write() as unit:
            await traces.record(
                unit,
                turn_id=new_id(),
                conversation_id=case.conversation_id,
                epoch=1,
                seq=2,
                outcome=outcome,
                milliseconds=1.0,
                body={} if work is None else {"work": work},
            )

    async def read(self, case: Case) -> Case:
        async with self.store.read() as unit:
            return (await cases.cases(unit, case.conversation_id))[0]

    async def identify(self, case: Case, level: str) -> None:
        async with self.store.write() as unit:
            await unit.connection.execute(
                sa.update(conversation_table)
                .where(conversation_table.c.id == case.conversation_id)
                .values(customer_number="2048173", customer_name="Martina Vogel", customer_level=level)
            )

    def sync(self, tickets: Tickets | RequestTracker) -> CaseSync:
        return CaseSync(self.store, wording(), tickets, NoCustomers())

    def later(self, **amount: float) -> None:
        self.clock.now += timedelta(**amount)


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    database = Database.connect(database_url)
    await schema.upgrade(database)
    clock = Clock()
    store = Store(database, WakeUp(), clock)
    conversations = Conversations(store, wording(), Settings(database_url=database_url), frozenset())
    yield Office(store, clock, conversations)
    await store.wakeup.close()
    await database.close()


async def test_a_case_waits_while_the_ticket_system_is_away_and_is_filed_once(office: Office) -> None:
    tickets = Tickets()
    case, other = await office.case("Mein Internet ist weg"), await office.case("Hallo")
    tickets.away = True
    assert await office.sync(tickets).step() == 0
    assert (await office.read(case)).external_ref is None
    tickets.away, tickets.loses_answers = False, True
    assert await office.sync(tickets).step() == 0  # just tried: not yet again
    assert tickets.by_key == {}
    office.later(minutes=2)
    await office.sync(tickets).step()
    assert (await office.read(case)).external_ref is None and len(tickets.by_key) == 1
    tickets.loses_answers = False
    office.later(minutes=2)
    assert sum(await asyncio.gather(*(office.sync(tickets).step() for _ in range(3)))) == 2
    assert len(tickets.by_key) == 2
    filed = await office.read(case)
    assert (filed.external_ref, filed.external_status) == ("T-000001", "new")
    assert (await office.read(other)).external_ref == "T-000002"


async def test_status_comes_back_and_desks_are_told_only_of_news(office: Office) -> None:
    tickets = Tickets()
    case = await office.case("Hallo")
    sync = office.sync(tickets)
    await sync.step()
    tickets.status = "open"
    assert await sync.step() == 0
    office.later(minutes=6)
    assert await sync.step() == 1
    assert (await office.read(case)).external_status == "in_progress"
    tickets.away = True
    office.later(minutes=6)
    assert await sync.step() == 0
    assert (await office.read(case)).external_status == "in_progress"


@pytest.mark.parametrize("level", ["proven", "claimed"])
async def test_only_a_proven_customer_is_linked(office: Office, level: str) -> None:
    tickets = Tickets()
    case = await office.case("Hallo")
    await office.identify(case, level)
    await office.sync(tickets).step()
    (draft,) = tickets.by_key.values()
    assert ("customer/2048173" in draft.marks) == (level == "proven")
    assert "Martina Vogel, Kundennummer 2048173" in draft.content
    assert ("nicht nachgewiesen" in draft.content) == (level == "claimed")


async def test_a_case_in_a_real_request_tracker(
    office: Office, installation: Installation, tracker: RequestTracker
) -> None:
    case = await office.case("Mein Internet ist weg", "Seit gestern, Lindenstraße 5")
    away = RequestTracker.at("http://127.0.0.1:1", "General", user="a", password="b")
    assert await office.sync(away).step() == 0
    await away.close()
    office.later(minutes=2)
    sync = office.sync(tracker)
    assert await sync.step() == 1
    ref = (await office.read(case)).external_ref
    assert ref is not None
    found = await tracker.by_number(ref)
    assert found is not None and found.subject.startswith(case.number) and found.status == "new"
    (texts,) = await tracker.texts([found])
    for expected in (case.number, "Mein Internet ist weg", "Seit gestern, Lindenstraße 5", "Bot"):
        assert expected in texts.description
    await asyncio.to_thread(
        installation.as_team,
        "POST",
        f"/ticket/{int(ref.removeprefix('T-'))}/comment",
        {"Content": "x", "Status": "open"},
    )
    office.later(minutes=6)
    assert await sync.step() == 1
    assert (await office.read(case)).external_status == "in_progress"


async def test_a_ticket_speaks_as_the_customer_heard_it(office: Office) -> None:
    """Number and team have the names that the customer was told."""
    case = await office.case("Hallo")
    tickets = Tickets()
    await office.sync(tickets).step()
    (draft,) = tickets.by_key.values()
    assert draft.content.startswith(f"Vorgang {case.number} aus dem Chat, Team Kundenservice, fällig ")
    assert "Fall " not in draft.content + draft.subject


async def test_a_ticket_says_of_each_line_whether_a_person_or_the_bot_wrote_it(
    office: Office, database_url: str
) -> None:
    case = await office.case("Hallo")
    agent = await Agents(office.store, Settings(database_url=database_url)).add(
        "anna", "Anna Berger", "agent", "geheim-genug"
    )
    await office.conversations.claim(case.conversation_id, agent, 1)
    await office.conversations.reply(case.conversation_id, agent, "Guten Tag.", client_id="a1")
    tickets = Tickets()
    await office.sync(tickets).step()
    (draft,) = tickets.by_key.values()
    lines = draft.content.split("\n\n")
    assert lines.index(wording().say("record_labels", "de")) == lines.index(wording().say("case_ticket_log", "de")) + 1
    assert lines[-1].endswith(" Anna Berger (Mensch): Guten Tag.")
    assert sum(" Bot: " in line for line in lines) == 1


async def test_a_ticket_holds_what_the_customer_had_answered(office: Office) -> None:
    open_one, done = await office.case("Internet tot"), await office.case("Internet tot")
    for case, newest in ((open_one, "Störung melden: Lampe: blinkt"), (done, None)):
        await office.answered(case, "Störung melden: V-204817", "committed")
        await office.answered(case, newest, "committed")
        await office.answered(case, "was nie gesagt wurde", "suppressed")
    tickets = Tickets()
    await office.sync(tickets).step()

    def told(case: Case) -> str:
        (draft,) = [draft for key, draft in tickets.by_key.items() if key.startswith(case.number)]
        return draft.content

    heading = wording().say("case_ticket_work", "de", work="").strip()
    assert f"{heading}\nStörung melden: Lampe: blinkt" in told(open_one)
    assert heading not in told(done)
    assert "was nie gesagt wurde" not in told(open_one) + told(done)
