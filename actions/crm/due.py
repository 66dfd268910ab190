"""By when a ticket is due, in business days of Saxony-Anhalt.

Guarantee: pure; the due time is later than the opening, at 18:00 in Germany on a day that is neither Saturday, Sunday
nor a public holiday of the state.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import holidays

from actions.crm.models import TicketKind

BERLIN = ZoneInfo("Europe/Berlin")
_CLOSING = time(18, 0)
_BUSINESS_DAYS: dict[TicketKind, int] = {"fault": 1, "slow_internet": 2, "callback": 1, "appointment": 1}
_OTHERWISE = 3


def due_at(kind: TicketKind, opened_at: datetime) -> datetime:
    """When a ticket of this kind is due (UTC); `opened_at` must be aware."""
    day = opened_at.astimezone(BERLIN).date()
    free = holidays.country_holidays("DE", subdiv="ST", years=(day.year, day.year + 1))
    left = _BUSINESS_DAYS.get(kind, _OTHERWISE)
    while left:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in free:
            left -= 1
    return datetime.combine(day, _CLOSING, tzinfo=BERLIN).astimezone(timezone.utc)
