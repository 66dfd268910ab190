"""Proof of identity: whatever the customer has at hand, then a one-time code sent to the contact on file.

Whoever is vouched for meanwhile, by the portal or the channel, is asked for nothing more.
Guarantee: nothing said here depends on whether a customer exists. The proof itself is kept by the customer data
system, per conversation and session; no slot holds it. The third wrong code hands over to a person.
"""

from __future__ import annotations

from typing import cast

from actions.crm.models import Expired, Identifier, IdentifierKind, Locked, Proven, Wrong
from actions.form import Ask, Done, Form, Step
from actions.phrases import (
    code_in,
    gave_wrong_one,
    has_nothing_at_hand,
    identifier_in,
    is_code,
    is_only_identifier,
    wants_new_code,
)
from actions.turn import Turn

IDENTIFIER = "identifier"
CODE = "code"
# Payload values of the buttons under a request for the code.
NEW_CODE = "new"
OTHER_IDENTIFIER = "identifier"


class IdentityForm(Form):
    """Customer number, phone or e-mail; then the six-digit code."""

    action_name = "validate_identity_form"
    slots = (IDENTIFIER, CODE)

    async def open(self, turn: Turn) -> Step:
        identifier = _identifier(turn)
        if identifier is not None:
            return await self._send_code(turn, identifier)
        # Back from another subject with a code on its way: go on there.
        slot = CODE if turn.slot(IDENTIFIER) else IDENTIFIER
        self.ask(turn, slot)
        return Ask(slot, {CODE: None})

    def is_plain_answer(self, turn: Turn, slot: str) -> bool:
        if slot == CODE:
            return is_code(turn.text) or wants_new_code(turn.text) or gave_wrong_one(turn.text)
        return _names_place_of_fault(turn) or is_only_identifier(turn.text) or has_nothing_at_hand(turn.text)

    async def take(self, turn: Turn, slot: str) -> Step | None:
        order = turn.entity("order_number")
        if order is not None and turn.slot("pending") == "action_order_status":
            # Who is not a customer yet has an order number only; the service knows the way on.
            return Done(serve=True, memory={**self._forgotten(), "asked_for": order})
        if slot == CODE:
            return await self._take_code(turn)
        identifier = _identifier(turn)
        if identifier is not None:
            return await self._send_code(turn, identifier)
        if _names_place_of_fault(turn):
            # An outage there is told without any proof; the service asks for one again if there is none.
            return Done(serve=True, memory=self._forgotten())
        return None

    def ask(self, turn: Turn, slot: str) -> None:
        if slot == CODE:
            turn.say("identity_ask_code", buttons=self._code_buttons(turn))
        else:
            turn.say("identity_ask_identifier", buttons=[turn.person()])

    def explain(self, turn: Turn, slot: str) -> None:
        if slot == CODE:
            turn.say("identity_code_unclear", buttons=self._code_buttons(turn))
        elif has_nothing_at_hand(turn.text):
            turn.say("identity_other_ways", buttons=[turn.person()])
        else:
            turn.say("identity_identifier_unclear", buttons=[turn.person()])

    def give_up(self, turn: Turn, slot: str) -> None:
        if slot == IDENTIFIER and has_nothing_at_hand(turn.text):
            turn.hand_over("bot_decision", "customer has no number, phone or e-mail address at hand")
        else:
            super().give_up(turn, slot)

    async def _send_code(self, turn: Turn, identifier: Identifier, *, again: bool = False) -> Step:
        if await turn.proven_customer() is not None:
            return Done(serve=True, memory=self._forgotten())
        started = await turn.crm.start_proof(turn.conversation_id, turn.session, identifier, turn.language)
        turn.note_identity(await turn.crm.identity(turn.conversation_id, turn.session))
        if started.result == "limited":
            turn.say("identity_limited", buttons=[turn.person()])
            return Done(serve=False, memory=self._forgotten())
        text = turn.wording("identity_code_again" if again else f"identity_code_sent_{started.medium or 'either'}")
        if turn.context.settings.demo:
            outbox = f"{turn.context.settings.public_url}/demo/outbox"
            text = f"{text}\n{turn.wording('identity_demo_outbox', address=outbox)}"
        turn.say_text(text, buttons=self._code_buttons(turn))
        return Ask(CODE, {IDENTIFIER: f"{identifier.kind}:{identifier.value}"})

    async def _take_code(self, turn: Turn) -> Step | None:
        request = turn.entity("code_request")
        if request == OTHER_IDENTIFIER:
            self.ask(turn, IDENTIFIER)
            return Ask(IDENTIFIER)
        if not turn.from_button and gave_wrong_one(turn.text) and _identifier(turn) is None:
            self.ask(turn, IDENTIFIER)
            return Ask(IDENTIFIER)
        if turn.entity("code") or is_code(turn.text):
            return await self._check(turn, turn.entity("code") or code_in(turn.text) or "")
        other = _identifier(turn)
        if other is not None:
            return await self._send_code(turn, other)
        if not turn.from_button and (code := code_in(turn.text)) is not None:
            return await self._check(turn, code)
        if request == NEW_CODE or (not turn.from_button and wants_new_code(turn.text)):
            return await self._send_again(turn)
        return None

    async def _send_again(self, turn: Turn) -> Step:
        kind, _, value = (turn.slot(IDENTIFIER) or "").partition(":")
        if not value:
            self.ask(turn, IDENTIFIER)
            return Ask(IDENTIFIER)
        return await self._send_code(turn, Identifier(kind=cast(IdentifierKind, kind), value=value), again=True)

    async def _check(self, turn: Turn, code: str) -> Step:
        if await turn.proven_customer() is not None:
            return Done(serve=True, memory=self._forgotten())
        result = await turn.crm.check_code(turn.conversation_id, turn.session, code, attempt=turn.turn_id or None)
        if isinstance(result, Proven):
            turn.note_customer(result.customer.value, "proven")
            turn.say("identity_proven")
            return Done(serve=True, memory=self._forgotten())
        if isinstance(result, Locked):
            turn.say("identity_locked")
            turn.hand_over("identity_failed")
            return Done(serve=False, memory=self._forgotten())
        if isinstance(result, Wrong):
            key = "identity_code_wrong_last" if result.attempts_left == 1 else "identity_code_wrong"
            turn.say(key, left=result.attempts_left, buttons=self._code_buttons(turn))
        elif isinstance(result, Expired):
            turn.say("identity_code_expired", buttons=self._code_buttons(turn))
        return Ask(CODE)

    @staticmethod
    def _code_buttons(turn: Turn) -> list[dict[str, str]]:
        return [
            turn.button("button_new_code", f'/inform{{"code_request": "{NEW_CODE}"}}'),
            turn.button("button_other_identifier", f'/inform{{"code_request": "{OTHER_IDENTIFIER}"}}'),
            turn.person(),
        ]


def _names_place_of_fault(turn: Turn) -> bool:
    named = turn.entity("postcode") is not None or turn.entity("street") is not None
    return named and turn.slot("pending") == "action_report_fault" and not turn.from_button


def _identifier(turn: Turn) -> Identifier | None:
    """What the customer named: by entity, else by its shape in the text."""
    if number := turn.entity("customer_number"):
        return Identifier(kind="number", value=number)
    if email := turn.entity("email"):
        return Identifier(kind="email", value=email)
    if phone := turn.entity("phone"):
        return Identifier(kind="phone", value=phone)
    return None if turn.from_button else identifier_in(turn.text)
