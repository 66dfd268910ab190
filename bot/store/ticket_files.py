"""What customers have confirmed for a ticket, until the ticket has it: files of their messages, and words for a case.

A row is written in the transaction of the turn that confirmed it, once; a worker that takes it has it for a while, and
when that worker dies it is due again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.conversation.model import new_id
from bot.store.attachment_tables import attachment
from bot.store.attachment_tables import ticket_file as table
from bot.store.rows import plain
from bot.store.unit_of_work import Unit

_LEASE = timedelta(minutes=2)


class TicketFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file, or words, that a ticket is to get. `file_state` is the attachment's; None for words."""

    id: str
    conversation_id: str
    ticket: str
    attachment_id: str | None
    text: str | None
    turn_id: str
    attempts: int
    file_state: str | None


async def add_files(unit: Unit, conversation_id: str, turn_id: str, ticket: str, messages: Sequence[str]) -> int:
    """Note the files of these messages, as far as they belong to this conversation, for a ticket; how many are new.

    A file that the ticket has already, or is to get already, is not noted again.
    """
    if not messages:
        return 0
    found = await unit.connection.execute(
        sa.select(attachment.c.id)
        .where(attachment.c.conversation_id == conversation_id, attachment.c.message_id.in_(list(messages)))
        .order_by(attachment.c.id)
    )
    ids = list(found.scalars())
    return sum([await _add(unit, conversation_id, turn_id, ticket, attachment_id=one) for one in ids])


async def add_words(unit: Unit, conversation_id: str, turn_id: str, ticket: str, text: str) -> None:
    """Note words for a ticket."""
    await _add(unit, conversation_id, turn_id, ticket, text=text)


async def _add(unit: Unit, conversation_id: str, turn_id: str, ticket: str, **what: str) -> bool:
    insert = sqlite.insert if unit.connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(
        id=new_id(),
        conversation_id=conversation_id,
        ticket=ticket,
        turn_id=turn_id,
        state="waiting",
        due_at=unit.now,
        created_at=unit.now,
        **what,
    )
    added = await unit.connection.execute(statement.on_conflict_do_nothing())
    return added.rowcount == 1


async def any_due(unit: Unit) -> bool:
    """Whether anything is due: asked often, and without a lock."""
    found = await unit.connection.execute(
        sa.select(table.c.id).where(table.c.state == "waiting", table.c.due_at <= unit.now).limit(1)
    )
    return found.first() is not None


async def lease_ticket_files(unit: Unit, most: int) -> list[TicketFile]:
    """What is due now; nobody else gets it for a while."""
    due = (
        sa.select(table.c.id)
        .where(table.c.state == "waiting", table.c.due_at <= unit.now)
        .order_by(table.c.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    taken = await unit.connection.execute(
        sa.update(table)
        .where(table.c.id.in_(due))
        .values(due_at=unit.now + _LEASE, attempts=table.c.attempts + 1)
        .returning(table.c.id)
    )
    ids = list(taken.scalars())
    if not ids:
        return []
    found = await unit.connection.execute(
        sa.select(
            *(table.c.id, table.c.conversation_id, table.c.ticket, table.c.attachment_id),
            *(table.c.text, table.c.turn_id, table.c.attempts, attachment.c.state.label("file_state")),
        )
        .outerjoin(attachment, attachment.c.id == table.c.attachment_id)
        .where(table.c.id.in_(ids))
        .order_by(table.c.id)
    )
    return [msgspec.convert(plain(row), TicketFile) for row in found.mappings()]


async def postpone(unit: Unit, one: TicketFile, pause: timedelta, error: str) -> None:
    """It could not be filed now."""
    await unit.connection.execute(
        sa.update(table)
        .where(table.c.id == one.id, table.c.state == "waiting")
        .values(due_at=unit.now + pause, error=error[:500])
    )


async def settle(unit: Unit, one: TicketFile, state: Literal["filed", "failed"], error: str | None = None) -> bool:
    """Its outcome; False if it has one already, or was erased."""
    done = await unit.connection.execute(
        sa.update(table)
        .where(table.c.id == one.id, table.c.state == "waiting")
        .values(state=state, error=None if error is None else error[:500])
    )
    return done.rowcount == 1


async def outcomes(unit: Unit, one: TicketFile) -> dict[str, int]:
    """How many of the files of the same turn and ticket are in which state."""
    found = await unit.connection.execute(
        sa.select(table.c.state, sa.func.count())
        .where(table.c.turn_id == one.turn_id, table.c.ticket == one.ticket, table.c.attachment_id.is_not(None))
        .group_by(table.c.state)
    )
    return {state: int(count) for state, count in found}
