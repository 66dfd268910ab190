"""Faults: known outages by postcode or address, and a customer's own fault.

A known outage is told first, with cause, since when, expected end and the latest news; an address named in the message
is enough for that. Only without one does a short check follow (`fault_form`), and only after the customer has confirmed
its summary is a fault ticket opened, once per turn. An expected end is never guessed.
"""

from __future__ import annotations

import json

from rasa_sdk.events import SlotSet

from actions import law
from actions.account import describe_ticket
from actions.base import GO_ON, AccountService, Service
from actions.choices import YES
from actions.crm.models import AddressHit, Contract, Customer, Fact, NewTicket, Outage, Ticket
from actions.fault_summary import summary
from actions.line_check import ONE, needs_technician
from actions.lines import line, outages_on, running
from actions.places import spoken_address
from actions.turn import Event, Turn
from bot.transparency.format import moment

SHOWN = 2
# Everything that is remembered of a fault while it is being reported.
FAULT_SLOTS = (
    *("fault_line", "fault_kind", "fault_check", "fault_confirm"),
    *("fault_step", "fault_answers", "fault_text", "fault_technology"),
)
# Kinds of fault in which a whole service is down.
_COMPLETE = ("internet_out", "phone")
_UNSOLVED = ("new", "in_progress", "waiting_for_customer")


class OutageInfo(Service):
    """Outages and planned works at a postcode or an address; public."""

    action_name = "action_outage_info"
    identity = "none"
    intent = "outage_info"

    async def serve(self, turn: Turn) -> list[Event]:
        where, outages = await self._outages(turn)
        if where is None:
            return self.ask_with("postcode_form")
        for fact in outages[:SHOWN]:
            turn.say_text(describe_outage(turn, fact.value), sources=[turn.source("outage", fact)])
        own = turn.button("intent_title_report_fault", "/report_fault")
        if outages:
            turn.say("outage_other_trouble", buttons=[own, turn.person()])
        else:
            turn.say("outage_none", postcode=where, sources=[turn.source_now("outages")], buttons=[own, turn.person()])
        return [SlotSet("postcode", None)]

    async def _outages(self, turn: Turn) -> tuple[str | None, list[Fact[Outage]]]:
        """The place in words, None if it is not known yet, and what is known there."""
        if self.resumed(turn):
            postcode = turn.slot("postcode")
        elif (street := await street_named(turn)) is not None:
            return street.address.line, await turn.crm.outages_at_address(street.address)
        else:
            postcode = turn.entity("postcode")
        return postcode, [] if postcode is None else await turn.crm.outages_at_postcode(postcode)


class ReportFault(AccountService):
    """A customer's own fault, from a known outage to a ticket with number and due time."""

    action_name = "action_report_fault"
    intent = "report_fault"
    tried_again = True

    async def serve(self, turn: Turn) -> list[Event]:
        begun = not self.resumed(turn) and turn.entity("fault_scope") != GO_ON
        if begun and await self._tell_known_at_place(turn):
            return []
        events = await super().serve(turn)
        # What was said first is not asked again after the proof of identity.
        first_words = [SlotSet("fault_text", None if turn.from_button else turn.text)] if begun else []
        return [*(SlotSet(name, None) for name in FAULT_SLOTS if begun), *first_words, *events]

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        contracts = running(await turn.crm.contracts(customer.record))
        if not contracts:
            turn.say("fault_no_contract", sources=[turn.source("account", customer)], buttons=[turn.person()])
            return []
        if self.resumed(turn) and turn.slot("fault_kind") == "internet_slow":
            return [
                *(SlotSet(name, None) for name in (*FAULT_SLOTS, "speed_value", "speed_how", "speed_confirm")),
                SlotSet("speed_line", turn.slot("fault_line")),
                SlotSet("pending", "action_slow_internet"),
                SlotSet("next_step", "speed_form"),
            ]
        if self.resumed(turn) and turn.slot("fault_confirm") == YES:
            return await self._open_ticket(turn, customer.value, line(contracts, turn.slot("fault_line")))
        if turn.entity("fault_scope") not in {"own", GO_ON}:
            if outages := await outages_on(turn, contracts):
                tell_outages(turn, outages, self.intent)
                return []
            if (ticket := await self._reported(turn, customer.record, contracts)) is not None:
                self._tell_reported(turn, ticket)
                return []
            turn.say("fault_no_outage", sources=[turn.source_now("outages")])
        return self.ask_with("fault_form")

    async def _tell_known_at_place(self, turn: Turn) -> bool:
        """Tell the outage at an address or postcode that the message names, or that none is known there, if nobody has
        proven who they are yet."""
        if turn.entity("fault_scope") == "own" or not (turn.entity("street") or turn.entity("postcode")):
            return False
        if await turn.proven_customer() is not None:
            return False
        if (street := await street_named(turn)) is not None:
            place, outages = street.address.line, await turn.crm.outages_at_address(street.address, ("active",))
        elif postcode := turn.entity("postcode"):
            place, outages = postcode, await turn.crm.outages_at_postcode(postcode, ("active",))
        else:
            return False
        if outages:
            tell_outages(turn, outages, self.intent, at_place=True)
        else:
            turn.say("fault_no_outage_at_place", place=place, sources=[turn.source_now("outages")])
        return bool(outages)

    @staticmethod
    async def _reported(turn: Turn, customer_number: str, contracts: list[Fact[Contract]]) -> Fact[Ticket] | None:
        """The fault of one of these lines that is being worked on already."""
        lines = {fact.record for fact in contracts}
        return next(
            (
                fact
                for fact in await turn.crm.tickets(customer_number)
                if fact.value.kind == "fault" and fact.value.status in _UNSOLVED and fact.value.contract_number in lines
            ),
            None,
        )

    @staticmethod
    def _tell_reported(turn: Turn, ticket: Fact[Ticket]) -> None:
        add = json.dumps({"ticket_number": ticket.record, "ticket_wish": "note"})
        turn.say_text(
            turn.wording("fault_open_already") + "\n" + describe_ticket(turn, ticket.value),
            sources=[turn.source("ticket", ticket)],
            buttons=[
                turn.button("button_add_note", f"/ticket_status{add}"),
                turn.button("button_other_fault", '/report_fault{"fault_scope": "own"}'),
                turn.person(),
            ],
        )

    async def _open_ticket(self, turn: Turn, customer: Customer, fact: Fact[Contract]) -> list[Event]:
        contract = fact.value
        answers: dict[str, str] = json.loads(turn.slot("fault_answers") or "{}")
        kind, described = turn.slot("fault_kind") or "other", turn.slot("fault_text")
        # The team works in German, whatever the customer speaks.
        told = summary(turn.context.wording, "de", contract, kind, answers, described, whole=True)
        opened = await turn.crm.open_ticket(
            NewTicket(kind="fault", description=told, customer_number=customer.number, contract_number=contract.number),
            idempotency_key=turn.write_key,
        )
        ticket, source = opened.ticket.value, [turn.source("ticket", opened.ticket)]
        if opened.created:
            due = moment(ticket.due_at, turn.language)
            turn.say("fault_opened", number=ticket.number, address=contract.address.line, due=due, sources=source)
            if kind in _COMPLETE and answers.get("devices") != ONE:
                law.say_fault_compensation(turn, fact)
        else:
            # What was answered now must not be lost only because somebody had reported the fault before.
            await turn.crm.add_ticket_note(ticket.number, told, idempotency_key=f"{turn.write_key}:note")
            turn.say_text(
                turn.wording("fault_joined") + "\n" + describe_ticket(turn, ticket),
                sources=source,
                buttons=[turn.person()],
            )
        forgotten = [SlotSet(name, None) for name in FAULT_SLOTS]
        if not needs_technician(answers):
            return forgotten
        turn.say("fault_visit_offer")
        return [
            *forgotten,
            SlotSet("visit_about", f"{contract.number}:{ticket.number}"),
            SlotSet("visit_wish", "book"),
            SlotSet("pending", "action_appointment_change"),
            SlotSet("next_step", "visit_form"),
        ]


def tell_outages(turn: Turn, outages: list[Fact[Outage]], intent: str, *, at_place: bool = False) -> None:
    """Tell what is known; `intent` is asked again by whoever has another problem."""
    for fact in outages[:SHOWN]:
        turn.say_text(describe_outage(turn, fact.value), sources=[turn.source("outage", fact)])
    if intent == ReportFault.intent:
        law.say(turn, "law_58_report")
    anyway = turn.button("button_fault_anyway", f'/{intent}{{"fault_scope": "own"}}')
    turn.say("fault_known_at_place" if at_place else "fault_known", buttons=[anyway, turn.person()])


async def street_named(turn: Turn) -> AddressHit | None:
    """The one street that the message names, with or without a house number on record."""
    if turn.entity("street") is None:
        return None
    hits = await turn.crm.find_addresses(spoken_address(turn), limit=4)
    return hits[0] if len({(hit.address.street, hit.address.postcode) for hit in hits}) == 1 else None


def describe_outage(turn: Turn, outage: Outage) -> str:
    """Where, cause, since when, expected end and the latest news."""
    language = turn.language
    planned = outage.state == "planned"
    until = outage.expected_until
    return "\n".join(
        [
            turn.wording(
                "outage_planned" if planned else "outage_active",
                place=outage.area,
                cause=turn.wording(f"outage_cause_{outage.cause}"),
                since=moment(outage.since, language),
            ),
            turn.wording("outage_end_unknown")
            if until is None
            else turn.wording("outage_end_expected", until=moment(until, language)),
            turn.wording("outage_news", at=moment(outage.updated_at, language), news=outage.what_changed.say(language)),
        ]
    )
