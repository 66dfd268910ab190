"""The form for a technician's visit: move or cancel, a free window, and a summary that the customer confirms.

The windows come from the customer data system; a wish ("Tuesday", "in the afternoon") narrows them. `visit_about` names
what it is about: an appointment, or "contract:ticket" for a new visit.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from actions.account import today
from actions.appointment_words import wish_in
from actions.choices import SUMMARY, YES, agreed, button, choice, new_summary, titled, yes_and_no
from actions.crm.models import Appointment, Fact
from actions.crm.visits import VisitSlot
from actions.form import Ask, Done, Form, Step
from actions.free_days import why_closed, wished_from
from actions.patterns import any_of
from actions.turn import Turn
from actions.visit_times import Fit, chosen_in_words, to_offer, wished_day, wished_hours
from bot.transparency.format import short_window, window

WISH, SLOT, CONFIRM = "visit_wish", "visit_slot", "visit_confirm"
MOVE, CANCEL, BOOK = "move", "cancel", "book"
# Answers to the question for a window that are no window.
LATER, NONE = "later", "none"
_LOOKED_AT = 200  # windows read at once: all that are planned, so that each one offered is found again

_LATER = any_of(
    r"\b(passt|passen|geht|gehen|kann|können)\b.{0,20}\b(nicht|nie|kein\w*)\b",
    r"\b(kein\w*|nichts) (davon|passt|dabei|von)\b",
    r"\b(später|andere[rnms]?|weitere|mehr)\b",
    r"\b(none|neither|later|other|another|more)\b",
    r"\b(doesn'?t|don'?t|not) (fit|suit|work)\b",
)
_NO_VISIT = any_of(r"\b(kein\w*) (termin|techniker)\b", r"\bohne termin\b", r"\bno (visit|appointment|technician)\b")


class VisitForm(Form):
    """What to do, when, and yes or no."""

    action_name = "validate_visit_form"
    slots = (WISH, SLOT, CONFIRM)
    own_intents = frozenset({"appointment_change", "appointment_show"})

    async def open(self, turn: Turn) -> Step:
        return await self._on_from_wish(turn, turn.slot(WISH))

    def is_plain_answer(self, turn: Turn, slot: str) -> bool:
        if slot == CONFIRM:
            return agreed(turn) is not None
        if slot == WISH:
            return wish_in(turn.text) is not None
        return bool(_names_a_time(turn) or _LATER.search(turn.text) or _NO_VISIT.search(turn.text)) or (
            turn.intent == "deny"
        )

    async def take(self, turn: Turn, slot: str) -> Step | None:
        if slot == WISH:
            wish = choice(turn) or wish_in(turn.text)
            return await self._on_from_wish(turn, wish) if wish in {MOVE, CANCEL} else None
        if slot == SLOT:
            return await self._take_slot(turn)
        return await self._take_confirmation(turn)

    def ask(self, turn: Turn, slot: str) -> None:
        if slot == WISH:
            buttons = [button(turn, "button_move", MOVE), button(turn, "button_cancel_visit", CANCEL)]
            turn.say("visit_ask_wish", buttons=[*buttons, turn.person()])
        elif slot == CONFIRM:
            turn.say("visit_confirm_again", buttons=yes_and_no(turn, turn.slot(SUMMARY) or ""))
        else:
            turn.say("visit_slot_again", buttons=[button(turn, "button_show_slots", LATER), turn.person()])

    def explain(self, turn: Turn, slot: str) -> None:
        self.ask(turn, slot)

    async def _on_from_wish(self, turn: Turn, wish: str | None) -> Step:
        if wish not in {MOVE, CANCEL, BOOK}:
            self.ask(turn, WISH)
            return Ask(WISH)
        if wish == CANCEL:
            shown = await _appointment(turn)
            if shown is None:
                return self._gone(turn)
            told = turn.wording("visit_summary", **_described(turn, shown.value))
            asked = new_summary(turn)
            turn.say("visit_confirm_cancel", visit=told, buttons=yes_and_no(turn, asked))
            return Ask(CONFIRM, {WISH: wish, SLOT: None, SUMMARY: asked})
        return await self._offer(turn, {WISH: wish, SLOT: None})

    # --- the window ---

    async def _offer(self, turn: Turn, memory: dict[str, Any], *, after: str | None = None) -> Step:
        """Offer free windows, those that fit the customer's wish if there are any."""
        contract_number = await _contract_number(turn)
        if contract_number is None:
            return self._gone(turn)
        day, hours = wished_day(turn), wished_hours(turn)
        since = day or wished_from(turn, today())
        free = await turn.crm.visit_slots(contract_number, not_before=since, limit=_LOOKED_AT)
        planned = bool(free) or since is None
        if not planned:
            free = await turn.crm.visit_slots(contract_number, limit=_LOOKED_AT)
        shown, fit = to_offer(free, day, hours, after)
        if not shown:
            back = turn.button("intent_title_callback_request", "/callback_request")
            turn.say("visit_no_slots", buttons=[back, turn.case(), turn.person()])
            return Done(serve=False, memory=self._forgotten())
        buttons = [
            titled(short_window(fact.value.starts, fact.value.ends, turn.language), fact.record) for fact in shown
        ]
        ends = [button(turn, "button_other_times", LATER), button(turn, "button_no_visit", NONE), turn.person()]
        told = _told(turn, day, fit) if planned else turn.wording("visit_offer_far")
        turn.say_text(told, sources=[turn.source_now("visits")], buttons=[*buttons, *ends])
        return Ask(SLOT, {**memory, "visit_offered": json.dumps([fact.record for fact in shown])})

    async def _take_slot(self, turn: Turn) -> Step | None:
        offered: list[str] = json.loads(turn.slot("visit_offered") or "[]")
        chosen = choice(turn)
        if chosen == LATER:
            return await self._offer(turn, {}, after=offered[-1] if offered else None)
        if chosen == NONE:
            return self._left(turn)
        if chosen is None and turn.from_button:
            return None
        contract_number = await _contract_number(turn)
        if contract_number is None:
            return self._gone(turn)
        free = await turn.crm.visit_slots(contract_number, limit=_LOOKED_AT)
        shown = [fact for fact in free if fact.record in offered]
        if chosen is not None:
            slot = next((fact for fact in free if fact.record == chosen), None)
            if slot is None:
                turn.say("visit_slot_taken")
                return await self._offer(turn, {})
        elif _NO_VISIT.search(turn.text) or turn.intent == "deny":
            return self._left(turn)
        else:
            slot = chosen_in_words(turn, shown)
        if slot is not None:
            return await self._confirm(turn, slot)
        if _names_a_time(turn):
            return await self._offer(turn, {})
        if _LATER.search(turn.text):
            return await self._offer(turn, {}, after=offered[-1] if offered else None)
        return None

    async def _confirm(self, turn: Turn, slot: Fact[VisitSlot]) -> Step:
        when, asked = window(slot.value.starts, slot.value.ends, turn.language), new_summary(turn)
        if turn.slot(WISH) == BOOK:
            turn.say("visit_confirm_book", window=when, buttons=yes_and_no(turn, asked))
        else:
            shown = await _appointment(turn)
            if shown is None:
                return self._gone(turn)
            old = turn.wording("visit_summary", **_described(turn, shown.value))
            turn.say("visit_confirm_move", visit=old, window=when, buttons=yes_and_no(turn, asked))
        return Ask(CONFIRM, {SLOT: slot.record, SUMMARY: asked})

    async def _take_confirmation(self, turn: Turn) -> Step | None:
        answer = agreed(turn)
        if answer:
            return Done(serve=True, memory={CONFIRM: YES})
        if answer is False:
            return self._left(turn)
        # "No, rather Tuesday": another wish instead of a yes.
        if turn.slot(WISH) != CANCEL and (_names_a_time(turn) or _LATER.search(turn.text)):
            return await self._offer(turn, {SLOT: None})
        return None

    # --- ends without a change ---

    def _left(self, turn: Turn) -> Step:
        turn.say("visit_not_booked" if turn.slot(WISH) == BOOK else "visit_unchanged")
        return Done(serve=False, memory=self._forgotten())

    def _gone(self, turn: Turn) -> Step:
        turn.say("appointment_none_to_change", buttons=[turn.person()])
        return Done(serve=False, memory=self._forgotten())

    def _forgotten(self) -> dict[str, Any]:
        return dict.fromkeys((*self.slots, "visit_about", "visit_offered", "form_misses"))


def _names_a_time(turn: Turn) -> bool:
    return bool(wished_day(turn) or wished_hours(turn) or wished_from(turn, today()))


def _told(turn: Turn, day: date | None, fit: Fit) -> str:
    """How well what is offered fits the wish, and why nothing is free on a day on which nobody works."""
    closed = why_closed(turn, day) if fit == "other_day" and day is not None else None
    if closed is not None:
        return f"{closed} {turn.wording('visit_offer_closed')}"
    keys = {"wish": "visit_offer", "other_day": "visit_offer_other", "other_hours": "visit_offer_hours"}
    return turn.wording(keys[fit])


def is_new(about: str | None) -> bool:
    """Whether it is about a visit that is not booked yet."""
    return (about or "").startswith("V-")


async def _appointment(turn: Turn) -> Fact[Appointment] | None:
    """The appointment it is about, if it belongs to the customer who has proven who they are."""
    customer = await turn.proven_customer()
    if customer is None:
        return None
    every = await turn.crm.appointments(customer.record, upcoming=False)
    return next((fact for fact in every if fact.record == turn.slot("visit_about")), None)


async def _contract_number(turn: Turn) -> str | None:
    about = turn.slot("visit_about") or ""
    if is_new(about):
        return about.partition(":")[0]
    found = await _appointment(turn)
    return None if found is None else found.value.contract_number


def _described(turn: Turn, appointment: Appointment) -> dict[str, str]:
    return {
        "kind": turn.wording(f"appointment_kind_{appointment.kind}"),
        "window": window(appointment.starts, appointment.ends, turn.language),
    }
