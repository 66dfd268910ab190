"""A customer's invoices.

Only for customers who have proven who they are. A record named by number is shown only if it belongs to that
customer; somebody else's record and a record that does not exist get the same answer.
"""

from __future__ import annotations

from datetime import date

from actions.account import SHOWN, today
from actions.base import AccountService
from actions.crm.models import Customer, Fact, Invoice
from actions.turn import Event, Turn
from bot.transparency.format import day, money, month


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
