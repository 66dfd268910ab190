"""Why the bot said what it said: one trace for each attempt at a turn, suppressed and failed ones too."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from bot.conversation.model import new_id
from bot.store.prepared import repeated
from bot.store.tables import trace as table
from bot.store.unit_of_work import Unit

_RECORD = repeated(sa.insert(table))
# How many answers back a topic is looked for.
_LOOKED_BACK = 6
# Intents that say nothing about what the customer's request is about.
_ABOUT_THE_TALK = frozenset(
    {"talk_to_human", "bot_challenge", "why_answer", "help", "greet", "goodbye", "thank", "affirm", "deny", "inform"}
    | {"nlu_fallback", "switch_channel"}
)


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt at a turn. `body` is the brain's response without its replies, or the failure."""

    turn_id: str
    conversation_id: str
    epoch: int
    seq: int
    outcome: Literal["committed", "suppressed", "failed"]
    milliseconds: float
    body: dict[str, Any]
    at: datetime


async def record(
    unit: Unit,
    *,
    turn_id: str,
    conversation_id: str,
    epoch: int,
    seq: int,
    outcome: Literal["committed", "suppressed", "failed"],
    milliseconds: float,
    body: dict[str, Any],
) -> None:
    """Keep a trace."""
    await unit.connection.execute(
        _RECORD,
        {
            "id": new_id(),
            "turn_id": turn_id,
            "conversation_id": conversation_id,
            "epoch": epoch,
            "seq": seq,
            "outcome": outcome,
            "milliseconds": round(milliseconds, 1),
            "body": body,
            "at": unit.now,
        },
    )


async def trace_of_turn(unit: Unit, conversation_id: str, turn_id: str) -> Trace | None:
    """The trace of the answer to this turn that was said; None if none was."""
    found = await unit.connection.execute(
        sa.select(table)
        .where(table.c.conversation_id == conversation_id, table.c.turn_id == turn_id, table.c.outcome == "committed")
        .order_by(table.c.at.desc())
        .limit(1)
    )
    row = found.mappings().one_or_none()
    return None if row is None else _trace(row)


async def newest_work(unit: Unit, conversation_id: str) -> str | None:
    """What the customer had answered in unfinished requests when the bot answered last."""
    found = await unit.connection.execute(
        sa.select(table.c.body)
        .where(table.c.conversation_id == conversation_id, table.c.outcome == "committed")
        .order_by(table.c.at.desc(), table.c.seq.desc())
        .limit(1)
    )
    body: dict[str, Any] = found.scalar_one_or_none() or {}
    return body.get("work")


async def traces(unit: Unit, conversation_id: str, limit: int = 50) -> list[Trace]:
    """The newest traces of a conversation, oldest first."""
    found = await unit.connection.execute(
        sa.select(table).where(table.c.conversation_id == conversation_id).order_by(table.c.at.desc()).limit(limit)
    )
    return [_trace(row) for row in found.mappings()][::-1]


def _trace(row: sa.RowMapping) -> Trace:
    return Trace(**{field: row[field] for field in Trace.__struct_fields__})


async def newest_intent(unit: Unit, conversation_id: str, seq: int) -> str | None:
    """What the bot last took the customer's words for, up to the message at `seq`, if it took them for anything."""
    found = await unit.connection.execute(
        sa.select(table.c.body)
        .where(table.c.conversation_id == conversation_id, table.c.seq <= seq, table.c.outcome == "committed")
        .order_by(table.c.seq.desc(), table.c.at.desc())
        .limit(_LOOKED_BACK)
    )
    for body in found.scalars():
        intent = topic_of(body)
        if intent is not None:
            return intent
    return None


def topic_of(body: dict[str, Any]) -> str | None:
    """The topic that a trace's answer was about; None for none, and for what is about the talk itself."""
    name = (body.get("intent") or {}).get("name")
    return name if name and name not in _ABOUT_THE_TALK else None
