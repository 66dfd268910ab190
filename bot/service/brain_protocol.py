"""The wire format between edge and brain, shared by both sides so that they cannot drift apart.

Unknown fields are ignored on both sides, so that the two can be upgraded one after the other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

HandoverReason = Literal[
    "customer_request",
    "not_understood",
    "identity_failed",
    "assistant_unavailable",
    "system_unavailable",
    "sensitive",
    "bot_decision",
]
Decision = Literal["answer", "ask", "handover"]


class SentFile(msgspec.Struct, kw_only=True):
    """A file that came with a message of the turn: which message, and what kind of file."""

    message: str
    kind: str


class TurnRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a customer said since the last answer. Exactly one of `text` and `payload` is set."""

    conversation_id: str
    # Brain memory belongs to one tenure of the bot; a new epoch starts with a fresh memory.
    epoch: int
    # Id of the newest customer message of the turn. A known id is replayed.
    turn_id: str
    # The last turn whose answer the edge committed in this epoch: memory continues from there.
    after_turn: str | None = None
    session: int
    locale: Literal["de", "en"] = "de"
    text: str | None = None
    # Only ever from a button that the edge issued itself.
    payload: str | None = None
    # A phone number that the channel vouches for, E.164: whoever writes holds it. Not said by the customer.
    verified_phone: str | None = None
    files: list[SentFile] = []

    def __post_init__(self) -> None:
        if (self.text is None) == (self.payload is None):
            raise ValueError("exactly one of text and payload is needed")


class Button(msgspec.Struct, kw_only=True):
    """A choice offered to the customer; the edge gives it an id and keeps the payload to itself."""

    title: str
    payload: str


class Source(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The record an answer came from. `as_of` is when it was read there, UTC."""

    label: str
    as_of: datetime
    system: str = "crm"
    record: str | None = None


class Reply(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One bubble of the answer."""

    text: str
    buttons: list[Button] = []
    sources: list[Source] = []
    # It says in general why answers are given: the edge, which has the traces, says it of the answer before instead.
    explains: bool = False


class Reading(msgspec.Struct, kw_only=True):
    """An intent and how likely it is, 0 to 1."""

    name: str
    confidence: float


class Entity(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Something recognised in the text; `value` is normalised. `start` and `end` are character positions."""

    entity: str
    value: str | int | float | dict[str, object]
    text: str | None = None
    start: int | None = None
    end: int | None = None


class Handover(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The brain asks for a person, and says why."""

    reason: HandoverReason
    detail: str | None = None


class KnownCustomer(msgspec.Struct, kw_only=True):
    """Who the customer said or proved to be."""

    number: str
    name: str
    level: Literal["claimed", "proven"]


class Call(msgspec.Struct, kw_only=True):
    """One question to another system, for the trace."""

    system: str
    operation: str
    result: str
    milliseconds: float


class Attach(msgspec.Struct, kw_only=True):
    """The customer has confirmed that the files of these messages are to be put on a ticket."""

    ticket: str
    messages: list[str]


class CaseAsked(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A case of the chat is asked for, or confirmed words and files are to be added to it. The edge knows whose it is.

    `customer` is who the customer has proven to be in this turn.
    """

    number: str
    customer: str | None = None
    note: str | None = None
    messages: list[str] = []

    @property
    def adds(self) -> bool:
        """Whether something is to be added."""
        return bool(self.note or self.messages)


class Failure(msgspec.Struct, kw_only=True):
    """The body of an HTTP status other than 200: what went wrong, and why a person is needed if that lasts."""

    error: str
    reason: HandoverReason = "assistant_unavailable"


class TurnResponse(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The brain's suggestion. The edge decides whether it is said."""

    replies: list[Reply] = []
    language: Literal["de", "en"] = "de"
    intent: Reading | None = None
    ranking: list[Reading] = []
    decision: Decision = "answer"
    entities: list[Entity] = []
    handover: Handover | None = None
    customer: KnownCustomer | None = None
    calls: list[Call] = []
    # What was answered so far in requests that are not finished, in the team's language; for a person, or a case.
    work: str | None = None
    attach: Attach | None = None
    case: CaseAsked | None = None
    actions: list[str] = []

    @property
    def says_nothing(self) -> bool:
        """Whether the edge would have nothing to tell the customer."""
        return self.handover is None and self.case is None and not any(reply.text.strip() for reply in self.replies)
