"""The OpenAPI 3.1 document of the HTTP contract.

Guarantee: made from the same table as client and server. `python -m actions.crm.http_api.openapi` prints it; that in
`docs/crm-openapi.json` is compared with it by a test.
"""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from actions.crm.http_api.contract import OPERATIONS, VERSION, Operation, Problem

_REF = "#/components/schemas/{name}"
_INTRODUCTION = """What Klartext asks of a customer data system.

Every verb is a POST with its arguments as a JSON object, so that no customer data stands in an address. "Not found" is
`null` or an empty list with status 200, never 404: a wrong address must not look like a customer without a contract.
Unknown arguments are refused. Times are UTC (RFC 3339), days ISO 8601, money integer cents, phone numbers E.164.
Answers must come within two seconds, unless the verb says otherwise."""
_RESULTS = {
    "400": "The arguments do not fit their types.",
    "401": "The token is missing or wrong.",
    "503": "The system is away, too slow or not set up. Try again later.",
}
_REJECTED = "Rejected: the request cannot be carried out, nothing was written, and repeating it will not help."


def document() -> dict[str, Any]:
    """The document as plain values."""
    kinds: list[Any] = [Problem]
    for operation in OPERATIONS.values():
        kinds += [operation.arguments, operation.result]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    problem, pairs = schemas[0], iter(schemas[1:])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Klartext customer data system", "version": VERSION, "description": _INTRODUCTION},
        "security": [{"token": []}],
        "paths": {
            operation.path: {"post": _post(operation, next(pairs), next(pairs), problem)}
            for operation in OPERATIONS.values()
        },
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def text() -> str:
    """The document as JSON with a line break at its end."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=2).decode() + "\n"


def _post(operation: Operation, arguments: Any, result: Any, problem: Any) -> dict[str, Any]:
    failures = {
        status: {"description": why, "content": {"application/problem+json": {"schema": problem}}}
        for status, why in _RESULTS.items()
    }
    if "CrmRejected" in operation.description:
        failures["422"] = {"description": _REJECTED, "content": {"application/problem+json": {"schema": problem}}}
    return {
        "operationId": operation.verb,
        "summary": operation.summary,
        "description": (operation.description + "\n\n" + _repeats(operation)).strip(),
        "requestBody": {"required": True, "content": {"application/json": {"schema": arguments}}},
        "responses": {
            "200": {"description": "The answer.", "content": {"application/json": {"schema": result}}},
            **dict(sorted(failures.items())),
        },
    }


def _repeats(operation: Operation) -> str:
    if operation.verb == "check_code":
        return "Sent again after a failure only with an `attempt`."
    return "May be sent again after a failure, and must then do no harm." if operation.repeatable else ""


if __name__ == "__main__":
    sys.stdout.write(text())
