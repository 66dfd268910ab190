"""What a customer has: invoices, contracts, appointments, tickets and orders.

Only for customers who have proven who they are. A record named by number is shown only if it belongs to that
customer; somebody else's record and a record that does not exist get the same answer.
"""

from __future__ import annotations

from datetime import date, datetime, timezone

from actions.base import AccountService
from actions.crm.models import Appointment, Contract, Customer, Fact, Invoice, Order, Ticket
from actions.turn import Event, Turn
from bot.transparency.format import REGION, day, moment, money, month, number, window

# How many records of one kind are shown at once; one answer stays readable on a phone.
SHOWN = 3


class InvoiceShow(AccountService):
    """The latest invoice, or the one named by number or month; earlier ones as buttons."""

    action_name = "action_invoice_show"
    intent = "invoice_show"
    naming = ("invoice_number", "date")

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        invoices = await turn.crm.invoices(customer.record)
        named = self.named(turn)
        shown = next((fact for fact in invoices if named is None or _is_named(fact.value, named)), None)
        if shown is None:
            account = [turn.source("account", customer)]
            if named is None:
                turn.say("invoice_none", sources=account, buttons=[turn.person()])
            else:
                turn.say("invoice_not_there", which=_spoken(turn, named), sources=account, buttons=[turn.person()])
            return []
        text, sources = self._describe(turn, shown.value), [turn.source("invoice", shown)]
        unpaid = [fact for fact in invoices if fact is not shown and _is_unpaid(fact.value)]
        for fact in unpaid:
            text += "\n" + turn.wording("invoice_also_open", number=fact.record, day=day(fact.value.due, turn.language))
            sources.append(turn.source("invoice", fact))
        earlier = [fact for fact in invoices if fact.value.period < shown.value.period and fact not in unpaid]
        turn.say_text(
            text,
            sources=sources,
            buttons=[
                {
                    "title": month(fact.value.period, turn.language),
                    "payload": f'/invoice_show{{"invoice_number": "{fact.record}"}}',
                }
                for fact in (*unpaid, *earlier)
            ][:SHOWN],
        )
        return []

    @staticmethod
    def _describe(turn: Turn, invoice: Invoice) -> str:
        language = turn.language
        head = turn.wording(
            "invoice_head",
            number=invoice.number,
            month=month(invoice.period, language),
            amount=money(invoice.amount_cents, language),
        )
        lines = [
            turn.wording("invoice_line", label=line.label.say(language), amount=money(line.cents, language))
            for line in invoice.lines
        ]
        if invoice.amount_cents <= 0:
            state = turn.wording("invoice_nothing_due")
        elif invoice.paid_at is not None:
            state = turn.wording("invoice_paid", day=day(invoice.paid_at, language))
        elif invoice.due < today():
            state = turn.wording("invoice_overdue", day=day(invoice.due, language))
        else:
            state = turn.wording("invoice_open", day=day(invoice.due, language))
        return "\n".join([head, *lines, state])


class ContractShow(AccountService):
    """Tariff, speed, price and end of term of every contract."""

    action_name = "action_contract_show"
    intent = "contract_show"

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        contracts = await turn.crm.contracts(customer.record)
        if not contracts:
            turn.say("contract_none", sources=[turn.source("account", customer)], buttons=[turn.person()])
            return []
        for fact in contracts[:SHOWN]:
            turn.say_text(self._describe(turn, fact.value), sources=[turn.source("contract", fact)])
        if len(contracts) > SHOWN:
            turn.say(
                "contract_more",
                count=len(contracts) - SHOWN,
                sources=[turn.source("account", customer)],
                buttons=[turn.person()],
            )
        return []

    @staticmethod
    def _describe(turn: Turn, contract: Contract) -> str:
        language = turn.language
        parts = [
            turn.wording("contract_head", number=contract.number, tariff=contract.tariff),
            turn.wording(
                "contract_line",
                technology=turn.wording(f"technology_{contract.technology}"),
                down=number(contract.down_mbit, language),
                up=number(contract.up_mbit, language),
                price=money(contract.price_cents, language),
                address=contract.address.line,
            ),
        ]
        if contract.status == "ordered":
            parts.append(turn.wording("contract_ordered", day=day(contract.started, language)))
        elif contract.status == "cancelled" and contract.term_end is not None:
            parts.append(turn.wording("contract_cancelled", day=day(contract.term_end, language)))
        elif contract.status == "cancelled":
            parts.append(turn.wording("contract_cancelled_undated"))
        elif contract.term_end is not None and contract.notice_until is not None:
            parts.append(
                turn.wording(
                    "contract_term",
                    end=day(contract.term_end, language),
                    notice=day(contract.notice_until, language),
                )
            )
        else:
            parts.append(turn.wording("contract_monthly"))
        return "\n".join(parts)


class AppointmentShow(AccountService):
    """The next appointments; if there is none, the last one and what became of it."""

    action_name = "action_appointment_show"
    intent = "appointment_show"

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        upcoming = await turn.crm.appointments(customer.record)
        for fact in upcoming[:SHOWN]:
            turn.say_text(self._describe(turn, fact.value), sources=[turn.source("appointment", fact)])
        if upcoming:
            return []
        past = await turn.crm.appointments(customer.record, upcoming=False)
        if not past:
            turn.say("appointment_none", sources=[turn.source("account", customer)], buttons=[turn.person()])
            return []
        last = past[0]
        turn.say(
            "appointment_only_past",
            kind=turn.wording(f"appointment_kind_{last.value.kind}"),
            day=day(last.value.starts, turn.language),
            status=turn.wording(f"appointment_status_{last.value.status}"),
            sources=[turn.source("appointment", last)],
            buttons=[turn.person()],
        )
        return []

    @staticmethod
    def _describe(turn: Turn, appointment: Appointment) -> str:
        return turn.wording(
            "appointment_next",
            number=appointment.number,
            kind=turn.wording(f"appointment_kind_{appointment.kind}"),
            window=window(appointment.starts, appointment.ends, turn.language),
            status=turn.wording(f"appointment_status_{appointment.status}"),
            address=appointment.address.line,
        )


class TicketStatus(AccountService):
    """The named ticket, or the latest ones."""

    action_name = "action_ticket_status"
    intent = "ticket_status"
    naming = ("ticket_number",)

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        named = self.named(turn)
        if named and named.startswith("KT-"):
            # Cases of this chat are kept by the edge, not by the customer data system.
            turn.say("ticket_is_case", number=named, buttons=[turn.person()])
            return []
        if named:
            found = await turn.crm.ticket(named)
            tickets = [found] if found is not None and found.value.customer_number == customer.record else []
        else:
            tickets = await turn.crm.tickets(customer.record)
        if not tickets:
            if named:
                turn.say(
                    "ticket_not_yours",
                    number=named,
                    sources=[turn.source("account", customer)],
                    buttons=[turn.person()],
                )
            else:
                turn.say(
                    "ticket_none",
                    sources=[turn.source("account", customer)],
                    buttons=[turn.button("intent_title_report_fault", "/report_fault"), turn.person()],
                )
            return []
        unfinished = [fact for fact in tickets if fact.value.status not in {"solved", "closed"}]
        for fact in (unfinished or tickets[:1])[:SHOWN]:
            turn.say_text(describe_ticket(turn, fact.value), sources=[turn.source("ticket", fact)])
        return []


def describe_ticket(turn: Turn, ticket: Ticket) -> str:
    """Number, subject, state, due time and the team's latest word."""
    language = turn.language
    parts = [
        turn.wording(
            "ticket_head",
            number=ticket.number,
            kind=turn.wording(f"ticket_kind_{ticket.kind}"),
            status=turn.wording(f"ticket_status_{ticket.status}"),
            opened=moment(ticket.opened_at, language),
        )
    ]
    if ticket.status not in {"solved", "closed"}:
        late = ticket.due_at < datetime.now(timezone.utc)
        parts.append(turn.wording("ticket_late" if late else "ticket_due", due=moment(ticket.due_at, language)))
    if ticket.last_note is not None and ticket.noted_at is not None:
        parts.append(
            turn.wording("ticket_note", at=moment(ticket.noted_at, language), note=ticket.last_note.say(language))
        )
    return "\n".join(parts)


class OrderStatus(AccountService):
    """The named order, or the latest one."""

    action_name = "action_order_status"
    intent = "order_status"
    naming = ("order_number",)

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        orders = await turn.crm.orders(customer.record)
        if not orders:
            turn.say("order_none", sources=[turn.source("account", customer)], buttons=[turn.person()])
            return []
        named = self.named(turn)
        if named is not None:
            orders = [fact for fact in orders if fact.record == named]
        if not orders:
            turn.say(
                "order_not_yours", number=named, sources=[turn.source("account", customer)], buttons=[turn.person()]
            )
            return []
        unfinished = [fact for fact in orders if fact.value.status not in {"done", "cancelled"}]
        for fact in (unfinished or orders[:1])[:SHOWN]:
            turn.say_text(self._describe(turn, fact.value), sources=[turn.source("order", fact)])
        return []

    @staticmethod
    def _describe(turn: Turn, order: Order) -> str:
        language = turn.language
        parts = [
            turn.wording(
                "order_head",
                number=order.number,
                product=order.product,
                kind=turn.wording(f"order_kind_{order.kind}"),
                status=turn.wording(f"order_status_{order.status}"),
                ordered=day(order.ordered_on, language),
            ),
            turn.wording("order_next", step=order.next_step.say(language)),
        ]
        if order.status not in {"done", "cancelled"}:
            expected = order.expected_on
            parts.append(
                turn.wording("order_undated")
                if expected is None
                else turn.wording("order_expected", day=day(expected, language))
            )
        return "\n".join(parts)


def _is_named(invoice: Invoice, named: str) -> bool:
    """By number, or by a day ("2026-10-05") or month ("2026-10") of its period."""
    return invoice.number == named or f"{invoice.period:%Y-%m}" == named[:7]


def _spoken(turn: Turn, named: str) -> str:
    try:
        return month(date.fromisoformat(f"{named[:7]}-01"), turn.language)
    except ValueError:
        return named


def _is_unpaid(invoice: Invoice) -> bool:
    return invoice.paid_at is None and invoice.amount_cents > 0


def today() -> date:
    """The calendar day where the customers live."""
    return datetime.now(REGION).date()
