"""Answers of the bot that somebody at the desk reported as wrong, and what was decided about each.

A message is reported once and a report is decided once: the unique key and the condition on its state decide, however
many do it at the same time. No wording is accepted twice: the unique key on it refuses the second one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from bot.conversation.chain import ERASED
from bot.conversation.model import AuthorKind, EventKind, new_id
from bot.store.administration_tables import wrong_answer as table
from bot.store.rows import plain
from bot.store.tables import conversation as conversation_table
from bot.store.tables import message as message_table
from bot.store.tables import trace as trace_table
from bot.store.tokens import Agent
from bot.store.unit_of_work import Unit

State = Literal["open", "accepted", "rejected"]
# Most messages that a customer sends in a row and that are shown as what the bot answered.
_BURST = 5
_AN_ANSWER = (
    message_table.c.author_kind == AuthorKind.BOT.value,
    message_table.c.kind == EventKind.MESSAGE.value,
    message_table.c.turn_id.is_not(None),
)


class WrongAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A report as stored."""

    id: str
    conversation_id: str
    # The bot's message that was wrong, and the turn that made it.
    seq: int
    turn_id: str
    # What the bot took it for, and what it was; null where that is not known.
    understood: str | None
    right_intent: str | None
    note: str
    reported_by: str
    reported_name: str
    reported_at: datetime
    state: State
    example: str | None
    example_intent: str | None
    example_wording: str | None
    decided_by: str | None
    decided_at: datetime | None
    written_at: datetime | None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a reported answer answered: the customer's words, the answer, and by what the customer is known."""

    said: str
    answer: str
    channel: str
    customer_name: str | None


async def answers_of(unit: Unit, conversation_id: str) -> list[int]:
    """Places of the messages that a turn of the bot made: those that can be reported."""
    found = await unit.connection.execute(
        sa.select(message_table.c.seq)
        .where(message_table.c.conversation_id == conversation_id, *_AN_ANSWER)
        .order_by(message_table.c.seq)
    )
    return list(found.scalars())


async def turn_of_answer(unit: Unit, conversation_id: str, seq: int) -> tuple[str, str | None] | None:
    """The turn that made this message of the bot, and what it took the customer's words for.

    None where the message is no answer of the bot, or was erased.
    """
    found = await unit.connection.execute(
        sa.select(message_table.c.turn_id, trace_table.c.body)
        .join(
            trace_table,
            (trace_table.c.conversation_id == message_table.c.conversation_id)
            & (trace_table.c.turn_id == message_table.c.turn_id)
            & (trace_table.c.outcome == "committed"),
            isouter=True,
        )
        .where(
            message_table.c.conversation_id == conversation_id,
            message_table.c.seq == seq,
            message_table.c.text != ERASED,
            *_AN_ANSWER,
        )
        .limit(1)
    )
    row = found.one_or_none()
    return None if row is None else (row.turn_id, ((row.body or {}).get("intent") or {}).get("name"))


async def report_of(unit: Unit, conversation_id: str, seq: int) -> WrongAnswer | None:
    """The report of this message."""
    return await _one(unit, table.c.conversation_id == conversation_id, table.c.seq == seq)


async def report(unit: Unit, report_id: str) -> WrongAnswer | None:
    """The report with this id."""
    return await _one(unit, table.c.id == report_id)


async def _one(unit: Unit, *which: sa.ColumnElement[bool]) -> WrongAnswer | None:
    row = (await unit.connection.execute(sa.select(table).where(*which))).mappings().one_or_none()
    return None if row is None else WrongAnswer(**plain(row))


async def add_report(
    unit: Unit,
    *,
    conversation_id: str,
    seq: int,
    turn_id: str,
    understood: str | None,
    right_intent: str | None,
    note: str,
    agent: Agent,
) -> WrongAnswer:
    """Keep a report. Called under the conversation's lock, by which an erasure finds it."""
    one = WrongAnswer(
        id=new_id(),
        conversation_id=conversation_id,
        seq=seq,
        turn_id=turn_id,
        understood=understood,
        right_intent=right_intent,
        note=note,
        reported_by=agent.id,
        reported_name=agent.name,
        reported_at=unit.now,
        state="open",
        example=None,
        example_intent=None,
        example_wording=None,
        decided_by=None,
        decided_at=None,
        written_at=None,
    )
    values = {name: getattr(one, name) for name in one.__struct_fields__}
    await unit.connection.execute(sa.insert(table).values(**values))
    return one


async def change_report(unit: Unit, report_id: str, right_intent: str | None, note: str) -> None:
    """What its writer says now, as long as nobody has decided."""
    await unit.connection.execute(
        sa.update(table)
        .where(table.c.id == report_id, table.c.state == "open")
        .values(right_intent=right_intent, note=note)
    )


async def reports_of(unit: Unit, conversation_id: str) -> list[WrongAnswer]:
    """The reports of a conversation's messages, in their order."""
    found = await unit.connection.execute(
        sa.select(table).where(table.c.conversation_id == conversation_id).order_by(table.c.seq)
    )
    return [WrongAnswer(**plain(row)) for row in found.mappings()]


async def reports(unit: Unit, state: State, *, before: str | None = None, limit: int = 100) -> list[WrongAnswer]:
    """Reports in this state, newest first; those before a report's id for the next page."""
    query = sa.select(table).where(table.c.state == state).order_by(table.c.id.desc()).limit(limit)
    if before:
        query = query.where(table.c.id < before)
    return [WrongAnswer(**plain(row)) for row in (await unit.connection.execute(query)).mappings()]


async def count_reports(unit: Unit, state: State) -> int:
    """How many reports are in this state."""
    found = await unit.connection.execute(sa.select(sa.func.count()).select_from(table).where(table.c.state == state))
    return int(found.scalar_one())


async def asked(unit: Unit, one: WrongAnswer) -> Asked:
    """What the reported message answered. The customer's messages in a row are one question."""
    messages, conversation = message_table, conversation_table
    here = messages.c.conversation_id == one.conversation_id
    about = await unit.connection.execute(
        sa.select(messages.c.text, conversation.c.channel, conversation.c.customer_name)
        .join(conversation, conversation.c.id == messages.c.conversation_id)
        .where(here, messages.c.seq == one.seq)
    )
    answer, channel, customer_name = about.one()
    turn = sa.select(messages.c.seq).where(here, messages.c.id == one.turn_id).scalar_subquery()
    found = await unit.connection.execute(
        sa.select(messages.c.author_kind, messages.c.text)
        .where(here, messages.c.seq <= turn)
        .order_by(messages.c.seq.desc())
        .limit(_BURST)
    )
    said: list[str] = []
    for row in found:
        if row.author_kind != AuthorKind.CUSTOMER.value:
            break
        said.insert(0, row.text)
    return Asked(said="\n".join(said), answer=answer, channel=channel, customer_name=customer_name)


async def decide(unit: Unit, report_id: str, by: str, **values: Any) -> bool:
    """Decide a report that is open; False where somebody else has decided meanwhile."""
    done = await unit.connection.execute(
        sa.update(table)
        .where(table.c.id == report_id, table.c.state == "open")
        .values(decided_by=by, decided_at=unit.now, **values)
    )
    return done.rowcount == 1


async def accepted_wording(unit: Unit, wording: str) -> WrongAnswer | None:
    """The report by which this wording was accepted before."""
    return await _one(unit, table.c.example_wording == wording)


async def accepted(unit: Unit) -> list[WrongAnswer]:
    """Every accepted example, in the order in which they were accepted."""
    found = await unit.connection.execute(
        sa.select(table).where(table.c.state == "accepted").order_by(table.c.decided_at, table.c.id)
    )
    return [WrongAnswer(**plain(row)) for row in found.mappings()]


async def mark_written(unit: Unit, ids: Sequence[str]) -> None:
    """These examples are in training data; the first time counts."""
    await unit.connection.execute(
        sa.update(table).where(table.c.id.in_(ids), table.c.written_at.is_(None)).values(written_at=unit.now)
    )


async def reported_between(unit: Unit, since: datetime, until: datetime) -> list[Any]:
    """`channel, reported_at` of the reports of this time."""
    query = (
        sa.select(conversation_table.c.channel, table.c.reported_at)
        .join(conversation_table, conversation_table.c.id == table.c.conversation_id)
        .where(table.c.reported_at >= since, table.c.reported_at < until)
    )
    return list(await unit.connection.execute(query))
