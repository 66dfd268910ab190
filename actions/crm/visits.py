"""Visits of technicians: free windows, and booking, moving and cancelling. Part of `CrmRepository`.

Guarantee: a window is given to one visit only, whoever asks at the same moment. Repeating a writing verb with its key
changes nothing and tells the outcome again.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, Protocol

from actions.crm.models import Appointment, AppointmentKind, Fact, Model


class VisitSlot(Model, frozen=True, kw_only=True):
    """A window in which a technician can come."""

    key: str  # short and stable, for a button: "062-20261123-08"
    starts: datetime
    ends: datetime


class NewVisit(Model, frozen=True, kw_only=True):
    """A visit to be booked at the address of a contract."""

    contract_number: str
    kind: AppointmentKind
    slot_key: str


class VisitChange(Model, frozen=True, kw_only=True):
    """What became of a booking or a move."""

    outcome: Literal["done", "slot_taken"]  # slot_taken: somebody else was faster; nothing was changed
    appointment: Fact[Appointment] | None  # None: nothing was booked


class VisitVerbs(Protocol):
    """What may be asked about visits."""

    async def visit_slots(
        self, contract_number: str, *, not_before: date | None = None, limit: int = 12
    ) -> list[Fact[VisitSlot]]:
        """Free windows at the address of the contract, the next one first, from tomorrow or `not_before` on.

        Empty: no window is free, or there is no such contract.
        """
        ...

    async def book_visit(self, new: NewVisit, *, idempotency_key: str) -> VisitChange:
        """Book a visit once per key (at most 200 characters).

        Raises:
            CrmRejected: the contract does not exist, or the key names no window of its address.
        """
        ...

    async def move_visit(self, number: str, slot_key: str, *, idempotency_key: str) -> VisitChange:
        """Give an appointment another window, once per key. A missed one can be moved, too.

        Raises:
            CrmRejected: there is no such appointment, it is done or cancelled, or the key names no window there.
        """
        ...

    async def cancel_visit(self, number: str, *, idempotency_key: str) -> Fact[Appointment]:
        """Cancel an appointment and give its window free. One that is cancelled already stays so.

        Raises:
            CrmRejected: there is no such appointment, or it has been carried out.
        """
        ...
