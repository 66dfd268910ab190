"""The demo customers worth trying, each with what is true of them in the customer data at this moment."""

from __future__ import annotations

from datetime import datetime

import msgspec

from actions.crm.demo_people import DemoCustomer, demo_customers
from actions.crm.models import CustomerOverview
from actions.crm.repository import CrmRepository
from bot.transparency.format import REGION, day, window
from bot.transparency.wording import Language, Wording

_UNFINISHED_TICKET = {"new", "in_progress", "waiting_for_customer"}
_FINISHED_ORDER = {"done", "cancelled"}


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """One customer, and the reasons to try the assistant with them."""

    customer: DemoCustomer
    # As sentences in the reader's language; never empty.
    true_now: tuple[str, ...]


async def situations(crm: CrmRepository, words: Wording, language: Language) -> list[Situation]:
    """Every demo customer that the customer data system knows, in the order of their numbers.

    Raises:
        CrmUnavailable: it is away.
    """
    found = []
    for known in sorted(demo_customers(), key=lambda customer: customer.number):
        fact = await crm.overview(known.number)
        if fact is not None:
            found.append(Situation(customer=known, true_now=await _of(crm, fact.value, words, language)))
    return found


async def _of(crm: CrmRepository, seen: CustomerOverview, words: Wording, language: Language) -> tuple[str, ...]:
    number = seen.customer.number
    true: list[str] = []

    def note(key: str, **values: object) -> None:
        true.append(words.say(f"demo_{key}", language, **values))

    if seen.customer.blocked:
        note("blocked")
    if seen.outage is not None:
        note("outage", number=seen.outage.number)
    elif seen.contracts:
        for outage in await crm.outages_at_address(seen.customer.address, ("planned",)):
            note("outage_planned", number=outage.record, day=day(outage.value.since, language))
    if not seen.contracts:
        note("no_contract")
    elif len(seen.contracts) > 1:
        note("contracts", count=len(seen.contracts))
    if (invoice := seen.open_invoice) is not None:
        late = invoice.due < datetime.now(REGION).date()
        note("invoice_overdue" if late else "invoice_open", number=invoice.number, day=day(invoice.due, language))
    newest = await crm.invoices(number, limit=1)
    if newest and newest[0].value.amount_cents == 0:
        note("invoice_zero", number=newest[0].record)
    if (visit := seen.next_appointment) is not None:
        note("appointment", number=visit.number, window=window(visit.starts, visit.ends, language))
    for ticket in seen.tickets:
        if ticket.status in _UNFINISHED_TICKET:
            note("ticket", number=ticket.number)
    for order in await crm.orders(number):
        if order.value.status not in _FINISHED_ORDER:
            note("order", number=order.record, product=order.value.product)
    if seen.customer.email is None:
        note("sms_only")
    return tuple(true) or (words.say("demo_quiet", language),)
