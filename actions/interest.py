"""People who want to hear more: an offer, or news whenever the build-out at their address moves.

Only a mail address is asked for, and nothing is kept or sent without a yes to exactly that. News wait for the
confirmation by mail, and every mail ends them with one click.
"""

from __future__ import annotations

from typing import cast

from actions.crm.errors import CrmRejected
from actions.crm.interest_models import NewInterest, Wish
from actions.crm.models import AddressHit
from actions.details import Declined, Details, Field
from actions.letters import letter
from actions.phrases import has_nothing_at_hand, identifier_in, is_only_identifier
from actions.turn import Button, Turn
from bot.service.updates import end_link, page_link

WISHES: tuple[Wish, ...] = ("updates", "offer")


class EmailField(Field):
    """A mail address; a proven customer's is known."""

    name = "email"

    async def prepare(self, turn: Turn, details: Details) -> None:
        customer = await turn.proven_customer()
        if customer is not None and customer.value.email is not None:
            details[self.name] = customer.value.email

    def ask(self, turn: Turn, details: Details) -> None:
        turn.say("updates_ask_email", buttons=[turn.person()])

    async def take(self, turn: Turn, details: Details) -> bool:
        found = None if turn.from_button else identifier_in(turn.text)
        if found is None and not turn.from_button and has_nothing_at_hand(turn.text):
            back = turn.button("intent_title_callback_request", "/callback_request")
            turn.say("updates_no_email", buttons=[back, turn.person()])
            raise Declined
        if found is None or found.kind != "email":
            return False
        details[self.name] = found.value
        return True

    def explain(self, turn: Turn, details: Details) -> None:
        turn.say("updates_email_unclear", buttons=[turn.person()])

    def is_plain_answer(self, turn: Turn, details: Details) -> bool:
        return is_only_identifier(turn.text) or (self.name not in details and has_nothing_at_hand(turn.text))


def begun(hit: AddressHit, wish: str) -> Details:
    """What is known before anything was asked."""
    return {"address_key": hit.key, "address": hit.address.line, "wish": wish}


def summary(turn: Turn, details: Details) -> dict[str, object]:
    return {"email": details["email"], "address": details["address"]}


def wish_button(turn: Turn, wish: Wish) -> Button:
    """Asks for it at the address last talked about."""
    return turn.button(f"button_{wish}", f'/fiber_progress{{"wish": "{wish}"}}')


async def register(turn: Turn, details: Details, key: str) -> None:
    """Enter what was confirmed, and say what happens next."""
    wish, url = cast(Wish, details["wish"]), turn.context.settings.public_url
    links = {"page": page_link(url, "{token}"), "end": end_link(url, "{token}")}
    new = NewInterest(wish=wish, email=details["email"], address_key=details["address_key"], language=turn.language)
    try:
        entered = await turn.crm.register_interest(
            new, letter(turn, wish, address=details["address"], **links), idempotency_key=key
        )
    except CrmRejected:
        turn.say("updates_not_entered", buttons=[turn.person()])
        return
    text = turn.wording(f"updates_registered_{wish}", number=entered.record, email=details["email"])
    if turn.context.settings.demo:
        text += "\n" + turn.wording("updates_demo_outbox", address=f"{url}/demo/outbox")
    turn.say_text(text, sources=[turn.source("interest", entered)])
