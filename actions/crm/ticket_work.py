"""Work on a ticket that is there: the customer's notes, and opening it again. Part of `CrmRepository`.

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

    async def reopen_ticket(self, number: str, reason: str, *, idempotency_key: str) -> Fact[Ticket]:
        """Open a solved or closed ticket again, with the customer's reason as a note and a new due time.

        Once per key. A ticket that is open stays as it is, and the reason is added.

        Raises:
            CrmRejected: there is no such ticket.
        """
        ...
