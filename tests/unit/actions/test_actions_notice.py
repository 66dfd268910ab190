"""The end of a contract by § 56 TKG."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.crm.models import Address, Contract
from actions.notice import add_months, earliest_end

DAYS = st.dates(date(2022, 1, 1), date(2040, 12, 31))
CONTRACT = Contract(
    number="V-204817",
    customer_number="2048173",
    tariff="DSL 100",
    technology="dsl",
    status="active",
    down_mbit=100,
    up_mbit=40,
    price_cents=3990,
    started=date(2025, 1, 15),
    term_end=date(2027, 1, 14),
    notice_until=date(2026, 12, 14),
    address=Address(street="Lindenstraße", house_number="5", postcode="06217", place="Merseburg"),
)


@pytest.mark.parametrize(
    ("today", "end"),
    [
        (date(2026, 11, 21), date(2027, 1, 14)),  # in time for the end of the first term
        (date(2026, 12, 14), date(2027, 1, 14)),  # the last day for it
        (date(2026, 12, 15), date(2027, 1, 15)),  # too late for it: one month from then on
        (date(2027, 1, 31), date(2027, 2, 28)),
    ],
)
def test_by_the_law(today: date, end: date) -> None:
    assert earliest_end(CONTRACT, today) == end


@given(DAYS)
def test_after_the_first_term_it_is_one_month_always(today: date) -> None:
    monthly = msgspec.structs.replace(CONTRACT, term_end=None, notice_until=None)
    assert timedelta(days=28) <= earliest_end(monthly, today) - today <= timedelta(days=31)


@given(DAYS, st.integers(0, 36))
def test_months_never_leave_the_month(day: date, count: int) -> None:
    later = add_months(day, count)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == count
    assert later.day <= day.day
