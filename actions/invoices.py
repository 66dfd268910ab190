"""A customer's invoices: the latest, one by number or month, and why one differs from the month before.

Only for customers who have proven who they are. A record named by number is shown only if it belongs to that
customer; somebody else's record and a record that does not exist get the same answer.
"""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from datetime import date

from actions.account import SHOWN, today
from actions.base import AccountService
from actions.contract_choice import choose_contract, is_contract_number
from actions.crm.models import Customer, Fact, Invoice
from actions.invoice_changes import Change, changes
from actions.turn import Button, Event, Turn
from bot.transparency.format import day, money, month

# Most lines of one invoice, or of its differences, that are told; an answer stays below 600 characters.
LINES = 6


class InvoiceService(AccountService):
    """A service on one invoice: the one named by number or month, else the latest. Of two contracts, the customer
    chooses one."""

    naming = ("invoice_number", "date", "contract_number")

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        invoices = await turn.crm.invoices(customer.record, 24)
        named = self.named(turn)
        contract = turn.entity("contract_number") or (named if named and is_contract_number(named) else None)
        wanted = None if named == contract else named
        if contract is not None:
            invoices = [fact for fact in invoices if fact.value.contract_number == contract]
        if wanted is not None and invoices and _is_to_come(wanted, invoices[0].value):
            account = [turn.source("account", customer)]
            turn.say("invoice_not_yet", which=_spoken(turn, wanted), sources=account)
            wanted = None
        fitting = [fact for fact in invoices if wanted is None or _is_named(fact.value, wanted)]
        if not fitting:
            self._say_none(turn, customer, wanted or contract)
            return []
        shown = fitting[0]
        same_month = [fact for fact in fitting if fact.value.period == shown.value.period]
        if len({fact.value.contract_number for fact in same_month}) > 1:
            await choose_contract(turn, customer, self.intent, {"date": wanted} if wanted else {})
            return []
        self.serve_invoice(turn, shown, [f for f in invoices if f.value.contract_number == shown.value.contract_number])
        return []

    @abstractmethod
    def serve_invoice(self, turn: Turn, shown: Fact[Invoice], invoices: list[Fact[Invoice]]) -> None:
        """Answer about `shown`; `invoices` are those of its contract, newest first."""

    @staticmethod
    def _say_none(turn: Turn, customer: Fact[Customer], named: str | None) -> None:
        account = [turn.source("account", customer)]
        if named is None:
            turn.say("invoice_none", sources=account, buttons=[turn.person()])
        else:
            turn.say("invoice_not_there", which=_spoken(turn, named), sources=account, buttons=[turn.person()])

    def button_for(self, turn: Turn, fact: Fact[Invoice]) -> Button:
        """Asks the same service about another invoice."""
        payload = f"/{self.intent}{json.dumps({'invoice_number': fact.record})}"
        return {"title": month(fact.value.period, turn.language), "payload": payload}


class InvoiceShow(InvoiceService):
    """Amount, lines, due date, payment state and dunning; what else is open, and earlier ones as buttons."""

    action_name = "action_invoice_show"
    intent = "invoice_show"

    def serve_invoice(self, turn: Turn, shown: Fact[Invoice], invoices: list[Fact[Invoice]]) -> None:
        text, sources = self._describe(turn, shown.value), [turn.source("invoice", shown)]
        unpaid = [fact for fact in invoices if fact is not shown and is_unpaid(fact.value)]
        for fact in unpaid[:SHOWN]:
            text += "\n" + turn.wording("invoice_also_open", number=fact.record, day=day(fact.value.due, turn.language))
            sources.append(turn.source("invoice", fact))
        if any(line.kind == "dunning_fee" for line in shown.value.lines):
            text += "\n" + turn.wording("invoice_dunned")
        earlier = [fact for fact in invoices if fact.value.period < shown.value.period and fact not in unpaid]
        buttons = [self.button_for(turn, fact) for fact in (*unpaid, *earlier)][: SHOWN - 1]
        if unpaid or is_unpaid(shown.value):
            buttons.append(turn.button("intent_title_payment_problem", "/payment_problem"))
        else:
            explain = json.dumps({"invoice_number": shown.record})
            buttons.append(turn.button("intent_title_invoice_explain", f"/invoice_explain{explain}"))
        turn.say_text(text, sources=sources, buttons=buttons)

    @staticmethod
    def _describe(turn: Turn, invoice: Invoice) -> str:
        language = turn.language
        parts = [
            turn.wording(
                "invoice_head",
                number=invoice.number,
                month=month(invoice.period, language),
                amount=money(invoice.amount_cents, language),
            )
        ]
        for line in invoice.lines[:LINES]:
            parts.append(
                turn.wording("invoice_line", label=line.label.say(language), amount=money(line.cents, language))
            )
        if len(invoice.lines) > LINES:
            parts.append(turn.wording("invoice_more_lines", count=len(invoice.lines) - LINES))
        return "\n".join([*parts, payment_state(turn, invoice)])


class InvoiceExplain(InvoiceService):
    """The difference to the month before, line by line."""

    action_name = "action_invoice_explain"
    intent = "invoice_explain"

    def serve_invoice(self, turn: Turn, shown: Fact[Invoice], invoices: list[Fact[Invoice]]) -> None:
        before = next((fact for fact in invoices if fact.value.period < shown.value.period), None)
        sources = [turn.source("invoice", shown), *([turn.source("invoice", before)] if before else [])]
        buttons = [turn.button("intent_title_payment_problem", "/payment_problem"), turn.person()]
        if before is None:
            text = turn.wording("invoice_first", number=shown.record, month=month(shown.value.period, turn.language))
        else:
            text = "\n".join(self._explain(turn, shown.value, before.value))
            buttons.insert(0, self.button_for(turn, before))
        turn.say_text(f"{text}\n{payment_state(turn, shown.value)}", sources=sources, buttons=buttons)

    @staticmethod
    def _explain(turn: Turn, now: Invoice, before: Invoice) -> list[str]:
        language = turn.language
        difference = now.amount_cents - before.amount_cents
        direction = "more" if difference > 0 else "less" if difference < 0 else "same"
        head = turn.wording(
            f"invoice_explain_{direction}",
            number=now.number,
            month=month(now.period, language),
            amount=money(now.amount_cents, language),
            before_month=month(before.period, language),
            before=money(before.amount_cents, language),
            difference=money(abs(difference), language),
        )
        found = changes(now, before)
        told = [_describe_change(turn, change) for change in found[:LINES]]
        if len(found) > LINES:
            told.append(turn.wording("invoice_more_lines", count=len(found) - LINES))
        return [head, *(told or [turn.wording("invoice_unchanged")])]


def _describe_change(turn: Turn, change: Change) -> str:
    language = turn.language
    return turn.wording(
        f"invoice_change_{change.state}",
        label=change.label.say(language),
        amount=money(change.now_cents, language),
        before=money(change.before_cents, language),
    )


def payment_state(turn: Turn, invoice: Invoice) -> str:
    """Whether the invoice is paid, and else when it is or was due."""
    language = turn.language
    if invoice.amount_cents <= 0:
        return turn.wording("invoice_nothing_due")
    if invoice.paid_at is not None:
        return turn.wording("invoice_paid", day=day(invoice.paid_at, language))
    return turn.wording("invoice_overdue" if is_overdue(invoice) else "invoice_open", day=day(invoice.due, language))


def is_unpaid(invoice: Invoice) -> bool:
    return invoice.paid_at is None and invoice.amount_cents > 0


def is_overdue(invoice: Invoice) -> bool:
    return is_unpaid(invoice) and invoice.due < today()


def _is_named(invoice: Invoice, named: str) -> bool:
    """By number, or by a day ("2026-10-05") or month ("2026-10") of its period."""
    return invoice.number == named or f"{invoice.period:%Y-%m}" == named[:7]


def _is_to_come(named: str, newest: Invoice) -> bool:
    """Whether a month is named for which there is no invoice yet, as in its first days."""
    return re.match(r"\d{4}-\d\d", named) is not None and named[:7] > f"{newest.period:%Y-%m}"


def _spoken(turn: Turn, named: str) -> str:
    try:
        return month(date.fromisoformat(f"{named[:7]}-01"), turn.language)
    except ValueError:
        return named
