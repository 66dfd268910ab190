"""From "this bot answer was wrong" to a training example.

An agent reports an answer, with the right intent where they know it. A supervisor decides: the sentence is accepted as
an example of an intent, in words that name nobody, or the report is dismissed. The decision and its entry in the audit
log commit together; the training data of this machine is written behind it. Where that cannot be, the answer says so,
and `klartext examples export` writes what was accepted wherever the bot is trained.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog
from sqlalchemy.exc import IntegrityError

from bot.conversation.limits import clean_text
from bot.nlu.text import wording
from bot.service.conversations import Conversations
from bot.service.examples import NotWritable, TrainingData, checked, intents, masked
from bot.service.outcomes import Refused, check_sees
from bot.store import wrong_answers as rows
from bot.store.audit import Actor, record
from bot.store.tokens import Agent
from bot.store.unit_of_work import Store, Unit
from bot.store.wrong_answers import State, WrongAnswer

log = structlog.get_logger(__name__)


class Reviewed(msgspec.Struct, frozen=True, kw_only=True):
    """A report as whoever decides sees it."""

    id: str
    conversation: str
    seq: int
    channel: str
    # What the customer said and what the bot answered; what tells who the customer is, is unreadable.
    said: str
    answer: str
    understood: str | None
    right_intent: str | None
    note: str
    reported_by: str
    reported_at: datetime
    state: State
    # The example: a first draft while the report is open, then what was accepted.
    example: str | None
    example_intent: str | None
    decided_by: str | None
    decided_at: datetime | None
    # When it was written into training data somewhere; null while it is only in the database.
    written_at: datetime | None


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """Reports, and what whoever decides has to know."""

    reports: list[Reviewed]
    # How many wait for a decision, listed here or not.
    open: int
    intents: list[str]
    # Why this server cannot write training data; null where it can.
    unwritable: str | None


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """An example is accepted. `unwritable` tells why this server could not write it into training data."""

    example: str
    intent: str
    unwritable: str | None


class WrongAnswers:
    """The use cases around reported answers."""

    def __init__(self, store: Store, conversations: Conversations, data: TrainingData) -> None:
        self._store = store
        self._conversations = conversations
        self._data = data
        self.intents = intents()

    async def report(
        self, conversation_id: str, agent: Agent, seq: int, right_intent: str | None, note: str | None
    ) -> WrongAnswer:
        """Report an answer of the bot. The same agent again changes what they said, until somebody has decided.

        Raises:
            TextRefused: the note is too long.
            Refused: `other_team`; `unknown_intent`; `no_answer`, there is no answer of the bot at this place;
                `already_reported`, with who did; `already_decided`.
        """
        if right_intent is not None and right_intent not in self.intents:
            raise Refused("unknown_intent")
        note = clean_text(note) if note and note.strip() else ""
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            await check_sees(unit, opened, agent)
            turn = await rows.turn_of_answer(unit, conversation_id, seq)
            if turn is None:
                raise Refused("no_answer")
            known = await rows.report_of(unit, conversation_id, seq)
            if known is None:
                turn_id, understood = turn
                known = await rows.add_report(
                    unit,
                    conversation_id=conversation_id,
                    seq=seq,
                    turn_id=turn_id,
                    understood=understood,
                    right_intent=right_intent,
                    note=note,
                    agent=agent,
                )
            elif known.state != "open":
                raise Refused("already_decided", agent=known.decided_by or "")
            elif known.reported_by != agent.id:
                raise Refused("already_reported", agent=known.reported_name)
            else:
                await rows.change_report(unit, known.id, right_intent, note)
                known = msgspec.structs.replace(known, right_intent=right_intent, note=note)
            opened.show_desks()
            await opened.save()
        return known

    async def review(self, state: State, before: str | None = None) -> Review:
        """Reports in this state, newest first, a hundred at a time."""
        async with self._store.report() as unit:
            listed = await rows.reports(unit, state, before=before)
            shown = [await self._reviewed(unit, one) for one in listed]
            waiting = await rows.count_reports(unit, "open")
        return Review(reports=shown, open=waiting, intents=self.intents, unwritable=self._unwritable())

    async def _reviewed(self, unit: Unit, one: WrongAnswer) -> Reviewed:
        asked = await rows.asked(unit, one)
        draft = masked(asked.said, asked.customer_name)
        return Reviewed(
            id=one.id,
            conversation=one.conversation_id,
            seq=one.seq,
            channel=asked.channel,
            said=draft,
            answer=masked(asked.answer, asked.customer_name),
            understood=one.understood,
            right_intent=one.right_intent,
            note=one.note,
            reported_by=one.reported_name,
            reported_at=one.reported_at,
            state=one.state,
            example=one.example if one.state != "open" else draft,
            example_intent=one.example_intent,
            decided_by=one.decided_by,
            decided_at=one.decided_at,
            written_at=one.written_at,
        )

    async def accept(self, by: Actor, report_id: str, intent: str, example: str) -> Accepted:
        """Make this sentence an example of this intent. When this returns the decision is committed.

        Raises:
            Refused: `unknown_report`, `already_decided`, `unknown_intent`, `example_form`, `example_personal`;
                `example_known`, with the intent that it is an example of already.
        """
        if intent not in self.intents:
            raise Refused("unknown_intent")
        async with self._store.read() as unit:
            known = await self._open(unit, report_id)
            asked = await rows.asked(unit, known)
        sentence = checked(example, asked.customer_name)
        trained = await asyncio.to_thread(self._data.intent_of, sentence)
        if trained is not None:
            raise Refused("example_known", intent=trained)
        try:
            async with self._store.write() as unit:
                before = await rows.accepted_wording(unit, wording(sentence))
                if before is not None and before.id != report_id:
                    raise Refused("example_known", intent=before.example_intent or "")
                await self._decide(
                    unit,
                    by,
                    report_id,
                    state="accepted",
                    example=sentence,
                    example_intent=intent,
                    example_wording=wording(sentence),
                )
                await record(unit, by, "example.accepted", report_id, intent=[known.understood, intent])
        except IntegrityError as error:
            # Accepted by somebody else at the same moment: the unique key has decided.
            raise Refused("example_known", intent=intent) from error
        return Accepted(example=sentence, intent=intent, unwritable=await self._write(report_id, intent, sentence))

    async def dismiss(self, by: Actor, report_id: str) -> None:
        """There is nothing to learn from a report. Raises `Refused`: `unknown_report`, `already_decided`."""
        async with self._store.write() as unit:
            await self._open(unit, report_id)
            await self._decide(unit, by, report_id, state="rejected")
            await record(unit, by, "example.dismissed", report_id)

    async def export(self) -> tuple[int, int]:
        """Write every accepted example into this machine's training data: how many were new, of how many.

        Raises:
            NotWritable: nothing was changed.
        """
        async with self._store.report() as unit:
            found = await rows.accepted(unit)
        added = await asyncio.to_thread(self._data.add, _pairs(found))
        async with self._store.write() as unit:
            await rows.mark_written(unit, [one.id for one in found])
        return added, len(found)

    async def _open(self, unit: Unit, report_id: str) -> WrongAnswer:
        one = await rows.report(unit, report_id)
        if one is None:
            raise Refused("unknown_report")
        if one.state != "open":
            raise Refused("already_decided", agent=one.decided_by or "")
        return one

    async def _decide(self, unit: Unit, by: Actor, report_id: str, **values: str) -> None:
        if not await rows.decide(unit, report_id, by.name, **values):
            await self._open(unit, report_id)

    async def _write(self, report_id: str, intent: str, sentence: str) -> str | None:
        try:
            await asyncio.to_thread(self._data.add, [(intent, sentence)])
        except NotWritable as error:
            log.warning("an accepted example is not in this machine's training data", error=str(error))
            return str(error)
        async with self._store.write() as unit:
            await rows.mark_written(unit, [report_id])
        return None

    def _unwritable(self) -> str | None:
        try:
            self._data.check_writable()
        except NotWritable as error:
            return str(error)
        return None


def _pairs(found: Sequence[WrongAnswer]) -> list[tuple[str, str]]:
    return [(one.example_intent, one.example) for one in found if one.example_intent and one.example]
