"""What all forms share: when a message is an answer, when it is something else, and how the form goes on.

A form calls its `validate_…` action for every turn it is active in: when it opens, when the customer has written, and
when it comes back after something else was answered in between. One class per form does all three and asks its own
questions. Guarantee: a person, "are you human?", help and a new request work in the middle of every form, because the
form declines such a message and the rules answer it; if the customer's words cannot be used twice in a row, a person
takes over. If the customer data system is away, the form says so and stays where it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rasa_sdk.events import SlotSet

from actions.base import LISTEN, KlartextAction
from actions.catalogue import ANSWERED_IN_BETWEEN, LEAVING, OFFERED
from actions.phrases import is_short, only_stops, says_yes
from actions.turn import Event, Turn

REQUESTED = "requested_slot"
# Never taken for an answer, whatever else the message holds.
ALWAYS_HEARD = frozenset({"talk_to_human", "bot_challenge"})


@dataclass(frozen=True)
class Ask:
    """The form goes on with this slot; its question has been put."""

    slot: str
    memory: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """The form ends. With `serve`, the service that opened it goes on; else it is the customer's turn."""

    serve: bool
    memory: dict[str, Any] = field(default_factory=dict)


Step = Ask | Done


class Form(KlartextAction, ABC):
    """The validating action of one form. Asking needs no identity; the service that goes on with the answers may."""

    identity = "none"
    # The domain's slots of this form, in the order in which they are asked for.
    slots: ClassVar[tuple[str, ...]]
    # Requests that are an answer when this form asks: "the internet is slow" to "what does not work?".
    own_intents: ClassVar[frozenset[str]] = frozenset()

    @property
    def form(self) -> str:
        return self.action_name.removeprefix("validate_")

    @abstractmethod
    async def open(self, turn: Turn) -> Step:
        """The form opens: use what the customer has said already, ask for the rest."""

    @abstractmethod
    async def take(self, turn: Turn, slot: str) -> Step | None:
        """Use the customer's answer to `slot`. None: it cannot be used."""

    @abstractmethod
    def ask(self, turn: Turn, slot: str) -> None:
        """Put the question for `slot`."""

    @abstractmethod
    def explain(self, turn: Turn, slot: str) -> None:
        """Put the question again, after an answer that could not be used, with other ways on."""

    def is_plain_answer(self, turn: Turn, slot: str) -> bool:
        """Whether the words are an answer to `slot` by their shape, whatever intent they were read as."""
        return False

    def give_up(self, turn: Turn, slot: str) -> None:
        """Hand over, because two answers in a row could not be used."""
        turn.hand_over("not_understood", f"{self.form}: {slot}")

    async def act(self, turn: Turn) -> list[Event]:
        slot = turn.slot(REQUESTED)
        if slot is None:
            return self._events(turn, await self.open(turn), None)
        repeated = turn.from_button and f"action_{turn.intent}" == turn.slot("pending")
        if repeated or self._answered_in_between(turn):
            self.ask(turn, slot)
            return self._events(turn, Ask(slot), slot)
        if self._is_refused(turn, slot):
            turn.say("form_stopped")
            return self._events(turn, Done(serve=False, memory=self._forgotten()), slot)
        if self._is_something_else(turn, slot):
            return []  # no slot is set: the form declines, and the rules answer
        step = await self.take(turn, slot)
        # A few words that ask for no service are an unclear answer: "an meine", "vielleicht".
        near = frozenset(OFFERED) if is_short(turn.text) else ANSWERED_IN_BETWEEN | LEAVING
        if (
            step is None
            and not says_yes(turn.text)
            and turn.likeliest_reading in near
            and not self.is_plain_answer(turn, slot)
        ):
            return []  # rather a request that was not surely understood: ask back about that
        if step is None:
            step = self._not_usable(turn, slot)
        elif isinstance(step, Ask):
            step = Ask(step.slot, {"form_misses": None, **step.memory})
        return self._events(turn, step, slot)

    def when_away(self, turn: Turn) -> list[Event]:
        slot = turn.slot(REQUESTED) or self.slots[0]
        turn.say("crm_unavailable_in_form", buttons=[turn.case(), turn.person()])
        return self._events(turn, Ask(slot), slot)

    def _is_refused(self, turn: Turn, slot: str) -> bool:
        """Whether the customer wants to end this: "cancel", or a plain no. "No, the other one: 2048173" answers."""
        if turn.from_button:
            return False
        refused = turn.intent == "deny" and is_short(turn.text) and not self.is_plain_answer(turn, slot)
        return refused or only_stops(turn.text)

    def _not_usable(self, turn: Turn, slot: str) -> Step:
        if turn.slot("form_misses"):
            self.give_up(turn, slot)
            return Done(serve=False, memory=self._forgotten())
        self.explain(turn, slot)
        return Ask(slot, {"form_misses": "1"})

    def _is_something_else(self, turn: Turn, slot: str) -> bool:
        intent = turn.intent
        if intent not in ALWAYS_HEARD and not turn.from_button and self.is_plain_answer(turn, slot):
            return False
        if intent in self.own_intents or f"action_{intent}" == turn.slot("pending"):
            return False
        return intent in ANSWERED_IN_BETWEEN or intent in LEAVING

    def _answered_in_between(self, turn: Turn) -> bool:
        """Whether this form has declined the customer's message already."""
        for event in turn.events_backwards():
            if event.get("event") == "user":
                return False
            if event.get("event") == "action_execution_rejected" and event.get("name") == self.form:
                return True
        return False

    def _forgotten(self) -> dict[str, Any]:
        return dict.fromkeys((*self.slots, "form_misses"))

    def _events(self, turn: Turn, step: Step, asked: str | None) -> list[Event]:
        """At least one slot besides the requested one is always set: to Rasa, that is what accepting means."""
        memory = dict(step.memory)
        if isinstance(step, Ask):
            memory.setdefault(asked or step.slot, None)
            return [*(SlotSet(name, value) for name, value in memory.items()), SlotSet(REQUESTED, step.slot)]
        memory.setdefault("form_misses", None)
        service = turn.slot("pending") if step.serve else None
        memory["next_step"] = service or LISTEN
        return [*(SlotSet(name, value) for name, value in memory.items()), SlotSet(REQUESTED, None)]
