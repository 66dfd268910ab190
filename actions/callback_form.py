"""The form for a callback: which number, which window, and a summary that the customer confirms."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

from actions.callback_times import Window, is_possible, offered, windows, wished
from actions.choices import SUMMARY, YES, agreed, choice, new_summary, titled, yes_and_no
from actions.form import Ask, Done, Form, Step
from actions.turn import Button, Turn
from bot.service.working_hours import WorkingHours
from bot.transparency.format import REGION, short_window, spoken_phone, window

PHONE, WINDOW, CONFIRM = "callback_phone", "callback_window", "callback_confirm"
CALLBACK_SLOTS = (PHONE, WINDOW, CONFIRM, "callback_words", "callback_day")
ON_FILE = "on_file"


class CallbackForm(Form):
    """Number, window, yes or no."""

    action_name = "validate_callback_form"
    slots = (PHONE, WINDOW, CONFIRM)
    own_intents = frozenset({"callback_request"})

    async def open(self, turn: Turn) -> Step:
        return await self._go_on(turn, {})

    def is_plain_answer(self, turn: Turn, slot: str) -> bool:
        if slot == CONFIRM:
            return agreed(turn) is not None
        if slot == WINDOW:
            return turn.entity("date") is not None or turn.entity("time_span") is not None
        return _phone_in(turn) is not None

    async def take(self, turn: Turn, slot: str) -> Step | None:
        if slot == PHONE:
            phone = await _phone_on_file(turn) if choice(turn) == ON_FILE else _phone_in(turn)
            return None if phone is None else await self._go_on(turn, {PHONE: phone})
        if slot == WINDOW or turn.entity("date") or turn.entity("time_span"):
            return await self._take_window(turn)
        if (phone := _phone_in(turn)) is not None:  # "no, the other number: 0345 123456"
            return await self._go_on(turn, {PHONE: phone})
        answer = agreed(turn)
        if answer is None:
            return None
        if answer:
            return Done(serve=True, memory={CONFIRM: YES})
        turn.say("callback_not_booked")
        return Done(serve=False, memory=dict.fromkeys((*CALLBACK_SLOTS, "form_misses")))

    def ask(self, turn: Turn, slot: str) -> None:
        if slot == PHONE:
            turn.say("callback_ask_phone", buttons=[turn.person()])
        elif slot == WINDOW:
            self._offer(turn, "callback_ask_window", None)
        else:
            turn.say("callback_confirm_again", buttons=yes_and_no(turn, turn.slot(SUMMARY) or ""))

    def explain(self, turn: Turn, slot: str) -> None:
        if slot == PHONE:
            turn.say("callback_phone_unclear", buttons=[turn.person()])
        else:
            self.ask(turn, slot)

    async def _go_on(self, turn: Turn, memory: dict[str, Any]) -> Step:
        phone = memory.get(PHONE) or turn.slot(PHONE) or _phone_in(turn)
        if phone is None:
            on_file = await _phone_on_file(turn)
            known = [] if on_file is None else [titled(spoken_phone(on_file), ON_FILE)]
            turn.say("callback_ask_phone", buttons=[*known, turn.person()])
            return Ask(PHONE, memory)
        memory = {**memory, PHONE: phone}
        chosen = Window.of_key(memory.get(WINDOW) or turn.slot(WINDOW) or "")
        if chosen is not None:
            return self._confirm(turn, phone, chosen, memory)
        if turn.entity("time_span") or turn.entity("date"):
            return await self._take_window(turn, memory)
        self._offer(turn, "callback_ask_window", None)
        return Ask(WINDOW, memory)

    async def _take_window(self, turn: Turn, memory: dict[str, Any] | None = None) -> Step | None:
        memory = memory or {}
        hours, now = _hours(turn), datetime.now(timezone.utc)
        pressed = choice(turn)
        day = _day(turn.entity("date") or turn.slot("callback_day"))
        span = turn.entity("time_span")
        if pressed is None and (turn.from_button or (day is None and span is None)):
            return None
        if pressed is None and span is None:
            key = "callback_ask_window" if offered(hours, now, day) else "callback_closed"
            self._offer(turn, key, day)
            return Ask(WINDOW, {**memory, "callback_day": None if day is None else day.isoformat()})
        chosen = Window.of_key(pressed) if pressed else _wished(day, span or "", hours, now)
        if chosen is None or not is_possible(chosen, hours, now):
            self._offer(turn, "callback_closed", day)
            return Ask(WINDOW, memory)
        phone = memory.get(PHONE) or turn.slot(PHONE) or ""
        return self._confirm(turn, phone, chosen, memory)

    @staticmethod
    def _confirm(turn: Turn, phone: str, chosen: Window, memory: dict[str, Any]) -> Step:
        when, shown = window(chosen.starts, chosen.ends, turn.language), new_summary(turn)
        turn.say("callback_confirm", phone=spoken_phone(phone), window=when, buttons=yes_and_no(turn, shown))
        return Ask(CONFIRM, {**memory, WINDOW: chosen.key, SUMMARY: shown})

    @staticmethod
    def _offer(turn: Turn, key: str, day: date | None) -> None:
        hours, now = _hours(turn), datetime.now(timezone.utc)
        shown = offered(hours, now, day) or offered(hours, now)
        buttons: list[Button] = [titled(short_window(one.starts, one.ends, turn.language), one.key) for one in shown]
        turn.say(key, buttons=[*buttons, turn.person()], sources=[turn.source_now("callback_hours")])


def _hours(turn: Turn) -> WorkingHours:
    settings = turn.context.settings
    return WorkingHours.parse(settings.callback_hours, settings.federal_state, REGION)


def _day(named: str | None) -> date | None:
    try:
        return date.fromisoformat(named) if named else None
    except ValueError:
        return None  # a month is no day


def _wished(day: date | None, span: str, hours: WorkingHours, now: datetime) -> Window | None:
    """The wish on its day; without a day, on the first one on which it is possible."""
    if day is not None:
        return wished(day, span)
    days = sorted({one.starts.date() for one in windows(hours, now)})
    named = (wished(each, span) for each in days)
    return next((one for one in named if one is not None and is_possible(one, hours, now)), None)


def _phone_in(turn: Turn) -> str | None:
    """A telephone number in the message, as E.164."""
    return None if turn.from_button else turn.entity("phone")


async def _phone_on_file(turn: Turn) -> str | None:
    """The number on file of a customer who has proven who they are."""
    customer = await turn.proven_customer()
    return None if customer is None else customer.value.phone
