"""What a refusal by the services means to an agent: a status, and a sentence that says what was not done and why."""

from __future__ import annotations

from aiohttp import web

from bot.service.conversations import Refused
from connectors.frames import ApiError, request_language

# By code. The sentence is `desk_error_<code>`, filled with the refusal's values.
_STATUS = {
    "already_claimed": 409,
    "already_sent": 409,
    "case_exists": 409,
    "colleague_away": 409,
    "not_holder": 409,
    "other_team": 403,
    "outdated": 409,
    "stopped": 422,
    "template": 422,
    "unknown_agent": 422,
    "unknown_case": 404,
    "unknown_reply": 404,
    "unknown_team": 422,
    "withdrawn": 409,
}


def refusal(refused: Refused, request: web.Request) -> ApiError:
    """The answer to whoever asked."""
    code, values = refused.code, dict(refused.values)
    if code not in _STATUS:
        return ApiError(400, code, "error_bad_frame")
    key = f"desk_error_{code}"
    if code == "not_holder" and values.get("agent"):
        key = "desk_error_not_holder_agent"
    if code == "other_team":
        values["team"] = values[f"team_{request_language(request)}"]
    return ApiError(_STATUS[code], code, key, **values)
