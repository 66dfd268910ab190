"""Replies held back for some seconds, so that their writer can withdraw them. Committed as soon as they are written.

A reply becomes a message once, in the transaction that settles it; its client id is the message's, so that a repetition
over whichever way is the same reply.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
import sqlalchemy as sa

from bot.conversation.model import Message, new_id
from bot.store.conversations import OpenConversation
from bot.store.desk_tables import held_reply as table
from bot.store.rows import plain
from bot.store.tokens import Agent
from bot.store.unit_of_work import Unit

State = Literal["held", "sent", "withdrawn", "refused"]


class HeldReply(msgspec.Struct, frozen=True, kw_only=True):
    """A reply as stored."""

    id: str
    conversation_id: str
    epoch: int
    agent_id: str
    agent_name: str
    client_id: str
    text: str
    state: State
    message_id: str | None
    created_at: datetime
    due_at: datetime


async def hold(opened: OpenConversation, agent: Agent, text: str, client_id: str, due_at: datetime) -> HeldReply:
    """Keep a reply until it is due."""
    held = HeldReply(
        id=new_id(),
        conversation_id=opened.row.id,
        epoch=opened.row.epoch,
        agent_id=agent.id,
        agent_name=agent.name,
        client_id=client_id,
        text=text,
        state="held",
        message_id=None,
        created_at=opened.unit.now,
        due_at=due_at,
    )
    await opened.unit.connection.execute(sa.insert(table).values(msgspec.to_builtins(held, builtin_types=(datetime,))))
    opened.show_desks()
    return held


async def held_by_client_id(unit: Unit, conversation_id: str, agent_id: str, client_id: str) -> HeldReply | None:
    """The reply that was already stored under this client id."""
    return await _one(
        unit,
        (table.c.conversation_id == conversation_id)
        & (table.c.agent_id == agent_id)
        & (table.c.client_id == client_id),
    )


async def held(unit: Unit, held_id: str) -> HeldReply | None:
    """The reply with this id. Read it under its conversation's lock to act on it."""
    return await _one(unit, table.c.id == held_id)


async def waiting(unit: Unit, conversation_id: str) -> list[HeldReply]:
    """The replies of a conversation that are held back, in the order in which they were written."""
    found = await unit.connection.execute(
        sa.select(table).where(table.c.conversation_id == conversation_id, table.c.state == "held").order_by(table.c.id)
    )
    return [msgspec.convert(plain(row), HeldReply) for row in found.mappings()]


async def undecided(unit: Unit, conversation_id: str) -> list[HeldReply]:
    """Those that desks show: held back, or refused because the conversation had changed hands."""
    found = await unit.connection.execute(
        sa.select(table)
        .where(table.c.conversation_id == conversation_id, table.c.state.in_(("held", "refused")))
        .order_by(table.c.id)
    )
    return [msgspec.convert(plain(row), HeldReply) for row in found.mappings()]


async def due(unit: Unit, limit: int = 200) -> list[str]:
    """Conversations with a reply that is due."""
    found = await unit.connection.execute(
        sa.select(table.c.conversation_id)
        .where(table.c.state == "held", table.c.due_at <= unit.now)
        .distinct()
        .limit(limit)
    )
    return list(found.scalars())


def settle(opened: OpenConversation, held_id: str, state: State, message: Message | None = None) -> None:
    """Say what became of a reply, together with the message that it became."""
    opened.afterwards(
        sa.update(table)
        .where(table.c.id == held_id)
        .values(state=state, message_id=None if message is None else message.id)
    )
    opened.show_desks()


async def _one(unit: Unit, which: sa.ColumnElement[bool]) -> HeldReply | None:
    found = await unit.connection.execute(sa.select(table).where(which))
    row = found.mappings().one_or_none()
    return None if row is None else msgspec.convert(plain(row), HeldReply)
