"""When a contract can end, by § 56 TKG (Telekommunikationsgesetz, in force since 1 December 2021). Pure.

For the end of the first term, notice is given up to one month before it; afterwards at any time, one month ahead.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from actions.crm.models import Contract


def add_months(day: date, count: int) -> date:
    """The same day `count` months on, or that month's last."""
    month = day.month - 1 + count
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def earliest_end(contract: Contract, today: date) -> date:
    """The first day on which a contract can end, if notice is given today."""
    ahead = add_months(today, 1)
    return ahead if contract.term_end is None else max(contract.term_end, ahead)
