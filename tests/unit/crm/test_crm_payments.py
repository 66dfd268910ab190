"""Payments: every adapter tells the same bookings, newest first, and each belongs to its customer's invoice."""

from __future__ import annotations

from collections import Counter

from crm_bench import Bench

from actions.crm.demo_people import OPEN, TICKET, TOMORROW
from actions.crm.routed import RoutedTickets
from actions.crm.tickets import TicketSystem


async def test_bookings_of_a_customer_newest_first(bench: Bench) -> None:
    booked = await bench.crm.payments(TICKET)
    days = [fact.value.booked_on for fact in booked]
    assert days == sorted(days, reverse=True)
    owned = {fact.record for fact in await bench.crm.invoices(TICKET)}
    assert {fact.value.invoice_number for fact in booked} <= owned
    assert {fact.record for fact in booked} == {fact.value.number for fact in booked}
    assert len(await bench.crm.payments(TICKET, limit=3)) == 3
    assert await bench.crm.payments("9999999") == []


async def test_the_demo_has_a_double_debit_a_refund_and_an_unpaid_invoice(bench: Bench) -> None:
    debits = Counter(f.value.invoice_number for f in await bench.crm.payments(TICKET) if f.value.kind == "debit")
    assert sorted(debits.values())[-2:] == [1, 2]
    assert [f.value.kind for f in await bench.crm.payments(TOMORROW)][:3] == ["refund", "debit", "debit"]
    paid = {fact.value.invoice_number for fact in await bench.crm.payments(OPEN)}
    unpaid = {fact.record for fact in await bench.crm.invoices(OPEN) if fact.value.paid_at is None}
    assert unpaid and not unpaid & paid


async def test_payments_pass_a_ticket_system_by(bench: Bench) -> None:
    class Nowhere(TicketSystem):
        pass

    assert await RoutedTickets(bench.crm, Nowhere()).payments(TICKET, 1) == await bench.crm.payments(TICKET, 1)
