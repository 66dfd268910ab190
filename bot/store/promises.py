"""Waits: what was measured, what was promised from it, and whether it was kept.

A promise belongs to one tenure of the queue and is settled in the transaction that ends the tenure, by
`OpenConversation.save` alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from bot.conversation.handover import Reason
from bot.conversation.model import Holder
from bot.store.tables import tenure as tenure_table
from bot.store.tables import wait_promise as table
from bot.store.unit_of_work import Unit

# Endings of a wait that the customer chose, or that goes on in another conversation of theirs.
_WITHDRAWN = (Reason.CUSTOMER_CANCELLED, Reason.CASE_CHOSEN, Reason.JOINED)


class WaitFigure(msgspec.Struct, frozen=True, kw_only=True):
    """`share` of the requests since `since` were taken by a person within `seconds`."""

    seconds: int
    share: float
    sample: int
    since: datetime
    measured_at: datetime


async def waits_since(unit: Unit, since: datetime, limit: int = 2000) -> list[float | None]:
    """How long requests waited for a person, in seconds, newest first; None where nobody came in time.

    Requests that the customer withdrew are left out: nobody knows how long they would have waited.
    """
    following = tenure_table.alias("following")
    found = await unit.connection.execute(
        sa.select(tenure_table.c.started_at, tenure_table.c.ended_at, following.c.holder)
        .join(
            following,
            (following.c.conversation_id == tenure_table.c.conversation_id)
            & (following.c.epoch == tenure_table.c.epoch + 1),
        )
        .where(
            tenure_table.c.holder == Holder.QUEUE.value,
            tenure_table.c.started_at >= since,
            following.c.reason.not_in([reason.value for reason in _WITHDRAWN]),
        )
        .order_by(tenure_table.c.started_at.desc())
        .limit(limit)
    )
    return [
        (row.ended_at - row.started_at).total_seconds() if row.holder == Holder.AGENT.value else None for row in found
    ]


async def promise(unit: Unit, conversation_id: str, epoch: int, figure: WaitFigure) -> None:
    """Keep on record what the customer of this queue tenure was told."""
    await unit.connection.execute(
        sa.insert(table).values(
            conversation_id=conversation_id,
            epoch=epoch,
            seconds=figure.seconds,
            share=figure.share,
            sample=figure.sample,
            measured_at=figure.measured_at,
            promised_until=unit.now + timedelta(seconds=figure.seconds),
        )
    )


async def settle(unit: Unit, conversation_id: str, epoch: int, to: Holder, reason: Reason) -> None:
    """The queue's tenure ended: the wait named was kept when a person came within it; withdrawn in time is neither."""
    in_time = table.c.promised_until >= sa.literal(unit.now, table.c.promised_until.type)
    if to is Holder.AGENT:
        outcome: sa.ColumnElement[str] = sa.case((in_time, "kept"), else_="broken")
    elif reason in _WITHDRAWN:
        outcome = sa.case((in_time, "withdrawn"), else_="broken")
    else:
        outcome = sa.literal("broken")
    await unit.connection.execute(
        sa.update(table)
        .where(table.c.conversation_id == conversation_id, table.c.epoch == epoch, table.c.outcome.is_(None))
        .values(outcome=outcome, settled_at=unit.now)
    )
