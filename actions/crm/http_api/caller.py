"""How every part of the HTTP client makes its calls.

Guarantee: everything that goes wrong on the way is `CrmUnavailable`; `CrmRejected` is raised only on the system's own
word. An answer that does not fit the types is "unreadable", logged without its content, and never guessed at.
"""

from __future__ import annotations

from typing import Any

import msgspec
import structlog

from actions.crm.errors import CrmRejected, CrmUnavailable
from actions.crm.http_api.contract import OPERATIONS, REJECTED, Operation, Problem, repeatable
from actions.crm.lookup import storable
from actions.crm.transport import Answer, HttpTransport

log = structlog.get_logger(__name__)

_DECODERS = {verb: msgspec.json.Decoder(operation.result) for verb, operation in OPERATIONS.items()}


class HttpCaller:
    """Base of the client's parts, one per topic."""

    def __init__(self, transport: HttpTransport) -> None:
        self._transport = transport

    async def _call(self, verb: str, **arguments: Any) -> Any:
        operation = OPERATIONS[verb]
        given = operation.arguments(**arguments)
        answer = await self._transport.call(
            verb,
            "POST",
            operation.path,
            body=_encoded(given),
            repeatable=repeatable(operation, given),
            time_limit=operation.time_limit,
        )
        if answer.status != 200:
            raise _error(operation, answer)
        try:
            return _DECODERS[verb].decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            log.error("unreadable answer of the customer data system", operation=verb, error=str(error)[:200])
            raise CrmUnavailable(verb, "unreadable") from error


def _encoded(arguments: msgspec.Struct) -> bytes:
    try:
        return msgspec.json.encode(arguments)
    except UnicodeEncodeError:
        return msgspec.json.encode(_storable(msgspec.to_builtins(arguments)))


def _storable(value: Any) -> Any:
    """The value without halves of characters, which JSON cannot carry."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {key: _storable(part) for key, part in value.items()}
    return [_storable(part) for part in value] if isinstance(value, list | tuple) else value


def _error(operation: Operation, answer: Answer) -> Exception:
    """What an answer other than 200 means. Only the system itself can reject a request."""
    try:
        problem = msgspec.json.decode(answer.body, type=Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = Problem(title="", status=answer.status)
    if problem.type == REJECTED:
        return CrmRejected(operation.verb, problem.detail or problem.title)
    log.error("the customer data system refuses us", operation=operation.verb, status=answer.status)
    if answer.status in {401, 403}:
        return CrmUnavailable(operation.verb, "access refused")
    return CrmUnavailable(operation.verb, f"status {answer.status}")
