"""What a refusal by the services means to an agent: a status, and a sentence that says what was not done and why."""

from __future__ import annotations

from aiohttp import web

from bot.service.outcomes import Refused
from bot.transparency.wording import Wording
from connectors.frames import ApiError, request_language

# By code. The sentence is `desk_error_<code>`, filled with the refusal's values.
_STATUS = {
    "already_claimed": 409,
    "already_decided": 409,
    "already_reported": 409,
    "already_sent": 409,
    "canned_shortcut": 422,
    "canned_title": 422,
    "canned_variable": 422,
    "case_exists": 409,
    "colleague_away": 409,
    "example_form": 422,
    "example_known": 409,
    "example_personal": 422,
    "joined": 409,
    "no_answer": 422,
    "not_holder": 409,
    "other_team": 403,
    "outdated": 409,
    "stopped": 422,
    "team_id": 422,
    "team_name": 422,
    "template": 422,
    "topic_taken": 409,
    "unknown_agent": 422,
    "unknown_canned": 404,
    "unknown_case": 404,
    "unknown_intent": 422,
    "unknown_reply": 404,
    "unknown_report": 404,
    "unknown_team": 422,
    "unknown_topic": 422,
    "withdrawn": 409,
}


def refusal(refused: Refused, request: web.Request, words: Wording) -> ApiError:
    """The answer to whoever asked."""
    code, values = refused.code, dict(refused.values)
    if code not in _STATUS:
        return ApiError(400, code, "error_bad_frame")
    key = f"desk_error_{code}"
    if code == "not_holder" and values.get("agent"):
        key = "desk_error_not_holder_agent"
    if words.has(intent := f"desk_intent_{values.get('intent')}"):
        values["intent"] = words.say(intent, request_language(request))
    if "team_de" in values:
        values["team"] = values[f"team_{request_language(request)}"]
    return ApiError(_STATUS[code], code, key, **values)
