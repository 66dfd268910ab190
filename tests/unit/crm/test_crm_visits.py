"""Visits: a window goes to one visit only, once per key, and a visit can be moved and cancelled."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from itertools import pairwise

import pytest
from crm_bench import NOW, Bench
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.crm import visit_windows
from actions.crm.due import BERLIN
from actions.crm.errors import CrmRejected
from actions.crm.visits import NewVisit

CONTRACT = "V-204817"  # Merseburg, region 062
ELSEWHERE = "V-205192"  # Halle, region 061


def visit(slot_key: str, contract: str = CONTRACT) -> NewVisit:
    return NewVisit(contract_number=contract, kind="technician", slot_key=slot_key)


async def test_windows_are_free_in_order_and_on_business_days(bench: Bench) -> None:
    slots = [fact.value for fact in await bench.crm.visit_slots(CONTRACT, limit=40)]
    assert len(slots) == 40 and len({slot.key for slot in slots}) == 40
    assert all(earlier.starts < later.starts for earlier, later in pairwise(slots))
    for slot in slots:
        starts = slot.starts.astimezone(BERLIN)
        assert starts.date() > NOW.date() and starts.weekday() < 5 and 8 <= starts.hour <= 15
    later = await bench.crm.visit_slots(CONTRACT, not_before=date(2026, 12, 1), limit=1)
    assert later[0].value.starts.astimezone(BERLIN).date() == date(2026, 12, 1)
    assert await bench.crm.visit_slots("V-000000") == []
    assert await bench.crm.visit_slots(CONTRACT, limit=0) == []


async def test_a_window_is_taken_once_whoever_asks_at_the_same_moment(bench: Bench) -> None:
    key = (await bench.crm.visit_slots(CONTRACT))[0].record
    results = await asyncio.gather(
        *(bench.crm.book_visit(visit(key), idempotency_key=f"key{index}") for index in range(6))
    )
    assert [result.outcome for result in results].count("done") == 1
    assert all(result.appointment is None for result in results if result.outcome == "slot_taken")
    assert key not in {fact.record for fact in await bench.crm.visit_slots(CONTRACT)}
    booked = next(result.appointment for result in results if result.appointment is not None)
    assert booked.record in {fact.record for fact in await bench.crm.appointments("2048173")}
    assert (booked.value.status, booked.value.contract_number) == ("confirmed", CONTRACT)
    # The neighbours' region has technicians of its own.
    other = (await bench.crm.visit_slots(ELSEWHERE))[0]
    assert other.value.starts == booked.value.starts
    assert (await bench.crm.book_visit(visit(other.record, ELSEWHERE), idempotency_key="x")).outcome == "done"


async def test_the_same_key_books_once(bench: Bench) -> None:
    key = (await bench.crm.visit_slots(CONTRACT))[0].record
    results = await asyncio.gather(*(bench.crm.book_visit(visit(key), idempotency_key="same") for _ in range(6)))
    assert {result.outcome for result in results} == {"done"}
    assert len({result.appointment.record for result in results if result.appointment}) == 1


async def test_a_visit_is_moved_and_its_old_window_is_free_again(bench: Bench) -> None:
    first, second, third = (fact.record for fact in await bench.crm.visit_slots(CONTRACT, limit=3))
    booked = await bench.crm.book_visit(visit(first), idempotency_key="a")
    taken = await bench.crm.book_visit(visit(third), idempotency_key="b")
    assert booked.appointment is not None and taken.appointment is not None
    number = booked.appointment.record
    for _ in range(2):
        moved = await bench.crm.move_visit(number, second, idempotency_key="m")
        assert moved.outcome == "done" and moved.appointment is not None
        assert moved.appointment.value.status == "moved"
    assert [fact.record for fact in await bench.crm.visit_slots(CONTRACT, limit=1)] == [first]
    late = await bench.crm.move_visit(number, third, idempotency_key="n")
    assert late.outcome == "slot_taken" and late.appointment == moved.appointment


async def test_a_visit_is_cancelled_and_stays_so(bench: Bench) -> None:
    key = (await bench.crm.visit_slots(CONTRACT))[0].record
    booked = await bench.crm.book_visit(visit(key), idempotency_key="a")
    assert booked.appointment is not None
    number = booked.appointment.record
    for again in ("c", "c", "d"):
        assert (await bench.crm.cancel_visit(number, idempotency_key=again)).value.status == "cancelled"
    assert (await bench.crm.visit_slots(CONTRACT))[0].record == key
    with pytest.raises(CrmRejected):
        await bench.crm.move_visit(number, key, idempotency_key="m")


@pytest.mark.parametrize("key", ["", "062", "061-20261123-08", "062-20261123-09", "062-20261121-08", "062-99999999-08"])
async def test_no_window_that_nobody_offered(bench: Bench, key: str) -> None:
    with pytest.raises(CrmRejected):
        await bench.crm.book_visit(visit(key), idempotency_key="a")


async def test_nothing_for_a_contract_or_an_appointment_that_does_not_exist(bench: Bench) -> None:
    for call in (
        bench.crm.book_visit(visit("062-20261123-08", "V-000000"), idempotency_key="a"),
        bench.crm.move_visit("TM-000000", "062-20261123-08", idempotency_key="b"),
        bench.crm.cancel_visit("TM-000000", idempotency_key="c"),
    ):
        with pytest.raises(CrmRejected):
            await call


async def test_product_sheets(bench: Bench) -> None:
    sheet = await bench.crm.product_sheet("DSL 100")
    assert sheet is not None and sheet.record == "DSL 100"
    assert sheet.value.min_mbit < sheet.value.normal_mbit < sheet.value.max_mbit == 100
    assert await bench.crm.product_sheet("Glas 9000") is None


@settings(max_examples=25, deadline=None)
@given(st.timedeltas(timedelta(0), timedelta(days=800)))
def test_a_windows_key_leads_back_to_it(later: timedelta) -> None:
    for slot in visit_windows.windows("062", NOW + later):
        assert visit_windows.window("062", slot.key, NOW + later) == slot
        assert visit_windows.window("061", slot.key, NOW + later) is None
