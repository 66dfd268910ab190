"""Why the bot said what it said: one trace for each attempt at a turn, suppressed and failed ones too."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from bot.conversation.model import new_id
from bot.store.tables import trace as table
from bot.store.unit_of_work import Unit

_RECORD = sa.insert(table)


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


async def traces(unit: Unit, conversation_id: str, limit: int = 50) -> list[Trace]:
    """The newest traces of a conversation, oldest first."""
    found = await unit.connection.execute(
        sa.select(table).where(table.c.conversation_id == conversation_id).order_by(table.c.at.desc()).limit(limit)
    )
    return [Trace(**{field: row[field] for field in Trace.__struct_fields__}) for row in found.mappings()][::-1]
