"""Working hours: when people are at the desk, and when a case is due, counted in the hours in which the team works.

Hours are written as in `Mo-Fr 08:00-12:00,13:00-18:00; Sa 09:00-13:00` (a small part of the OpenStreetMap syntax), or
`24/7`.
Public holidays of the federal state are closed, except with `24/7`. All reckoning is in UTC, so that a change of the
clock neither adds nor takes an hour of work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
# German abbreviations where they differ.
_GERMAN = {"Di": "Tu", "Mi": "We", "Do": "Th", "So": "Su"}
_SPAN = r"\d{2}:\d{2}-\d{2}:\d{2}"
_RULE = re.compile(rf"(?P<days>[A-Za-z,\- ]+?) +(?P<spans>{_SPAN}(?: *, *{_SPAN})*)")
# When a team is there on one day: from and to, in order, none touching the next.
Spans = tuple[tuple[time, time], ...]
# Days looked at before giving up: no real schedule is closed for longer.
_HORIZON = 400


class HoursUnreadable(ValueError):
    """Hours as somebody wrote them cannot be meant so: `problem` is a code for why, `part` is what was written."""

    def __init__(self, problem: str, message: str, part: str = "") -> None:
        super().__init__(message)
        self.problem = problem
        self.part = part


@lru_cache(maxsize=32)
def _holidays(state: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("DE", subdiv=state, years=year))


@dataclass(frozen=True)
class WorkingHours:
    """A week's hours in one time zone and federal state (`ST`, `BY`, …)."""

    # For each weekday from Monday: when the team is there.
    week: tuple[Spans, ...]
    always: bool
    state: str
    zone: ZoneInfo
    # Days that go otherwise, public holidays among them.
    special: Mapping[date, Spans] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, state: str, zone: ZoneInfo) -> WorkingHours:
        """Read hours.

        Raises:
            HoursUnreadable: naming the part that cannot be read.
        """
        if state not in holidays.country_holidays("DE").subdivisions:
            raise HoursUnreadable("state", f"unknown federal state {state!r}", state)
        if text.strip() == "24/7":
            return cls((((time(0), time(23, 59)),),) * 7, True, state, zone)
        week: list[Spans] = [()] * 7
        for part in filter(None, (part.strip() for part in text.split(";"))):
            match = _RULE.fullmatch(part)
            if match is None:
                message = f"cannot read {part!r}; expected for instance Mo-Fr 08:00-18:00"
                raise HoursUnreadable("unreadable", message, part)
            times = _times_of(match["spans"], part)
            for day in _days(match["days"]):
                week[day] = times
        if not any(week):
            raise HoursUnreadable("empty", "there is no opening time")
        return cls(tuple(week), False, state, zone)

    def is_open(self, moment: datetime) -> bool:
        """Whether the team works at this moment."""
        return self.always or any(start <= moment < end for start, end in self._spans(moment, 1))

    def next_opening(self, moment: datetime) -> datetime:
        """When the team works next, UTC; `moment` itself while it does."""
        if self.always:
            return moment
        for start, end in self._spans(moment, _HORIZON):
            if moment < end:
                return max(start, moment)
        raise ValueError("these hours never open")

    def after(self, start: datetime, amount: timedelta) -> datetime:
        """The moment, UTC, at which `amount` of working time has passed since `start`."""
        if self.always:
            return (start + amount).astimezone(timezone.utc)
        rest = amount
        for opens, closes in self._spans(start, _HORIZON):
            begin = max(opens, start)
            if begin < closes:
                if rest <= closes - begin:
                    return begin + rest
                rest -= closes - begin
        raise ValueError("more working time than these hours offer in a year")

    def _spans(self, moment: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
        """Opening and closing, UTC, of the working days from the day of `moment`."""
        first = moment.astimezone(self.zone).date()
        for offset in range(days):
            day = first + timedelta(days=offset)
            regular = () if day in _holidays(self.state, day.year) else self.week[day.weekday()]
            for hours in self.special.get(day, regular):
                opens, closes = (datetime.combine(day, at, self.zone).astimezone(timezone.utc) for at in hours)
                yield opens, closes


def holidays_of(state: str, year: int, language: str) -> list[tuple[date, str]]:
    """The public holidays of a federal state, in order, with their names in German (`de`) or English (`en`)."""
    named = {"de": "de", "en": "en_US"}[language]
    return sorted(holidays.country_holidays("DE", subdiv=state, years=year, language=named).items())


def spans(text: str) -> Spans:
    """`08:00-12:00,13:00-16:00` as times; nothing for an empty text, which means closed.

    Raises:
        HoursUnreadable: it cannot be read, ends before it begins, or overlaps.
    """
    if not text.strip():
        return ()
    if not re.fullmatch(rf"{_SPAN}(?: *, *{_SPAN})*", text.strip()):
        raise HoursUnreadable("unreadable", f"cannot read {text!r}; expected for instance 08:00-12:00", text)
    return _times_of(text, text)


def written(hours: Spans) -> list[str]:
    """Each span as it is written, as `08:00-12:00`."""
    return [f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in hours]


def _times_of(text: str, part: str) -> Spans:
    written_times = (one.strip().partition("-") for one in text.split(","))
    found = sorted(_times(begin, end, part) for begin, _, end in written_times)
    if any(begin <= end for (_, end), (begin, _) in pairwise(found)):
        raise HoursUnreadable("overlap", f"{part!r} holds times that touch each other", part)
    return tuple(found)


def _times(begin: str, end: str, part: str) -> tuple[time, time]:
    try:
        opens, closes = time.fromisoformat(begin), time.fromisoformat(end)
    except ValueError as error:
        raise HoursUnreadable("unreadable", f"cannot read {part!r}: {error}", part) from error
    if opens >= closes:
        raise HoursUnreadable("backwards", f"{part!r} closes before it opens", part)
    return opens, closes


def _days(text: str) -> Iterator[int]:
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        names = [_GERMAN.get(name, name) for name in (first, last or first)]
        if any(name not in _DAYS for name in names):
            raise HoursUnreadable("weekday", f"unknown weekday in {text!r}; days are {', '.join(_DAYS)}", text.strip())
        begin, end = (_DAYS.index(name) for name in names)
        if begin > end:
            raise HoursUnreadable("order", f"{part!r} runs backwards", part)
        yield from range(begin, end + 1)
