"""Records what an action asked the customer data system, for the trace that agents see, and guards it.

Guarantee: what belongs to a customer (every verb with a `customer_number`) is asked for only after the customer data
system has said in this very turn that the speaker is that customer; anything else is a `NotProven`, which fails the
turn. Each call is recorded once, whether it returns or raises. A result is told in a few words and by record numbers
only: no names, amounts or addresses reach the trace this way.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, cast

from actions.crm.contract_models import CancelledContract, ContactChanged, ContactCode, PlacedOrder
from actions.crm.models import AddressHit, Customer, Fact, Identity, OpenedTicket, ProofStarted, Proven, Wrong
from actions.crm.repository import CrmRepository
from actions.crm.visits import VisitChange
from actions.crm.voucher_models import Vouched

Call = dict[str, Any]

# Verbs about one customer's own data, with their signatures.
_OWNED = {
    name: signature
    for name, method in inspect.getmembers(CrmRepository, inspect.isfunction)
    if "customer_number" in (signature := inspect.signature(method)).parameters
}


class NotProven(Exception):
    """An action asks for the data of a customer who has not proven in this turn to be the one who speaks."""


class Recorder:
    """Stands in for the repository and notes operation, result and duration in milliseconds."""

    def __init__(self, crm: CrmRepository) -> None:
        self._crm = crm
        self._proven: set[str] = set()
        self.calls: list[Call] = []

    def as_repository(self) -> CrmRepository:
        """This recorder, typed as what it stands in for."""
        return cast(CrmRepository, self)

    def __getattr__(self, operation: str) -> Callable[..., Awaitable[Any]]:
        target = getattr(self._crm, operation)

        async def recorded(*args: Any, **kwargs: Any) -> Any:
            self._check_owner(operation, args, kwargs)
            started = time.perf_counter()
            result = "failed"
            try:
                value = await target(*args, **kwargs)
                result = describe(value)
                self._note_proof(operation, value)
                return value
            finally:
                milliseconds = round((time.perf_counter() - started) * 1000, 1)
                self.calls.append(
                    {"system": "crm", "operation": operation, "result": result, "milliseconds": milliseconds}
                )

        return recorded

    def _check_owner(self, operation: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if operation in _OWNED:
            number = _OWNED[operation].bind(None, *args, **kwargs).arguments["customer_number"]
            if number not in self._proven:
                raise NotProven(f"{operation} before a proof of identity")

    def _note_proof(self, operation: str, value: object) -> None:
        if operation == "proven_customer" and isinstance(value, Fact):
            self._proven.add(cast("Fact[Customer]", value).value.number)
        elif isinstance(value, Proven | Vouched) and value.customer is not None:
            self._proven.add(value.customer.value.number)


def describe(value: object) -> str:
    """A result in a few words."""
    if value is None:
        return "nothing found"
    if isinstance(value, list):
        return f"{len(value)} found" if value else "nothing found"
    if isinstance(value, Fact):
        return value.record
    if isinstance(value, OpenedTicket):
        return f"{value.ticket.record} {'opened' if value.created else 'was open already'}"
    if isinstance(value, PlacedOrder):
        return f"{value.order.record} {'written' if value.created else 'was there already'}"
    if isinstance(value, CancelledContract):
        return f"{value.contract.record} {'cancelled' if value.created else 'was cancelled already'}"
    if isinstance(value, VisitChange):
        done = value.outcome == "done" and value.appointment is not None
        return f"{value.appointment.record} booked" if done else "slot taken"
    if isinstance(value, AddressHit):
        return value.key
    if isinstance(value, ProofStarted | ContactCode):
        return value.result
    if isinstance(value, ContactChanged):
        return "changed"
    if isinstance(value, Identity):
        return value.level
    if isinstance(value, Vouched):
        return value.result
    if isinstance(value, Wrong):
        return f"wrong code, {value.attempts_left} left"
    return type(value).__name__.lower()
