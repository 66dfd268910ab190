"""Faults: known outages by postcode or address, and a customer's own fault.

A known outage is told first, with cause, since when, expected end and the latest news; an address named in the message
is enough for that. Only without one does a short check follow (`fault_form`), and only after the customer has confirmed
its summary is a fault ticket opened, once per turn. An expected end is never guessed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from rasa_sdk.events import SlotSet

from actions import law
from actions.account import describe_ticket
from actions.base import GO_ON, AccountService, Service
from actions.choices import YES
from actions.crm.models import AddressHit, Contract, Customer, Fact, NewTicket, Outage, Ticket
from actions.fault_summary import summary
from actions.line_check import ONE, needs_technician
from actions.lines import line, lines_of_customer, outages_on, running
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
# What `outage_place` remembers besides a postcode or an address: the lines of who has proven who they are.
OWN_LINES = "own"
# Another place than the one that is remembered.
ELSEWHERE = "elsewhere"
_UNSOLVED = ("new", "in_progress", "waiting_for_customer")


@dataclass(frozen=True)
class _Looked:
    """A place in words, as it is remembered, and what is known there."""

    where: str
    place: str
    outages: list[Fact[Outage]]
    was_known: bool = False  # before the customer's message


class OutageInfo(Service):
    """Outages and planned works at a postcode or an address; public."""

    action_name = "action_outage_info"
    identity = "none"
    intent = "outage_info"

    async def serve(self, turn: Turn) -> list[Event]:
        found = await self._named(turn) or await self._known(turn)
        if found is None:
            return self.ask_with("postcode_form")
        for fact in found.outages[:SHOWN]:
            turn.say_text(describe_outage(turn, fact.value), sources=[turn.source("outage", fact)])
        # Where the place was not named now, another one may be meant.
        elsewhere = [turn.button("button_other_place", f'/outage_info{{"fault_scope": "{ELSEWHERE}"}}')]
        own = turn.button("intent_title_report_fault", "/report_fault")
        buttons = [own, *(elsewhere if found.was_known else []), turn.person()]
        if found.outages:
            turn.say("outage_other_trouble", buttons=buttons)
        elif not await self._tell_own_fault(turn, found):
            turn.say("outage_none", postcode=found.where, sources=[turn.source_now("outages")], buttons=buttons)
        return [SlotSet("postcode", None), SlotSet("outage_place", found.place)]

    async def _named(self, turn: Turn) -> _Looked | None:
        """What is known at the place that was named now, or that the form has asked for."""
        if (street := await street_named(turn)) is not None:
            return _Looked(street.address.line, _remembered(street), await turn.crm.outages_at_address(street.address))
        postcode = turn.entity("postcode") or (turn.slot("postcode") if self.resumed(turn) else None)
        return None if postcode is None else _Looked(postcode, postcode, await turn.crm.outages_at_postcode(postcode))

    @staticmethod
    async def _tell_own_fault(turn: Turn, found: _Looked) -> bool:
        """Where no outage is known at the customer's lines, the fault that they have reported there, if any."""
        customer = await turn.proven_customer() if found.place == OWN_LINES else None
        if customer is None:
            return False
        ticket = await _reported(turn, customer.record, running(await turn.crm.contracts(customer.record)))
        if ticket is not None:
            _tell_reported(turn, ticket)
        return ticket is not None

    @staticmethod
    async def _known(turn: Turn) -> _Looked | None:
        """What is known at the place talked about before, else at the lines of who has proven who they are."""
        place = turn.slot("outage_place")
        if turn.entity("fault_scope") == ELSEWHERE or turn.entity("place") is not None:
            return None
        if place is not None and place != OWN_LINES:
            if place.isdigit():
                return _Looked(place, place, await turn.crm.outages_at_postcode(place), was_known=True)
            if (hit := await turn.crm.address(place)) is not None:
                outages = await turn.crm.outages_at_address(hit.address)
                return _Looked(hit.address.line, place, outages, was_known=True)
        lines = await lines_of_customer(turn)
        if not lines:
            return None
        outages = await outages_on(turn, lines, ("active", "planned"))
        where = ", ".join(dict.fromkeys(fact.value.address.line for fact in lines))
        return _Looked(where, OWN_LINES, outages, was_known=True)


class ReportFault(AccountService):
    """A customer's own fault, from a known outage to a ticket with number and due time."""

    action_name = "action_report_fault"
    intent = "report_fault"
    tried_again = True

    async def serve(self, turn: Turn) -> list[Event]:
        begun = not self.resumed(turn) and turn.entity("fault_scope") != GO_ON
        # What was said before an outage was told is still what does not work, if it is reported anyway.
        anyway = turn.from_button and turn.entity("fault_scope") == "own"
        words = (turn.slot("fault_text") if anyway else None) if turn.from_button else turn.text
        named = self.resumed(turn) and not turn.from_button  # a place instead of a customer number
        words = turn.slot("fault_text") if named else words
        if (begun or named) and (place := await self._tell_known_at_place(turn)) is not None:
            return [SlotSet("outage_place", place), SlotSet("fault_text", words)]
        events = await super().serve(turn)
        # What was said first is not asked again after the proof of identity.
        first_words = [SlotSet("fault_text", words)] if begun else []
        forgotten = [SlotSet(name, None) for name in (*FAULT_SLOTS, "outage_place") if begun]
        return [*forgotten, *first_words, *events]

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
                return [SlotSet("outage_place", OWN_LINES)]
            if (ticket := await _reported(turn, customer.record, contracts)) is not None:
                _tell_reported(turn, ticket)
                return []
            turn.say("fault_no_outage", sources=[turn.source_now("outages")])
        return self.ask_with("fault_form")

    async def _tell_known_at_place(self, turn: Turn) -> str | None:
        """Tell the outage at an address or postcode that the message names, or that none is known there, if nobody has
        proven who they are yet. The place with an outage, as it is remembered."""
        if turn.entity("fault_scope") == "own" or not (turn.entity("street") or turn.entity("postcode")):
            return None
        if await turn.proven_customer() is not None:
            return None
        if (street := await street_named(turn)) is not None:
            where, place = street.address.line, _remembered(street)
            outages = await turn.crm.outages_at_address(street.address, ("active",))
        elif postcode := turn.entity("postcode"):
            where, place = postcode, postcode
            outages = await turn.crm.outages_at_postcode(postcode, ("active",))
        else:
            return None
        if outages:
            tell_outages(turn, outages, self.intent, at_place=True)
            return place
        turn.say("fault_no_outage_at_place", place=where, sources=[turn.source_now("outages")])
        return None

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


def _remembered(street: AddressHit) -> str:
    """The address, or its postcode where the house number was not named."""
    return street.key or street.address.postcode


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
