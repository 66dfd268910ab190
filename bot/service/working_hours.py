"""Working hours: when people are at the desk, and when a case is due, counted in the hours in which the team works.

Hours are written as in `Mo-Fr 08:00-18:00; Sa 09:00-13:00` (a small part of the OpenStreetMap syntax), or `24/7`.
Public holidays of the federal state are closed, except with `24/7`. All reckoning is in UTC, so that a change of the
clock neither adds nor takes an hour of work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
# German abbreviations where they differ.
_GERMAN = {"Di": "Tu", "Mi": "We", "Do": "Th", "So": "Su"}
_RULE = re.compile(r"(?P<days>[A-Za-z,\- ]+?) +(?P<opens>\d{2}:\d{2})-(?P<closes>\d{2}:\d{2})")
# Days looked at before giving up: no real schedule is closed for longer.
_HORIZON = 400


@lru_cache(maxsize=32)
def _holidays(state: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("DE", subdiv=state, years=year))


@dataclass(frozen=True)
class WorkingHours:
    """A week's hours in one time zone and federal state (`ST`, `BY`, …)."""

    # For each weekday from Monday: opening and closing time, or nothing.
    week: tuple[tuple[time, time] | None, ...]
    always: bool
    state: str
    zone: ZoneInfo
    # Days that go otherwise, public holidays among them: open from and to, or closed.
    special: Mapping[date, tuple[time, time] | None] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, state: str, zone: ZoneInfo) -> WorkingHours:
        """Read hours.

        Raises:
            ValueError: naming the part that cannot be read.
        """
        if state not in holidays.country_holidays("DE").subdivisions:
            raise ValueError(f"unknown federal state {state!r}")
        if text.strip() == "24/7":
            return cls(((time(0), time(23, 59)),) * 7, True, state, zone)
        week: list[tuple[time, time] | None] = [None] * 7
        for part in filter(None, (part.strip() for part in text.split(";"))):
            match = _RULE.fullmatch(part)
            if match is None:
                raise ValueError(f"cannot read {part!r}; expected for instance Mo-Fr 08:00-18:00")
            opens, closes = time.fromisoformat(match["opens"]), time.fromisoformat(match["closes"])
            if opens >= closes:
                raise ValueError(f"{part!r} closes before it opens")
            for day in _days(match["days"]):
                week[day] = (opens, closes)
        if not any(week):
            raise ValueError("there is no opening time")
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
            regular = None if day in _holidays(self.state, day.year) else self.week[day.weekday()]
            hours = self.special.get(day, regular)
            if hours is not None:
                opens, closes = (datetime.combine(day, at, self.zone).astimezone(timezone.utc) for at in hours)
                yield opens, closes


def holidays_of(state: str, year: int, language: str) -> list[tuple[date, str]]:
    """The public holidays of a federal state, in order, with their names in German (`de`) or English (`en`)."""
    named = {"de": "de", "en": "en_US"}[language]
    return sorted(holidays.country_holidays("DE", subdiv=state, years=year, language=named).items())


def span(text: str) -> tuple[time, time] | None:
    """`08:00-12:00` as times; nothing for an empty text, which means closed.

    Raises:
        ValueError: it cannot be read, or ends before it begins.
    """
    if not text.strip():
        return None
    match = re.fullmatch(r"(\d{2}:\d{2})-(\d{2}:\d{2})", text.strip())
    if match is None:
        raise ValueError(f"cannot read {text!r}; expected for instance 08:00-12:00")
    opens, closes = time.fromisoformat(match[1]), time.fromisoformat(match[2])
    if opens >= closes:
        raise ValueError(f"{text!r} closes before it opens")
    return opens, closes


def _days(text: str) -> Iterator[int]:
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        names = [_GERMAN.get(name, name) for name in (first, last or first)]
        if any(name not in _DAYS for name in names):
            raise ValueError(f"unknown weekday in {text!r}; days are {', '.join(_DAYS)}")
        begin, end = (_DAYS.index(name) for name in names)
        if begin > end:
            raise ValueError(f"{part!r} runs backwards")
        yield from range(begin, end + 1)
