"""Payments: what the bookings show, and the safe way to change bank details.

Money that was debited twice, and anything else that the records do not settle, goes to a person, with the bookings as
evidence. Bank details are never taken in the chat: an account number typed anyway was masked before it was stored.
"""

from __future__ import annotations

from collections import defaultdict

from actions.account import SHOWN
from actions.base import AccountService, KlartextAction, leave_forms
from actions.crm.errors import CrmUnavailable
from actions.crm.models import Customer, Fact, Invoice
from actions.crm.payment_models import Payment
from actions.invoices import is_overdue, is_unpaid, payment_state
from actions.patterns import any_of
from actions.turn import Event, Source, Turn
from bot.transparency.format import day, money

# Most bookings told in one answer; the handover has them all.
BOOKINGS = 6

Bookings = list[Fact[Payment]]

_PAID = any_of(
    r"\b(bezahlt|überwiesen|beglichen|eingezahlt|gezahlt)\b",
    r"\b(hab\w*|wurde?|ist)\b.{0,30}\babgebucht\b",
    r"\b(paid|transferred|settled|sent the money)\b",
)
_NOT_PAID = any_of(
    r"\b(nicht|nie|noch kein\w*|zu viel|zuviel|doppelt|zweimal)\b.{0,25}"
    r"\b(bezahlt|überwiesen|beglichen|gezahlt|abgebucht)\b",
    r"\b(not|never|haven'?t|hasn'?t|didn'?t|wasn'?t|twice|too much)\b.{0,15}\b(paid|transferred|settled)\b",
    r"\bpaid (twice|too much)\b",
    r"^\W*(ist|wurde|was|is|has)\b.*\?",
)


class PaymentProblem(AccountService):
    """Double debits, open and dunned invoices, refunds: told from the records, then to a person where needed."""

    action_name = "action_payment_problem"
    intent = "payment_problem"

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        invoices = await turn.crm.invoices(customer.record)
        by_invoice: dict[str, Bookings] = defaultdict(list)
        for fact in await turn.crm.payments(customer.record):
            by_invoice[fact.value.invoice_number or ""].append(fact)
        for invoice in invoices:
            bookings = by_invoice[invoice.record]
            if balance(bookings) > invoice.value.amount_cents > 0:
                self._tell_overpaid(turn, invoice, bookings)
                return []
        told = self._tell_refunds(turn, invoices, by_invoice)
        unpaid = [fact for fact in invoices if is_unpaid(fact.value)]
        if unpaid:
            self._tell_unpaid(turn, unpaid)
        elif not told:
            self._tell_nothing_open(turn, customer, invoices)
        return []

    @staticmethod
    def _tell_overpaid(turn: Turn, invoice: Fact[Invoice], bookings: Bookings) -> None:
        """More was taken than was billed: a person pays it back; the bookings go with the request."""
        language = turn.language
        lines = [_booking(turn, fact.value) for fact in reversed(bookings[:BOOKINGS])]
        turn.say_text(
            "\n".join(
                [
                    turn.wording(
                        "payment_overpaid",
                        number=invoice.record,
                        billed=money(invoice.value.amount_cents, language),
                        over=money(balance(bookings) - invoice.value.amount_cents, language),
                    ),
                    *lines,
                    turn.wording("payment_to_person"),
                ]
            ),
            sources=[turn.source("invoice", invoice), *(turn.source("payment", fact) for fact in bookings)],
        )
        evidence = "; ".join(
            f"{fact.record} {fact.value.kind} {fact.value.booked_on} {fact.value.cents} cents" for fact in bookings
        )
        detail = f"payment_problem: {invoice.record} billed {invoice.value.amount_cents} cents; bookings: {evidence}"
        turn.hand_over("sensitive", detail)

    @staticmethod
    def _tell_refunds(turn: Turn, invoices: list[Fact[Invoice]], by_invoice: dict[str, Bookings]) -> bool:
        refunds = [f for invoice in invoices for f in by_invoice[invoice.record] if f.value.kind == "refund"]
        if refunds:
            text = "\n".join([turn.wording("payment_refunded"), *(_booking(turn, f.value) for f in refunds[:SHOWN])])
            turn.say_text(
                text, sources=[turn.source("payment", fact) for fact in refunds[:SHOWN]], buttons=[turn.person()]
            )
        return bool(refunds)

    @staticmethod
    def _tell_unpaid(turn: Turn, unpaid: list[Fact[Invoice]]) -> None:
        parts, sources = [turn.wording("payment_unpaid")], list[Source]()
        for fact in unpaid[:SHOWN]:
            amount = money(fact.value.amount_cents, turn.language)
            parts.append(turn.wording("payment_unpaid_line", number=fact.record, amount=amount))
            parts[-1] += " " + payment_state(turn, fact.value)
            sources.append(turn.source("invoice", fact))
        if says_paid(turn.text):
            parts.append(turn.wording("payment_not_seen"))
        else:
            if any(is_overdue(fact.value) for fact in unpaid):
                parts.append(turn.wording("payment_overdue_help"))
            parts.append(turn.wording("payment_how"))
        turn.say_text("\n".join(parts), sources=sources, buttons=[turn.person()])

    @staticmethod
    def _tell_nothing_open(turn: Turn, customer: Fact[Customer], invoices: list[Fact[Invoice]]) -> None:
        buttons = [turn.button("intent_title_invoice_show", "/invoice_show"), turn.person()]
        turn.say("payment_nothing_open", sources=[turn.source("account", customer)], buttons=buttons)


class PaymentChange(KlartextAction):
    """The safe way to change bank details; public, because nothing is taken and nothing is shown."""

    action_name = "action_payment_change"
    identity = "none"

    async def act(self, turn: Turn) -> list[Event]:
        try:
            contact = await turn.crm.contact_info()
        except CrmUnavailable:
            contact = None
        if contact is None:
            turn.say("payment_change", buttons=[turn.person()])
        else:
            turn.say(
                "payment_change_by",
                web=contact.value.web,
                address=contact.value.address.line,
                sources=[turn.source("company", contact)],
                buttons=[turn.person()],
            )
        return leave_forms(turn)


def offer_safe_way(turn: Turn) -> None:
    """An account number came without a request: what it is probably about."""
    turn.say("account_why", buttons=[turn.button("intent_title_payment_change", "/payment_change"), turn.person()])


def says_paid(text: str) -> bool:
    """ "Ich hab doch schon bezahlt", "I transferred it last week": no question, and no "not yet"."""
    return bool(_PAID.search(text)) and not _NOT_PAID.search(text)


def balance(bookings: Bookings) -> int:
    """What the customer has paid in all, in cents."""
    return sum(fact.value.cents if fact.value.kind in {"debit", "transfer"} else -fact.value.cents for fact in bookings)


def _booking(turn: Turn, payment: Payment) -> str:
    return turn.wording(
        "payment_line",
        kind=turn.wording(f"payment_kind_{payment.kind}"),
        day=day(payment.booked_on, turn.language),
        amount=money(payment.cents, turn.language),
    )
