"""Changing what is on file about a customer, who has proven who they are.

A new mail address or phone is confirmed by a code that goes there, and the old one gets a notice, so that a change that
was not theirs is seen. A new name and a new postal address become a ticket: a person enters them, the name only with
the document that shows it.
"""

from __future__ import annotations

import re
from typing import cast

from actions.base import AccountService
from actions.choices import button, choice
from actions.crm.contract_models import ContactChanged
from actions.crm.errors import CrmRejected
from actions.crm.models import Customer, Fact, Identifier, IdentifierKind, Locked, NewTicket, Wrong
from actions.details import Confirm, Declined, Detailed, Details, Field
from actions.letters import letter
from actions.patterns import any_of
from actions.phrases import code_in, identifier_in, is_code, is_only_identifier
from actions.turn import Event, Turn
from bot.transparency.format import moment

# What is to be changed; the values of `what`.
CONTACT, NAME, ADDRESS = "contact", "name", "address"
# In this order: a mail address is an address, too.
_MEANT = (
    (CONTACT, any_of(r"\b(e-?mail\w*|mail\w*|telefon\w*|handy\w*|mobil\w*|\w*nummer|phone|mobile|number)\b")),
    (NAME, any_of(r"\b(\w*name[ns]?|geheiratet|heirat\w*|hochzeit|geschieden|scheidung|married|marriage|divorced)\b")),
    (ADDRESS, any_of(r"\b(anschrift|\w*adresse|\w*address)\b")),
)
_NAME_SHAPE = re.compile(r"[^\W\d_][\w'.-]*(?: [^\W\d_][\w'.-]*){1,4}")
_NO = re.compile(r"^\W*(?:nein|nö|nee|no|nope)\b\W*", re.IGNORECASE)
_LONGEST = 120


def what_in(text: str) -> str | None:
    """What the words want to have changed."""
    return next((what for what, words in _MEANT if words.search(text)), None)


def _switches(turn: Turn, details: Details) -> bool:
    """ "Nein, nur die Handynummer": something else is to be changed than was asked for; it is asked for then."""
    other = None if turn.from_button or any(sign.isdigit() for sign in turn.text) else what_in(turn.text)
    if other in {None, details["what"]}:
        return False
    details["what"] = other
    return True


def _meant(text: str) -> str:
    """The words without the "no" of a correction."""
    return _NO.sub("", text).strip(" .!")


class WhatField(Field):
    """Which of the data."""

    name = "what"
    own_intents = frozenset({"contact_change", "move_home"})

    def ask(self, turn: Turn, details: Details) -> None:
        buttons = [button(turn, f"button_change_{what}", what) for what in (CONTACT, NAME, ADDRESS)]
        turn.say("contact_ask_what", buttons=[*buttons, turn.person()])

    async def take(self, turn: Turn, details: Details) -> bool:
        what = choice(turn) if turn.from_button else what_in(turn.text)
        if what is None and not turn.from_button and identifier_in(turn.text) is not None:
            what = CONTACT
        if what in {CONTACT, NAME, ADDRESS}:
            details[self.name] = what
        return self.name in details

    def is_plain_answer(self, turn: Turn, details: Details) -> bool:
        return is_only_identifier(turn.text)


class NameField(Field):
    """The new name."""

    name = "contact"

    def applies(self, details: Details) -> bool:
        return details.get("what") == NAME

    def ask(self, turn: Turn, details: Details) -> None:
        turn.say("contact_ask_name", buttons=[turn.person()])

    async def take(self, turn: Turn, details: Details) -> bool:
        if _switches(turn, details):
            return True
        if turn.from_button or not self.is_plain_answer(turn, details):
            return False
        details["kind"], details[self.name] = NAME, _meant(turn.text)
        return True

    def is_plain_answer(self, turn: Turn, details: Details) -> bool:
        return len(turn.text) <= _LONGEST and _NAME_SHAPE.fullmatch(_meant(turn.text)) is not None


class PostalField(Field):
    """The new postal address, which may be anywhere."""

    name = "contact"

    def applies(self, details: Details) -> bool:
        return details.get("what") == ADDRESS

    def ask(self, turn: Turn, details: Details) -> None:
        turn.say("contact_ask_address", buttons=[turn.person()])

    async def take(self, turn: Turn, details: Details) -> bool:
        if _switches(turn, details):
            return True
        words = turn.text.split()
        complete = len(words) > 2 and any(sign.isdigit() for sign in turn.text)
        if turn.from_button or not complete or len(turn.text) > _LONGEST:
            return False
        details["kind"], details[self.name] = ADDRESS, _meant(turn.text)
        return True

    def is_plain_answer(self, turn: Turn, details: Details) -> bool:
        return turn.entity("street") is not None or turn.entity("postcode") is not None


class ContactField(Field):
    """The new mail address or phone number."""

    name = "contact"

    def applies(self, details: Details) -> bool:
        return details.get("what") == CONTACT

    async def prepare(self, turn: Turn, details: Details) -> None:
        if turn.intent == "contact_change":
            self._read(turn, details)

    def ask(self, turn: Turn, details: Details) -> None:
        turn.say("contact_ask", buttons=[turn.person()])

    async def take(self, turn: Turn, details: Details) -> bool:
        self._read(turn, details)
        return self.name in details or _switches(turn, details)

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

    def applies(self, details: Details) -> bool:
        return details.get("what") == CONTACT

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
    """A new mail address or phone number at once; a new name or postal address as a ticket."""

    action_name = "action_contact_change"
    intent = "contact_change"
    fields = (
        *(WhatField(), ContactField(), NameField(), PostalField()),
        *(Confirm("contact_confirm_{kind}", _summary), ContactCodeField()),
    )

    def named(self, turn: Turn) -> str | None:
        """What is to be changed, as the request said it before the proof of identity."""
        if self.resumed(turn):
            return turn.slot("asked_for")
        return None if turn.from_button else what_in(turn.text)

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        details = self.given(turn)
        if details is None:
            what = self.named(turn)
            return self.ask_for({"customer": customer.record, **({"what": what} if what else {})})
        if details["what"] != CONTACT:
            return await self._ask_team(turn, customer, details)
        turn.say("contact_changed", contact=details["contact"], sources=[turn.source("account", customer)])
        return self.done()

    async def _ask_team(self, turn: Turn, customer: Fact[Customer], details: Details) -> list[Event]:
        kind = details["kind"]
        # The team works in German, whatever the customer speaks.
        told = turn.context.wording.say(
            f"contact_ticket_{kind}", "de", name=customer.value.name, contact=details["contact"]
        )
        opened = await turn.crm.open_ticket(
            NewTicket(kind="contract", description=told, customer_number=customer.record),
            idempotency_key=self.key(turn),
        )
        company = await turn.crm.contact_info()
        turn.say(
            f"contact_asked_{kind}",
            number=opened.ticket.record,
            contact=details["contact"],
            due=moment(opened.ticket.value.due_at, turn.language),
            mail="–" if company is None else company.value.mail,
            address="–" if company is None else company.value.address.line,
            sources=[turn.source("ticket", opened.ticket)],
        )
        return self.done()
