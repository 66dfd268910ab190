"""Appointments: show them, move and cancel them, and what to do when nobody came.

Only for customers who have proven who they are. Nothing is booked, moved or cancelled before the customer has confirmed
its summary (`visit_form`), and nothing twice: each write carries the turn's key. A window that somebody else took
meanwhile is said to be taken, and others are offered.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta, timezone

from rasa_sdk.events import SlotSet

from actions import law
from actions.account import SHOWN
from actions.appointment_words import says_missed, wish_in
from actions.base import AccountService
from actions.choices import YES
from actions.crm.errors import CrmRejected, CrmUnavailable
from actions.crm.models import Appointment, Customer, Fact
from actions.crm.visits import NewVisit, VisitChange
from actions.turn import Button, Event, Turn
from actions.visit_form import BOOK, CANCEL, MOVE, is_new
from bot.transparency.format import day, window

# Instead of a wish: nobody came.
MISSED = "missed"
VISIT_SLOTS = ("visit_about", "visit_wish", "visit_slot", "visit_confirm", "visit_offered")
_LIVE = ("confirmed", "moved")
# How long ago an appointment may have been that somebody complains about without naming it.
_RECENT = timedelta(days=30)


class AppointmentShow(AccountService):
    """The next appointments; if there is none, the last one and what became of it."""

    action_name = "action_appointment_show"
    intent = "appointment_show"

    async def serve(self, turn: Turn) -> list[Event]:
        missed = [SlotSet("visit_wish", MISSED if says_missed(turn.text) else None)]
        return [*([] if self.resumed(turn) else missed), *await super().serve(turn)]

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        every = await turn.crm.appointments(customer.record, upcoming=False)
        if says_missed(turn.text) or (self.resumed(turn) and turn.slot("visit_wish") == MISSED):
            await tell_missed(turn, customer, every)
            return []
        upcoming = await turn.crm.appointments(customer.record)
        for fact in upcoming[:SHOWN]:
            turn.say_text(
                describe_appointment(turn, fact.value),
                sources=[turn.source("appointment", fact)],
                buttons=[change_button(turn, fact, MOVE), change_button(turn, fact, CANCEL)],
            )
        # What is written next may be about it: "übermorgen nachmittag".
        shown = [SlotSet("visit_about", upcoming[0].record if upcoming else None)]
        if upcoming:
            return shown
        if not every:
            turn.say("appointment_none", sources=[turn.source("account", customer)], buttons=[turn.person()])
            return shown
        last = every[0]
        again = [change_button(turn, last, MOVE)] if last.value.status == "missed" else []
        turn.say(
            "appointment_only_past",
            kind=turn.wording(f"appointment_kind_{last.value.kind}"),
            day=day(last.value.starts, turn.language),
            status=turn.wording(f"appointment_status_{last.value.status}"),
            sources=[turn.source("appointment", last)],
            buttons=[*again, turn.person()],
        )
        return shown


class AppointmentChange(AccountService):
    """Moves, cancels or books a visit, after the customer has confirmed it."""

    action_name = "action_appointment_change"
    intent = "appointment_change"
    tried_again = True
    naming = ("appointment_number",)

    async def serve(self, turn: Turn) -> list[Event]:
        # A day or time alone, after the appointment was shown, is another one that is wished for.
        follows = turn.intent == "inform" and turn.slot("last_service") == AppointmentShow.action_name
        if self.resumed(turn) and not follows:
            return await super().serve(turn)
        moved = MOVE if follows else None
        wish = turn.entity("visit_wish") or (MISSED if says_missed(turn.text) else wish_in(turn.text) or moved)
        begin = [SlotSet(name, None) for name in VISIT_SLOTS]
        return [*begin, SlotSet("visit_wish", wish), *await super().serve(turn)]

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        if self.resumed(turn) and turn.slot("visit_confirm") == YES:
            return await self._carry_out(turn, customer)
        every = await turn.crm.appointments(customer.record, upcoming=False)
        missed = turn.slot("visit_wish") == MISSED if self.resumed(turn) else says_missed(turn.text)
        named = self.named(turn)
        if missed and named is None:
            await tell_missed(turn, customer, every)
            return []
        upcoming = await turn.crm.appointments(customer.record)
        open_ones = upcoming or [fact for fact in every if fact.value.status == "missed"][:1]
        if named is not None:
            open_ones = [fact for fact in every if fact.record == named and fact.value.status in (*_LIVE, "missed")]
        if not open_ones:
            turn.say("appointment_none_to_change", sources=[turn.source("account", customer)], buttons=[turn.person()])
            return []
        if len(open_ones) > 1:
            self._ask_which(turn, open_ones)
            return []
        if open_ones[0].value.contract_number is None:
            turn.say("appointment_needs_person", sources=[turn.source("appointment", open_ones[0])])
            turn.hand_over("bot_decision", f"change {open_ones[0].record}, which belongs to no contract")
            return []
        return [SlotSet("visit_about", open_ones[0].record), *self.ask_with("visit_form")]

    @staticmethod
    def _ask_which(turn: Turn, appointments: list[Fact[Appointment]]) -> None:
        lines = [describe_appointment(turn, fact.value) for fact in appointments[:SHOWN]]
        buttons = [
            {
                "title": fact.record,
                "payload": f"/appointment_change{json.dumps({'appointment_number': fact.record})}",
            }
            for fact in appointments[:SHOWN]
        ]
        turn.say_text(
            "\n".join([turn.wording("appointment_which"), *lines]),
            sources=[turn.source("appointment", fact) for fact in appointments[:SHOWN]],
            buttons=[*buttons, turn.person()],
        )

    async def _carry_out(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        about, wish = turn.slot("visit_about") or "", turn.slot("visit_wish")
        forgotten = [SlotSet(name, None) for name in VISIT_SLOTS]
        try:
            if wish == CANCEL:
                cancelled = await turn.crm.cancel_visit(about, idempotency_key=turn.write_key)
                turn.say(
                    "visit_cancelled",
                    number=cancelled.record,
                    window=_window(turn, cancelled.value),
                    sources=[turn.source("appointment", cancelled)],
                )
                return forgotten
            change = await self._book_or_move(turn, about)
        except CrmRejected:
            turn.say("visit_rejected", sources=[turn.source("account", customer)], buttons=[turn.person()])
            return forgotten
        if change.outcome == "slot_taken" or change.appointment is None:
            turn.say("visit_slot_taken")
            return [SlotSet("visit_slot", None), SlotSet("visit_confirm", None), *self.ask_with("visit_form")]
        appointment = change.appointment
        if is_new(about):
            await self._note_on_ticket(turn, about.partition(":")[2], appointment)
        turn.say(
            "visit_booked" if wish == BOOK else "visit_moved",
            number=appointment.record,
            window=_window(turn, appointment.value),
            address=appointment.value.address.line,
            sources=[turn.source("appointment", appointment)],
        )
        return forgotten

    @staticmethod
    async def _book_or_move(turn: Turn, about: str) -> VisitChange:
        slot = turn.slot("visit_slot") or ""
        if not is_new(about):
            return await turn.crm.move_visit(about, slot, idempotency_key=turn.write_key)
        new = NewVisit(contract_number=about.partition(":")[0], kind="technician", slot_key=slot)
        return await turn.crm.book_visit(new, idempotency_key=turn.write_key)

    @staticmethod
    async def _note_on_ticket(turn: Turn, ticket: str, appointment: Fact[Appointment]) -> None:
        """Tell those who work on the fault. The team reads German, whatever the customer speaks."""
        value = appointment.value
        note = turn.context.wording.say(
            "visit_ticket_note", "de", number=appointment.record, window=window(value.starts, value.ends, "de")
        )
        # The visit is booked and stands at the contract: without the note the customer is told so all the same.
        with suppress(CrmUnavailable):
            await turn.crm.add_ticket_note(ticket, note, idempotency_key=f"{turn.write_key}:note")


async def tell_missed(turn: Turn, customer: Fact[Customer], every: list[Fact[Appointment]]) -> None:
    """Say sorry for the appointment that did not take place, and offer another; or say what is on record instead."""
    now = datetime.now(timezone.utc)
    past = [fact for fact in every if now - _RECENT < fact.value.ends < now and fact.value.status in (*_LIVE, "missed")]
    if past:
        turn.say(
            "appointment_missed",
            window=_window(turn, past[0].value),
            sources=[turn.source("appointment", past[0])],
            buttons=[
                turn.button(
                    "button_new_visit",
                    f"/appointment_change{json.dumps({'appointment_number': past[0].record, 'visit_wish': MOVE})}",
                ),
                turn.person(),
            ],
        )
        number = past[0].value.contract_number
        law.say_missed_visit(turn, None if number is None else await turn.crm.contract(number))
        return
    ahead = [fact for fact in every if fact.value.ends >= now and fact.value.status in _LIVE]
    if ahead:
        turn.say_text(
            turn.wording("appointment_missed_ahead") + "\n" + describe_appointment(turn, ahead[-1].value),
            sources=[turn.source("appointment", ahead[-1])],
            buttons=[change_button(turn, ahead[-1], MOVE), turn.person()],
        )
        return
    turn.say("appointment_missed_unknown", sources=[turn.source("account", customer)], buttons=[turn.person()])


def change_button(turn: Turn, appointment: Fact[Appointment], wish: str) -> Button:
    """Asks to move or cancel this very appointment."""
    key = "button_move" if wish == MOVE else "button_cancel_visit"
    said = {"appointment_number": appointment.record, "visit_wish": wish}
    return turn.button(key, f"/appointment_change{json.dumps(said)}")


def describe_appointment(turn: Turn, appointment: Appointment) -> str:
    """Kind, window, address, state and number."""
    return turn.wording(
        "appointment_next",
        number=appointment.number,
        kind=turn.wording(f"appointment_kind_{appointment.kind}"),
        window=_window(turn, appointment),
        status=turn.wording(f"appointment_status_{appointment.status}"),
        address=appointment.address.line,
    )


def _window(turn: Turn, appointment: Appointment) -> str:
    return window(appointment.starts, appointment.ends, turn.language)
