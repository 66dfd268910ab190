"""Windows for a visit: which are offered, and what a customer's words choose.

Pure but for the turn's entities: windows in, windows out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time
from itertools import groupby
from typing import Literal

from actions.crm.models import Fact
from actions.crm.visits import VisitSlot
from actions.turn import Turn
from bot.transparency.format import REGION

# How well what is offered fits what was wished.
Fit = Literal["wish", "other_hours", "other_day"]
# Offered at once: some days to choose from, with two times each.
OFFERED, PER_DAY = 4, 2

_BARE_HOURS = re.compile(
    r"(?<![\d.:])(\d{1,2})\s*(?:to|till|until|bis|-|–|and|und)\s*(\d{1,2})(?![\d.:])", re.IGNORECASE
)
_EARLIEST, _LATEST = 6, 22  # hours at which anybody wishes to be visited or called
_ORDINALS = (
    re.compile(r"\b(erste[rnms]?|1\.|nummer 1|first)\b", re.IGNORECASE),
    re.compile(r"\b(zweite[rnms]?|2\.|nummer 2|second)\b", re.IGNORECASE),
    re.compile(r"\b(dritte[rnms]?|3\.|nummer 3|third)\b", re.IGNORECASE),
    re.compile(r"\b(vierte[rnms]?|4\.|nummer 4|fourth|letzte[rnms]?|last)\b", re.IGNORECASE),
)


def spread(slots: Sequence[Fact[VisitSlot]]) -> list[Fact[VisitSlot]]:
    """A few windows on different days, in order."""
    chosen: list[Fact[VisitSlot]] = []
    for _, of_day in groupby(slots, key=lambda fact: fact.value.starts.astimezone(REGION).date()):
        chosen += list(of_day)[:PER_DAY]
    return sorted(chosen, key=lambda fact: fact.value.starts)[:OFFERED]


def wished_day(turn: Turn) -> date | None:
    """The day that the customer named."""
    named = turn.entity("date")
    try:
        return date.fromisoformat(named) if named else None
    except ValueError:
        return None  # a month is no day


def spoken_span(turn: Turn) -> str | None:
    """A time of day as it was recognised, or two bare hours, which mean one where a time is asked for: "10 to 12"."""
    if (named := turn.entity("time_span")) is not None or turn.from_button:
        return named
    found = _BARE_HOURS.search(turn.text)
    if found is None or not _EARLIEST <= int(found[1]) < int(found[2]) <= _LATEST:
        return None
    return f"{int(found[1]):02d}:00-{int(found[2]):02d}:00"


def wished_hours(turn: Turn) -> tuple[time, time] | None:
    """The part of a day that the customer named: "08:00-12:00", "14:00-", "-12:00", "15:00"."""
    named = spoken_span(turn)
    if not named:
        return None
    first, dash, last = named.partition("-")
    try:
        begins = time.fromisoformat(first) if first else time(0)
        ends = time.fromisoformat(last) if last else (time(23, 59) if dash else begins)
    except ValueError:
        return None
    return begins, ends


def fits(slot: VisitSlot, hours: tuple[time, time] | None) -> bool:
    """Whether the window lies in these hours; a point in time lies in the window."""
    if hours is None:
        return True
    starts, ends = (moment.astimezone(REGION).time() for moment in (slot.starts, slot.ends))
    begins, until = hours
    return starts <= begins < ends if begins == until else begins <= starts and ends <= until


def to_offer(
    free: Sequence[Fact[VisitSlot]], day: date | None, hours: tuple[time, time] | None, after: str | None
) -> tuple[list[Fact[VisitSlot]], Fit]:
    """A few free windows that fit the wish, else on the day but at other hours, else on other days; behind the key
    `after` if one is given. Nothing only where nothing is free at all."""
    later = [fact for fact in free if after is None or fact.record > after]
    fitting = [fact for fact in later if fits(fact.value, hours)]
    if day is None:
        return (spread(fitting), "wish") if fitting else (spread(later), "other_hours")
    on_day = [fact for fact in later if fact.value.starts.astimezone(REGION).date() == day]
    if exact := [fact for fact in on_day if fact in fitting]:
        return spread(exact), "wish"
    if on_day:
        return spread(on_day), "other_hours"
    return spread(fitting or later), "other_day"


def ordinal_in(text: str) -> int | None:
    """Which of several the words mean, counted from 0: "the second one" is 1."""
    return next((position for position, words in enumerate(_ORDINALS) if words.search(text)), None)


def chosen_in_words(turn: Turn, offered: Sequence[Fact[VisitSlot]]) -> Fact[VisitSlot] | None:
    """The offered window that the words mean: "the second one", "Monday at 8"."""
    position = ordinal_in(turn.text)
    if position is not None and offered and turn.entity("date") is None:
        return offered[min(position, len(offered) - 1)]
    day, hours = wished_day(turn), wished_hours(turn)
    if day is None and hours is None:
        return None
    fitting = [
        fact
        for fact in offered
        if (day is None or fact.value.starts.astimezone(REGION).date() == day) and fits(fact.value, hours)
    ]
    return fitting[0] if len(fitting) == 1 else None
