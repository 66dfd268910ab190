"""Tickets of a customer: their state, adding something, and opening a solved one again.

Only for customers who have proven who they are; somebody else's ticket and one that does not exist get the same answer.
Nothing is written before the customer has confirmed it (`case_form`), and nothing twice: each write carries the turn's
key. Files, and the cases of the chat, are with the edge: it brings a file to the ticket, and knows whose case it is.
"""

from __future__ import annotations

import json

from rasa_sdk.events import SlotSet

from actions.account import SHOWN, describe_ticket
from actions.base import AccountService
from actions.case_files import files_in, kept_files, told_files
from actions.case_form import NOTE, REOPEN
from actions.choices import YES
from actions.crm.errors import CrmRejected, CrmUnavailable
from actions.crm.models import Customer, Fact, Ticket
from actions.patterns import any_of
from actions.turn import Button, Event, Turn
from bot.transparency.format import moment

CASE_SLOTS = ("case_number", "case_wish", "case_text", "case_files", "case_confirm")
# Wishes: to be known first as the customer whose case it is.
PROVE = "prove"
_FINISHED = ("solved", "closed")
_REOPEN = any_of(
    r"\bwieder (öffnen|aufmachen|eröffnen)\b",
    r"\b(erneut|nochmal) (öffnen|aufmachen)\b",
    r"\bre-?open\w*\b",
    r"\bopen\b.{0,20}\bagain\b",
    r"\b(nicht|noch immer nicht) (gelöst|behoben|erledigt|fertig)\b",
    r"\bnot (been )?(solved|fixed|resolved|done)\b",
)
_NOTE = any_of(
    r"\b(ergänz\w*|hinzufüg\w*|nachtrag\w*|nachreich\w*|notiz\w*|anhäng\w*)\b",
    r"\b(foto|bild|picture|photo|image)\w*\b",
    r"\b(add|append|attach)\w*\b",
    r"\bnote\b",
)


def wish_in(text: str) -> str | None:
    """Whether something is to be added or the ticket opened again; None: its state is asked for."""
    if _REOPEN.search(text):
        return REOPEN
    return NOTE if _NOTE.search(text) else None


class TicketStatus(AccountService):
    """The named ticket, or the latest ones; and what the customer wants to have done with it."""

    action_name = "action_ticket_status"
    intent = "ticket_status"
    tried_again = True
    naming = ("ticket_number",)

    async def serve(self, turn: Turn) -> list[Event]:
        if self.resumed(turn) and turn.slot("case_confirm") == YES:
            if is_case(turn.slot("case_number") or ""):
                return await self._add_to_case(turn)
            return await super().serve(turn)
        named = self.named(turn)
        if named and is_case(named):
            return await self._serve_case(turn, named)
        if self.resumed(turn):
            return await super().serve(turn)
        wish = turn.entity("ticket_wish") or (None if turn.from_button else wish_in(turn.text))
        begin = [SlotSet(name, None) for name in CASE_SLOTS]
        # Kept for what follows the proof of identity, too.
        begin += [SlotSet("case_wish", wish), SlotSet("case_files", kept_files(turn.files) if wish else None)]
        return [*begin, *await super().serve(turn)]

    async def _serve_case(self, turn: Turn, number: str) -> list[Event]:
        """A case of the chat: shown where it belongs; elsewhere only to whoever proves to be its customer."""
        wish = turn.entity("ticket_wish")
        if wish == NOTE and not self.resumed(turn):
            slots = [SlotSet(name, None) for name in CASE_SLOTS]
            slots += [SlotSet("case_number", number), SlotSet("case_wish", NOTE)]
            return [*slots, SlotSet("case_files", kept_files(turn.files)), *self.ask_with("case_form")]
        try:
            customer = await turn.proven_customer()
        except CrmUnavailable:
            if wish == PROVE:
                raise
            customer = None  # the case's own conversation needs no proof
        if customer is None and wish == PROVE:
            return [SlotSet("asked_for", number), *self.ask_with("identity_form")]
        turn.ask_case(number, None if customer is None else customer.record)
        return []

    @staticmethod
    async def _add_to_case(turn: Turn) -> list[Event]:
        turn.ask_case(
            turn.slot("case_number") or "",
            None,
            note=turn.slot("case_text") or None,
            messages=list(files_in(turn.slot("case_files"))),
        )
        return [SlotSet(name, None) for name in CASE_SLOTS]

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        resumed = self.resumed(turn)
        if resumed and turn.slot("case_confirm") == YES:
            return await self._carry_out(turn, customer)
        named = self.named(turn)
        tickets = await self._tickets(turn, customer, named)
        if not tickets:
            self._tell_none(turn, customer, named)
            return []
        said = turn.entity("ticket_wish") or (None if turn.from_button else wish_in(turn.text))
        wish = turn.slot("case_wish") if resumed else said
        if wish in {NOTE, REOPEN}:
            return self._begin(turn, tickets, wish, named)
        unfinished = [fact for fact in tickets if fact.value.status not in _FINISHED]
        for fact in (unfinished or tickets[:1])[:SHOWN]:
            turn.say_text(
                describe_ticket(turn, fact.value),
                sources=[turn.source("ticket", fact)],
                buttons=[_wish_button(turn, fact)],
            )
        return []

    @staticmethod
    async def _tickets(turn: Turn, customer: Fact[Customer], named: str | None) -> list[Fact[Ticket]]:
        if named is None:
            return await turn.crm.tickets(customer.record)
        found = await turn.crm.ticket(named)
        return [found] if found is not None and found.value.customer_number == customer.record else []

    @staticmethod
    def _tell_none(turn: Turn, customer: Fact[Customer], named: str | None) -> None:
        account = [turn.source("account", customer)]
        if named:
            turn.say("ticket_not_yours", number=named, sources=account, buttons=[turn.person()])
            return
        report = turn.button("intent_title_report_fault", "/report_fault")
        turn.say("ticket_none", sources=account, buttons=[report, turn.person()])

    def _begin(self, turn: Turn, tickets: list[Fact[Ticket]], wish: str, named: str | None) -> list[Event]:
        """Ask for the words, once it is clear which ticket is meant."""
        fitting = [fact for fact in tickets if named or (fact.value.status in _FINISHED) == (wish == REOPEN)]
        if not fitting:
            fitting = tickets[:1]  # opening again what is open adds the words to it
        if len(fitting) > 1 and wish == NOTE:
            self._ask_which(turn, fitting[:SHOWN])
            return []
        return [SlotSet("case_number", fitting[0].record), SlotSet("case_wish", wish), *self.ask_with("case_form")]

    @staticmethod
    def _ask_which(turn: Turn, tickets: list[Fact[Ticket]]) -> None:
        buttons = [
            {
                "title": fact.record,
                "payload": f"/ticket_status{json.dumps({'ticket_number': fact.record, 'ticket_wish': NOTE})}",
            }
            for fact in tickets
        ]
        items = [
            turn.wording("case_item", number=fact.record, kind=turn.wording(f"ticket_kind_{fact.value.kind}"))
            for fact in tickets
        ]
        turn.say_text(
            "\n".join([turn.wording("case_which"), *items]),
            sources=[turn.source("ticket", fact) for fact in tickets],
            buttons=[*buttons, turn.person()],
        )

    @staticmethod
    async def _carry_out(turn: Turn, customer: Fact[Customer]) -> list[Event]:
        number, text, files = turn.slot("case_number") or "", turn.slot("case_text"), files_in(turn.slot("case_files"))
        forgotten = [SlotSet(name, None) for name in CASE_SLOTS]
        try:
            if turn.slot("case_wish") == NOTE:
                # Files alone get a word that says what comes.
                words = text or turn.context.wording.say("case_files_note", "de", files=told_files(turn, files, "de"))
                note = await turn.crm.add_ticket_note(number, words, idempotency_key=turn.write_key)
                # Of files alone nothing is there yet but the word that they come.
                key = "case_noted" if text else "case_files_announced"
                turn.say(key, number=number, sources=[turn.source("ticket", note)])
                _attach(turn, number, files)
                return forgotten
            ticket = await turn.crm.reopen_ticket(number, text or "", idempotency_key=turn.write_key)
        except CrmRejected:
            turn.say("case_rejected", sources=[turn.source("account", customer)], buttons=[turn.person()])
            return forgotten
        due = moment(ticket.value.due_at, turn.language)
        turn.say("case_reopened", number=number, due=due, sources=[turn.source("ticket", ticket)])
        _attach(turn, number, files)
        return forgotten


def is_case(number: str) -> bool:
    """Whether it is the number of a case of the chat, which the edge keeps."""
    return number.startswith("KT-")


def _attach(turn: Turn, number: str, files: dict[str, str]) -> None:
    """Have confirmed files brought to the ticket, and say that the outcome will be told."""
    if files:
        turn.attach(number, list(files))
        turn.say("case_files_coming", files=told_files(turn, files, turn.language))


def _wish_button(turn: Turn, ticket: Fact[Ticket]) -> Button:
    """Add to an open ticket, or open a finished one again."""
    key, wish = ("button_reopen", REOPEN) if ticket.value.status in _FINISHED else ("button_add_note", NOTE)
    return turn.button(key, f"/ticket_status{json.dumps({'ticket_number': ticket.record, 'ticket_wish': wish})}")
