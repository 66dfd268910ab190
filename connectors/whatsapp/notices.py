"""What the provider tells about the account, its templates and errors: for operators, and for the desk.

It holds nothing of a customer; nothing of it changes a conversation.
"""

from __future__ import annotations

from typing import Any

import structlog

from bot.store.unit_of_work import Unit
from bot.store.whatsapp_templates import record_template_state

log = structlog.get_logger(__name__)

# Changes that an operator should hear of, and what of them.
_FOR_OPERATORS = ("account_", "message_template_", "template_", "phone_number_", "business_", "security")
_TOLD = (
    *("event", "decision", "reason", "rejection_reason", "display_phone_number", "current_limit"),
    *("alert_type", "alert_severity", "alert_description"),
    *("message_template_name", "message_template_language", "new_quality_score", "new_category"),
)


def report_change(change: dict[str, Any]) -> None:
    """Tell the operator what the provider says about the account and its templates."""
    field, value = change.get("field"), change.get("value")
    if isinstance(field, str) and field.startswith(_FOR_OPERATORS) and isinstance(value, dict):
        told = {name: value[name][:200] for name in _TOLD if isinstance(value.get(name), str)}
        log.warning("the provider reports", field=field[:60], told=told)


async def keep_template_state(unit: Unit, change: dict[str, Any]) -> None:
    """The desk shows what became of each template."""
    value = change.get("value")
    if change.get("field") != "message_template_status_update" or not isinstance(value, dict):
        return
    name, language, state = (value.get(key) for key in ("message_template_name", "message_template_language", "event"))
    reason = value.get("reason")
    if isinstance(name, str) and isinstance(language, str) and isinstance(state, str):
        told = reason if isinstance(reason, str) and reason != "NONE" else None
        await record_template_state(unit, name, language, state, told)


def report_error(error: object) -> None:
    """Tell the operator of an error that the provider reports beside messages."""
    told = error if isinstance(error, dict) else {}
    shown = {name: told[name] for name in ("code", "title", "message") if isinstance(told.get(name), int | str)}
    log.warning("the provider reports an error", told={name: str(value)[:200] for name, value in shown.items()})
