"""Taking a phone number along, to Saalenetz or away.

§ 59 TKG: it costs nothing, the line may be down for one working day at most, and a number can still be asked for within
a month after the contract's end. Who leaves asks the new provider; who comes asks here.
"""

from __future__ import annotations

from typing import Any

from actions import law
from actions.base import AccountService
from actions.contract_choice import is_contract_number, offer_contracts
from actions.crm.contract_models import NewOrder
from actions.crm.models import Customer, Fact
from actions.details import Confirm, Declined, Detailed, Details, Field
from actions.letters import bilingual, letter
from actions.patterns import any_of
from actions.phrases import identifier_in
from actions.turn import Event, Turn
from bot.transparency.format import spoken_phone

_LONGEST_NAME = 80


_IN = any_of(
    r"\b(zu|nach) (euch|ihnen|saalenetz)\b",
    r"\b(hierher|her|mitbring\w*|herhol\w*|behalten)\b",
    r"\bto (you|saalenetz)\b",
    r"\bbring\b",
)
_OUT = any_of(
    r"\bzu(m|r)? (einem|einer|der|dem|ander\w+|neuen)\b",
    r"\b(weg|woanders|anderswo|abgeben|away|elsewhere|leaving)\b",
    r"\b(ander\w*|neue\w*) anbieter\b",
    r"\b(another|other|new) provider\b",
)


def direction_in(text: str) -> str | None:
    """Whether the number is to come or to go; None if the words do not say."""
    if _IN.search(text):
        return "in"
    return "out" if _OUT.search(text) else None


class DirectionField(Field):
    """To us or away."""

    name = "direction"

    def ask(self, turn: Turn, details: Details) -> None:
        choices = [turn.button(f"button_port_{way}", f'/inform{{"direction": "{way}"}}') for way in ("in", "out")]
        turn.say("port_ask_direction", buttons=[*choices, turn.person()])

    def is_plain_answer(self, turn: Turn, details: Details) -> bool:
        return direction_in(turn.text) is not None

    async def take(self, turn: Turn, details: Details) -> bool:
        way = turn.entity("direction") or (None if turn.from_button else direction_in(turn.text))
        if way == "out":
            cancel = turn.button("intent_title_contract_cancel", "/contract_cancel")
            law.say(turn, "law_59_away", buttons=[cancel, turn.person()])
            raise Declined
        if way == "in":
            details[self.name] = way
        return way == "in"


class NumberField(Field):
    """The phone number that comes along."""

    name = "phone"

    def ask(self, turn: Turn, details: Details) -> None:
        turn.say("port_ask_number", buttons=[turn.person()])

    async def take(self, turn: Turn, details: Details) -> bool:
        found = turn.entity("phone")
        if found is None and not turn.from_button and (read := identifier_in(turn.text)) is not None:
            found = read.value if read.kind == "phone" else None
        if found is not None:
            details[self.name] = found
        return found is not None

    def explain(self, turn: Turn, details: Details) -> None:
        turn.say("port_number_unclear", buttons=[turn.person()])

    def is_plain_answer(self, turn: Turn, details: Details) -> bool:
        return turn.entity("phone") is not None


class ProviderField(Field):
    """The provider that has the number now, in the customer's words."""

    name = "provider"

    def ask(self, turn: Turn, details: Details) -> None:
        turn.say("port_ask_provider", buttons=[turn.person()])

    async def take(self, turn: Turn, details: Details) -> bool:
        said = turn.text.strip()
        if turn.from_button or not any(sign.isalnum() for sign in said):
            return False
        details[self.name] = said[:_LONGEST_NAME]
        return True


def _summary(turn: Turn, details: Details) -> dict[str, Any]:
    given = {"provider": details["provider"], "contract_number": details["contract_number"]}
    given["phone"] = spoken_phone(details["phone"])
    return {**given, "law": turn.wording("law_59_interruption")}


class NumberPorting(AccountService, Detailed):
    """An order for the number to come, or the way for it to go."""

    action_name = "action_number_porting"
    intent = "number_porting"
    naming = ("contract_number",)
    fields = (DirectionField(), NumberField(), ProviderField(), Confirm("port_confirm", _summary, section="59"))

    async def serve(self, turn: Turn) -> list[Event]:
        if not self.resumed(turn) and await turn.proven_customer() is None:
            availability = turn.button("intent_title_fiber_availability", "/fiber_availability")
            law.say(turn, "law_59_ways", buttons=[availability, turn.person()])
        return await super().serve(turn)

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        if (details := self.given(turn)) is not None:
            return await self._order(turn, customer, details)
        contracts = [f for f in await turn.crm.contracts(customer.record) if f.value.status != "cancelled"]
        named = self.named(turn)
        if named is not None and is_contract_number(named):
            contracts = [fact for fact in contracts if fact.record == named]
        if not contracts:
            turn.say("contract_none_running", sources=[turn.source("account", customer)], buttons=[turn.person()])
            return []
        if len(contracts) > 1:
            offer_contracts(turn, contracts, self.intent, {})
            return []
        return self.ask_for({"contract_number": contracts[0].record})

    async def _order(self, turn: Turn, customer: Fact[Customer], details: Details) -> list[Event]:
        values = _summary(turn, details)
        placed = await turn.crm.place_order(
            NewOrder(
                kind="number_porting",
                product=details["phone"],
                customer_number=customer.record,
                contract_number=details["contract_number"],
                note=f"from {details['provider']}, confirmed in the chat",
                next_step=bilingual(turn, "port_next_step"),
            ),
            letter(turn, "porting", name=customer.value.name, **values),
            idempotency_key=self.key(turn),
        )
        source = [turn.source("order", placed.order)]
        if placed.created:
            turn.say("port_ordered", order=placed.order.record, sources=source, **values)
        else:
            product = placed.order.value.product
            turn.say("order_open_already", order=placed.order.record, product=product, sources=source)
        return self.done()
