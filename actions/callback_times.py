"""When a callback can be made: windows within business hours, and what a customer's words choose. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.service.working_hours import WorkingHours
from bot.transparency.format import REGION

LENGTH = timedelta(hours=2)
# Before this nobody can be asked to call, and after that nobody remembers why.
LEAD, HORIZON = timedelta(hours=1), 14
# Offered at once: some days to choose from, with two times each.
OFFERED, PER_DAY = 4, 2


@dataclass(frozen=True)
class Window:
    """From when to when a call may come; aware datetimes."""

    starts: datetime
    ends: datetime

    @property
    def key(self) -> str:
        """For a button: "2026-11-23T09:00+01:00/2026-11-23T11:00+01:00"."""
        return f"{self.starts.isoformat(timespec='minutes')}/{self.ends.isoformat(timespec='minutes')}"

    @classmethod
    def of_key(cls, key: str) -> Window | None:
        """The window behind a key; None for any other text."""
        first, _, last = key.partition("/")
        try:
            window = cls(datetime.fromisoformat(first), datetime.fromisoformat(last))
        except ValueError:
            return None
        aware = window.starts.tzinfo is not None and window.ends.tzinfo is not None
        return window if aware and window.starts < window.ends else None


def is_possible(window: Window, hours: WorkingHours, now: datetime) -> bool:
    """Whether the window is still to come and lies within business hours as a whole."""
    if window.ends - window.starts > timedelta(hours=12) or window.ends <= now + LEAD:
        return False
    quarter = timedelta(minutes=15)
    moment = window.starts
    while moment < window.ends:
        if not hours.is_open(moment):
            return False
        moment += quarter
    return True


def windows(hours: WorkingHours, now: datetime, on: date | None = None, since: date | None = None) -> Iterator[Window]:
    """Windows of two hours, at even hours, the next one first; only those `on` a day, or `since` one if it is given."""
    first = max(now.astimezone(REGION).date(), since or date.min)
    days = [on] if on is not None else [first + timedelta(days=offset) for offset in range(HORIZON)]
    for day in days:
        for hour in range(0, 22, 2):
            starts = datetime.combine(day, time(hour), tzinfo=REGION)
            window = Window(starts, starts + LENGTH)
            if starts > now + LEAD and is_possible(window, hours, now):
                yield window


def offered(hours: WorkingHours, now: datetime, on: date | None = None, since: date | None = None) -> list[Window]:
    """A few windows, on different days unless one is given."""
    chosen: list[Window] = []
    for window in windows(hours, now, on, since):
        of_day = [one for one in chosen if one.starts.date() == window.starts.date()]
        if on is not None or len(of_day) < PER_DAY:
            chosen.append(window)
        if len(chosen) == OFFERED:
            break
    return chosen


def wished(day: date, span: str) -> Window | None:
    """The window that a day and a time of day name: "10:00-12:00", "14:00-", "-12:00", "15:00"."""
    first, dash, last = span.partition("-")
    try:
        begins = time.fromisoformat(first) if first else None
        ends = time.fromisoformat(last) if last else None
    except ValueError:
        return None
    if begins is None and ends is None:
        return None
    starts = None if begins is None else datetime.combine(day, begins, tzinfo=REGION)
    until = None if ends is None else datetime.combine(day, ends, tzinfo=REGION)
    if starts is None and until is not None:
        return Window(until - LENGTH, until)
    if starts is not None and (until is None or not dash):
        return Window(starts, starts + LENGTH)
    return Window(starts, until) if starts and until and starts < until else None
