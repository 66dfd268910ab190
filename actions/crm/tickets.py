"""What the assistant needs of a ticket system of its own: one small protocol, and the values it speaks in.

Guarantee: as for `CrmRepository`, every verb raises nothing but `CrmUnavailable` and `CrmRejected`. `file` is safe to
repeat: the key finds the ticket that an earlier call, also one without an answer, has made.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from actions.crm.models import Model, TicketStatus
from actions.crm.ticket_work import NewFile

OPEN: tuple[TicketStatus, ...] = ("new", "in_progress", "waiting_for_customer")


class TicketDraft(Model, frozen=True, kw_only=True):
    """A ticket to be made."""

    subject: str
    content: str  # plain text
    requestor: str | None = None  # mail address of the person it is about
    marks: tuple[str, ...] = ()  # what it can be searched by, "kind/name": "customer/2048173"
    due_at: datetime | None = None


class Filed(Model, frozen=True, kw_only=True):
    """A ticket in the ticket system, without its texts."""

    number: str  # "T-000017"
    subject: str
    status: TicketStatus
    opened_at: datetime
    due_at: datetime | None
    marks: tuple[str, ...]

    def marked(self, kind: str) -> str | None:
        """The name behind the first mark of a kind."""
        return next((mark[len(kind) + 1 :] for mark in self.marks if mark.startswith(f"{kind}/")), None)


class Texts(Model, frozen=True, kw_only=True):
    """What is written in a ticket, as far as the person it is about may read it."""

    description: str
    last_note: str | None  # the team's latest word to that person
    noted_at: datetime | None


class Note(Model, frozen=True, kw_only=True):
    """What the person whom a ticket is about has added to it."""

    text: str
    at: datetime


class StoredFile(Model, frozen=True, kw_only=True):
    """A file on a ticket, without its content."""

    name: str
    media_type: str
    size: int  # bytes
    at: datetime


class TicketSystem(Protocol):
    """A ticket system. Marks and keys may hold any text."""

    async def file(self, draft: TicketDraft, *, key: str) -> tuple[Filed, bool]:
        """Make the ticket once per key; the ticket, and whether this call made it."""
        ...

    async def join(self, number: str, *, key: str) -> None:
        """Have the key lead to this ticket from now on."""
        ...

    async def by_key(self, key: str) -> Filed | None: ...

    async def by_number(self, number: str) -> Filed | None: ...

    async def search(
        self,
        marks: Collection[str],
        *,
        statuses: Collection[TicketStatus] | None = None,
        since: datetime | None = None,
        limit: int = 5,
    ) -> list[Filed]:
        """Tickets that carry all the marks, newest first."""
        ...

    async def texts(self, found: Sequence[Filed]) -> list[Texts]:
        """The texts of tickets, in their order."""
        ...

    async def comment(self, number: str, text: str) -> None:
        """Add a note for the team that the person it is about does not see."""
        ...

    async def add_note(self, number: str, text: str, *, key: str) -> Note:
        """Add a note of the person the ticket is about, for the team, once per key."""
        ...

    async def notes(self, number: str) -> list[Note]:
        """The notes that `add_note` has added, newest first."""
        ...

    async def add_file(self, number: str, file: NewFile, *, key: str) -> StoredFile:
        """Put a file of the person the ticket is about on it, for the team, once per key."""
        ...

    async def files(self, number: str) -> list[StoredFile]:
        """The files that `add_file` has added, newest first."""
        ...

    async def ask_removal(self, number: str, text: str, *, key: str) -> int:
        """Have the team asked, once per key, to remove what `file`, `add_note` and `add_file` put on a ticket.

        How many texts and files of it are still there; 0 once it is gone.
        """
        ...

    async def reopen(self, number: str, *, due_at: datetime) -> None:
        """Make a ticket new again, with another due time. Repeating it changes nothing."""
        ...

    async def ping(self) -> None: ...

    async def close(self) -> None: ...
