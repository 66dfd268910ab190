"""The form for a ticket that is there: the customer's words and files, and a summary that they confirm."""

from __future__ import annotations

from typing import Any

from actions.case_files import files_in, kept_files, told_files
from actions.choices import SUMMARY, YES, agreed, new_summary, yes_and_no
from actions.form import REQUESTED, Ask, Done, Form, Step
from actions.turn import Event, Turn

TEXT, FILES, CONFIRM = "case_text", "case_files", "case_confirm"
NOTE, REOPEN = "note", "reopen"
# What travels to the team; the customer confirms all of it.
LONGEST_NOTE = 400


class CaseForm(Form):
    """Words for the team, files, and yes or no."""

    action_name = "validate_case_form"
    slots = (TEXT, CONFIRM)
    # What somebody adds to a case often sounds like a request of its own.
    own_intents = frozenset(
        {
            *("report_fault", "slow_internet", "router_help", "outage_info", "complaint", "ticket_status"),
            *("appointment_show", "appointment_change", "invoice_explain", "payment_problem", "order_status"),
        }
    )

    async def act(self, turn: Turn) -> list[Event]:
        slot = turn.slot(REQUESTED)
        if slot is not None and turn.from_button and turn.files and not self._answered_in_between(turn):
            # A file that came without words, and is to go to this ticket.
            return self._events(turn, self._with_files(turn), slot)
        return await super().act(turn)

    async def open(self, turn: Turn) -> Step:
        if turn.slot(FILES):
            return self._with_files(turn)
        self.ask(turn, TEXT)
        return Ask(TEXT, {CONFIRM: None})

    def is_plain_answer(self, turn: Turn, slot: str) -> bool:
        return slot == CONFIRM and agreed(turn) is not None

    async def take(self, turn: Turn, slot: str) -> Step | None:
        if slot == TEXT or (turn.files and not turn.from_button):
            return self._take_words(turn)
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
            self._confirm(turn, turn.slot(TEXT), files_in(turn.slot(FILES)), turn.slot(SUMMARY) or "")

    def explain(self, turn: Turn, slot: str) -> None:
        self.ask(turn, slot)

    def _take_words(self, turn: Turn) -> Step | None:
        """Words, perhaps as the caption of a file. A picture more while the summary is open adds to it."""
        if turn.from_button or not turn.text:
            return None
        if len(turn.text) > LONGEST_NOTE:
            turn.say("case_text_too_long", longest=LONGEST_NOTE)
            return Ask(TEXT)
        before = turn.slot(TEXT)
        text = f"{before}\n{turn.text}" if before and turn.slot(REQUESTED) == CONFIRM else turn.text
        return self._summed_up(turn, text[:LONGEST_NOTE], files_in(turn.slot(FILES)) | turn.files)

    def _with_files(self, turn: Turn) -> Step:
        files = files_in(turn.slot(FILES)) | turn.files
        if turn.slot("case_wish") == REOPEN and not turn.slot(TEXT):
            # What is not solved has to be said in words.
            self.ask(turn, TEXT)
            return Ask(TEXT, {CONFIRM: None, FILES: kept_files(files)})
        return self._summed_up(turn, turn.slot(TEXT), files)

    def _summed_up(self, turn: Turn, text: str | None, files: dict[str, str]) -> Step:
        shown = new_summary(turn)
        self._confirm(turn, text, files, shown)
        return Ask(CONFIRM, {TEXT: text, FILES: kept_files(files), SUMMARY: shown})

    @staticmethod
    def _confirm(turn: Turn, text: str | None, files: dict[str, str], summary: str) -> None:
        number = turn.slot("case_number") or ""
        told = told_files(turn, files, turn.language)
        parts = []
        if text:
            key = "case_confirm_reopen" if turn.slot("case_wish") == REOPEN else "case_confirm_note"
            parts.append(turn.wording(key, number=number, text=text))
        if files:
            key = "case_confirm_files_too" if text else "case_confirm_files"
            parts.append(turn.wording(key, number=number, files=told))
        parts.append(turn.wording("case_confirm_right"))
        turn.say_text("\n".join(parts), buttons=yes_and_no(turn, summary))

    def _forgotten(self) -> dict[str, Any]:
        return dict.fromkeys((*self.slots, FILES, "case_number", "case_wish", "form_misses"))
