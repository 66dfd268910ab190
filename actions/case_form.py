"""The form for a ticket that is there: the customer's words, and a summary that they confirm."""

from __future__ import annotations

from typing import Any

from actions.choices import SUMMARY, YES, agreed, new_summary, yes_and_no
from actions.form import Ask, Done, Form, Step
from actions.turn import Turn

TEXT, CONFIRM = "case_text", "case_confirm"
NOTE, REOPEN = "note", "reopen"
# What travels to the team; the customer confirms all of it.
LONGEST_NOTE = 400


class CaseForm(Form):
    """Words for the team, and yes or no."""

    action_name = "validate_case_form"
    slots = (TEXT, CONFIRM)
    # What somebody adds to a case often sounds like a request of its own.
    own_intents = frozenset(
        {
            *("report_fault", "slow_internet", "router_help", "outage_info", "complaint", "ticket_status"),
            *("appointment_show", "appointment_change", "invoice_explain", "payment_problem", "order_status"),
        }
    )

    async def open(self, turn: Turn) -> Step:
        self.ask(turn, TEXT)
        return Ask(TEXT, {CONFIRM: None})

    def is_plain_answer(self, turn: Turn, slot: str) -> bool:
        return slot == CONFIRM and agreed(turn) is not None

    async def take(self, turn: Turn, slot: str) -> Step | None:
        if slot == TEXT:
            if turn.from_button or not turn.text:
                return None
            if len(turn.text) > LONGEST_NOTE:
                turn.say("case_text_too_long", longest=LONGEST_NOTE)
                return Ask(TEXT)
            shown = new_summary(turn)
            self._confirm(turn, turn.text, shown)
            return Ask(CONFIRM, {TEXT: turn.text, SUMMARY: shown})
        answer = agreed(turn)
        if answer is None:
            return None
        if answer:
            return Done(serve=True, memory={CONFIRM: YES})
        turn.say("case_unchanged")
        return Done(serve=False, memory=self._forgotten())

    def ask(self, turn: Turn, slot: str) -> None:
        if slot == TEXT:
            reopening = turn.slot("case_wish") == REOPEN
            key = "case_ask_reason" if reopening else "case_ask_text"
            turn.say(key, number=turn.slot("case_number") or "", buttons=[turn.person()])
        else:
            self._confirm(turn, turn.slot(TEXT) or "", turn.slot(SUMMARY) or "")

    def explain(self, turn: Turn, slot: str) -> None:
        self.ask(turn, slot)

    @staticmethod
    def _confirm(turn: Turn, text: str, summary: str) -> None:
        key = "case_confirm_reopen" if turn.slot("case_wish") == REOPEN else "case_confirm_note"
        turn.say(key, number=turn.slot("case_number") or "", text=text, buttons=yes_and_no(turn, summary))

    def _forgotten(self) -> dict[str, Any]:
        return dict.fromkeys((*self.slots, "case_number", "case_wish", "form_misses"))
