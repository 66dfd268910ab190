"""Orders: where each stands, what comes next, and the right of withdrawal (§ 355 BGB).

A customer's own orders need a proof of identity. Who is not a customer yet has no account to prove: for them the order
number goes with the postcode and house number it was ordered for. Somebody else's order, an order that does not exist
and an address that does not fit get the same answer. What follows there, withdrawing too, is behind buttons that only
this answer issues, and the customer data system compares the place once more.
"""

from __future__ import annotations

import json

from rasa_sdk.events import SlotSet

from actions import law
from actions.account import SHOWN, today
from actions.base import AccountService
from actions.crm.addresses import number_key, read
from actions.crm.errors import CrmRejected
from actions.crm.models import Customer, Fact, Order
from actions.details import SLOT, Confirm, Detailed, Details, Field, load
from actions.interest import EmailField
from actions.letters import letter
from actions.phrases import has_nothing_at_hand, withdraws
from actions.turn import Button, Event, Turn
from bot.transparency.format import day

FINISHED = {"done", "cancelled"}
# The way of those who are customers already.
PROVE = "prove"
# What is asked for by buttons below an order: to withdraw it, with an account or without, and the model form for it.
WITHDRAW, WITHDRAW_OPEN, FORM = "withdraw", "withdraw_open", "form"


class PlaceField(Field):
    """The place that an order number goes with."""

    name = "place"

    def applies(self, details: Details) -> bool:
        return details["do"] == "look"

    def ask(self, turn: Turn, details: Details) -> None:
        turn.say("order_ask_place", number=details["number"], buttons=self._ways(turn, details))

    async def take(self, turn: Turn, details: Details) -> bool:
        if turn.entity("order_step") == PROVE:
            details["do"] = PROVE
            return True
        said = read(turn.text)
        found = None if turn.from_button else await turn.crm.order(details["number"])
        if found is None or found.value.customer_number is not None:
            return False
        at = found.value.address
        fits = at.postcode == said.postcode and number_key(at.house_number) == number_key(said.house_number)
        if fits:
            details[self.name] = at.postcode
        return fits

    def explain(self, turn: Turn, details: Details) -> None:
        turn.say("order_place_unfit", number=details["number"], buttons=self._ways(turn, details))

    def is_plain_answer(self, turn: Turn, details: Details) -> bool:
        return read(turn.text).postcode is not None

    @staticmethod
    def _ways(turn: Turn, details: Details) -> list[Button]:
        return [turn.button("button_prove", f'/inform{{"order_step": "{PROVE}"}}'), turn.person()]


def _withdrawal(turn: Turn, details: Details) -> dict[str, object]:
    return {"number": details["number"], "product": details["product"]}


class WithdrawConfirm(Confirm):
    """Only where an order is to be withdrawn."""

    def applies(self, details: Details) -> bool:
        return details["do"] in {WITHDRAW, WITHDRAW_OPEN}


class ReceiptField(EmailField):
    """Where the confirmation goes to of a withdrawal without an account."""

    def applies(self, details: Details) -> bool:
        return details["do"] == WITHDRAW_OPEN

    def ask(self, turn: Turn, details: Details) -> None:
        turn.say("order_ask_receipt", buttons=[turn.button("button_no_email", "/deny"), turn.person()])

    async def take(self, turn: Turn, details: Details) -> bool:
        if _has_none(turn):  # nobody is kept from withdrawing for want of a mail address
            details[self.name] = None
            return True
        return await super().take(turn, details)

    def explain(self, turn: Turn, details: Details) -> None:
        turn.say("updates_email_unclear", buttons=[turn.button("button_no_email", "/deny"), turn.person()])

    def is_plain_answer(self, turn: Turn, details: Details) -> bool:
        # To the summary, a "no" is one.
        return (self.name not in details and _has_none(turn)) or super().is_plain_answer(turn, details)


def _has_none(turn: Turn) -> bool:
    return turn.intent == "deny" or has_nothing_at_hand(turn.text)


def order_payload(number: str, step: str) -> str:
    return f"/order_status{json.dumps({'order_number': number, 'order_step': step})}"


def go_on_with_withdrawal(turn: Turn) -> list[Event]:
    """What another service returns where the customer wants to withdraw: the orders go on with it."""
    order = turn.entity("order_number")
    return [
        SlotSet(SLOT, json.dumps({"do": WITHDRAW})),
        SlotSet("asked_for", order),
        SlotSet("next_step", OrderStatus.action_name),
    ]


class OrderStatus(AccountService, Detailed):
    """The named order, or the latest one; withdrawn where the customer confirms it."""

    action_name = "action_order_status"
    intent = "order_status"
    naming = ("order_number",)
    fields = (PlaceField(), ReceiptField(), WithdrawConfirm("order_withdraw_confirm", _withdrawal))

    async def serve(self, turn: Turn) -> list[Event]:
        details = self.given(turn)
        if details is not None and details["do"] == "look":
            found = await turn.crm.order(details["number"])
            if details.get("then") == WITHDRAW and found is not None and can_withdraw(found.value):
                return await self._step(turn, found.record, WITHDRAW_OPEN)
            if found is not None:
                self._tell(turn, found, WITHDRAW_OPEN)
            return self.done()
        if details is not None and details["do"] == WITHDRAW_OPEN:
            return await self._withdraw_open(turn, details)
        if details is not None and details["do"] == PROVE:
            kept = json.dumps({"do": WITHDRAW}) if details.get("then") == WITHDRAW else None
            return [SlotSet(SLOT, kept), SlotSet("asked_for", details["number"]), *self.ask_with("identity_form")]
        begun = [SlotSet(SLOT, json.dumps({"do": WITHDRAW}))] if self._says_withdraw(turn) else []
        return [*begun, *await self._serve_asked(turn)]

    async def _serve_asked(self, turn: Turn) -> list[Event]:
        named = self.named(turn)
        if turn.from_button and named is not None and turn.entity("order_step") in {WITHDRAW_OPEN, FORM}:
            return await self._step(turn, named, turn.entity("order_step") or "")
        wants_proof = turn.entity("order_step") is not None
        if named is not None and not wants_proof and await turn.proven_customer() is None:
            # Who wants to withdraw it still does once it is found.
            then = {"then": WITHDRAW} if self._wants_to_withdraw(turn) else {}
            return [SlotSet("asked_for", named), *self.ask_for({"do": "look", "number": named, **then})]
        return await super().serve(turn)

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        if (details := self.given(turn)) is not None:
            return await self._withdraw(turn, customer, details)
        account = [turn.source("account", customer)]
        orders = await turn.crm.orders(customer.record)
        if not orders:
            end = [turn.button("intent_title_contract_cancel", "/contract_cancel")]
            also = end if self._wants_to_withdraw(turn) else []
            turn.say("order_none", sources=account, buttons=[*also, turn.person()])
            return self.done()
        named = self.named(turn)
        if named is not None:
            orders = [fact for fact in orders if fact.record == named]
        if not orders:
            turn.say("order_not_yours", number=named, sources=account, buttons=[turn.person()])
            return []
        if turn.entity("order_step") == WITHDRAW or self._wants_to_withdraw(turn):
            return [*self.done(), *self._ask_to_withdraw(turn, orders)]
        unfinished = [fact for fact in orders if fact.value.status not in FINISHED]
        for fact in (unfinished or orders[:1])[:SHOWN]:
            self._tell(turn, fact, WITHDRAW)
        return []

    def serves_when_blocked(self, turn: Turn) -> bool:
        """Nobody is kept from withdrawing because of what is unpaid."""
        confirmed = (self.given(turn) or {}).get("do") == WITHDRAW
        return confirmed or turn.entity("order_step") == WITHDRAW or self._wants_to_withdraw(turn)

    def _says_withdraw(self, turn: Turn) -> bool:
        return not self.resumed(turn) and not turn.from_button and withdraws(turn.text)

    def _wants_to_withdraw(self, turn: Turn) -> bool:
        """Whether it was said in this message, or before the proof of identity."""
        return self._says_withdraw(turn) or (self.resumed(turn) and load(turn).get("do") == WITHDRAW)

    def _ask_to_withdraw(self, turn: Turn, orders: list[Fact[Order]]) -> list[Event]:
        """The one order that can be withdrawn is confirmed at once; of several, each has its button."""
        possible = [fact for fact in orders if can_withdraw(fact.value)]
        if len(possible) == 1:
            only = possible[0]
            return self.ask_for({"do": WITHDRAW, "number": only.record, "product": only.value.product})
        for fact in possible[:SHOWN]:
            self._tell(turn, fact, WITHDRAW)
        if not possible:
            turn.say(
                "order_withdraw_late",
                number=orders[0].record,
                product=orders[0].value.product,
                sources=[turn.source("order", orders[0]), law.source(turn, "355")],
                buttons=[turn.button("intent_title_contract_cancel", "/contract_cancel"), turn.person()],
            )
        return []

    async def _step(self, turn: Turn, number: str, step: str) -> list[Event]:
        """What a button below an order asks for, without a proof."""
        found = await turn.crm.order(number)
        if found is None or not can_withdraw(found.value):
            turn.say("order_withdraw_late", number=number, product=found.value.product if found else "–")
            return []
        order = found.value
        if step == WITHDRAW_OPEN:
            place = {"postcode": order.address.postcode, "house_number": order.address.house_number}
            return self.ask_for({"do": WITHDRAW_OPEN, "number": number, "product": order.product, **place})
        company = await turn.crm.contact_info()
        turn.say(
            "order_withdrawal_form",
            company="–" if company is None else company.value.company,
            address="–" if company is None else company.value.address.line,
            mail="–" if company is None else company.value.mail,
            product=order.product,
            number=number,
            ordered=day(order.ordered_on, turn.language),
            sources=[turn.source("order", found), law.source(turn, "355")],
            buttons=[turn.person()],
        )
        return []

    async def _withdraw(self, turn: Turn, customer: Fact[Customer], details: Details) -> list[Event]:
        values = _withdrawal(turn, details)
        try:
            done = await turn.crm.withdraw_order(
                details["number"],
                customer.record,
                letter(turn, "withdrawn", name=customer.value.name, today=day(today(), turn.language), **values),
                idempotency_key=self.key(turn),
            )
        except CrmRejected:
            turn.say("order_withdraw_late", buttons=[turn.person()], **values)
        else:
            turn.say("order_withdrawn", sources=[turn.source("order", done.order)], **values)
        return self.done()

    async def _withdraw_open(self, turn: Turn, details: Details) -> list[Event]:
        values, email = _withdrawal(turn, details), details["email"]
        try:
            done = await turn.crm.withdraw_open_order(
                details["number"],
                details["postcode"],
                details["house_number"],
                email,
                letter(turn, "withdrawn_open", today=day(today(), turn.language), **values),
                idempotency_key=self.key(turn),
            )
        except CrmRejected:
            turn.say("order_withdraw_late", buttons=[turn.person()], **values)
        else:
            source = [turn.source("order", done.order)]
            key = "order_withdrawn_no_mail" if email is None else "order_withdrawn_open"
            turn.say(key, **({} if email is None else {"email": email}), sources=source, **values)
        return self.done()

    def _tell(self, turn: Turn, fact: Fact[Order], step: str) -> None:
        """The order, and while it can be withdrawn the ways to do so."""
        open_to_withdraw = can_withdraw(fact.value)
        buttons = [
            turn.button("button_withdraw", order_payload(fact.record, step)),
            turn.button("button_withdrawal_form", order_payload(fact.record, FORM)),
        ]
        turn.say_text(
            self._describe(turn, fact.value),
            sources=[turn.source("order", fact), *([law.source(turn, "355")] if open_to_withdraw else [])],
            buttons=buttons if open_to_withdraw else [],
        )

    @staticmethod
    def _describe(turn: Turn, order: Order) -> str:
        language = turn.language
        parts = [
            turn.wording(
                "order_head",
                number=order.number,
                product=order.product,
                kind=turn.wording(f"order_kind_{order.kind}"),
                status=turn.wording(f"order_status_{order.status}"),
                ordered=day(order.ordered_on, language),
            ),
            turn.wording("order_next", step=order.next_step.say(language)),
        ]
        if order.status not in FINISHED:
            expected = order.expected_on
            parts.append(
                turn.wording("order_undated")
                if expected is None
                else turn.wording("order_expected", day=day(expected, language))
            )
        if can_withdraw(order):
            parts.append(_until_when(turn, order))
        return "\n".join(parts)


def can_withdraw(order: Order) -> bool:
    """Whether the right of withdrawal still runs: 14 days, which for a device begin when it has arrived."""
    return order.status != "cancelled" and (_is_on_its_way(order) or order.withdrawal_until >= today())


def _is_on_its_way(order: Order) -> bool:
    return order.kind == "device" and order.status != "done"


def _until_when(turn: Turn, order: Order) -> str:
    if _is_on_its_way(order):
        return turn.wording("law_355_delivery")
    return turn.wording("law_355_until", day=day(order.withdrawal_until, turn.language))
