"""The abstract action that all others build on.

Guarantee: an action answers, or it fails visibly. If the customer data system is away, the customer is told so and
offered a person and another try: that is an answer. Every other exception leaves the action server as HTTP 500, which
fails the turn, so that nothing half done is kept.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.context import Context, process_context
from actions.crm.errors import CrmUnavailable
from actions.crm.models import Customer, Fact, IdentityLevel
from actions.turn import Event, Turn
from actions.work import work_so_far
from bot.conversation.accounts import names_account

# Values of the slot `next_step` besides the names of forms and services; the rules read it.
LISTEN = "listen"
# What a message named, for the button that tries again.
REPEATED = (
    *("postcode", "street", "house_number", "place", "address_key", "fault_scope"),
    *("invoice_number", "date", "ticket_number", "order_number"),
)


# What was begun and left for another subject: asked again with this scope, it goes on where it was.
GO_ON = "go_on"
_RESUMABLE = {"fault_form": "report_fault"}


class KlartextAction(Action, ABC):
    """An action with a name, a turn and a report."""

    action_name: ClassVar[str]
    # How sure it must be who speaks before this action does its work; see `docs/self-service.md`.
    identity: ClassVar[IdentityLevel]

    def __init__(self, context: Context | None = None) -> None:
        self._context = context

    def name(self) -> str:
        return self.action_name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Event]:
        turn = Turn(dispatcher, tracker, self._context or process_context())
        if names_account(turn.text) and turn.begins(self.action_name):
            turn.say("account_masked")
        away = False
        try:
            events = await self.act(turn)
        except CrmUnavailable:
            events, away = self.when_away(turn), True
        if not self.action_name.startswith("validate_"):
            turn.offer_further()
        words, before = turn.context.wording, work_so_far(turn.context.wording, turn.slots_after([]))
        # What could not be written is still there for a case, also where it is asked for again.
        turn.send_report(work=before if away else work_so_far(words, turn.slots_after(events)), before=before)
        return events

    @abstractmethod
    async def act(self, turn: Turn) -> list[Event]:
        """Answer the turn; returns the events for the tracker."""

    def when_away(self, turn: Turn) -> list[Event]:
        """The customer data system does not answer: say so, offer a person."""
        turn.say("crm_unavailable", buttons=[turn.person()])
        return []


class Service(KlartextAction):
    """An action that serves a request. It leaves any form, and tells the rules in `next_step` how to go on.

    A service that lacks something returns `self.ask_with(form)`; when the form is done, the rules call the service
    again, and `resumed` tells it so.
    """

    intent: ClassVar[str]
    # Whether what a form brought is used by the button that tries again after the customer data system was away.
    tried_again: ClassVar[bool] = False

    async def act(self, turn: Turn) -> list[Event]:
        events = leave_forms(turn) + self.with_next_step(await self.serve(turn))
        return events + self._come_back(turn, events)

    def _come_back(self, turn: Turn, events: list[Event]) -> list[Event]:
        """Once another subject is answered, offer to go on with what was left for it."""
        left = _RESUMABLE.get(turn.form or "") or turn.slot("left_open")
        if left in {None, self.intent}:
            return [SlotSet("left_open", None)] if left else []
        answered = SlotSet("next_step", LISTEN) in events
        if not answered or turn.hands_over:
            return [SlotSet("left_open", left)]
        turn.say("come_back", buttons=[turn.button("button_go_on", f'/{left}{{"fault_scope": "{GO_ON}"}}')])
        return [SlotSet("left_open", None)]

    @abstractmethod
    async def serve(self, turn: Turn) -> list[Event]:
        """Answer the request; may return the events of `ask_with`."""

    def ask_with(self, form: str) -> list[Event]:
        """Have `form` ask for what is missing, then come back here."""
        return [SlotSet("pending", self.action_name), SlotSet("next_step", form)]

    def resumed(self, turn: Turn) -> bool:
        """Whether a form was just filled for this service, or what followed it is tried again."""
        return turn.slot("next_step") == self.action_name or turn.entity("resume") is not None

    def when_away(self, turn: Turn) -> list[Event]:
        said = said_in(turn)
        kept = []
        if self.tried_again and self.resumed(turn):
            # Trying again goes on with what the form has, and writes under the same key: it may have been written.
            said["resume"] = "yes"
            kept = [SlotSet("write_key", turn.write_key)]
        payload = f"/{self.intent}{_as_payload(said)}"
        turn.say("crm_unavailable", buttons=[turn.button("button_retry", payload), turn.case(), turn.person()])
        return leave_forms(turn) + self.with_next_step(kept)

    def with_next_step(self, events: list[Event]) -> list[Event]:
        decided = any(event.get("name") == "next_step" for event in events)
        return [
            *events,
            SlotSet("last_service", self.action_name),
            *([] if decided else [SlotSet("next_step", LISTEN)]),
        ]


class AccountService(Service):
    """A service on account data: only for customers who have proven who they are."""

    identity = "proven"
    # Entities that name one record, in order of precision.
    naming: ClassVar[tuple[str, ...]] = ()
    # Whether a blocked account is served all the same.
    serves_blocked: ClassVar[bool] = False

    async def serve(self, turn: Turn) -> list[Event]:
        customer = await turn.proven_customer()
        if customer is None:
            return [SlotSet("asked_for", self.named(turn)), *self.ask_with("identity_form")]
        if customer.value.blocked and not self.serves_when_blocked(turn):
            turn.say("account_needs_person")
            turn.hand_over("sensitive", f"{self.intent}: account {customer.record} is blocked")
            return []
        return await self.serve_customer(turn, customer)

    def serves_when_blocked(self, turn: Turn) -> bool:
        """Whether a blocked account gets this request served."""
        return self.serves_blocked

    def named(self, turn: Turn) -> str | None:
        """The record that the customer named, in this message or before the proof of identity."""
        said = next((value for name in self.naming if (value := turn.entity(name))), None)
        return said or (turn.slot("asked_for") if self.resumed(turn) else None)

    @abstractmethod
    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        """Answer the request of a proven customer."""


def said_in(turn: Turn) -> dict[str, str]:
    """What the message named that a button must not lose."""
    return {name: value for name in REPEATED if (value := turn.entity(name))}


def named_in(turn: Turn) -> str:
    """The same, behind an intent in a button's payload; empty where nothing was named."""
    return _as_payload(said_in(turn))


def _as_payload(said: dict[str, str]) -> str:
    return json.dumps(said, ensure_ascii=False) if said else ""


def leave_forms(turn: Turn) -> list[Event]:
    """Events that end the form that is being filled, if any."""
    return [ActiveLoop(None), SlotSet("requested_slot", None)] if turn.in_form else []
