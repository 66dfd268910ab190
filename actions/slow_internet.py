"""Slow internet: a known outage first, then measured against booked speed, and a case for the team if wanted."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.base import AccountService
from actions.choices import YES
from actions.crm.models import Contract, Customer, Fact, NewTicket
from actions.faults import tell_outages
from actions.lines import line, outages_on, running
from actions.speed_form import spoken_speed, tell_bytes
from actions.speeds import how_in, measured_in
from actions.turn import Event, Turn
from bot.transparency.format import moment

SPEED_SLOTS = ("speed_line", "speed_value", "speed_how", "speed_confirm")


class SlowInternet(AccountService):
    """From a measurement to what the contract promises, and to a case with number and due time."""

    action_name = "action_slow_internet"
    intent = "slow_internet"
    tried_again = True

    async def serve(self, turn: Turn) -> list[Event]:
        # A speed alone, after it was told how to measure, is the measurement.
        follows = turn.intent == "inform" and turn.entity("speed") is not None
        if self.resumed(turn) and not follows:
            return await super().serve(turn)
        # A measurement named at the start is not asked for again after the proof of identity.
        value = None if turn.from_button or not _names_speed(turn) else measured_in(turn.text)
        said = {"speed_value": f"{value:g}", "speed_how": how_in(turn.text)} if value is not None else {}
        if said:
            tell_bytes(turn)
        return [*(SlotSet(name, said.get(name)) for name in SPEED_SLOTS), *await super().serve(turn)]

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        contracts = running(await turn.crm.contracts(customer.record))
        if not contracts:
            turn.say("fault_no_contract", sources=[turn.source("account", customer)], buttons=[turn.person()])
            return []
        if self.resumed(turn) and turn.slot("speed_confirm") == YES:
            await self._open_ticket(turn, customer.value, line(contracts, turn.slot("speed_line")).value)
            return [SlotSet(name, None) for name in SPEED_SLOTS]
        if turn.entity("fault_scope") != "own" and (outages := await outages_on(turn, contracts)):
            tell_outages(turn, outages, self.intent)
            return []
        return self.ask_with("speed_form")

    @staticmethod
    async def _open_ticket(turn: Turn, customer: Customer, contract: Contract) -> None:
        measured = spoken_speed(float(turn.slot("speed_value") or 0), "de")
        # The team works in German, whatever the customer speaks.
        words = turn.context.wording
        told = words.say(
            "speed_ticket",
            "de",
            number=contract.number,
            tariff=contract.tariff,
            down=contract.down_mbit,
            measured=measured,
            how=words.say(f"speed_how_{turn.slot('speed_how') or 'cable'}", "de"),
        )
        opened = await turn.crm.open_ticket(
            NewTicket(
                kind="slow_internet",
                description=told,
                customer_number=customer.number,
                contract_number=contract.number,
            ),
            idempotency_key=turn.write_key,
        )
        turn.say(
            "speed_opened",
            number=opened.ticket.record,
            due=moment(opened.ticket.value.due_at, turn.language),
            sources=[turn.source("ticket", opened.ticket)],
        )


def _names_speed(turn: Turn) -> bool:
    """Whether a number in the message is a speed and not a postcode or a contract."""
    entities = {found["entity"] for found in turn.message.get("entities") or ()}
    return "speed" in entities or not entities & {"postcode", "customer_number", "contract_number", "date", "time_span"}
