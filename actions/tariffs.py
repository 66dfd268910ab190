"""Changing the tariff: what can be had at the line, with price, start and new term shown before anything is ordered."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from actions import law
from actions.account import today
from actions.base import AccountService
from actions.contract_choice import is_contract_number, offer_contracts
from actions.crm.contract_models import NewOrder, Tariff
from actions.crm.models import Contract, Customer, Fact
from actions.details import Confirm, Detailed, Details, Field
from actions.letters import bilingual, letter
from actions.notice import add_months
from actions.patterns import any_of
from actions.turn import Event, Turn
from bot.transparency.format import day, money, number, spoken_phone

# Most tariffs offered at once.
CHOICES = 8


_CHEAPEST = any_of(r"\b(billigst\w*|günstigst\w*|am (billigsten|günstigsten)|cheapest|least expensive)\b")
_FASTEST = any_of(r"\b(schnellst\w*|am schnellsten|fastest)\b")


class TariffField(Field):
    """Which of the tariffs that the line can have."""

    name = "tariff"
    own_intents = frozenset({"contract_show", "inform"})

    async def prepare(self, turn: Turn, details: Details) -> None:
        self._choose(turn, details)

    def ask(self, turn: Turn, details: Details) -> None:
        language = turn.language
        lines = [
            turn.wording(
                "tariff_line",
                tariff=offer["name"],
                down=number(offer["down_mbit"], language),
                up=number(offer["up_mbit"], language),
                price=money(offer["price_cents"], language),
            )
            for offer in details["offers"]
        ]
        names = [offer["name"] for offer in details["offers"]]
        buttons = [{"title": name, "payload": f'/inform{{"tariff": "{name}"}}'} for name in names]
        head = turn.wording(
            "tariff_choose", old=details["old"], price=money(details["old_cents"], language), address=details["address"]
        )
        turn.say_text("\n".join([head, *lines]), buttons=[*buttons, turn.person()])

    async def take(self, turn: Turn, details: Details) -> bool:
        self._choose(turn, details)
        if self.name in details:
            return True
        if self.is_plain_answer(turn, details):
            turn.say("tariff_unclear")  # understood, but not to be had: the question is put again
            return True
        return False

    def explain(self, turn: Turn, details: Details) -> None:
        turn.say("tariff_unclear")
        self.ask(turn, details)

    def is_plain_answer(self, turn: Turn, details: Details) -> bool:
        named = turn.entity("tariff") is not None or turn.entity("speed") is not None
        return named or bool(_CHEAPEST.search(turn.text) or _FASTEST.search(turn.text))

    def _choose(self, turn: Turn, details: Details) -> None:
        offer = _meant(turn, details)
        if offer is not None:
            starts = _first_of_next_month(today())
            details["starts"] = starts.isoformat()
            details["term_end"] = (add_months(starts, offer["term_months"]) - timedelta(days=1)).isoformat()
            details["offer"] = offer
            details[self.name] = offer["name"]


def _meant(turn: Turn, details: Details) -> dict[str, Any] | None:
    """The offer that was named, by its name or by its speed alone if that tells one."""
    offers: list[dict[str, Any]] = details["offers"]
    if named := turn.entity("tariff"):
        return next((offer for offer in offers if offer["name"] == named), None)
    if not turn.from_button and offers:
        if _CHEAPEST.search(turn.text):
            return min(offers, key=lambda offer: (offer["price_cents"], -offer["down_mbit"]))
        if _FASTEST.search(turn.text):
            return max(offers, key=lambda offer: (offer["down_mbit"], -offer["price_cents"]))
    if speed := turn.entity("speed"):
        fast = [offer for offer in offers if str(offer["down_mbit"]) == speed]
        return fast[0] if len(fast) == 1 else None
    return None


def _summary(turn: Turn, details: Details) -> dict[str, object]:
    language, offer = turn.language, details["offer"]
    return {
        "number": details["contract_number"],
        "old": details["old"],
        "old_price": money(details["old_cents"], language),
        "new": offer["name"],
        "down": number(offer["down_mbit"], language),
        "up": number(offer["up_mbit"], language),
        "price": money(offer["price_cents"], language),
        "setup": money(offer["setup_cents"], language),
        "start": day(date.fromisoformat(details["starts"]), language),
        "end": day(date.fromisoformat(details["term_end"]), language),
    }


class OrderConfirm(Confirm):
    """The contract summary of § 54 TKG, then the question: who says yes has seen the summary."""

    async def prepare(self, turn: Turn, details: Details) -> None:
        sheet, company = await turn.crm.product_sheet(details["tariff"]), await turn.crm.contact_info()
        details["sources"] = [law.source(turn, "54")]
        details["speeds"] = turn.wording("law_54_speeds_unknown")
        if sheet is not None:
            values = {"normal": sheet.value.normal_mbit, "least": sheet.value.min_mbit}
            details["speeds"] = turn.wording("law_54_speeds", **values)
            details["sources"].append(turn.source("product_sheet", sheet))
        details["company"] = dict.fromkeys(("company", "mail", "phone"), "–")
        if company is not None:
            known = company.value
            details["company"] = {"company": known.company, "mail": known.mail, "phone": spoken_phone(known.phone)}
            details["sources"].append(turn.source("company", company))

    def ask(self, turn: Turn, details: Details) -> None:
        turn.say_text(_contract_summary(turn, details), sources=details["sources"])
        super().ask(turn, details)


def _contract_summary(turn: Turn, details: Details) -> str:
    known = {"address": details["address"], "speeds": details["speeds"], **details["company"]}
    today_said = day(today(), turn.language)
    return turn.wording("law_54_summary", today=today_said, **known, **_summary(turn, details))


class TariffChange(AccountService, Detailed):
    """Another tariff for a running contract."""

    action_name = "action_tariff_change"
    intent = "tariff_change"
    naming = ("contract_number", "tariff")
    fields = (TariffField(), OrderConfirm("tariff_confirm", _summary))

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
            said = {"tariff": tariff} if (tariff := turn.entity("tariff")) else {}
            offer_contracts(turn, contracts, self.intent, said)
            return []
        return await self._offer(turn, contracts[0])

    async def _offer(self, turn: Turn, fact: Fact[Contract]) -> list[Event]:
        contract = fact.value
        tariffs = await turn.crm.tariffs_at(contract.address)
        others = [tariff for tariff in tariffs if tariff.value.name != contract.tariff]
        if not others:
            hits = await turn.crm.find_addresses(contract.address.line, limit=1)
            at_home = json.dumps({"address_key": hits[0].key}) if hits and hits[0].complete else ""
            fiber = turn.button("intent_title_fiber_availability", f"/fiber_availability{at_home}")
            turn.say("tariff_none", sources=[turn.source("contract", fact)], buttons=[fiber, turn.person()])
            return []
        return self.ask_for(
            {
                "contract_number": fact.record,
                "old": contract.tariff,
                "old_cents": contract.price_cents,
                "address": contract.address.line,
                "offers": [_offer(tariff.value) for tariff in others[-CHOICES:]],
            }
        )

    async def _order(self, turn: Turn, customer: Fact[Customer], details: Details) -> list[Event]:
        values = _summary(turn, details)
        placed = await turn.crm.place_order(
            NewOrder(
                kind="tariff_change",
                product=details["offer"]["name"],
                customer_number=customer.record,
                contract_number=details["contract_number"],
                expected_on=date.fromisoformat(details["starts"]),
                note=f"{details['old']} -> {details['offer']['name']}, confirmed in the chat",
                next_step=bilingual(turn, "tariff_next_step"),
            ),
            letter(turn, "tariff", name=customer.value.name, summary=_contract_summary(turn, details), **values),
            idempotency_key=self.key(turn),
        )
        source = [turn.source("order", placed.order)]
        order = placed.order.value
        if placed.created:
            until = day(order.withdrawal_until, turn.language)
            turn.say("tariff_ordered", order=order.number, until=until, sources=source, **values)
        else:
            turn.say("order_open_already", order=order.number, product=order.product, sources=source)
        return self.done()


def _offer(tariff: Tariff) -> dict[str, Any]:
    return {name: getattr(tariff, name) for name in tariff.__struct_fields__}


def _first_of_next_month(day: date) -> date:
    return add_months(day.replace(day=1), 1)
