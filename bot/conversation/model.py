"""The words of the domain as types.

An outgoing message cannot be built without its author, and an author cannot be built that the holder forbids: see
`Author`. The database repeats both as constraints (`bot/store/tables.py`).
"""

from __future__ import annotations

import enum
import secrets
import time
from datetime import datetime, timezone
from typing import Literal
from uuid import UUID

import msgspec


class Holder(str, enum.Enum):
    """Who may speak to the customer."""

    BOT = "bot"
    QUEUE = "queue"
    AGENT = "agent"
    CLOSED = "closed"


class AuthorKind(str, enum.Enum):
    """Who wrote a message. Every message has one."""

    CUSTOMER = "customer"
    BOT = "bot"
    HUMAN = "human"
    SYSTEM = "system"


class EventKind(str, enum.Enum):
    """What an entry of the log is."""

    MESSAGE = "message"
    # The system's word on something that happened; a change of holder has exactly one.
    NOTICE = "notice"


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """Author of a message. Humans have a name; the bot never has a human one."""

    kind: AuthorKind
    name: str

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("an author has a name")


class Button(msgspec.Struct, frozen=True, kw_only=True):
    """A choice that was issued: only its id ever comes back from a customer."""

    id: str
    title: str
    # What the id stands for: a payload for the brain, or an edge command such as `edge:handover`.
    payload: str
    # What a client with the conversation's token can open instead of sending the button: the page with the record, or
    # the choice of how to be answered elsewhere.
    opens: Literal["record", "leave"] | None = None


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The record an answer came from, and when it was read there (UTC)."""

    label: str
    as_of: datetime
    system: str = "crm"
    record: str | None = None


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a message. `state` is pending, stored, refused, gone or expired; only a stored one can be had."""

    id: str
    kind: str
    name: str | None
    media_type: str | None
    size: int | None
    state: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is about to be written into the log: everything but its place."""

    kind: EventKind
    author: Author
    text: str
    buttons: tuple[Button, ...] = ()
    sources: tuple[Source, ...] = ()
    case: str | None = None
    # True where the bot says that it is a bot.
    discloses: bool = False

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError("a message has text")
        if self.discloses and self.author.kind is not AuthorKind.BOT:
            raise ValueError("only the bot discloses that it is a bot")
        if self.kind is EventKind.NOTICE and self.author.kind is not AuthorKind.SYSTEM:
            raise ValueError("a notice is written by the system")


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a conversation's log, as stored."""

    id: str
    conversation_id: str
    # Place in the conversation: 1, 2, 3 … without a gap.
    seq: int
    epoch: int
    holder: Holder
    # The agent's name, where an agent holds the conversation.
    holder_name: str | None = None
    kind: EventKind
    author: Author
    text: str
    at: datetime
    buttons: tuple[Button, ...] = ()
    sources: tuple[Source, ...] = ()
    case: str | None = None
    client_id: str | None = None
    files: tuple[File, ...] = ()


def utc_now() -> datetime:
    """The current time, UTC, timezone-aware."""
    return datetime.now(timezone.utc)


def new_id() -> str:
    """A fresh id that sorts by time of creation (the layout of UUID version 7)."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (2**48 - 1)) << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    value |= 0b10 << 62 | secrets.randbits(62)
    return str(UUID(int=value))
