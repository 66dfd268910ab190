"""Requests that need a few details and the customer's yes before anything is written.

A service names its fields in order; the last one is the confirmation, which shows everything that will be written. What
was said is kept as one slot, so what is confirmed is exactly what was shown. Guarantee: a field that the customer has
answered is never asked again; without a clear yes to the newest summary nothing is written.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from rasa_sdk.events import SlotSet

from actions import law
from actions.base import Service
from actions.choices import confirms
from actions.phrases import says_yes
from actions.turn import Button, Event, Turn

# JSON values only: they live in a slot.
Details = dict[str, Any]
Values = Callable[[Turn, Details], Mapping[str, object]]

SLOT = "details"


class Declined(Exception):
    """The customer does not want it, or it cannot be had; what there is to say has been said."""


class Field(ABC):
    """One detail. Its value is kept under its name."""

    name: ClassVar[str]
    # Requests that are an answer to this question.
    own_intents: ClassVar[frozenset[str]] = frozenset()

    def applies(self, details: Details) -> bool:
        """Whether this request needs the field."""
        return True

    def is_open(self, details: Details) -> bool:
        """Whether the field is still to be asked for."""
        return self.applies(details) and self.name not in details

    async def prepare(self, turn: Turn, details: Details) -> None:
        """Gather what the question shows. Sets the value where no question is needed."""
        return

    @abstractmethod
    def ask(self, turn: Turn, details: Details) -> None:
        """Put the question."""

    @abstractmethod
    async def take(self, turn: Turn, details: Details) -> bool:
        """Set the value from the customer's answer; False if it cannot be used.

        Raises:
            Declined: the request ends here.
        """

    def explain(self, turn: Turn, details: Details) -> None:
        """Put the question again, after an answer that could not be used."""
        self.ask(turn, details)

    def is_plain_answer(self, turn: Turn, details: Details) -> bool:
        """Whether the words are an answer by their shape, whatever intent they were read as."""
        return False


class Confirm(Field):
    """The summary `key`, with Yes and No; `{name}` in the key stands for a detail. An old Yes, to another summary,
    confirms nothing."""

    name = "confirmed"

    def __init__(self, key: str, values: Values, *, section: str | None = None) -> None:
        """`section`: of the law that the summary rests on."""
        self._key = key
        self._values = values
        self._section = section

    def ask(self, turn: Turn, details: Details) -> None:
        yes = f'/affirm{{"confirm": "{fingerprint(details)}"}}'
        answers = [turn.button("button_yes", yes), turn.button("button_no", "/deny")]
        buttons: list[Button] = [*answers, *self.more_buttons(turn), turn.person()]
        sources = [] if self._section is None else [law.source(turn, self._section)]
        turn.say(self._key.format_map(details), buttons=buttons, sources=sources, **self._values(turn, details))

    def more_buttons(self, turn: Turn) -> list[Button]:
        """Other ways on than yes and no."""
        return []

    async def take(self, turn: Turn, details: Details) -> bool:
        if turn.intent == "deny":
            turn.say("details_declined")
            raise Declined
        meant = turn.entity("confirm") if turn.from_button else fingerprint(details)
        if not confirms(turn) or meant != fingerprint(details):
            return False
        details[self.name] = True
        return True

    def explain(self, turn: Turn, details: Details) -> None:
        turn.say("details_yes_or_no")
        self.ask(turn, details)

    def is_plain_answer(self, turn: Turn, details: Details) -> bool:
        return says_yes(turn.text)


class Detailed(Service):
    """A service with fields. `ask_for` opens the form, `given` has what it brought."""

    fields: ClassVar[tuple[Field, ...]]

    def ask_for(self, details: Details) -> list[Event]:
        """Have the form ask for what `details` lacks, then come back here."""
        return [SlotSet(SLOT, json.dumps(details)), *self.ask_with("details_form")]

    def given(self, turn: Turn) -> Details | None:
        """Everything, once the customer has confirmed it."""
        details = load(turn) if self.resumed(turn) else {}
        complete = bool(details) and not any(field.is_open(details) for field in self.fields)
        return details if complete else None

    def when_away(self, turn: Turn) -> list[Event]:
        # A yes is good for the write it was given for, not for a later one.
        return [*self.done(), *super().when_away(turn)]

    @staticmethod
    def done() -> list[Event]:
        """Forget the details after they were used."""
        return [SlotSet(SLOT, None)]

    def key(self, turn: Turn) -> str:
        """The idempotency key of this turn's write."""
        return f"{turn.conversation_id}:{turn.turn_id}"


def load(turn: Turn) -> Details:
    """What the slot holds."""
    found: Details = json.loads(turn.slot(SLOT) or "{}")
    return found


def fingerprint(details: Details) -> str:
    """Tells one summary from another."""
    return hashlib.sha256(json.dumps(details, sort_keys=True).encode()).hexdigest()[:12]
