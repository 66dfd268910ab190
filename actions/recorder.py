"""Records what an action asked the customer data system, for the trace that agents see.

Each call is recorded once, whether it returns or raises. A result is told in a few words and by record numbers only:
no names, amounts or addresses reach the trace this way.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, cast

from actions.crm.models import AddressHit, Fact, Identity, OpenedTicket, ProofStarted, Wrong
from actions.crm.repository import CrmRepository

Call = dict[str, Any]


class Recorder:
    """Stands in for the repository and notes operation, result and duration in milliseconds."""

    def __init__(self, crm: CrmRepository) -> None:
        self._crm = crm
        self.calls: list[Call] = []

    def as_repository(self) -> CrmRepository:
        """This recorder, typed as what it stands in for."""
        return cast(CrmRepository, self)

    def __getattr__(self, operation: str) -> Callable[..., Awaitable[Any]]:
        target = getattr(self._crm, operation)

        async def recorded(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            result = "failed"
            try:
                value = await target(*args, **kwargs)
                result = describe(value)
                return value
            finally:
                milliseconds = round((time.perf_counter() - started) * 1000, 1)
                self.calls.append(
                    {"system": "crm", "operation": operation, "result": result, "milliseconds": milliseconds}
                )

        return recorded


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
    if isinstance(value, AddressHit):
        return value.key
    if isinstance(value, ProofStarted):
        return value.result
    if isinstance(value, Identity):
        return value.level
    if isinstance(value, Wrong):
        return f"wrong code, {value.attempts_left} left"
    return type(value).__name__.lower()
