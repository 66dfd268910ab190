"""A week that was counted by hand: the services play it on both databases, and every figure is compared."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from bot.service.brain_protocol import Handover, Reading, Reply, TurnRequest, TurnResponse
from bot.service.history import Counts, Handovers, as_csv, board, harmless, history
from bot.service.joining import Joining
from bot.service.turns import Turns
from bot.store.desk_tables import rating
from bot.store.promises import WaitFigure, promise
from tests.model.actors import Actor
from tests.model.scenes import ANNA
from tests.model.world import PUSH, StagedBrain, World

MONDAY, SUNDAY = date(2026, 3, 16), date(2026, 3, 22)
# What a word of the customer is taken for, and what becomes of it.
TOPICS = {
    "Was kostet das alles?": ("invoice_show", None),
    "Danke": ("thank", None),
    "Störung": ("report_fault", "not_understood"),
    "Kündigen": ("contract_cancel", "sensitive"),
    "Tarif": ("tariff_change", None),
}


async def _answer(_actor: Actor, request: TurnRequest) -> TurnResponse:
    intent, handover = TOPICS[request.text]
    return TurnResponse(
        replies=[Reply(text="Antwort")],
        intent=Reading(name=intent, confidence=0.9),
        handover=Handover(reason=handover) if handover else None,  # type: ignore[arg-type]
    )


class Week:
    """Plays a week in which time passes only when told to."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.turns = Turns(
            world.store, world.conversations, StagedBrain(Actor("free"), _answer), world.words, world.settings
        )
        self._said = 0

    def at(self, day: int, hour: int, minute: int = 0, second: int = 0) -> None:
        """It is now this moment in March, UTC: an hour behind Germany."""
        self.world.clock.now = datetime(2026, 3, day, hour, minute, second, tzinfo=timezone.utc)

    async def say(self, conversation: str, text: str) -> None:
        """The customer writes, and the bot does what it does."""
        self._said += 1
        await self.world.conversations.receive(conversation, text, client_id=f"c{self._said}")
        await self.world.work()

    async def claim(self, conversation: str, epoch: int) -> None:
        """Anna takes it."""
        await self.world.conversations.claim(conversation, ANNA, epoch)

    async def reply(self, conversation: str) -> None:
        """Anna writes."""
        self._said += 1
        await self.world.conversations.reply(conversation, ANNA, "Guten Tag", client_id=f"a{self._said}")

    async def promise(self, conversation: str, epoch: int) -> None:
        """The customer was told that four in five wait a minute at most."""
        now = self.world.clock.now
        figure = WaitFigure(seconds=60, share=0.8, sample=20, since=now - timedelta(days=28), measured_at=now)
        async with self.world.store.write() as unit:
            await promise(unit, conversation, epoch, figure)

    async def epoch(self, conversation: str) -> int:
        """The current epoch."""
        async with self.world.store.read() as unit:
            row = sa.table("conversation", sa.column("id"), sa.column("epoch"))
            return int(
                (await unit.connection.execute(sa.select(row.c.epoch).where(row.c.id == conversation))).scalar_one()
            )


@pytest.fixture
async def week(database_url: str) -> AsyncIterator[Week]:
    """The week, played."""
    world = await World.open(database_url)
    week = Week(world)
    # Monday. One is served by the bot alone; one is handed over and answered by a person after two minutes.
    week.at(16, 10)
    alone = await world.begin("widget")
    await week.say(alone, "Was kostet das alles?")
    await week.say(alone, "Danke")
    week.at(16, 11)
    twice = await world.begin("widget")
    await week.say(twice, "Störung")
    week.at(16, 11, 0, 30)
    await week.claim(twice, 2)
    week.at(16, 11, 2)
    await week.reply(twice)
    await week.reply(twice)
    await week.say(twice, "ok")
    await world.conversations.hand_back(twice, ANNA, None)
    async with world.store.write() as unit:
        # Handing back asked for a rating of the help; an earlier question was never answered.
        answered = sa.update(rating).where(rating.c.conversation_id == twice)
        await unit.connection.execute(answered.values(stars=4, rated_at=unit.now))
        unanswered = {"conversation_id": twice, "epoch": 2, "agent_id": ANNA.id, "agent_name": ANNA.name}
        await unit.connection.execute(sa.insert(rating).values(**unanswered, asked_at=unit.now))
    # Half past midnight on Tuesday in Germany, still Monday in UTC.
    week.at(16, 23, 30)
    pushed = await world.begin(PUSH)
    await week.say(pushed, "Tarif")
    # Tuesday. One waits for nobody, and its promise is broken; the one of Monday is handed over again and is kept.
    week.at(17, 9)
    lost = await world.begin("widget")
    await week.say(lost, "Kündigen")
    await week.promise(lost, 2)
    week.at(17, 9, 5)
    await world.deadlines.expire_due()
    week.at(17, 10)
    await week.say(twice, "Störung")
    again = await week.epoch(twice)
    await week.promise(twice, again)
    week.at(17, 10, 0, 10)
    await week.claim(twice, again)
    week.at(17, 10, 0, 40)
    await week.reply(twice)
    # Sunday. A person takes one over that nobody handed over; one minute before and after midnight in Germany.
    week.at(22, 12)
    taken = await world.begin(PUSH)
    await week.say(taken, "Was kostet das alles?")
    week.at(22, 12, 1)
    await week.claim(taken, 1)
    await week.reply(taken)
    week.at(22, 22, 59)
    await week.say(pushed, "Tarif")
    week.at(22, 23, 0)
    await week.say(pushed, "Tarif")
    yield week
    await world.close()


async def test_every_figure_is_what_was_counted_by_hand(week: Week) -> None:
    async with week.world.store.report() as unit:
        found = await history(unit, MONDAY, SUNDAY)
    assert found.total == Counts(
        conversations=7, automated=3,
        messages=9, answered_by_bot=5,
        handovers=3, out_of_hours=0,
        first_answers=2, unanswered=1, first_answer_median=40, first_answer_p90=120,
        promises=2, promises_kept=1, promises_broken=1,
        ratings_asked=2, ratings_given=1, stars=4,
    )  # fmt: skip
    days = {one.day.day: one.counts for one in found.days}
    assert {day: (counts.conversations, counts.automated, counts.messages) for day, counts in days.items()} == {
        16: (2, 1, 4), 17: (3, 1, 3), 18: (0, 0, 0), 19: (0, 0, 0), 20: (0, 0, 0), 21: (0, 0, 0), 22: (2, 1, 2),
    }  # fmt: skip
    tuesday = found.days[1].counts
    assert (tuesday.handovers, tuesday.first_answer_median, tuesday.unanswered) == (2, 40, 1)
    assert [(one.channel, one.counts.conversations, one.counts.automated) for one in found.channels] == [
        (PUSH, 3, 2),
        ("widget", 4, 1),
    ]
    assert found.handovers == [
        Handovers(reason="not_understood", topic="report_fault", count=2),
        Handovers(reason="sensitive", topic="contract_cancel", count=1),
    ]


async def test_a_request_that_goes_on_in_another_conversation_is_answered_there(week: Week) -> None:
    world = week.world
    week.at(18, 9)
    older, newer = await world.begin(PUSH), await world.begin(PUSH)
    for one in (older, newer):
        await week.say(one, "Störung")
    week.at(18, 9, 1)
    async with world.store.write() as unit:
        await Joining(world.conversations, world.words).unite(unit, older, newer)
    await week.claim(older, await week.epoch(older))
    week.at(18, 9, 5)
    await week.reply(older)
    async with world.store.report() as unit:
        counts = (await history(unit, date(2026, 3, 18), date(2026, 3, 18))).total
    assert (counts.handovers, counts.first_answers, counts.unanswered) == (2, 2, 0)
    assert (counts.first_answer_median, counts.first_answer_p90) == (300, 300)


async def test_days_and_channels_add_up_to_the_whole(week: Week) -> None:
    sums = [name for name in Counts.__struct_fields__ if name not in {"first_answer_median", "first_answer_p90"}]
    async with week.world.store.report() as unit:
        found = await history(unit, MONDAY, SUNDAY)
        single = [await history(unit, MONDAY, SUNDAY, one.channel) for one in found.channels]
        days = [await history(unit, one.day, one.day) for one in found.days]
    for name in sums:
        whole = getattr(found.total, name)
        assert (
            whole
            == sum(getattr(one.counts, name) for one in found.days)
            == sum(getattr(one.total, name) for one in single)
        ), name
    assert [one.total for one in days] == [one.counts for one in found.days]


async def test_a_span_that_cannot_be_is_refused(week: Week) -> None:
    async with week.world.store.report() as unit:
        for first, last in ((SUNDAY, MONDAY), (date(2020, 1, 1), SUNDAY)):
            with pytest.raises(ValueError):
                await history(unit, first, last)


async def test_the_board_shows_who_waits_since_when_and_until_when(week: Week) -> None:
    week.at(23, 8)
    waiting = await week.world.begin("widget")
    await week.say(waiting, "Störung")
    week.at(23, 8, 1)
    later = await week.world.begin("widget")
    await week.say(later, "Störung")
    async with week.world.store.report() as unit:
        now = await board(unit, "de")
    eight = datetime(2026, 3, 23, 8, tzinfo=timezone.utc)
    assert (now.waiting, now.with_agents, now.longest_since) == (2, 2, eight)
    (team,) = [one for one in now.teams if one.waiting]
    assert (team.id, team.waiting, team.longest_since) == ("service", 2, eight)
    assert team.next_deadline == eight + timedelta(seconds=week.world.settings.queue_deadline)


async def test_the_table_for_spreadsheets_has_the_same_figures_and_no_formula(week: Week) -> None:
    async with week.world.store.report() as unit:
        found = await history(unit, MONDAY, SUNDAY)
    lines = list(csv.reader(io.StringIO(as_csv(found))))
    assert lines[0][:3] == ["day", "conversations", "automated"]
    assert lines[1][:3] == ["2026-03-16", "2", "1"] and len(lines[1:8]) == 7
    assert lines[9][:3] == ["channel", "conversations", "automated"]
    assert [line[0] for line in lines[10 : 10 + len(found.channels)]] == [one.channel for one in found.channels]
    assert lines[-2:] == [["not_understood", "report_fault", "2"], ["sensitive", "contract_cancel", "1"]]
    hostile = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"]
    assert [harmless(cell) for cell in [*hostile, "report_fault"]] == [
        *(f"'{cell}" for cell in hostile),
        "report_fault",
    ]
