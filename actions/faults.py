"""Faults: known outages by postcode, and a customer's own fault.

A known outage at the line's address is told first, with cause, since when, expected end and the latest news. Only
without one is a fault ticket opened, after the customer has said what does not work; opening is idempotent, so a turn
that is tried again opens no second ticket. An expected end is never guessed.
"""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.account import describe_ticket, today
from actions.base import AccountService, Service
from actions.crm.models import Contract, Customer, Fact, NewTicket, Outage
from actions.turn import Event, Turn
from bot.transparency.format import moment

# What may be broken; the choices of the fault form. Texts: `fault_kind_<name>`.
FAULT_KINDS = ("internet_out", "internet_slow", "phone", "tv", "other")
SHOWN = 2


class OutageInfo(Service):
    """Outages and planned works at a postcode; public."""

    action_name = "action_outage_info"
    identity = "none"
    intent = "outage_info"

    async def serve(self, turn: Turn) -> list[Event]:
        postcode = turn.slot("postcode") if self.resumed(turn) else turn.entity("postcode")
        if postcode is None:
            return self.ask_with("postcode_form")
        outages = await turn.crm.outages_at_postcode(postcode)
        for fact in outages[:SHOWN]:
            turn.say_text(describe_outage(turn, fact.value), sources=[turn.source("outage", fact)])
        own = turn.button("intent_title_report_fault", "/report_fault")
        if outages:
            turn.say("outage_other_trouble", buttons=[own, turn.person()])
        else:
            turn.say(
                "outage_none", postcode=postcode, sources=[turn.source_now("outages")], buttons=[own, turn.person()]
            )
        return [SlotSet("postcode", None)]


class ReportFault(AccountService):
    """A customer's own fault, from a known outage to a ticket with number and due time."""

    action_name = "action_report_fault"
    intent = "report_fault"

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        contracts = running(await turn.crm.contracts(customer.record))
        if not contracts:
            turn.say("fault_no_contract", sources=[turn.source("account", customer)], buttons=[turn.person()])
            return []
        kind = turn.slot("fault_kind") if self.resumed(turn) else None
        if kind is None and turn.entity("fault_scope") != "own":
            outages = await self._outages(turn, contracts)
            if outages:
                self._tell_outages(turn, outages)
                return []
            turn.say("fault_no_outage", sources=[turn.source_now("outages")])
        if kind is None:
            return self.ask_with("fault_form")
        await self._open_ticket(turn, customer.value, contracts[0].value, kind)
        return [SlotSet("fault_kind", None), SlotSet("fault_text", None)]

    @staticmethod
    async def _outages(turn: Turn, contracts: list[Fact[Contract]]) -> list[Fact[Outage]]:
        """Active outages that touch one of the customer's lines, each once."""
        found: dict[str, Fact[Outage]] = {}
        for fact in contracts:
            for outage in await turn.crm.outages_at_address(fact.value.address, ("active",)):
                if fact.value.technology in outage.value.technologies:
                    found.setdefault(outage.record, outage)
        return list(found.values())

    @staticmethod
    def _tell_outages(turn: Turn, outages: list[Fact[Outage]]) -> None:
        for fact in outages[:SHOWN]:
            turn.say_text(describe_outage(turn, fact.value), sources=[turn.source("outage", fact)])
        turn.say(
            "fault_known",
            buttons=[turn.button("button_fault_anyway", '/report_fault{"fault_scope": "own"}'), turn.person()],
        )

    @staticmethod
    async def _open_ticket(turn: Turn, customer: Customer, contract: Contract, kind: str) -> None:
        described = turn.slot("fault_text") or turn.wording(f"fault_kind_{kind}")
        opened = await turn.crm.open_ticket(
            NewTicket(
                kind="slow_internet" if kind == "internet_slow" else "fault",
                description=described,
                customer_number=customer.number,
                contract_number=contract.number,
            ),
            idempotency_key=f"{turn.conversation_id}:{turn.turn_id}",
        )
        source = [turn.source("ticket", opened.ticket)]
        ticket = opened.ticket.value
        if opened.created:
            turn.say(
                "fault_opened",
                number=ticket.number,
                address=contract.address.line,
                due=moment(ticket.due_at, turn.language),
                sources=source,
            )
        else:
            turn.say_text(
                turn.wording("fault_open_already") + "\n" + describe_ticket(turn, ticket),
                sources=source,
                buttons=[turn.person()],
            )


def running(contracts: list[Fact[Contract]]) -> list[Fact[Contract]]:
    """The contracts whose line should work today."""
    return [
        fact
        for fact in contracts
        if fact.value.status == "active"
        or (fact.value.status == "cancelled" and (fact.value.term_end is None or fact.value.term_end >= today()))
    ]


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
