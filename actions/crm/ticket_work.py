"""Work on a ticket that is there: the customer's notes and files, and opening it again. Part of `CrmRepository`.

Guarantee: repeating a writing verb with its key changes nothing and tells the outcome again. Nothing here asks whose
ticket it is: the caller has looked.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from actions.crm.models import Fact, Model, Ticket


class TicketNote(Model, frozen=True, kw_only=True):
    """What the customer has added to a ticket."""

    ticket_number: str
    text: str
    noted_at: datetime


class NewFile(Model, frozen=True, kw_only=True):
    """A file to be put on a ticket. The media type is the one that the content shows."""

    name: str
    media_type: str
    content: bytes  # at most 16 MiB; base64 where it travels as JSON


class TicketFile(Model, frozen=True, kw_only=True):
    """A file on a ticket, without its content."""

    ticket_number: str
    name: str
    media_type: str
    size: int  # bytes
    added_at: datetime


class TicketWorkVerbs(Protocol):
    """What may be done to a ticket."""

    async def ticket_notes(self, number: str) -> list[Fact[TicketNote]]:
        """The customer's notes, newest first. The record is the ticket's number."""
        ...

    async def add_ticket_note(self, number: str, text: str, *, idempotency_key: str) -> Fact[TicketNote]:
        """Add a customer's note for the team, once per key (at most 200 characters).

        Raises:
            CrmRejected: there is no such ticket.
        """
        ...

    async def ticket_files(self, number: str) -> list[Fact[TicketFile]]:
        """The customer's files on a ticket, newest first. The record is the ticket's number."""
        ...

    async def add_ticket_file(self, number: str, file: NewFile, *, idempotency_key: str) -> Fact[TicketFile]:
        """Put a customer's file on a ticket for the team, once per key (at most 200 characters).

        It may take up to 30 seconds.

        Raises:
            CrmRejected: there is no such ticket, or it does not take this file.
        """
        ...

    async def reopen_ticket(self, number: str, reason: str, *, idempotency_key: str) -> Fact[Ticket]:
        """Open a solved or closed ticket again, with the customer's reason as a note and a new due time.

        Once per key. A ticket that is open stays as it is, and the reason is added.

        Raises:
            CrmRejected: there is no such ticket.
        """
        ...
