"""The form that asks what does not work. The answer is the customer's consent to a fault ticket, and says so.

Any words are an answer: what is not among the choices is kept as the customer wrote it.
"""

from __future__ import annotations

from actions.faults import FAULT_KINDS
from actions.form import Ask, Done, Form, Step
from actions.phrases import fault_kind_in
from actions.turn import Turn

# A description travels to the team as it is, cut to this many characters.
LONGEST_DESCRIPTION = 1000


class FaultForm(Form):
    """One choice, or a description in the customer's own words."""

    action_name = "validate_fault_form"
    slots = ("fault_kind",)
    own_intents = frozenset({"report_fault", "slow_internet", "router_help", "outage_info"})

    async def open(self, turn: Turn) -> Step:
        self.ask(turn, "fault_kind")
        return Ask("fault_kind", {"fault_text": None})

    async def take(self, turn: Turn, slot: str) -> Step | None:
        chosen = turn.entity("fault_kind")
        if chosen in FAULT_KINDS:
            return Done(serve=True, memory={"fault_kind": chosen, "fault_text": None})
        if turn.from_button or turn.intent in {"affirm", "deny"}:
            return None
        described = turn.text[:LONGEST_DESCRIPTION]
        return Done(serve=True, memory={"fault_kind": fault_kind_in(described), "fault_text": described})

    def ask(self, turn: Turn, slot: str) -> None:
        turn.say("fault_ask_kind", buttons=self._choices(turn))

    def explain(self, turn: Turn, slot: str) -> None:
        turn.say("fault_kind_unclear", buttons=self._choices(turn))

    @staticmethod
    def _choices(turn: Turn) -> list[dict[str, str]]:
        choices = [turn.button(f"fault_kind_{kind}", f'/inform{{"fault_kind": "{kind}"}}') for kind in FAULT_KINDS]
        return [*choices, turn.person()]
