"""When the desk is staffed: as an administrator decided it there, else as the environment says.

Read in the transaction that needs it, so a change counts from the next request on, on every node.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import msgspec

from bot.service.working_hours import HoursUnreadable, WorkingHours, spans
from bot.settings import Settings
from bot.store.desk_settings import setting
from bot.store.unit_of_work import Unit
from bot.transparency.format import REGION

HOURS = "hours"
_MOST_DAYS = 200


class SpecialDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day that goes otherwise: `hours` as in `08:00-12:00,13:00-16:00`, or empty for closed."""

    day: date
    name: str
    hours: str = ""


class OpeningHours(msgspec.Struct, frozen=True, kw_only=True):
    """A week's hours as in `Mo-Fr 08:00-12:00,13:00-18:00` or `24/7`, whose holidays count, and special days."""

    hours: str
    state: str
    days: tuple[SpecialDay, ...] = ()

    def parsed(self) -> WorkingHours:
        """As hours to reckon with.

        Raises:
            HoursUnreadable: naming what cannot be read.
        """
        return _parsed(self)


@lru_cache(maxsize=16)
def _parsed(hours: OpeningHours) -> WorkingHours:
    week = WorkingHours.parse(hours.hours, hours.state, REGION)
    if week.always and hours.days:
        raise HoursUnreadable("always_days", "24/7 knows no special days")
    if len(hours.days) > _MOST_DAYS or len({day.day for day in hours.days}) < len(hours.days):
        raise HoursUnreadable("days", "a day is there twice, or there are too many")
    special = {day.day: spans(day.hours) for day in hours.days}
    return WorkingHours(week.week, week.always, week.state, week.zone, special)


class Schedule:
    """The desk's working hours."""

    def __init__(self, settings: Settings) -> None:
        self.default = OpeningHours(hours=settings.desk_hours, state=settings.federal_state)
        self._cases = settings.case_hours
        # Unreadable settings stop the start.
        self.default.parsed()
        if self._cases:
            OpeningHours(hours=self._cases, state=settings.federal_state).parsed()

    async def decided(self, unit: Unit) -> OpeningHours:
        """The hours in words, as an administrator edits them."""
        return await setting(unit, HOURS, OpeningHours) or self.default

    async def hours(self, unit: Unit) -> WorkingHours:
        """The hours that count now."""
        return (await self.decided(unit)).parsed()

    async def case_hours(self, unit: Unit) -> WorkingHours:
        """The hours in which a case's due time is counted: the desk's, unless it is there around the clock."""
        decided = await self.decided(unit)
        hours = decided.parsed()
        if not hours.always or not self._cases:
            return hours
        return OpeningHours(hours=self._cases, state=decided.state).parsed()
