"""Talk about the assistant itself, the company, and the way to a person.

"Are you human?" always gets the true answer. Asking for a person always works and needs no reason. These actions need
the customer data system only for the company's contact data, and go on without it.
"""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.base import LISTEN, KlartextAction, leave_forms
from actions.catalogue import CONTINUED_BY, GOES_ON_WITH, OFFERED, OFFERED_FIRST
from actions.follow_up import follow_up
from actions.payments import offer_safe_way
from actions.turn import Event, Turn
from bot.conversation.accounts import names_account
from bot.transparency.format import spoken_phone

# Requests listed in one message; the rest comes in a second one, so that both stay short.
LISTED = 12


class BotChallenge(KlartextAction):
    """The truth: a bot, no human."""

    action_name = "action_bot_challenge"
    identity = "none"

    async def act(self, turn: Turn) -> list[Event]:
        turn.say("bot_challenge", buttons=[] if turn.in_form else [turn.person()])
        return []


class WhyAnswer(KlartextAction):
    """Why the answer before was given; in general words where there was none."""

    action_name = "action_why_answer"
    identity = "none"

    async def act(self, turn: Turn) -> list[Event]:
        turn.explain("answers_come_from")
        return []


class Help(KlartextAction):
    """What the assistant can do by itself."""

    action_name = "action_help"
    identity = "none"

    async def act(self, turn: Turn) -> list[Event]:
        offers = [f"– {turn.wording(f'intent_title_{intent}')}" for intent in OFFERED]
        buttons = [turn.button(f"intent_title_{intent}", f"/{intent}") for intent in OFFERED_FIRST]
        turn.say("help", offers="\n".join(offers[:LISTED]))
        turn.say(
            "help_more",
            offers="\n".join(offers[LISTED:]),
            buttons=[] if turn.in_form else [*buttons, turn.person()],
        )
        return []


class ContactInfoShow(KlartextAction):
    """How the company can be reached; public."""

    action_name = "action_contact_info"
    identity = "none"

    async def act(self, turn: Turn) -> list[Event]:
        found = await turn.crm.contact_info()
        if found is None:
            turn.say("contact_unknown", buttons=[turn.person()])
            return []
        contact = found.value
        turn.say(
            "contact_info",
            company=contact.company,
            phone=spoken_phone(contact.phone),
            hours=contact.hours.say(turn.language),
            mail=contact.mail,
            web=contact.web,
            address=contact.address.line,
            sources=[turn.source("company", found)],
            buttons=[] if turn.in_form else [turn.person()],
        )
        return []


class Inform(KlartextAction):
    """Something was named without a request: the last service is asked again if it can use it, else the customer."""

    action_name = "action_inform"
    identity = "none"

    async def act(self, turn: Turn) -> list[Event]:
        service = turn.slot("last_service") or ""
        other, by = GOES_ON_WITH.get(service, ("", ()))
        if turn.slot("visit_about") and any(turn.entity(name) for name in by):
            return [SlotSet("asked_for", None), SlotSet("next_step", other)]
        if any(turn.entity(name) for name in CONTINUED_BY.get(service, ())):
            forgotten = [SlotSet(name, None) for name in ("address_key", "postcode", "asked_for")]
            return [*forgotten, SlotSet("next_step", service)]
        if names_account(turn.text):
            offer_safe_way(turn)
            return [SlotSet("next_step", LISTEN)]
        turn.say("inform_without_request", buttons=[turn.person()])
        return [SlotSet("next_step", LISTEN)]


class Handover(KlartextAction):
    """The customer asked for a person. The edge writes the one notice, so nothing is said here."""

    action_name = "action_handover"
    identity = "none"

    async def act(self, turn: Turn) -> list[Event]:
        turn.hand_over("customer_request")
        return leave_forms(turn)


class Goodbye(KlartextAction):
    """A farewell ends a form that is being filled."""

    action_name = "action_goodbye"
    identity = "none"

    async def act(self, turn: Turn) -> list[Event]:
        if (followed := await follow_up(turn)) is not None:
            return followed  # "bis wann denn" sounds like "bis dann"
        turn.say("goodbye")
        return leave_forms(turn)
