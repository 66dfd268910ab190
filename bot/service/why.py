"""Why the bot said what it said: one of its messages explained to the customer whose conversation it is.

Guarantee: every word comes from what was kept when the message was written (its trace and its sources) or from the
wording; nothing is made up afterwards, and nothing is asked again. What the trace does not hold is not said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.conversation.model import AuthorKind, Source
from bot.store.entries import message_of, select_messages
from bot.store.tables import message as message_table
from bot.store.traces import Trace, trace_of_turn
from bot.store.unit_of_work import Unit
from bot.transparency.format import certainty, day, moment
from bot.transparency.wording import Language, Wording

# Texts that rest on a statute or a manual name it as their source, and no system.
_FIXED_TEXT = "wording"
_NO_INTENT = frozenset({"nlu_fallback", "out_of_scope"})
# Readings that are as good as impossible are noise.
_NOISE = 0.005
# An answer to this is no answer that anybody asks about.
_ASKS_WHY = "why_answer"
# How many messages back an answer is looked for.
_LOOKED_BACK = 12


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the technical trace."""

    label: str
    text: str


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """The reasons of one message as sentences, and the trace behind them; a message of no turn has no trace."""

    seq: int
    reasons: list[str]
    trace: list[Line] = []


async def why(
    unit: Unit, words: Wording, language: Language, conversation_id: str, seq: int, error_bound: float
) -> Why | None:
    """The reasons of the bot's message at `seq`; None where there is no message of the bot at that place.

    `error_bound` is the largest share of wrong answers that the bot is allowed, 0 to 1.
    """
    found = await unit.connection.execute(
        select_messages()
        .add_columns(message_table.c.turn_id, message_table.c.discloses)
        .where(
            message_table.c.conversation_id == conversation_id,
            message_table.c.seq == seq,
            message_table.c.author_kind == AuthorKind.BOT.value,
        )
    )
    row = found.mappings().one_or_none()
    if row is None:
        return None
    message = message_of(row)
    trace = None if row["turn_id"] is None else await trace_of_turn(unit, conversation_id, row["turn_id"])
    if trace is None and row["turn_id"] is not None:
        read = [_source(words, language, source) for source in dict.fromkeys(message.sources)]
        return Why(seq=seq, reasons=[*read, words.say("explain_trace_gone", language)])
    if trace is None:
        fixed = "explain_rule_discloses" if row["discloses"] else "explain_rule_fixed"
        return Why(seq=seq, reasons=[words.say(fixed, language)])
    told = _Told(words, language, message.sources, trace, await _pressed(unit, conversation_id, trace))
    return Why(seq=seq, reasons=list(told.reasons(error_bound)), trace=list(told.lines()))


async def why_last_answer(
    unit: Unit, words: Wording, language: Language, conversation_id: str, error_bound: float
) -> str | None:
    """The reasons of the bot's newest answer, all its messages together, as a text of the conversation; None if it has
    answered nothing yet."""
    found = await unit.connection.execute(
        sa.select(message_table.c.turn_id, message_table.c.sources)
        .where(
            message_table.c.conversation_id == conversation_id,
            message_table.c.author_kind == AuthorKind.BOT.value,
            message_table.c.turn_id.is_not(None),
        )
        .order_by(message_table.c.seq.desc())
        .limit(_LOOKED_BACK)
    )
    answers: dict[str, list[Source]] = {}
    for row in found.all():
        answers.setdefault(row.turn_id, [])[:0] = msgspec.convert(row.sources, list[Source])
    for turn_id, sources in answers.items():
        trace = await trace_of_turn(unit, conversation_id, turn_id)
        if trace is not None and _intent(trace.body)[0] != _ASKS_WHY:
            told = _Told(words, language, sources, trace, await _pressed(unit, conversation_id, trace))
            listed = "\n".join(f"– {reason}" for reason in told.reasons(error_bound))
            return words.say("explain_in_words", language, reasons=listed)
    return None


async def _pressed(unit: Unit, conversation_id: str, trace: Trace) -> str | None:
    """The title of the button that was the whole turn; None where something was typed."""
    found = await unit.connection.execute(
        sa.select(message_table.c.text, message_table.c.payload).where(
            message_table.c.conversation_id == conversation_id, message_table.c.id == trace.turn_id
        )
    )
    row = found.one_or_none()
    if row is None or row.payload is None:
        return None
    # A button among typed messages was read as its title, and then understood like any text.
    asked = row.payload.lstrip("/").partition("{")[0]
    return row.text if asked == _intent(trace.body)[0] else None


def _intent(body: dict[str, Any]) -> tuple[str | None, float]:
    found = body.get("intent") or {}
    return found.get("name"), float(found.get("confidence") or 0.0)


def _source(words: Wording, language: Language, source: Source) -> str:
    """Which record was read, in which system, as of when."""
    if source.system == _FIXED_TEXT:
        return words.say("explain_rests_on", language, label=source.label, day=day(source.as_of, language))
    known = f"explain_system_{source.system}"
    system = words.say(known, language) if words.has(known) else source.system
    as_of = moment(source.as_of, language)
    return words.say("explain_read", language, label=source.label, system=system, as_of=as_of)


class _Told:
    """What was said and its trace, in words. `pressed` is the button that was the whole turn."""

    def __init__(
        self, words: Wording, language: Language, sources: Sequence[Source], trace: Trace, pressed: str | None
    ) -> None:
        self._words, self._language = words, language
        self._sources, self._trace, self._pressed = tuple(dict.fromkeys(sources)), trace, pressed

    def _say(self, key: str, **values: object) -> str:
        return self._words.say(f"explain_{key}", self._language, **values)

    def reasons(self, error_bound: float) -> Iterator[str]:
        """What was understood, what was read, which rule."""
        yield from self._understood()
        yield from self._read()
        decision = self._trace.body.get("decision") or "answer"
        yield self._say(f"rule_{decision}")
        if decision == "answer" and self._pressed is None and not self._is_detail:
            yield self._say("rule_bound", percent=f"{error_bound * 100:g}")

    def _understood(self) -> Iterator[str]:
        name, confidence = _intent(self._trace.body)
        title = self._title(name)
        if self._pressed is not None:
            yield self._say("pressed", title=self._pressed)
        elif self._is_detail:
            yield self._say("detail")
        elif title is not None:
            yield self._say("understood", title=title, percent=certainty(confidence))
        else:
            yield self._say("not_understood")
            nearest = next(filter(lambda one: self._title(one["name"]), self._trace.body.get("ranking") or ()), None)
            if nearest is not None:
                share = certainty(nearest["confidence"])
                yield self._say("nearest", title=self._title(nearest["name"]), percent=share)

    @property
    def _is_detail(self) -> bool:
        """Whether the message was taken as an answer to a form's question, which runs first then."""
        actions = self._trace.body.get("actions") or [""]
        return str(actions[0]).endswith("_form")

    def _title(self, name: str | None) -> str | None:
        if name is None or name in _NO_INTENT:
            return None
        keys = (f"intent_title_{name}", f"desk_intent_{name}")
        return next((self._words.say(key, self._language) for key in keys if self._words.has(key)), name)

    def _read(self) -> Iterator[str]:
        if self._sources:
            yield from (_source(self._words, self._language, source) for source in self._sources)
        else:
            yield self._say("asked" if self._trace.body.get("calls") else "nothing_read")

    def lines(self) -> Iterator[Line]:
        """The trace as it was kept, in the machinery's own names."""
        body, trace = self._trace.body, self._trace
        readings = [
            f"{one['name']} {one['confidence']:.3f}" for one in body.get("ranking") or () if one["confidence"] > _NOISE
        ]
        entities = [f"{one['entity']} = {one['value']}" for one in body.get("entities") or ()]
        calls = [
            f"{one['system']}.{one['operation']}: {one['result']} ({one['milliseconds']:.0f} ms)"
            for one in body.get("calls") or ()
        ]
        records = [f"{one.system}: {one.record or one.label}" for one in self._sources]
        name, confidence = _intent(body)
        parts = {
            "intent": f"{name} {confidence:.3f}" if name else "",
            "ranking": ", ".join(readings),
            "decision": body.get("decision") or "answer",
            "entities": ", ".join(entities),
            "calls": ", ".join(calls),
            "records": ", ".join(records),
            "actions": " → ".join(map(str, body.get("actions") or ())),
            "duration": f"{trace.milliseconds:.0f} ms",
            "at": moment(trace.at, self._language),
            "turn": trace.turn_id,
        }
        return (Line(label=self._say(f"trace_{key}"), text=text) for key, text in parts.items() if text)
