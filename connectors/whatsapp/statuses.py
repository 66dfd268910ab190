"""What the provider says became of a message: kept per part, never going back, and told to the desk.

A status that names our own id settles a send whose outcome was uncertain, before anything is sent again.
"""

from __future__ import annotations

import re
from typing import Any

import structlog

from bot.service.conversations import Conversations
from bot.store import outbox
from bot.store.unit_of_work import Unit
from bot.store.whatsapp_parts import (
    Part,
    advance_part,
    conversation_of_part,
    part_by_number,
    part_by_provider_id,
    parts_of,
)
from connectors.whatsapp.errors import FOR_OPERATORS, class_of, error_text, first_error, pause_after_failure

log = structlog.get_logger(__name__)

_STATES = frozenset({"sent", "delivered", "read", "played", "failed"})
_OURS = re.compile(r"([0-9a-f-]{36})\.([0-9]{1,3})(?:\.([0-9]{1,3}))?")


def our_id(message_id: str, part: int, attempt: int) -> str:
    """What an attempt at a part carries to the provider and back."""
    return f"{message_id}.{part}.{attempt}" if attempt else f"{message_id}.{part}"


async def apply_status(unit: Unit, conversations: Conversations, element: dict[str, Any]) -> str | None:
    """Apply one status; what it changed, or None for one about a message that is not ours."""
    state, provider_id = element.get("status"), element.get("id")
    if not isinstance(state, str) or state not in _STATES or not isinstance(provider_id, str):
        return None
    if element.get("type", "message") != "message":
        # What became of a payment, or a call, under the id of a message: it arrived all the same.
        return None
    known = await _part(unit, conversations, element, provider_id)
    if known is None:
        return None
    code, words = first_error(element.get("errors")) if state == "failed" else (None, "")
    error = error_text(class_of(code), code, words) if state == "failed" else None
    further = await advance_part(unit, known, state, provider_id=provider_id[:200], error_code=code, error=error)
    if further and state == "failed":
        await _failed(unit, conversations, known, code, error or "")
    elif state != "failed":
        await _arrived(unit, known, provider_id[:200])
    if further and state in {"delivered", "read", "played"}:
        await conversations.note_receipt(
            unit, known.conversation_id, delivered=known.last_seq, read=known.last_seq if state != "delivered" else 0
        )
    return str(state) if further else "nothing new"


async def _part(unit: Unit, conversations: Conversations, element: dict[str, Any], provider_id: str) -> Part | None:
    ours = element.get("biz_opaque_callback_data")
    found = _OURS.fullmatch(ours) if isinstance(ours, str) else None
    message_id = None if found is None else found.group(1)
    conversation_id = await conversation_of_part(unit, message_id=message_id, provider_id=provider_id[:200])
    if conversation_id is None:
        return None
    # First the conversation, then its part, in the order of who sends: the other way round, each waits for the other.
    await conversations.open(unit, conversation_id)
    if found is not None:
        known = await part_by_number(unit, found.group(1), int(found.group(2)))
        attempt = int(found.group(3) or 0)
        if known is not None and known.attempt == attempt and known.provider_id in {None, provider_id}:
            return known
    return await part_by_provider_id(unit, provider_id[:200])


async def _arrived(unit: Unit, known: Part, provider_id: str) -> None:
    """The provider has this part: an uncertain shipment is through if all of its parts are, else its rest may go."""
    parts = await parts_of(unit, known.message_id)
    there = {part.part for part in parts if part.provider_id is not None and part.state != "failed"}
    through = len(there | {known.part}) >= known.parts
    await outbox.reconcile(
        unit, known.message_id, arrived=through, provider_id=provider_id if through else None, error=None
    )


async def _failed(unit: Unit, conversations: Conversations, known: Part, code: int | None, error: str) -> None:
    if class_of(code) in FOR_OPERATORS:
        log.error("WhatsApp needs the operator; messages wait", error=error)
    pause = pause_after_failure(code, known.attempt)
    if pause is not None:
        await outbox.retry(unit, known.message_id, error, unit.now + pause)
    elif await outbox.fail(unit, known.message_id, error):
        await conversations.undelivered(unit, known.conversation_id, known.message_id, error)
