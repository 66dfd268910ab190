"""A conversation and the entries of its log, as they are read: rows of the tables as values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.conversation.model import Author, AuthorKind, Button, EventKind, File, Holder, Message, Source
from bot.store.rows import plain
from bot.store.tables import message as message_table
from bot.store.tables import tenure as tenure_table


class Conversation(msgspec.Struct, kw_only=True):
    """A conversation's current state: one row."""

    id: str
    channel: str
    address: str | None
    locale: str
    holder: Holder
    epoch: int
    session: int
    head_seq: int
    inbound_seq: int
    delivered_seq: int
    read_seq: int
    # How far a person at the desk has had it on screen.
    seen_seq: int
    last_turn_id: str | None
    # Its chain's length and newest link (`bot/conversation/chain.py`).
    chain_length: int
    chain_link: str
    customer_number: str | None
    customer_name: str | None
    customer_level: str | None
    # A phone number that the channel vouches for, E.164.
    verified_phone: str | None
    # The team that a person is asked from, and whose agents see the conversation.
    team: str
    # Grows with everything that only desks show.
    desk_revision: int
    opened_at: datetime
    last_inbound_at: datetime | None
    last_at: datetime


def conversation_of(row: Any) -> Conversation:
    """A row of the table as a value."""
    return msgspec.convert(plain(row), Conversation)


def select_messages() -> sa.Select[Any]:
    """The query that `message_of` reads: entries with the name of who held the conversation."""
    return sa.select(message_table, tenure_table.c.agent_name.label("holder_name")).join(
        tenure_table,
        (tenure_table.c.conversation_id == message_table.c.conversation_id)
        & (tenure_table.c.epoch == message_table.c.epoch),
    )


def shown_button(button: Button) -> dict[str, str]:
    """What a message keeps of its button; the payload is kept apart, and never leaves the database."""
    shown = {"id": button.id, "title": button.title}
    return shown if button.opens is None else {**shown, "opens": button.opens}


def message_of(row: Any, files: tuple[File, ...] = ()) -> Message:
    """A row of the table as a value. Payloads of buttons stay in the database."""
    return Message(
        id=row["id"],
        conversation_id=row["conversation_id"],
        seq=row["seq"],
        epoch=row["epoch"],
        holder=Holder(row["holder"]),
        holder_name=row["holder_name"],
        kind=EventKind(row["kind"]),
        author=Author(kind=AuthorKind(row["author_kind"]), name=row["author_name"]),
        text=row["text"],
        at=row["at"],
        buttons=tuple(Button(**button, payload="") for button in row["buttons"]),
        sources=msgspec.convert(row["sources"], tuple[Source, ...]),
        case=row["case_number"],
        client_id=row["client_id"] if row["author_kind"] == AuthorKind.CUSTOMER.value else None,
        files=files,
    )
