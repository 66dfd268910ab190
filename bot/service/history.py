"""How the work went: figures by day and channel, and the board of this moment.

Every figure is counted from messages, tenures and their outcomes when it is asked for; none is kept beside them. What
each means is said once, in the wording (`desk_figure_…_means`), and a day is a day in Germany.
"""

from __future__ import annotations

import csv
import io
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

import msgspec

from bot.store import history as rows
from bot.store.agents import PRESENT
from bot.store.teams import teams
from bot.store.traces import topic_of
from bot.store.unit_of_work import Unit
from bot.store.wrong_answers import reported_between
from bot.transparency.format import REGION

# Days that may be asked for at once.
LONGEST = 366
# How far back the topic of a handover is looked for.
_TALK = timedelta(days=1)


class Counts(msgspec.Struct, kw_only=True):
    """Figures of a day, a channel, or a whole span. Durations are whole seconds."""

    # Conversations in which the customer wrote that day, and those of them that no person was asked into.
    conversations: int = 0
    automated: int = 0
    # What customers wrote, and what the bot answered of it.
    messages: int = 0
    answered_by_bot: int = 0
    # Requests that the bot handed over, and those that became a case at once because nobody was there.
    handovers: int = 0
    out_of_hours: int = 0
    # From the handover to a person's first message: half of them were at most so long, nine in ten at most so long.
    # Only those that a person answered; the others are counted.
    first_answers: int = 0
    unanswered: int = 0
    first_answer_median: int | None = None
    first_answer_p90: int | None = None
    # Waits that were named to a customer, and how they turned out; the rest is withdrawn or still open.
    promises: int = 0
    promises_kept: int = 0
    promises_broken: int = 0
    # Customers asked for a rating, those who gave one, and their stars together.
    ratings_asked: int = 0
    ratings_given: int = 0
    stars: int = 0
    # Answers of the bot that somebody at the desk reported as wrong that day.
    wrong_answers: int = 0


class Day(msgspec.Struct, kw_only=True):
    """A day's figures."""

    day: date
    counts: Counts


class ChannelCounts(msgspec.Struct, kw_only=True):
    """A channel's figures over the whole span."""

    channel: str
    counts: Counts


class Handovers(msgspec.Struct, kw_only=True):
    """How many handovers had this reason and this topic; a topic is None where the bot took the words for none."""

    reason: str
    topic: str | None
    count: int


class History(msgspec.Struct, kw_only=True):
    """Figures from the first day to the last, both included."""

    first: date
    last: date
    as_of: datetime
    total: Counts
    days: list[Day]
    channels: list[ChannelCounts]
    handovers: list[Handovers]


class TeamNow(msgspec.Struct, kw_only=True):
    """A team at this moment."""

    id: str
    name: str
    waiting: int
    with_agents: int
    # Since when the one waits that waits longest, and the deadline that comes next.
    longest_since: datetime | None
    next_deadline: datetime | None


class Board(msgspec.Struct, kw_only=True):
    """This moment."""

    as_of: datetime
    waiting: int
    with_agents: int
    longest_since: datetime | None
    # Agents whose desk was connected within the last minute.
    connected: int
    teams: list[TeamNow]


class _Tally:
    """Counts with what they are counted from."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.waits: list[float] = []

    def done(self) -> Counts:
        ranked = sorted(self.waits)
        self.counts.first_answers = len(ranked)
        self.counts.first_answer_median = _rank(ranked, 0.5)
        self.counts.first_answer_p90 = _rank(ranked, 0.9)
        return self.counts


# For a moment and a channel, the tallies in which something then and there is counted.
Tallies = Callable[[datetime, str], Iterator[_Tally]]


async def history(unit: Unit, first: date, last: date, channel: str | None = None) -> History:
    """Count everything from the first day to the last. Raises `ValueError` for a span that cannot be."""
    if not 0 <= (last - first).days < LONGEST:
        raise ValueError(f"a span has 1 to {LONGEST} days")
    since, until = _begins(first), _begins(last + timedelta(days=1))
    by_day: dict[date, _Tally] = {first + timedelta(days=n): _Tally() for n in range((last - first).days + 1)}
    by_channel: dict[str, _Tally] = defaultdict(_Tally)
    total = _Tally()

    def tallies(at: datetime, on: str) -> Iterator[_Tally]:
        if channel in {None, on}:
            yield from (total, by_day[_day(at)], by_channel[on])

    await _count_messages(unit, since, until, tallies)
    reasons = await _count_handovers(unit, since, until, channel, tallies)
    for row in await rows.promises(unit, since, until):
        for tally in tallies(row.started_at, row.channel):
            tally.counts.promises += 1
            tally.counts.promises_kept += row.outcome == "kept"
            tally.counts.promises_broken += row.outcome == "broken"
    for row in await rows.ratings(unit, since, until):
        for tally in tallies(row.asked_at, row.channel):
            tally.counts.ratings_asked += 1
            tally.counts.ratings_given += row.stars is not None
            tally.counts.stars += row.stars or 0
    for row in await reported_between(unit, since, until):
        for tally in tallies(row.reported_at, row.channel):
            tally.counts.wrong_answers += 1
    return History(
        first=first,
        last=last,
        as_of=unit.now,
        total=total.done(),
        days=[Day(day=day, counts=tally.done()) for day, tally in by_day.items()],
        channels=[ChannelCounts(channel=name, counts=tally.done()) for name, tally in sorted(by_channel.items())],
        handovers=reasons,
    )


async def _count_messages(unit: Unit, since: datetime, until: datetime, tallies: Tallies) -> None:
    persons = [*await rows.persons_started(unit, since, until), *await rows.handovers(unit, since, until)]
    with_person = {(row.conversation_id, _day(row.started_at)) for row in persons}
    talked: set[tuple[str, date]] = set()
    for row in await rows.customer_messages(unit, since, until):
        key = (row.conversation_id, _day(row.at))
        for tally in tallies(row.at, row.channel):
            tally.counts.messages += 1
            tally.counts.answered_by_bot += row.outcome == "answered"
            if key not in talked:
                tally.counts.conversations += 1
                tally.counts.automated += key not in with_person and row.outcome not in {"queue", "agent"}
        talked.add(key)


async def _count_handovers(
    unit: Unit, since: datetime, until: datetime, channel: str | None, tallies: Tallies
) -> list[Handovers]:
    found = await rows.handovers(unit, since, until)
    answers = _times(await rows.human_messages(unit, since))
    begun = _times(found, "started_at")
    topics: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for row in await rows.readings(unit, since - _TALK, until):
        if (topic := topic_of(row.body)) is not None:
            topics[row.conversation_id].append((row.at, topic))
    counted: dict[tuple[str, str | None], int] = defaultdict(int)
    for row in found:
        wait = _first_answer(row, answers[row.conversation_id], begun[row.conversation_id])
        for tally in tallies(row.started_at, row.channel):
            tally.counts.handovers += 1
            tally.counts.out_of_hours += not row.waited
            if wait is None:
                tally.counts.unanswered += 1
            else:
                tally.waits.append(wait)
        if channel in {None, row.channel}:
            known = [topic for at, topic in topics[row.conversation_id] if at <= row.started_at]
            counted[row.reason, known[-1] if known else None] += 1
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0][0], item[0][1] or ""))
    return [Handovers(reason=reason, topic=topic, count=count) for (reason, topic), count in ranked]


def _first_answer(row: Any, answers: list[datetime], begun: list[datetime]) -> float | None:
    """Seconds from a handover to a person's first message, if one came before the next handover."""
    place = bisect_left(answers, row.started_at)
    following = bisect_left(begun, row.started_at) + 1
    if place == len(answers) or (following < len(begun) and answers[place] >= begun[following]):
        return None
    waited: timedelta = answers[place] - row.started_at
    return waited.total_seconds()


def _times(found: Iterable[Any], name: str = "at") -> dict[str, list[datetime]]:
    by_conversation: dict[str, list[datetime]] = defaultdict(list)
    for row in found:
        by_conversation[row.conversation_id].append(getattr(row, name))
    return by_conversation


def _rank(ranked: list[float], share: float) -> int | None:
    """The smallest of the values that this share of them does not exceed, rounded up to a whole second."""
    return math.ceil(ranked[math.ceil(share * len(ranked)) - 1]) if ranked else None


def _day(at: datetime) -> date:
    return at.astimezone(REGION).date()


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(0), REGION).astimezone(timezone.utc)


async def board(unit: Unit, language: str) -> Board:
    """Who waits, how long, for which team."""
    held = await rows.held_now(unit)
    waiting = [row for row in held if row.holder == "queue"]

    def of(team_id: str, name: str) -> TeamNow:
        mine = [row for row in waiting if row.team == team_id]
        return TeamNow(
            id=team_id,
            name=name,
            waiting=len(mine),
            with_agents=sum(row.team == team_id and row.holder == "agent" for row in held),
            longest_since=min((row.started_at for row in mine), default=None),
            next_deadline=min((row.deadline_at for row in mine), default=None),
        )

    return Board(
        as_of=unit.now,
        waiting=len(waiting),
        with_agents=len(held) - len(waiting),
        longest_since=min((row.started_at for row in waiting), default=None),
        connected=await rows.connected_agents(unit, unit.now - PRESENT),
        teams=[of(team.id, team.name(language)) for team in await teams(unit)],
    )


def as_csv(found: History) -> str:
    """Days, channels and reasons as tables for spreadsheets: times in seconds. No cell is read as a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    names = Counts.__struct_fields__

    def table(heading: str, lines: Iterable[tuple[str, Counts]]) -> None:
        writer.writerow([heading, *names])
        for first, counts in lines:
            values = (getattr(counts, name) for name in names)
            writer.writerow([harmless(first), *("" if value is None else value for value in values)])
        writer.writerow([])

    table("day", ((one.day.isoformat(), one.counts) for one in found.days))
    table("channel", ((one.channel, one.counts) for one in found.channels))
    writer.writerow(["reason", "topic", "handovers"])
    for line in found.handovers:
        writer.writerow([harmless(line.reason), harmless(line.topic or ""), line.count])
    return out.getvalue()


def harmless(cell: str) -> str:
    """The text with an apostrophe in front where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell
