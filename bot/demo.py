"""What is worth trying in the demonstration: its customers, and addresses where nobody is a customer yet.

Guarantee: every reason is read from the customer data at this moment, never from a list, and each comes with a sentence
in the reader's language that shows it in the chat.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import get_args

import msgspec

from actions.crm.demo_people import DemoAddress, DemoCustomer, demo_addresses, demo_customers
from actions.crm.models import CustomerOverview, Fact, Invoice
from actions.crm.payment_models import Payment, PaymentKind
from actions.crm.repository import CrmRepository
from bot.transparency.format import REGION, day, window
from bot.transparency.wording import Language, Wording

_UNFINISHED_TICKET = {"new", "in_progress", "waiting_for_customer"}
_FINISHED_ORDER = {"done", "cancelled"}
# Is true of somebody for whom all is well, too.
_NO_TROUBLE = frozenset({"english", "free_to_cancel", "sms_only"})


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is true now, and what to write to see what the assistant makes of it."""

    # As in the wording: `demo_<key>`, `demo_try_<key>`.
    key: str
    true_now: str
    to_write: str


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """One customer, and the reasons to try the assistant with them; never without one."""

    customer: DemoCustomer
    reasons: tuple[Reason, ...]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One address of nobody's, and the reasons to ask about it; never without one."""

    place: DemoAddress
    reasons: tuple[Reason, ...]


class _Reasons:
    """Collects what is true in the reader's words."""

    def __init__(self, words: Wording, language: Language) -> None:
        self._words, self._language = words, language
        self.found: list[Reason] = []

    def note(self, key: str, **values: object) -> None:
        say, language = self._words.say, self._language
        true_now, to_write = say(f"demo_{key}", language, **values), say(f"demo_try_{key}", language, **values)
        self.found.append(Reason(key=key, true_now=true_now, to_write=to_write))

    def day(self, value: date | datetime) -> str:
        return day(value, self._language)


async def situations(crm: CrmRepository, words: Wording, language: Language) -> list[Situation]:
    """Every demo customer that the customer data system knows, in the order of their numbers.

    Raises:
        CrmUnavailable: it is away.
    """
    found = []
    for known in sorted(demo_customers(), key=lambda customer: customer.number):
        fact = await crm.overview(known.number)
        if fact is not None:
            reasons = await _of_customer(crm, fact.value, words, language)
            found.append(Situation(customer=known, reasons=reasons))
    return found


async def places(crm: CrmRepository, words: Wording, language: Language) -> list[Place]:
    """Every demo address that the customer data system knows.

    Raises:
        CrmUnavailable: it is away.
    """
    found = []
    for known in demo_addresses():
        fibre = await crm.fiber_availability(known.address)
        if fibre is None:
            continue
        reasons = _Reasons(words, language)
        address, area = known.address.line, fibre.value.area
        reasons.note(f"fiber_{fibre.value.state}", address=address)
        if area is not None and area.phase == "paused":
            reasons.note("build_paused", address=address)
        elif area is not None and area.delayed_from is not None:
            reasons.note("build_delayed", address=address, day=reasons.day(area.delayed_from))
        for outage in await crm.outages_at_address(known.address, ("active",)):
            reasons.note("outage_here", number=outage.record, address=address, postcode=known.address.postcode)
        found.append(Place(place=known, reasons=tuple(reasons.found)))
    return found


async def _of_customer(
    crm: CrmRepository, seen: CustomerOverview, words: Wording, language: Language
) -> tuple[Reason, ...]:
    number, reasons = seen.customer.number, _Reasons(words, language)
    note = reasons.note
    if seen.customer.blocked:
        note("blocked")
    if seen.outage is not None:
        note("outage", number=seen.outage.number)
    elif seen.contracts:
        for outage in await crm.outages_at_address(seen.customer.address, ("planned",)):
            since, postcode = reasons.day(outage.value.since), seen.customer.address.postcode
            note("outage_planned", number=outage.record, day=since, postcode=postcode)
    if not seen.contracts:
        note("no_contract")
    elif len(seen.contracts) > 1:
        note("contracts", count=len(seen.contracts))
    if (visit := seen.next_appointment) is not None:
        note("appointment", number=visit.number, window=window(visit.starts, visit.ends, language))
    for ticket in seen.tickets:
        if ticket.status in _UNFINISHED_TICKET:
            note("ticket", number=ticket.number)
    await _note_money(crm, seen, reasons)
    for order in await crm.orders(number):
        if order.value.status not in _FINISHED_ORDER:
            note("order", number=order.record, product=order.value.product)
    if seen.customer.email is None:
        note("sms_only")
    if seen.customer.language == "en":
        note("english")
    if len(seen.contracts) == 1 and seen.contracts[0].status == "active" and seen.contracts[0].term_end is None:
        note("free_to_cancel", number=seen.contracts[0].number)
    if not {reason.key for reason in reasons.found} - _NO_TROUBLE:
        note("quiet")
    return tuple(reasons.found)


async def _note_money(crm: CrmRepository, seen: CustomerOverview, reasons: _Reasons) -> None:
    if (invoice := seen.open_invoice) is not None:
        late = invoice.due < datetime.now(REGION).date()
        key = "invoice_overdue" if late else "invoice_open"
        reasons.note(key, number=invoice.number, day=reasons.day(invoice.due))
    invoices = await crm.invoices(seen.customer.number)
    if invoices and invoices[0].value.amount_cents == 0:
        reasons.note("invoice_zero", number=invoices[0].record)
    payments = await crm.payments(seen.customer.number)
    for fact in invoices:
        bookings = [one.value for one in payments if one.value.invoice_number == fact.record]
        if (key := _odd(fact, bookings)) is not None:
            reasons.note(key, number=fact.record)


def _odd(invoice: Fact[Invoice], bookings: Sequence[Payment]) -> str | None:
    """Whether more was taken than was billed, or was and has been paid back."""
    billed = invoice.value.amount_cents
    cents = {kind: sum(one.cents for one in bookings if one.kind == kind) for kind in get_args(PaymentKind)}
    taken = cents["debit"] + cents["transfer"] - cents["returned_debit"]
    if billed <= 0 or taken <= billed:
        return None
    return "paid_back" if taken - cents["refund"] <= billed else "paid_twice"
