"""A Rasa tracker as a short text, and back.

Guarantee: `restore(take(tracker))` has the same slots, active loop, pause and last turns as the tracker, and
its size does not grow with the conversation: at most `EVENTS_KEPT` events of the last session, cut at the
start of a turn, led by events that set the state reached there. (Rasa rebuilds a tracker by replaying events,
so state has to be events.) A text that cannot be read raises; nothing is repaired.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    ConversationPaused,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses

from bot.brain.encoding import encode

EVENTS_KEPT = 40
READINGS_KEPT = 5

# Rebuilt by Rasa from the event itself, or of no use after the turn.
_PARSE_DATA_DROPPED = {"text", "message_id", "metadata", "text_tokens", "response_selector"}
_METADATA_DROPPED = {"model_id", "assistant_id"}


def take(tracker: DialogueStateTracker) -> str:
    """The tracker as JSON."""
    events = _last_session(list(tracker.events))
    cut = _cut(events)
    kept = _state_before(tracker, events[:cut]) + events[cut:] if cut else events
    return encode([_compact(event.as_dict()) for event in kept]).decode()


def restore(tracker: DialogueStateTracker, snapshot: str) -> DialogueStateTracker:
    """Bring a fresh tracker to the state that `take` saw. Returns the same tracker.

    Raises:
        ValueError: this is no snapshot (msgspec's decoding errors are ValueErrors too).
    """
    for entry in msgspec.json.decode(snapshot, type=list[dict[str, Any]]):
        event_class = _event_classes().get(str(entry.get("event")))
        if event_class is None:
            raise ValueError(f"unknown event in the snapshot: {entry.get('event')!r}")
        tracker.events.append(event_class._from_parameters(entry))
    tracker.replay_events()
    return tracker


@lru_cache(maxsize=1)
def _event_classes() -> dict[str, type[Event]]:
    """Rasa's events by name. Rasa itself walks through all subclasses for every event it reads."""
    classes: dict[str, type[Event]] = {}
    for event_class in all_subclasses(Event):
        classes.setdefault(event_class.type_name, event_class)
    return classes


def _last_session(events: list[Event]) -> list[Event]:
    """Events from the last start or restart on: both reset the tracker, so nothing before them matters."""
    for index in range(len(events) - 1, 0, -1):
        if isinstance(events[index], (SessionStarted, Restarted)):
            return events[index:]
    return events


def _cut(events: list[Event]) -> int:
    """Index of the first event to keep: 0, or the start of a turn. The newest turn is always kept whole."""
    if len(events) <= EVENTS_KEPT:
        return 0
    starts = [
        index
        for index in range(1, len(events) - 1)
        if isinstance(events[index + 1], UserUttered) and _is_listen(events[index])
    ]
    recent = [index for index in starts if len(events) - index <= EVENTS_KEPT]
    return recent[0] if recent else (starts[-1] if starts else 0)


def _is_listen(event: Event) -> bool:
    return isinstance(event, ActionExecuted) and event.action_name == ACTION_LISTEN_NAME


def _state_before(tracker: DialogueStateTracker, dropped: list[Event]) -> list[Event]:
    """Events that lead a fresh tracker into the state that the dropped ones led to."""
    before = tracker.init_copy()
    for event in dropped:
        before.update(event)
    at = dropped[-1].timestamp
    state: list[Event] = []
    if before.active_loop_name:
        # As in a live conversation: the loop's action runs, then the loop is active.
        state.append(ActionExecuted(before.active_loop_name, timestamp=at))
        state.append(ActiveLoop(before.active_loop_name, timestamp=at))
        if before.is_active_loop_rejected:
            state.append(ActionExecutionRejected(before.active_loop_name, timestamp=at))
    state += [
        SlotSet(name, slot.value, timestamp=at)
        for name, slot in before.slots.items()
        if slot.value != slot.initial_value
    ]
    if before.is_paused():
        state.append(ConversationPaused(timestamp=at))
    return state


def _compact(event: dict[str, Any]) -> dict[str, Any]:
    """The event without what Rasa rebuilds or nobody reads."""
    compact = {name: value for name, value in event.items() if value is not None}
    metadata = {k: v for k, v in (event.get("metadata") or {}).items() if k not in _METADATA_DROPPED}
    compact.pop("metadata", None)
    if metadata:
        compact["metadata"] = metadata
    if "parse_data" in event:
        parsed = {k: v for k, v in event["parse_data"].items() if k not in _PARSE_DATA_DROPPED}
        if isinstance(parsed.get("intent_ranking"), list):
            parsed["intent_ranking"] = parsed["intent_ranking"][:READINGS_KEPT]
        compact["parse_data"] = parsed
    if event.get("event") == "bot":
        compact["data"] = {k: v for k, v in (event.get("data") or {}).items() if v is not None}
    return compact
