"""Moving home: the line goes along where it can, and the law says what holds where it cannot.

§ 60 TKG: the provider has to go on at the new address at the same price and without a new term if it offers the service
there; if not, the customer may end the contract with one month's notice from the day of the move.
"""

from __future__ import annotations

from datetime import date

from actions import law
from actions.base import AccountService
from actions.contract_choice import is_contract_number, offer_contracts
from actions.crm.contract_models import NewOrder
from actions.crm.errors import CrmRejected
from actions.crm.models import Contract, Customer, Fact
from actions.details import Confirm, Declined, Detailed, Details
from actions.fields import AddressField, DayField
from actions.letters import bilingual, letter
from actions.turn import Event, Turn
from bot.transparency.format import day


class NewHome(AddressField):
    """The new address; ends the request where nothing can be had there."""

    async def take(self, turn: Turn, details: Details) -> bool:
        usable = await super().take(turn, details)
        await self._check(turn, details)
        return usable

    async def prepare(self, turn: Turn, details: Details) -> None:
        await super().prepare(turn, details)
        await self._check(turn, details)

    async def _check(self, turn: Turn, details: Details) -> None:
        if self.name not in details:
            return
        hit = await turn.crm.address(details[self.name])
        tariffs = [] if hit is None else [fact.value.name for fact in await turn.crm.tariffs_at(hit.address)]
        if details["tariff"] in tariffs:
            return
        cancel = turn.button("intent_title_contract_cancel", "/contract_cancel")
        key = "move_other_tariffs" if tariffs else "move_nothing_there"
        turn.say(key, tariff=details["tariff"], address=details["address"], tariffs=", ".join(tariffs))
        law.say(turn, "law_60_cancel", buttons=[cancel, turn.person()])
        raise Declined


def _summary(turn: Turn, details: Details) -> dict[str, object]:
    moved = day(date.fromisoformat(details["day"]), turn.language)
    return {
        "number": details["contract_number"],
        "tariff": details["tariff"],
        "address": details["address"],
        "day": moved,
        "law": turn.wording("law_60_move"),
    }


class MoveHome(AccountService, Detailed):
    """The same tariff at another address from a day on."""

    action_name = "action_move_home"
    intent = "move_home"
    naming = ("contract_number",)
    fields = (NewHome("move_ask_address"), DayField("move_ask_day"), Confirm("move_confirm", _summary, section="60"))

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        if (details := self.given(turn)) is not None:
            return await self._order(turn, customer, details)
        contracts = [f for f in await turn.crm.contracts(customer.record) if f.value.status == "active"]
        named = self.named(turn)
        if named is not None and is_contract_number(named):
            contracts = [fact for fact in contracts if fact.record == named]
        if not contracts:
            turn.say("contract_none_running", sources=[turn.source("account", customer)], buttons=[turn.person()])
            return []
        if len(contracts) > 1:
            offer_contracts(turn, contracts, self.intent, {})
            return []
        return self.ask_for(self._begun(contracts[0].value))

    @staticmethod
    def _begun(contract: Contract) -> Details:
        return {"contract_number": contract.number, "tariff": contract.tariff}

    async def _order(self, turn: Turn, customer: Fact[Customer], details: Details) -> list[Event]:
        values = _summary(turn, details)
        try:
            placed = await turn.crm.place_order(
                NewOrder(
                    kind="move_home",
                    product=details["tariff"],
                    customer_number=customer.record,
                    contract_number=details["contract_number"],
                    address_key=details["address_key"],
                    expected_on=date.fromisoformat(details["day"]),
                    note="confirmed in the chat",
                    next_step=bilingual(turn, "move_next_step"),
                ),
                letter(turn, "moved", name=customer.value.name, **values),
                idempotency_key=self.key(turn),
            )
        except CrmRejected:
            turn.say("order_not_placed", buttons=[turn.person()])
            return self.done()
        source = [turn.source("order", placed.order)]
        if placed.created:
            turn.say("move_ordered", order=placed.order.record, sources=source, **values)
        else:
            product = placed.order.value.product
            turn.say("order_open_already", order=placed.order.record, product=product, sources=source)
        return self.done()
