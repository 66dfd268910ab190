"""The HTTP contract, derived from `CrmRepository`: one address per verb, arguments and results as JSON objects.

Guarantee: arguments, results and texts come from the protocol's own signatures, so protocol, client, server and the
OpenAPI document cannot drift apart; a verb without an entry in `_REPEATABLE` fails the import. Arguments travel in the
body of a POST, never in the address: addresses end up in logs, and customers' mail addresses must not.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

import msgspec

from actions.crm.repository import CrmRepository

VERSION = "1.0.0"
PREFIX = "/v1/"
REJECTED = "urn:klartext:crm:rejected"

# Whether a call may be sent again when its outcome is unknown. A writing verb may where the protocol promises that
# repeating it does no harm. Counting a typed code may only with an attempt id; see `repeatable`.
_REPEATABLE: Mapping[str, bool] = {
    "find_customer": True,
    "contracts": True,
    "contract": True,
    "invoices": True,
    "invoice": True,
    "appointments": True,
    "orders": True,
    "order": True,
    "overview": True,
    "outages_at_postcode": True,
    "outages_at_address": True,
    "find_addresses": True,
    "address": True,
    "fiber_availability": True,
    "build_area": True,
    "build_areas_at_postcode": True,
    "tickets": True,
    "ticket": True,
    "open_ticket": True,  # once per idempotency key
    "ticket_notes": True,
    "add_ticket_note": True,  # once per idempotency key
    "ticket_files": True,
    "add_ticket_file": True,  # once per idempotency key
    "reopen_ticket": True,  # once per idempotency key
    "visit_slots": True,
    "book_visit": True,  # once per idempotency key
    "move_visit": True,  # once per idempotency key
    "cancel_visit": True,  # once per idempotency key
    "product_sheet": True,
    "contact_info": True,
    "start_proof": True,  # sends nothing more within a minute
    "check_code": False,
    "proven_customer": True,
    "identity": True,
    "payments": True,
    "register_interest": True,  # once per idempotency key
    "interest_by_token": True,
    "set_updates": True,
    "updates_due": True,
    "send_update": True,  # once per state
    "tariffs_at": True,
    "place_order": True,  # once per idempotency key, and so the next four
    "withdraw_order": True,
    "withdraw_open_order": True,
    "cancel_contract": True,
    "start_contact_change": True,
    "confirm_contact_change": True,  # an attempt counts once
    "vouch": True,  # once per voucher
    "notifications": True,
    "ping": True,
}

# Seconds within which a verb has to be answered, where that is not `TIME_LIMIT` of the transport: a file takes a while.
_TIME_LIMITS: Mapping[str, float] = {"add_ticket_file": 30.0}


class Problem(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """An error, as in RFC 9457 (`application/problem+json`)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""


@dataclass(frozen=True)
class Operation:
    """One verb of the protocol as the contract has it."""

    verb: str
    path: str
    arguments: type[msgspec.Struct]
    result: Any
    summary: str
    description: str
    repeatable: bool
    time_limit: float | None  # seconds; None is the transport's own


def _operation(verb: str, method: Any) -> Operation:
    hints = get_type_hints(method)
    result = hints.pop("return")
    fields: list[Any] = []
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        kind = hints[parameter.name]
        required = parameter.default is inspect.Parameter.empty
        fields.append((parameter.name, kind) if required else (parameter.name, kind, parameter.default))
    name = "".join(part.capitalize() for part in verb.split("_")) + "Arguments"
    text = inspect.cleandoc(method.__doc__ or "")
    summary, _, rest = text.partition("\n")
    return Operation(
        verb=verb,
        path=PREFIX + verb.replace("_", "-"),
        arguments=msgspec.defstruct(name, fields, kw_only=True, frozen=True, forbid_unknown_fields=True),
        result=result,
        summary=summary or verb.replace("_", " ").capitalize() + ".",
        description=rest.strip(),
        repeatable=_REPEATABLE[verb],
        time_limit=_TIME_LIMITS.get(verb),
    )


def _operations() -> dict[str, Operation]:
    # The protocol's own verbs and those of the protocols it is made of.
    verbs = {
        name: method
        for part in CrmRepository.__mro__
        for name, method in vars(part).items()
        if inspect.iscoroutinefunction(method) and name != "close"  # closing is the client's own affair
    }
    if missing := verbs.keys() ^ _REPEATABLE.keys():
        raise TypeError(f"the HTTP contract and the protocol differ in {sorted(missing)}")
    return {name: _operation(name, method) for name, method in verbs.items()}


OPERATIONS: Mapping[str, Operation] = _operations()


def repeatable(operation: Operation, arguments: msgspec.Struct) -> bool:
    """Whether this very call may be sent again."""
    if operation.verb == "check_code":
        return getattr(arguments, "attempt", None) is not None
    return operation.repeatable
