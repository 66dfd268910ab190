"""The form for a callback: which number, which window, and a summary that the customer confirms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timezone
from typing import Any

from actions.account import today
from actions.callback_times import Window, is_possible, offered, windows, wished
from actions.choices import SUMMARY, YES, agreed, choice, new_summary, titled, yes_and_no
from actions.form import REQUESTED, Ask, Done, Form, Step
from actions.free_days import why_closed, wished_from
from actions.patterns import any_of
from actions.turn import Button, Turn
from actions.visit_times import ordinal_in, spoken_span
from bot.service.working_hours import WorkingHours
from bot.transparency.format import REGION, short_window, spoken_phone, window

PHONE, WINDOW, CONFIRM = "callback_phone", "callback_window", "callback_confirm"
DAY, SPAN = "callback_day", "callback_span"
CALLBACK_SLOTS = (PHONE, WINDOW, CONFIRM, "callback_words", DAY, SPAN)
ON_FILE = "on_file"
# "The number you have", where one is known.
_KNOWN_NUMBER = any_of(
    r"\b(hinterlegt\w*|bekannte?n?|gespeichert\w*|dieselbe|gleiche|aktuelle|on file|same|current)\b",
    r"\b(die|der|unter der) (nummer )?(die )?(ihr|sie) (schon |bereits )?(habt|haben|kennt|kennen)\b",
    r"\b(diese[rn]?|this|my|meine[rn]?) (nummer|number|handy\w*|phone|one)\b",
    r"\b(number|one) you have\b",
)
# No wish about the time: the first window will do.
_ANY_TIME = any_of(
    r"\b(egal|jederzeit|immer|so (bald|schnell|früh) wie möglich|möglichst (bald|schnell|früh)|sofort|gleich)\b",
    r"\b(asap|anytime|whenever)\b",
    r"\bany ?time\b",
    r"\bas soon as\b",
)
_OTHER_TIME = any_of(
    r"\b(ander\w+|später\w*|früher\w*|neue[rn]?) (zeit|uhrzeit|tag|termin|fenster)\b",
    r"\b(other|another|different|later|earlier) (time|day|window)\b",
)


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
            named = turn.entity("date") is not None or spoken_span(turn) is not None
            return (
                named
                or wished_from(turn, today()) is not None
                or ordinal_in(turn.text) is not None
                or _takes_any_time(turn)
            )
        return _phone_in(turn) is not None or _means_known_number(turn)

    def _is_refused(self, turn: Turn, slot: str) -> bool:
        """ "Egal" about the time is no "never mind"."""
        return not (slot == WINDOW and _takes_any_time(turn)) and super()._is_refused(turn, slot)

    async def take(self, turn: Turn, slot: str) -> Step | None:
        if slot == PHONE:
            known = choice(turn) == ON_FILE or (_phone_in(turn) is None and _means_known_number(turn))
            phone = await _phone_known(turn) if known else _phone_in(turn)
            return None if phone is None else await self._go_on(turn, {PHONE: phone})
        if slot == WINDOW or turn.entity("date") or spoken_span(turn):
            return await self._take_window(turn)
        if (phone := _phone_in(turn)) is not None:  # "no, the other number: 0345 123456"
            return await self._go_on(turn, {PHONE: phone})
        answer = agreed(turn)
        if answer is None:
            return None
        if answer:
            return Done(serve=True, memory={CONFIRM: YES})
        if not turn.from_button and (_takes_any_time(turn) or _OTHER_TIME.search(turn.text)):  # "nein, egal wann"
            self._offer(turn, "callback_ask_window", None)
            return Ask(WINDOW, {WINDOW: None, DAY: None})
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
            on_file = await _phone_known(turn)
            known = [] if on_file is None else [titled(spoken_phone(on_file), ON_FILE)]
            turn.say("callback_ask_phone", buttons=[*known, turn.person()])
            day = _day(turn.entity("date"))
            return Ask(PHONE, {**memory, DAY: day and day.isoformat(), SPAN: turn.entity("time_span")})
        memory = {**memory, PHONE: phone}
        chosen = Window.of_key(memory.get(WINDOW) or turn.slot(WINDOW) or "")
        if chosen is not None:
            return self._confirm(turn, phone, chosen, memory)
        if turn.entity("time_span") or turn.entity("date") or turn.slot(SPAN) or turn.slot(DAY):
            return await self._take_window(turn, memory)
        self._offer(turn, "callback_ask_window", None)
        return Ask(WINDOW, memory)

    async def _take_window(self, turn: Turn, memory: dict[str, Any] | None = None) -> Step | None:
        # A time named with the request counts until a window was shown for it.
        memory = {SPAN: None, **(memory or {})}
        hours, now = _hours(turn), datetime.now(timezone.utc)
        pressed = choice(turn) if turn.slot(REQUESTED) == WINDOW else None
        named_day, named_span = turn.entity("date"), spoken_span(turn)
        day, span = _day(named_day or turn.slot(DAY)), named_span or turn.slot(SPAN)
        if pressed is None and span is None and turn.slot(REQUESTED) == WINDOW:
            pressed = _named_of_offered(turn, offered(hours, now, day) or offered(hours, now))
        if pressed is None and day is None and (since := wished_from(turn, today())) is not None:
            self._offer(turn, "callback_ask_window", None, since)
            return Ask(WINDOW, {**memory, SPAN: span})
        asked = turn.slot(REQUESTED) == WINDOW
        if pressed is None and (named_day is None and named_span is None if asked else day is None and span is None):
            return None
        if pressed is None and span is None:
            key = "callback_ask_window" if offered(hours, now, day) else "callback_closed"
            self._offer(turn, key, day)
            return Ask(WINDOW, {**memory, DAY: None if day is None else day.isoformat()})
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
    def _offer(turn: Turn, key: str, day: date | None, since: date | None = None) -> None:
        hours, now = _hours(turn), datetime.now(timezone.utc)
        shown = offered(hours, now, day, since) or offered(hours, now)
        source = [turn.source_now("callback_hours")]
        if not shown:
            turn.say("callback_no_windows", buttons=[turn.case(), turn.person()], sources=source)
            return
        # A Saturday may have hours of its own: only a day without any is said to be free.
        whole_day = day is not None and not offered(hours, now, day)
        closed = why_closed(turn, day) if whole_day and day is not None else None
        told = turn.wording(key) if closed is None else f"{closed} {turn.wording('callback_closed_day')}"
        buttons: list[Button] = [titled(short_window(one.starts, one.ends, turn.language), one.key) for one in shown]
        turn.say_text(told, buttons=[*buttons, turn.person()], sources=source)


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


async def _phone_known(turn: Turn) -> str | None:
    """The number that the customer writes from, or else the one on file of who has proven who they are."""
    if (vouched := turn.metadata.get("verified_phone")) is not None:
        return str(vouched)
    customer = await turn.proven_customer()
    return None if customer is None else customer.value.phone


def _means_known_number(turn: Turn) -> bool:
    return not turn.from_button and bool(_KNOWN_NUMBER.search(turn.text))


def _takes_any_time(turn: Turn) -> bool:
    return not turn.from_button and bool(_ANY_TIME.search(turn.text))


def _named_of_offered(turn: Turn, shown: Sequence[Window]) -> str | None:
    """The offered window that "the second one" means, or the first one where any will do."""
    if turn.from_button or turn.entity("date") is not None:  # "am 1. Dezember" is a day
        return None
    position = 0 if _takes_any_time(turn) else ordinal_in(turn.text)
    return None if position is None or not shown else shown[min(position, len(shown) - 1)].key
