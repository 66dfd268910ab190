"""Opening tickets: once per key, and one open fault ticket per contract and day, also for calls at once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone

import pytest
from crm_bench import Bench
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.crm.due import BERLIN, due_at
from actions.crm.errors import CrmRejected
from actions.crm.models import NewTicket

FAULT = NewTicket(kind="fault", description="Kein Internet", customer_number="2048173", contract_number="V-204817")


async def test_a_repeated_call_leads_to_the_same_ticket(bench: Bench) -> None:
    first = await bench.crm.open_ticket(FAULT, idempotency_key="a")
    assert first.created and first.ticket.record == "T-104818"
    assert first.ticket.value.status == "new"
    assert first.ticket.value.description == "Kein Internet"
    bench.clock.advance(days=3)
    again = await bench.crm.open_ticket(FAULT, idempotency_key="a")
    assert not again.created and again.ticket.value == first.ticket.value


async def test_a_second_fault_of_the_same_contract_within_a_day_joins_the_first(bench: Bench) -> None:
    first = await bench.crm.open_ticket(FAULT, idempotency_key="a")
    bench.clock.advance(hours=23)
    second = await bench.crm.open_ticket(FAULT, idempotency_key="b")
    assert not second.created and second.ticket.record == first.ticket.record
    bench.clock.advance(hours=2)
    third = await bench.crm.open_ticket(FAULT, idempotency_key="c")
    assert third.created and third.ticket.record != first.ticket.record
    assert (await bench.crm.open_ticket(FAULT, idempotency_key="b")).ticket.record == first.ticket.record


async def test_other_kinds_and_tickets_without_contract_do_not_join(bench: Bench) -> None:
    numbers = set()
    for index, new in enumerate(
        [
            FAULT,
            NewTicket(kind="slow_internet", description="x", contract_number="V-204817"),
            NewTicket(kind="fault", description="x"),
            NewTicket(kind="fault", description="y"),
        ]
    ):
        opened = await bench.crm.open_ticket(new, idempotency_key=str(index))
        assert opened.created
        numbers.add(opened.ticket.record)
    assert len(numbers) == 4


async def test_any_text_can_be_a_description(bench: Bench) -> None:
    text = "a\x00b \ud800 🙂 \u202e <script>" + "x" * 100_000
    opened = await bench.crm.open_ticket(NewTicket(kind="other", description=text), idempotency_key="a")
    found = await bench.crm.ticket(opened.ticket.record)
    assert found is not None
    assert found.value.description == "ab ? 🙂 \u202e <script>" + "x" * 100_000


@pytest.mark.parametrize(
    "new",
    [
        NewTicket(kind="fault", description="x", contract_number="V-000000"),
        NewTicket(kind="fault", description="x", customer_number="0000000"),
        NewTicket(kind="fault", description="x", customer_number="2051926", contract_number="V-204817"),
    ],
)
async def test_a_ticket_for_nobody_is_rejected(bench: Bench, new: NewTicket) -> None:
    with pytest.raises(CrmRejected):
        await bench.crm.open_ticket(new, idempotency_key="a")
    assert await bench.crm.ticket("T-104818") is None


@pytest.mark.parametrize("keys", [["same"] * 8, [f"key{n}" for n in range(8)]])
async def test_calls_at_once_open_one_ticket(bench: Bench, keys: list[str]) -> None:
    opened = await asyncio.gather(*(bench.crm.open_ticket(FAULT, idempotency_key=key) for key in keys))
    assert len({result.ticket.record for result in opened}) == 1
    assert [result.created for result in opened].count(True) == 1


steps = st.tuples(st.sampled_from("abcd"), st.sampled_from(["V-204817", "V-205192"]), st.integers(0, 30))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=st.lists(steps, max_size=8))
async def test_no_two_open_faults_of_a_contract_within_a_day(bench: Bench, calls: list[tuple[str, str, int]]) -> None:
    await bench.clean()
    by_key: dict[str, str] = {}
    opened_at: dict[str, list[datetime]] = {}
    for key, contract, hours in calls:
        bench.clock.advance(hours=hours)
        new = NewTicket(kind="fault", description="x", contract_number=contract)
        result = await bench.crm.open_ticket(new, idempotency_key=key)
        number = result.ticket.record
        assert by_key.setdefault(key, number) == number
        if result.created:
            earlier = opened_at.setdefault(result.ticket.value.contract_number, [])
            assert all(bench.clock.now - moment >= timedelta(hours=24) for moment in earlier)
            earlier.append(bench.clock.now)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(timezone.utc)))
def test_due_at_the_close_of_a_later_business_day(opened: datetime) -> None:
    due = due_at("fault", opened).astimezone(BERLIN)
    assert due > opened
    assert (due.hour, due.minute) == (18, 0)
    assert due.weekday() < 5
    assert due - opened < timedelta(days=7)


def test_due_after_a_holiday() -> None:
    # The Monday after Reformation Day 2025 (a Friday, a holiday in Saxony-Anhalt).
    due = due_at("fault", datetime(2025, 10, 30, 23, 30, tzinfo=timezone.utc))
    assert due.astimezone(BERLIN).date().isoformat() == "2025-11-03"
