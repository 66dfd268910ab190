"""The technicians' calendar: which windows there are, before any is taken.

Guarantee: pure. Windows lie on business days of Saxony-Anhalt, from the day after the question, in German time. A
window's key names region, day and hour, and is read back into exactly that window or into nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache

import holidays

from actions.crm.due import BERLIN
from actions.crm.visits import VisitSlot

_HOURS = (8, 10, 13, 15)  # each window takes two hours
_LENGTH = timedelta(hours=2)
HORIZON = timedelta(days=28)  # further ahead nothing is planned
_KEY = re.compile(r"(\d{3})-(\d{8})-(\d{2})", re.ASCII)


def region_of(postcode: str) -> str:
    """The region whose technicians serve a postcode."""
    return postcode[:3]


def is_workday(day: date) -> bool:
    """Whether technicians are out on this day."""
    return day.weekday() < 5 and day not in _holidays(day.year)


def windows(region: str, now: datetime, not_before: date | None = None) -> Iterator[VisitSlot]:
    """All windows of a region that can still be given, the next one first."""
    today = now.astimezone(BERLIN).date()
    day = max(today + timedelta(days=1), not_before or today)
    while day <= today + HORIZON:
        if is_workday(day):
            yield from (_slot(region, day, hour) for hour in _HOURS)
        day += timedelta(days=1)


def window(region: str, key: str, now: datetime) -> VisitSlot | None:
    """The window behind a key, if it belongs to the region and can still be given."""
    found = _KEY.fullmatch(key)
    if found is None or found[1] != region:
        return None
    return next((slot for slot in windows(region, now) if slot.key == key), None)


@lru_cache(maxsize=8)
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("DE", subdiv="ST", years=year))


def _slot(region: str, day: date, hour: int) -> VisitSlot:
    starts = datetime.combine(day, time(hour), tzinfo=BERLIN).astimezone(timezone.utc)
    return VisitSlot(key=f"{region}-{day:%Y%m%d}-{hour:02d}", starts=starts, ends=starts + _LENGTH)
