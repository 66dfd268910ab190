"""What only desks show of a conversation: private notes, and who was invited to read along.

Nothing here is a message, so nothing here can reach a customer (`bot/store/desk_tables.py`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
import sqlalchemy as sa

from bot.conversation.model import new_id
from bot.store.conversations import OpenConversation
from bot.store.desk_tables import invitation
from bot.store.desk_tables import note as table
from bot.store.rows import plain
from bot.store.tokens import Agent
from bot.store.unit_of_work import Unit

# Stands for the customer where an agent's id stands otherwise.
_CUSTOMER = "customer"
NoteKind = Literal["note", "transfer", "invitation", "handback", "close", "case"]


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A note as stored."""

    id: str
    conversation_id: str
    case_number: str | None
    agent_id: str
    agent_name: str
    kind: NoteKind
    text: str
    after_seq: int
    client_id: str | None
    at: datetime


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A colleague who reads along and advises in notes."""

    conversation_id: str
    agent_id: str
    agent_name: str
    invited_by: str
    at: datetime


async def add_note(
    opened: OpenConversation,
    agent: Agent,
    text: str,
    *,
    kind: NoteKind = "note",
    client_id: str | None = None,
    case_number: str | None = None,
) -> Note:
    """Write a note at the current end of the thread. The same `client_id` again is the same note."""
    unit = opened.unit
    if client_id is not None:
        known = await unit.connection.execute(
            sa.select(table).where(
                table.c.conversation_id == opened.row.id,
                table.c.agent_id == agent.id,
                table.c.client_id == client_id,
            )
        )
        if (row := known.mappings().one_or_none()) is not None:
            return msgspec.convert(plain(row), Note)
    return await _write(opened, agent.id, agent.name, text, kind, client_id, case_number)


async def add_customers_note(opened: OpenConversation, text: str, *, case_number: str, name: str) -> Note:
    """Write what the customer wants to have added to a case, where its team reads. `name` is no person's: it stays."""
    return await _write(opened, _CUSTOMER, name, text, "case", None, case_number)


async def _write(
    opened: OpenConversation,
    author_id: str,
    author_name: str,
    text: str,
    kind: NoteKind,
    client_id: str | None,
    case_number: str | None,
) -> Note:
    unit = opened.unit
    note = Note(
        id=new_id(),
        conversation_id=opened.row.id,
        case_number=case_number,
        agent_id=author_id,
        agent_name=author_name,
        kind=kind,
        text=text,
        after_seq=opened.row.head_seq,
        client_id=client_id,
        at=unit.now,
    )
    await unit.connection.execute(sa.insert(table).values(msgspec.to_builtins(note, builtin_types=(datetime,))))
    opened.show_desks()
    return note


async def notes(unit: Unit, conversation_id: str) -> list[Note]:
    """The notes of a conversation, oldest first."""
    found = await unit.connection.execute(
        sa.select(table).where(table.c.conversation_id == conversation_id).order_by(table.c.id)
    )
    return [msgspec.convert(plain(row), Note) for row in found.mappings()]


async def invite(opened: OpenConversation, colleague: Agent, by: Agent) -> None:
    """Let a colleague read along. Once is enough."""
    unit = opened.unit
    if await is_invited(unit, opened.row.id, colleague.id):
        return
    await unit.connection.execute(
        sa.insert(invitation).values(
            conversation_id=opened.row.id,
            agent_id=colleague.id,
            agent_name=colleague.name,
            invited_by=by.name,
            at=unit.now,
        )
    )
    opened.show_desks()


async def leave(opened: OpenConversation, agent_id: str) -> None:
    """The invited colleague no longer reads along, or has it themselves now."""
    await opened.unit.connection.execute(
        sa.delete(invitation).where(invitation.c.conversation_id == opened.row.id, invitation.c.agent_id == agent_id)
    )
    opened.show_desks()


async def end_invitations(opened: OpenConversation) -> None:
    """Nobody reads along any more: what they were invited to is over."""
    await opened.unit.connection.execute(sa.delete(invitation).where(invitation.c.conversation_id == opened.row.id))
    opened.show_desks()


async def is_invited(unit: Unit, conversation_id: str, agent_id: str) -> bool:
    """Whether this agent was invited to this conversation."""
    found = await unit.connection.execute(
        sa.select(invitation.c.agent_id).where(
            invitation.c.conversation_id == conversation_id, invitation.c.agent_id == agent_id
        )
    )
    return found.first() is not None


async def invitations(unit: Unit, conversation_id: str) -> list[Invitation]:
    """Who reads along."""
    found = await unit.connection.execute(
        sa.select(invitation).where(invitation.c.conversation_id == conversation_id).order_by(invitation.c.at)
    )
    return [msgspec.convert(plain(row), Invitation) for row in found.mappings()]
