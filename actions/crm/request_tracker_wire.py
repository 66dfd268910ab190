"""What Request Tracker's REST 2 interface says, as types; whatever does not fit them is unreadable, not guessed at."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

import msgspec
import structlog

from actions.crm.errors import CrmUnavailable
from actions.crm.transport import Answer

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Link(msgspec.Struct):
    """A link of a ticket."""

    ref: str
    url: str = msgspec.field(name="_url", default="")


class User(msgspec.Struct):
    """Who did something, by name or mail address."""

    id: str


class Item(msgspec.Struct, rename={"links": "_hyperlinks"}):
    """A ticket."""

    id: int
    links: list[Link]
    subject: str = msgspec.field(name="Subject")
    status: str = msgspec.field(name="Status")
    created: datetime = msgspec.field(name="Created")
    due: datetime | None = msgspec.field(name="Due", default=None)


class Transaction(msgspec.Struct):
    """Something that happened to a ticket."""

    id: int
    ticket: int = msgspec.field(name="ObjectId")
    kind: str = msgspec.field(name="Type")
    created: datetime = msgspec.field(name="Created")
    creator: User = msgspec.field(name="Creator")


class Attachment(msgspec.Struct):
    """A part of what was written."""

    content: str = msgspec.field(name="Content", default="")
    kind: str = msgspec.field(name="ContentType", default="")


class FileOf(msgspec.Struct):
    """A file that came with what was written."""

    id: int
    transaction: int = msgspec.field(name="TransactionId")
    kind: str = msgspec.field(name="ContentType", default="")
    name: str | None = msgspec.field(name="Filename", default=None)
    size: int = msgspec.field(name="ContentLength", default=0)


class Page(msgspec.Struct):
    """The first hundred or fewer of what was asked for."""

    items: list[dict[str, Any]]


class Made(msgspec.Struct):
    """What was just made."""

    id: int


def checked(operation: str, answer: Answer) -> Answer:
    """The answer, if it is one to go on with.

    Raises:
        CrmUnavailable: refused, or any other error.
    """
    if answer.status in {401, 403}:
        log.error("the ticket system refuses us", operation=operation, status=answer.status)
        raise CrmUnavailable(operation, "access refused")
    if answer.status >= 300:
        raise CrmUnavailable(operation, f"status {answer.status}")
    return answer


def decoded(operation: str, answer: Answer, kind: type[T]) -> T:
    """The body of an answer as a value of this kind; anything else is `CrmUnavailable`."""
    try:
        return converted(operation, msgspec.json.decode(answer.body), kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        log.error("unreadable answer of the ticket system", operation=operation)
        raise CrmUnavailable(operation, "unreadable") from error


def converted(operation: str, value: Any, kind: type[T]) -> T:
    """A part of an answer as a value of this kind; anything else is `CrmUnavailable`."""
    try:
        return msgspec.convert(value, kind, strict=False)  # Request Tracker writes numbers as texts
    except msgspec.ValidationError as error:
        log.error("unreadable answer of the ticket system", operation=operation, error=str(error)[:200])
        raise CrmUnavailable(operation, "unreadable") from error
