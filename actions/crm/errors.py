"""The errors of the customer data system, by what the caller can do about them.

Guarantee: an adapter raises nothing but these. "Not found" is no error: lookups return None or an empty list. No
message holds customer data.
"""

from __future__ import annotations


class CrmError(Exception):
    """Base of all errors of the customer data system."""


class CrmUnavailable(CrmError):
    """The system is away, too slow or not set up. Try again later: every write is safe to repeat."""

    def __init__(self, operation: str, cause: str) -> None:
        super().__init__(f"customer data system unavailable during {operation}: {cause}")
        self.operation = operation
        self.cause = cause


class CrmRejected(CrmError):
    """The request itself cannot be carried out, for instance a ticket for a contract that does not exist. Nothing was
    written, and repeating it will not help."""

    def __init__(self, operation: str, cause: str) -> None:
        super().__init__(f"customer data system rejected {operation}: {cause}")
        self.operation = operation
        self.cause = cause
