"""Complaints: what the company knows already is said first, then a case with a number and a due time, or a person.

Nobody has to prove who they are to complain; who has, or does, is told the open tickets, outages and money matters that
are on record, and need not repeat them: they go with the case. Who says in the first message what happened is not asked
for it again. Nothing is opened before the customer has confirmed it; until then the words can be changed or added to.
"""

from __future__ import annotations

import json

from rasa_sdk.events import SlotSet

from actions.account import describe_ticket
from actions.catalogue import OFFERED
from actions.complaint_words import says_what_happened
from actions.crm.models import Customer, Fact, Invoice, NewTicket
from actions.crm.tickets import OPEN
from actions.details import SLOT, Confirm, Detailed, Details, Field, load
from actions.faults import describe_outage
from actions.invoices import is_overdue, is_unpaid, payment_state
from actions.lines import outages_on, running
from actions.payments import balance
from actions.phrases import has_nothing_at_hand, hedges, identifier_in, is_only_identifier, says_yes
from actions.turn import Button, Event, Turn
from bot.transparency.format import moment, money, spoken_phone

# What travels to the team, in characters.
LONGEST = 1000
# As much of it is shown for confirmation, so that the question fits on a phone.
SHOWN_WORDS = 380
# Told of each kind; the team sees them all.
SHOWN = 2
PROVE, REWORD = "prove", "reword"
# Fewer words than this say nothing more about what happened.
_ADDS_FROM = 3


class WordsField(Field):
    """What happened, in the customer's words. They may sound like any request."""

    name = "words"
    own_intents = frozenset(OFFERED)

    def ask(self, turn: Turn, details: Details) -> None:
        key = "complaint_ask" if details["customer"] is None else "complaint_ask_known"
        turn.say(key, buttons=[*_prove(turn, details), turn.person()])

    async def take(self, turn: Turn, details: Details) -> bool:
        if turn.entity("order_step") == PROVE:
            details["do"] = PROVE
            return True
        if turn.from_button or not any(sign.isalnum() for sign in turn.text):
            return False
        if len(turn.text) > LONGEST:
            turn.say("case_text_too_long", longest=LONGEST)
        else:
            details[self.name] = turn.text
        return True

    def applies(self, details: Details) -> bool:
        return details.get("do") != PROVE


class ReachField(Field):
    """Where the answer goes to, of somebody whom nobody knows."""

    name = "reach"

    def applies(self, details: Details) -> bool:
        return details.get("do") != PROVE

    def ask(self, turn: Turn, details: Details) -> None:
        turn.say("complaint_ask_reach", buttons=[*_prove(turn, details), turn.person()])

    async def take(self, turn: Turn, details: Details) -> bool:
        if turn.entity("order_step") == PROVE:
            details["do"] = PROVE
            return True
        found = None if turn.from_button else identifier_in(turn.text)
        if found is None or found.kind not in {"email", "phone"}:
            return False
        details[self.name] = found.value
        return True

    def explain(self, turn: Turn, details: Details) -> None:
        turn.say("complaint_reach_unclear", buttons=[*_prove(turn, details), turn.case(), turn.person()])

    def is_plain_answer(self, turn: Turn, details: Details) -> bool:
        return is_only_identifier(turn.text) or (self.name not in details and has_nothing_at_hand(turn.text))


class ConfirmComplaint(Confirm):
    """Only where there is something to confirm. Instead of a yes, more can be told, or all of it in other words."""

    own_intents = frozenset({"complaint"})

    def applies(self, details: Details) -> bool:
        return details.get("do") != PROVE

    def more_buttons(self, turn: Turn) -> list[Button]:
        return [turn.button("button_reword", f'/inform{{"order_step": "{REWORD}"}}')]

    async def take(self, turn: Turn, details: Details) -> bool:
        if turn.entity("order_step") == REWORD:
            details.pop("words")
            return True
        if await super().take(turn, details):
            return True
        more = f"{details['words']}\n{turn.text}"
        if not _tells_more(turn) or len(more) > LONGEST:
            return False
        details["words"] = more
        return True


def _tells_more(turn: Turn) -> bool:
    """Whether the words neither answer the question nor ask one."""
    few = len(turn.text.split()) < _ADDS_FROM
    return not (turn.from_button or few or "?" in turn.text or hedges(turn.text) or says_yes(turn.text))


def _prove(turn: Turn, details: Details) -> list[Button]:
    """The way to be known, for whom it is still open."""
    if details["customer"] is not None:
        return []
    return [turn.button("button_prove", f'/inform{{"order_step": "{PROVE}"}}')]


def _shown(words: str) -> str:
    return words if len(words) <= SHOWN_WORDS else words[: SHOWN_WORDS - 1].rstrip() + "…"


def _summary(turn: Turn, details: Details) -> dict[str, object]:
    return {"words": _shown(details["words"]), "reach": details["reach"]}


class Complaint(Detailed):
    """From "I want to complain" to a case that somebody answers for."""

    action_name = "action_complaint"
    identity = "none"
    intent = "complaint"
    fields = (WordsField(), ReachField(), ConfirmComplaint("complaint_confirm", _summary))

    async def serve(self, turn: Turn) -> list[Event]:
        if (details := self.given(turn)) is not None and details.get("do") != PROVE:
            return await self._open(turn, details)
        begun = load(turn) if self.resumed(turn) else _begun(turn)
        customer = await turn.proven_customer()
        if begun.pop("do", None) == PROVE and customer is None:
            return [SlotSet(SLOT, json.dumps(begun)), *self.ask_with("identity_form")]
        if customer is None:
            if (words := begun.get("words")) is None:
                turn.say("complaint_sorry")
            else:
                turn.say("complaint_sorry_noted", words=_shown(words))
            return self.ask_for(begun)
        known = await self._tell_known(turn, customer)
        reach = customer.value.email or spoken_phone(customer.value.phone or "")
        return self.ask_for(
            {**begun, "customer": customer.record, "known": known, **({"reach": reach} if reach else {})}
        )

    async def _tell_known(self, turn: Turn, customer: Fact[Customer]) -> list[str]:
        """Say what is on record that somebody may complain about; the records."""
        tickets = [fact for fact in await turn.crm.tickets(customer.record) if fact.value.status in OPEN]
        outages = await outages_on(turn, running(await turn.crm.contracts(customer.record)))
        money_matters = await self._money_matters(turn, customer)
        account = [turn.source("account", customer)]
        if not (tickets or outages or money_matters):
            turn.say("complaint_nothing_known", sources=account)
            return []
        turn.say("complaint_known", sources=account)
        for ticket in tickets[:SHOWN]:
            add = json.dumps({"ticket_number": ticket.record, "ticket_wish": "note"})
            turn.say_text(
                describe_ticket(turn, ticket.value),
                sources=[turn.source("ticket", ticket)],
                buttons=[turn.button("button_add_note", f"/ticket_status{add}")],
            )
        for outage in outages[:SHOWN]:
            turn.say_text(describe_outage(turn, outage.value), sources=[turn.source("outage", outage)])
        for text, invoice in money_matters[:SHOWN]:
            turn.say_text(text, sources=[turn.source("invoice", invoice)])
        return [fact.record for fact in (*tickets, *outages, *(invoice for _, invoice in money_matters))]

    @staticmethod
    async def _money_matters(turn: Turn, customer: Fact[Customer]) -> list[tuple[str, Fact[Invoice]]]:
        """Invoices that more was taken for than was billed, and those that are overdue, in words."""
        paid = await turn.crm.payments(customer.record)
        found = []
        for fact in await turn.crm.invoices(customer.record):
            billed = money(fact.value.amount_cents, turn.language)
            over = balance([one for one in paid if one.value.invoice_number == fact.record]) - fact.value.amount_cents
            if fact.value.amount_cents > 0 and over > 0:
                said = money(over, turn.language)
                found.append((turn.wording("complaint_overpaid", number=fact.record, billed=billed, over=said), fact))
            elif is_unpaid(fact.value) and is_overdue(fact.value):
                line = turn.wording("payment_unpaid_line", number=fact.record, amount=billed)
                found.append((f"{line} {payment_state(turn, fact.value)}", fact))
        return found

    async def _open(self, turn: Turn, details: Details) -> list[Event]:
        # The team works in German, whatever the customer speaks.
        told = turn.context.wording.say(
            "complaint_ticket",
            "de",
            first=details["first"] or "–",
            words=details["words"],
            reach=details["reach"],
            known=", ".join(details.get("known", [])) or "–",
        )
        if details["customer"] is not None and await turn.proven_customer() is None:
            # The proof has ended meanwhile: the words are good without it.
            details["customer"] = None
        opened = await turn.crm.open_ticket(
            NewTicket(kind="complaint", description=told, customer_number=details["customer"]),
            idempotency_key=self.key(turn),
        )
        turn.say(
            "complaint_opened",
            number=opened.ticket.record,
            due=moment(opened.ticket.value.due_at, turn.language),
            reach=details["reach"],
            sources=[turn.source("ticket", opened.ticket)],
            buttons=[turn.person()],
        )
        return self.done()


def _begun(turn: Turn) -> Details:
    """What was said: that somebody complains, and perhaps what happened."""
    said = _asked_back_about(turn) if turn.from_button else turn.text
    if says_what_happened(said) and len(said) <= LONGEST:
        return {"customer": None, "first": "", "words": said}
    return {"customer": None, "first": said}


def _asked_back_about(turn: Turn) -> str:
    """The message that was not surely understood and that the button answers; empty for any other button."""
    users, asked = 0, False
    for event in turn.events_backwards():
        if event.get("event") == "user":
            users += 1
            if users > 1:
                return str(event.get("text") or "") if asked else ""
        asked = asked or (event.get("event") == "action" and event.get("name") == "action_fallback")
    return ""
