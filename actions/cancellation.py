"""Ending a contract: never hindered.

The legal ways come first, to anybody who asks and before any proof of identity. Here in the chat it takes the proof,
the end date that the law gives, and one yes; the confirmation comes in writing. No reason is asked for and nothing is
offered to stay. A person comes only if the customer wants one, also for a blocked account. Whoever withdraws from an
order ends no contract: the orders go on with that (`actions/orders.py`).
"""

from __future__ import annotations

from datetime import date

from actions.account import today
from actions.base import AccountService
from actions.contract_choice import is_contract_number, offer_contracts
from actions.crm.errors import CrmUnavailable
from actions.crm.models import Contract, Customer, Fact
from actions.details import Confirm, Detailed, Details
from actions.letters import letter
from actions.notice import earliest_end
from actions.orders import go_on_with_withdrawal
from actions.phrases import withdraws
from actions.turn import Event, Turn
from bot.transparency.format import day


def _summary(turn: Turn, details: Details) -> dict[str, object]:
    ends = day(date.fromisoformat(details["ends"]), turn.language)
    return {"number": details["contract_number"], "tariff": details["tariff"], "end": ends}


class ContractCancel(AccountService, Detailed):
    """Legal ways, end date, one yes, confirmation in writing."""

    action_name = "action_contract_cancel"
    intent = "contract_cancel"
    naming = ("contract_number",)
    serves_blocked = True
    fields = (Confirm("cancel_confirm", _summary, section="56"),)

    async def serve(self, turn: Turn) -> list[Event]:
        if not self.resumed(turn) and not turn.from_button and withdraws(turn.text):
            return go_on_with_withdrawal(turn)
        if not self.resumed(turn) and turn.entity("contract_number") is None:
            await self._name_the_ways(turn)
        return await super().serve(turn)

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        if (details := self.given(turn)) is not None:
            return await self._cancel(turn, customer, details)
        contracts = await turn.crm.contracts(customer.record)
        named = self.named(turn)
        if named is not None and is_contract_number(named):
            contracts = [fact for fact in contracts if fact.record == named]
        if not contracts:
            turn.say("contract_none", sources=[turn.source("account", customer)], buttons=[turn.person()])
            return []
        open_ones = [fact for fact in contracts if fact.value.status != "cancelled"]
        if not open_ones:
            for fact in contracts:
                self._tell_end(turn, fact)
            return []
        if len(open_ones) > 1:
            offer_contracts(turn, open_ones, self.intent, {})
            return []
        return self._ask_for_yes(turn, open_ones[0])

    def _ask_for_yes(self, turn: Turn, fact: Fact[Contract]) -> list[Event]:
        if fact.value.status == "ordered":
            turn.say(
                "cancel_not_started",
                number=fact.record,
                sources=[turn.source("contract", fact)],
                buttons=[turn.button("intent_title_order_status", "/order_status"), turn.person()],
            )
            return []
        ends = earliest_end(fact.value, today())
        return self.ask_for(
            {"contract_number": fact.record, "tariff": fact.value.tariff, "ends": ends.isoformat()},
        )

    async def _cancel(self, turn: Turn, customer: Fact[Customer], details: Details) -> list[Event]:
        values = _summary(turn, details)
        done = await turn.crm.cancel_contract(
            details["contract_number"],
            customer.record,
            date.fromisoformat(details["ends"]),
            letter(turn, "cancelled", name=customer.value.name, today=day(today(), turn.language), **values),
            idempotency_key=self.key(turn),
        )
        end = done.contract.value.term_end
        turn.say(
            "cancel_done",
            number=done.contract.record,
            end=day(end, turn.language) if end else values["end"],
            sources=[turn.source("contract", done.contract)],
        )
        return self.done()

    @staticmethod
    def _tell_end(turn: Turn, fact: Fact[Contract]) -> None:
        source, end = [turn.source("contract", fact)], fact.value.term_end
        if end is None:
            turn.say("cancel_already_undated", number=fact.record, sources=source, buttons=[turn.person()])
        else:
            turn.say("cancel_already", number=fact.record, end=day(end, turn.language), sources=source)

    @staticmethod
    async def _name_the_ways(turn: Turn) -> None:
        """The ways by law; without the contact data, the law alone."""
        try:
            contact = await turn.crm.contact_info()
        except CrmUnavailable:
            contact = None
        if contact is None:
            turn.say("cancel_ways", buttons=[turn.person()])
            return
        turn.say(
            "cancel_ways_by",
            mail=contact.value.mail,
            address=contact.value.address.line,
            web=contact.value.web,
            sources=[turn.source("company", contact)],
            buttons=[turn.person()],
        )
