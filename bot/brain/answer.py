"""From what Rasa did in a turn to the answer that the edge gets.

Guarantee: everything an action said or reported is in the answer, in order; a message in a shape that cannot
be passed on raises `TurnFailed` instead of being left out, and so does a turn that says nothing and asks for
nobody.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from rasa.core.channels.channel import OutputChannel
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.brain.turn import TurnFailed
from bot.service.brain_protocol import (
    Attach,
    Call,
    CaseAsked,
    Decision,
    Entity,
    Handover,
    KnownCustomer,
    Reading,
    Reply,
    TurnRequest,
    TurnResponse,
)
from bot.transparency.wording import has_words, is_value

RANKING_KEPT = 5
FALLBACK_INTENT = "nlu_fallback"


class Report(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What an action tells the edge besides texts: `dispatcher.utter_message(report={...})`."""

    handover: Handover | None = None
    calls: list[Call] = []
    customer: KnownCustomer | None = None
    work: str | None = None
    attach: Attach | None = None
    case: CaseAsked | None = None


class CollectingChannel(OutputChannel):
    """Gathers the messages of one turn. Nothing is sent: the edge decides what is said."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        """The channel's name in Rasa."""
        return "klartext"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Called by Rasa for each message, with everything that an action passed along."""
        self.messages.append(dict(message))


def build_answer(
    request: TurnRequest, tracker: DialogueStateTracker, messages: list[dict[str, Any]], shift: int
) -> TurnResponse:
    """The answer of a turn that Rasa has finished.

    Args:
        request: what was asked.
        tracker: the state after the turn.
        messages: what the collecting channel got.
        shift: characters left out in front of the text that Rasa read.

    Raises:
        TurnFailed: a message or report has an unknown shape, or there is no answer.
    """
    said = tracker.latest_message
    if said is None or tracker.latest_action_name != ACTION_LISTEN_NAME:
        raise TurnFailed("the dialogue did not come to rest")
    parsed: dict[str, Any] = dict(said.parse_data)
    _check_reading(request, parsed)
    replies, report = _sort(messages)
    if not replies and report.handover is None and report.case is None:
        raise TurnFailed("no reply and no handover")
    actions = _actions(tracker)
    intent = _reading(parsed.get("intent") or {})
    # A message without words, or with none beside a name or number, goes on in the conversation's language.
    tells = has_words(request.text or "") and not is_value(said.text or "", said.entities)
    recognised = parsed.get("language") if tells else None
    language: Literal["de", "en"] = "en" if (recognised or request.locale) == "en" else "de"
    return TurnResponse(
        replies=replies,
        language=language,
        intent=intent,
        ranking=_ranking(parsed, intent),
        decision=_decision(parsed, intent, report),
        entities=[_entity(found, shift) for found in said.entities],
        handover=report.handover,
        customer=report.customer,
        calls=report.calls,
        work=report.work,
        attach=report.attach,
        case=report.case,
        actions=actions,
    )


def _check_reading(request: TurnRequest, parsed: dict[str, Any]) -> None:
    """A payload has to be understood as the command it is, and a text never as one."""
    if request.payload is None:
        if str(parsed.get("text") or "").lstrip().startswith("/"):
            raise TurnFailed("a text was read as a command")
        return
    asked = request.payload.lstrip("/").partition("{")[0].partition("@")[0].strip()
    if (parsed.get("intent") or {}).get("name") != asked:
        raise TurnFailed(f"unknown payload /{asked}")


def _sort(messages: list[dict[str, Any]]) -> tuple[list[Reply], Report]:
    replies: list[Reply] = []
    whole = Report()
    for message in messages:
        try:
            if message.get("report"):
                report = msgspec.convert(message["report"], Report)
                whole.handover = report.handover or whole.handover
                whole.customer = report.customer or whole.customer
                whole.attach = report.attach or whole.attach
                whole.case = report.case or whole.case
                whole.calls = whole.calls + report.calls
                # As it is after the turn's last action.
                whole.work = report.work
                if not message.get("text"):
                    continue
            reply = {"text": message.get("text"), "buttons": message.get("buttons") or []}
            more = {"sources": message.get("sources") or [], "explains": message.get("explains", False)}
            replies.append(msgspec.convert({**reply, **more}, Reply))
        except msgspec.ValidationError as error:
            raise TurnFailed(f"an action's message cannot be passed on: {error}") from error
    return replies, whole


def _actions(tracker: DialogueStateTracker) -> list[str]:
    """Names of the actions that ran since the customer's message, in order."""
    names: list[str] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, ActionExecuted) and event.action_name not in {None, ACTION_LISTEN_NAME}:
            names.append(str(event.action_name))
    return names[::-1]


def _decision(parsed: dict[str, Any], intent: Reading | None, report: Report) -> Decision:
    """What was done counts before what understanding alone suggested."""
    if report.handover is not None:
        return "handover"
    suggested = parsed.get("decision")
    if suggested == "ask" or intent is None or intent.name == FALLBACK_INTENT:
        return "ask"
    return "answer"


def _reading(found: dict[str, Any]) -> Reading | None:
    if not found.get("name"):
        return None
    return Reading(name=str(found["name"]), confidence=round(float(found.get("confidence") or 0.0), 6))


def _ranking(parsed: dict[str, Any], intent: Reading | None) -> list[Reading]:
    """The likeliest readings. A command, and a classifier without a ranking, has one."""
    found = map(_reading, (parsed.get("intent_ranking") or [])[:RANKING_KEPT])
    return [reading for reading in found if reading is not None] or ([intent] if intent else [])


def _entity(found: dict[str, Any], shift: int) -> Entity:
    start, end = found.get("start"), found.get("end")
    value = found.get("value")
    return Entity(
        entity=str(found.get("entity")),
        value=value if isinstance(value, (str, int, float, dict)) else str(value),
        text=found.get("text"),
        start=None if start is None else int(start) + shift,
        end=None if end is None else int(end) + shift,
    )
