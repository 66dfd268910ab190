"""Messages that the bot owes an outcome.

A worker leases the oldest open message of a conversation; the others of that conversation wait behind it, so a
conversation is worked on once at a time. A lease that ran out can be taken by another worker; the late one then fails
the check in `holds_lease`, made under the conversation's lock, and nothing of it is applied.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from bot.conversation.model import new_id
from bot.store.prepared import in_words, repeated
from bot.store.tables import inbox as table
from bot.store.tables import message as message_table
from bot.store.unit_of_work import Unit

_OPEN = in_words("open")
_MINE = (
    (table.c.message_id == sa.bindparam("message"))
    & (table.c.state == _OPEN)
    & (table.c.lease_token == sa.bindparam("lease"))
)
_HOLDS = repeated(sa.select(table.c.message_id).where(_MINE))
_RELEASE = repeated(sa.update(table).where(_MINE).values(lease_token=None))
_NEXT_DUE = repeated(sa.select(sa.func.min(table.c.due_at)).where(table.c.state == _OPEN))

_ANY_OPEN = repeated(
    sa.select(table.c.message_id)
    .where(table.c.conversation_id == sa.bindparam("conversation"), table.c.state == _OPEN)
    .limit(1)
)

_older = table.alias("older")
_DUE = (
    sa.select(table.c.message_id)
    .where(
        table.c.state == _OPEN,
        table.c.due_at <= sa.bindparam("now", type_=table.c.due_at.type),
        # Only the oldest open message of a conversation can be leased.
        ~sa.exists().where(
            _older.c.conversation_id == table.c.conversation_id,
            _older.c.state == _OPEN,
            _older.c.seq < table.c.seq,
        ),
    )
    .order_by(table.c.due_at)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
_LEASE = repeated(
    sa.update(table)
    .where(table.c.message_id.in_(_DUE))
    .values(
        lease_token=sa.bindparam("lease"),
        due_at=sa.bindparam("until", type_=table.c.due_at.type),
        attempts=table.c.attempts + 1,
    )
    .returning(table.c.message_id, table.c.conversation_id, table.c.seq, table.c.attempts, table.c.deadline_at)
)


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """The right to work on a conversation's open messages until it runs out."""

    message_id: str
    conversation_id: str
    seq: int
    token: str
    attempts: int
    deadline_at: datetime


async def lease_due(unit: Unit, limit: int, duration: timedelta) -> list[Lease]:
    """Lease up to `limit` conversations that wait for a turn."""
    token = new_id()
    found = await unit.connection.execute(
        _LEASE, {"now": unit.now, "most": limit, "lease": token, "until": unit.now + duration}
    )
    return [
        Lease(
            message_id=row.message_id,
            conversation_id=row.conversation_id,
            seq=row.seq,
            token=token,
            attempts=row.attempts,
            deadline_at=row.deadline_at,
        )
        for row in found
    ]


async def holds_lease(unit: Unit, lease: Lease) -> bool:
    """Whether the leased message is still open and still leased to the holder of this token."""
    found = await unit.connection.execute(_HOLDS, {"message": lease.message_id, "lease": lease.token})
    return found.scalar_one_or_none() is not None


async def has_open(unit: Unit, conversation_id: str) -> bool:
    """Whether a message of the conversation waits for its outcome, leased or not."""
    found = await unit.connection.execute(_ANY_OPEN, {"conversation": conversation_id})
    return found.first() is not None


class Unanswered(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the customer said and nobody has answered: as it was stored."""

    message_id: str
    text: str
    heard: str | None
    payload: str | None


async def unanswered(unit: Unit, conversation_id: str) -> list[Unanswered]:
    """What waits for the bot, and what was said to a person, or while one is waited for, since the last answer."""
    answer = message_table.alias("answer")
    last = (
        sa.select(sa.func.coalesce(sa.func.max(answer.c.seq), 0))
        .where(answer.c.conversation_id == conversation_id, answer.c.author_kind.in_(("bot", "human")))
        .scalar_subquery()
    )
    since = sa.and_(table.c.outcome.in_(("queue", "agent")), message_table.c.seq > last)
    found = await unit.connection.execute(
        sa.select(message_table.c.id, message_table.c.text, message_table.c.heard, message_table.c.payload)
        .join(table, table.c.message_id == message_table.c.id)
        .where(message_table.c.conversation_id == conversation_id, sa.or_(table.c.state == _OPEN, since))
        .order_by(message_table.c.seq)
    )
    return [Unanswered(message_id=row.id, text=row.text, heard=row.heard, payload=row.payload) for row in found]


async def release(unit: Unit, lease: Lease, due_at: datetime) -> None:
    """Give the lease back; the conversation is due again at `due_at`."""
    await unit.connection.execute(_RELEASE, {"message": lease.message_id, "lease": lease.token, "due_at": due_at})


async def next_due(unit: Unit) -> datetime | None:
    """When the next open message is due, or null if none is open."""
    found = await unit.connection.execute(_NEXT_DUE)
    moment: datetime | None = found.scalar_one()
    return moment
