"""Changing contact data: a new mail address or phone number, proven twice.

The customer has proven who they are; the new mail address or phone is confirmed by a code that goes there; the old one
gets a notice, so that a change that was not theirs is seen.
"""

from __future__ import annotations

from typing import cast

from actions.base import AccountService
from actions.crm.contract_models import ContactChanged
from actions.crm.errors import CrmRejected
from actions.crm.models import Customer, Fact, Identifier, IdentifierKind, Locked, Wrong
from actions.details import Confirm, Declined, Detailed, Details, Field
from actions.letters import letter
from actions.phrases import code_in, identifier_in, is_code, is_only_identifier
from actions.turn import Event, Turn


class ContactField(Field):
    """The new mail address or phone number."""

    name = "contact"

    async def prepare(self, turn: Turn, details: Details) -> None:
        if turn.intent == "contact_change":
            self._read(turn, details)

    def ask(self, turn: Turn, details: Details) -> None:
        turn.say("contact_ask", buttons=[turn.person()])

    async def take(self, turn: Turn, details: Details) -> bool:
        self._read(turn, details)
        return self.name in details

    def explain(self, turn: Turn, details: Details) -> None:
        turn.say("contact_unclear", buttons=[turn.person()])

    def is_plain_answer(self, turn: Turn, details: Details) -> bool:
        return is_only_identifier(turn.text)

    def _read(self, turn: Turn, details: Details) -> None:
        found = None if turn.from_button else identifier_in(turn.text)
        if found is not None and found.kind in ("email", "phone"):
            details["kind"], details[self.name] = found.kind, found.value


class ContactCodeField(Field):
    """The code that went to the new address; the right one makes the change."""

    name = "changed"

    async def prepare(self, turn: Turn, details: Details) -> None:
        if details.get("code_sent"):
            return
        customer = await _customer(turn)
        new = Identifier(kind=cast(IdentifierKind, details["kind"]), value=details["contact"])
        try:
            sent = await turn.crm.start_contact_change(
                customer.record,
                new,
                letter(turn, "contact_code", code="{code}"),
                idempotency_key=f"{turn.conversation_id}:{turn.turn_id}",
            )
        except CrmRejected:
            turn.say("contact_unusable", contact=details["contact"], buttons=[turn.person()])
            raise Declined from None
        if sent.result == "limited":
            turn.say("identity_limited", buttons=[turn.person()])
            raise Declined
        details["code_sent"] = True

    def ask(self, turn: Turn, details: Details) -> None:
        text = turn.wording("contact_ask_code", contact=details["contact"])
        if turn.context.settings.demo:
            outbox = f"{turn.context.settings.public_url}/demo/outbox"
            text += "\n" + turn.wording("identity_demo_outbox", address=outbox)
        turn.say_text(text, buttons=[turn.person()])

    async def take(self, turn: Turn, details: Details) -> bool:
        code = None if turn.from_button else code_in(turn.text)
        if code is None:
            return False
        customer = await _customer(turn)
        result = await turn.crm.confirm_contact_change(
            customer.record,
            code,
            letter(turn, "contact_changed", name=customer.value.name, contact=details["contact"]),
            attempt=turn.turn_id,
        )
        if isinstance(result, ContactChanged):
            details[self.name] = True
            return True
        if isinstance(result, Wrong):
            turn.say("contact_code_wrong", left=result.attempts_left)
            return True  # used, though not right: the question is put again
        turn.say("contact_code_locked" if isinstance(result, Locked) else "contact_code_expired")
        raise Declined

    def is_plain_answer(self, turn: Turn, details: Details) -> bool:
        return is_code(turn.text)


async def _customer(turn: Turn) -> Fact[Customer]:
    """The customer, whose proof has not ended meanwhile.

    Raises:
        Declined: it has.
    """
    customer = await turn.proven_customer()
    if customer is None:
        turn.say("contact_code_expired")
        raise Declined
    return customer


def _summary(turn: Turn, details: Details) -> dict[str, object]:
    return {"contact": details["contact"]}


class ContactChange(AccountService, Detailed):
    """A new mail address or phone number; everything else is a person's work."""

    action_name = "action_contact_change"
    intent = "contact_change"
    fields = (ContactField(), Confirm("contact_confirm_{kind}", _summary), ContactCodeField())

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        details = self.given(turn)
        if details is None:
            return self.ask_for({"customer": customer.record})
        turn.say("contact_changed", contact=details["contact"], sources=[turn.source("account", customer)])
        return self.done()
