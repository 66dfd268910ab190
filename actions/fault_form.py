"""The form that leads from "it does not work" to a fault that the team can work on.

Which line, what does not work, a short check that fits the technology (`line_check`), and a summary that the customer
confirms before anything is opened. Any description is an answer; a line that works again ends the form well.
"""

from __future__ import annotations

import json
from typing import Any

from actions.choices import SUMMARY, YES, agreed, button, choice, new_summary, yes_and_no
from actions.crm.models import Contract
from actions.fault_summary import FAULT_KINDS, summary
from actions.form import Ask, Done, Form, Step
from actions.line_check import (
    ALREADY,
    DONE,
    NO_HELP,
    QUESTIONS,
    SKIP,
    WORKS,
    next_step,
    question_key,
    read,
    says_all_done,
    told_before,
)
from actions.lines import ask_line, line, line_named, lines_of_customer
from actions.phrases import fault_kind_in
from actions.turn import Button, Turn

LINE, KIND, CHECK, CONFIRM = "fault_line", "fault_kind", "fault_check", "fault_confirm"
# The step of the check that is open. A form forgets the slot it asks for whenever it asks again.
STEP = "fault_step"
# A description travels to the team as it is, cut to this many characters.
LONGEST_DESCRIPTION = 1000
# Words of an answer that comes with no request of its own.
_FEW_WORDS = 6
# Of the requests that describe a fault, those with an answer of their own.
_SUBJECTS = frozenset({"outage_info", "router_help", "slow_internet"})
# What says nothing of its own while a step of the check is open.
_OF_THIS_FORM = frozenset({"affirm", "deny", "inform", "nlu_fallback", "thank", "goodbye"})


class FaultForm(Form):
    """Line, kind, check, confirmation."""

    action_name = "validate_fault_form"
    slots = (LINE, KIND, CHECK, CONFIRM)
    own_intents = frozenset({"report_fault", "slow_internet", "router_help", "outage_info"})

    async def open(self, turn: Turn) -> Step:
        contracts = await lines_of_customer(turn)
        if not contracts:  # the proof of identity has run out: the service asks for it again
            return Done(serve=True)
        if len(contracts) > 1 and turn.slot(LINE) not in {fact.record for fact in contracts}:
            ask_line(turn, contracts)
            return Ask(LINE)
        contract = line(contracts, turn.slot(LINE)).value
        if begun := turn.slot(KIND):  # left for another subject
            return self._go_on(turn, contract, begun, json.loads(turn.slot("fault_answers") or "{}"), {})
        return self._on_from_line(turn, contract)

    def is_plain_answer(self, turn: Turn, slot: str) -> bool:
        if slot == CONFIRM:
            return agreed(turn) is not None
        if slot != CHECK:
            return False
        found = read(turn.slot(STEP) or "", turn.text)
        # In a request for something else, only few words that cannot mean anything else count.
        loose = turn.intent in _OF_THIS_FORM or turn.intent in self.own_intents
        sure = found in {WORKS, ALREADY, NO_HELP, SKIP} and len(turn.text.split()) <= _FEW_WORDS
        return turn.intent == "deny" or (found is not None and (loose or sure))

    def _is_something_else(self, turn: Turn, slot: str) -> bool:
        """Once the check has begun, a question about outages or a device is one, unless it answers the step."""
        if turn.intent in _SUBJECTS and (turn.from_button or slot in {CHECK, CONFIRM}):
            return turn.from_button or not self.is_plain_answer(turn, slot)
        return super()._is_something_else(turn, slot)

    async def take(self, turn: Turn, slot: str) -> Step | None:
        contracts = await lines_of_customer(turn)
        if not contracts:
            return Done(serve=True)
        if slot == LINE:
            named = line_named(turn, contracts)
            return None if named is None else self._on_from_line(turn, named.value)
        contract = line(contracts, turn.slot(LINE)).value
        if slot == KIND:
            return self._take_kind(turn, contract)
        if slot == CHECK:
            return self._take_check(turn, contract)
        return self._take_confirmation(turn)

    def ask(self, turn: Turn, slot: str) -> None:
        if slot == KIND:
            turn.say("fault_ask_kind", buttons=self._kinds(turn))
        elif slot == CHECK:
            self._ask_step(turn, turn.slot(STEP) or "restart", turn.slot("fault_technology") or "dsl")
        elif slot == CONFIRM:
            turn.say("fault_confirm_again", buttons=yes_and_no(turn, turn.slot(SUMMARY) or ""))
        else:
            turn.say("fault_line_again", buttons=[turn.person()])

    def explain(self, turn: Turn, slot: str) -> None:
        if slot == KIND:
            turn.say("fault_kind_unclear", buttons=self._kinds(turn))
        elif slot == CHECK:
            turn.say("check_unclear", buttons=_step_buttons(turn, turn.slot(STEP) or "restart"))
        else:
            self.ask(turn, slot)

    def _on_from_line(self, turn: Turn, contract: Contract) -> Step:
        memory: dict[str, Any] = {LINE: contract.number, "fault_technology": contract.technology}
        described = turn.slot("fault_text")
        kind = fault_kind_in(described) if described else "other"
        if kind == "other":
            turn.say("fault_ask_kind", buttons=self._kinds(turn))
            return Ask(KIND, {**memory, "fault_text": None})
        return self._on_from_kind(turn, contract, kind, told_before(described or ""), memory)

    # --- what does not work ---

    def _take_kind(self, turn: Turn, contract: Contract) -> Step | None:
        chosen = choice(turn)
        if chosen in FAULT_KINDS:
            return self._on_from_kind(turn, contract, chosen, {}, {})
        if turn.from_button or turn.intent in {"affirm", "deny"}:
            return None
        described = turn.text[:LONGEST_DESCRIPTION]
        memory = {"fault_text": described}
        return self._on_from_kind(turn, contract, fault_kind_in(described), told_before(described), memory)

    def _on_from_kind(
        self, turn: Turn, contract: Contract, kind: str, answers: dict[str, str], memory: dict[str, Any]
    ) -> Step:
        if kind == "internet_slow":  # no fault until it has been measured: another service goes on
            return Done(serve=True, memory={**memory, LINE: contract.number, KIND: kind})
        return self._go_on(turn, contract, kind, answers, {**memory, KIND: kind})

    # --- the check ---

    def _take_check(self, turn: Turn, contract: Contract) -> Step | None:
        step = turn.slot(STEP) or ""
        answer = choice(turn) or (None if turn.from_button else self._read(turn, step))
        if answer is None:
            return None
        if answer == WORKS:
            turn.say("fault_solved")
            return Done(serve=False, memory=self._forgotten())
        if answer == DONE:
            turn.say("check_did_it_help", buttons=_step_buttons(turn, step))
            return Ask(CHECK)
        answers = {**json.loads(turn.slot("fault_answers") or "{}"), step: answer}
        kind = turn.slot(KIND) or "other"
        if answer == ALREADY and not turn.from_button and says_all_done(turn.text):
            while (left := next_step(kind, contract.technology, answers)) is not None:
                answers[left] = ALREADY
        return self._go_on(turn, contract, kind, answers, {})

    @staticmethod
    def _read(turn: Turn, step: str) -> str | None:
        found = read(step, turn.text)
        if found is None and step not in QUESTIONS:
            return {"affirm": WORKS, "deny": NO_HELP}.get(turn.intent or "")
        return found

    def _go_on(
        self, turn: Turn, contract: Contract, kind: str, answers: dict[str, str], memory: dict[str, Any]
    ) -> Step:
        memory = {**memory, "fault_answers": json.dumps(answers)}
        step = next_step(kind, contract.technology, answers)
        if step is not None:
            self._ask_step(turn, step, contract.technology)
            return Ask(CHECK, {**memory, STEP: step})
        described = memory.get("fault_text") or turn.slot("fault_text")
        told = summary(turn.context.wording, turn.language, contract, kind, answers, described)
        shown = new_summary(turn)
        turn.say("fault_confirm", summary=told, buttons=yes_and_no(turn, shown))
        return Ask(CONFIRM, {**memory, SUMMARY: shown})

    @staticmethod
    def _ask_step(turn: Turn, step: str, technology: str) -> None:
        turn.say(question_key(step, technology), buttons=_step_buttons(turn, step))

    # --- the confirmation ---

    def _take_confirmation(self, turn: Turn) -> Step | None:
        answer = agreed(turn)
        if answer is None:
            return None
        if answer:
            return Done(serve=True, memory={CONFIRM: YES})
        turn.say("fault_not_opened", buttons=[turn.person()])
        return Done(serve=False, memory=self._forgotten())

    def _forgotten(self) -> dict[str, None]:
        return dict.fromkeys((*self.slots, STEP, "fault_answers", "fault_text", "fault_technology", "form_misses"))

    @staticmethod
    def _kinds(turn: Turn) -> list[Button]:
        return [*(button(turn, f"fault_kind_{kind}", kind) for kind in FAULT_KINDS), turn.person()]


def _step_buttons(turn: Turn, step: str) -> list[Button]:
    """Every step can be answered with "I did that already", in words that fit it."""
    if step in QUESTIONS:
        answers = [button(turn, f"check_answer_{answer}", answer) for answer in QUESTIONS[step]]
        return [*answers, button(turn, "check_answer_checked", ALREADY), turn.person()]
    answers = [button(turn, f"check_answer_{answer}", answer) for answer in (WORKS, NO_HELP, ALREADY, SKIP)]
    return [*answers, turn.person()]
