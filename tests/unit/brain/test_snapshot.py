"""A tracker as a snapshot: same state, bounded size."""

from __future__ import annotations

import numpy
import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    Event,
    FollowupAction,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.brain.snapshot import EVENTS_KEPT, restore, take
from bot.brain.tracker_store import CONVERSATIONS_KEPT, BoundedTrackerStore
from bot.brain.turn import Turn, begin
from bot.service.brain_protocol import TurnRequest

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
intents: [a]
slots:
  name: {type: text, mappings: [{type: custom}]}
  count: {type: float, initial_value: 5, max_value: 1000, mappings: [{type: custom}]}
  flag: {type: bool, mappings: [{type: custom}]}
  things: {type: list, mappings: [{type: custom}]}
forms:
  the_form: {required_slots: [name]}
"""
)


def fresh() -> DialogueStateTracker:
    return DialogueStateTracker("c", DOMAIN.slots)


def tracker_of(*events: Event) -> DialogueStateTracker:
    tracker = fresh()
    for event in events:
        tracker.update(event)
    return tracker


def session() -> list[Event]:
    return [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]


def user_turn(number: int) -> list[Event]:
    ranking = [{"name": f"i{n}", "confidence": 0.1} for n in range(40)]
    parsed = {
        "intent": {"name": "a", "confidence": numpy.float32(0.5)},
        "entities": [],
        "intent_ranking": ranking,
        "language": "en",
        "text": f"text {number}",
    }
    return [
        UserUttered(f"text {number}", parsed["intent"], [], parsed, metadata={"locale": "de"}),
        ActionExecuted("action_x"),
        BotUttered(f"answer {number}", {"buttons": None}, {"sources": [{"label": "V"}], "model_id": "m"}),
        SlotSet("count", number),
        ActionExecuted("action_listen"),
    ]


def state(tracker: DialogueStateTracker) -> dict:
    return {
        "slots": tracker.current_slot_values(),
        "loop": tracker.active_loop_name,
        "rejected": tracker.is_active_loop_rejected,
        "paused": tracker.is_paused(),
        "latest_action": tracker.latest_action_name,
        "followup": tracker.followup_action,
        "text": tracker.latest_message.text if tracker.latest_message else None,
        "language": tracker.latest_message.parse_data.get("language") if tracker.latest_message else None,
        "locale": (tracker.latest_message.metadata or {}).get("locale") if tracker.latest_message else None,
        "bot": tracker.latest_bot_utterance.text if tracker.latest_bot_utterance else None,
    }


def same_after_the_round(tracker: DialogueStateTracker) -> DialogueStateTracker:
    again = restore(fresh(), take(tracker))
    assert state(again) == state(tracker)
    return again


@pytest.mark.parametrize(
    "ending",
    [
        [],
        [SlotSet("count", None), SlotSet("name", "Ä"), SlotSet("things", [1, {"a": "b"}]), SlotSet("flag", False)],
        [ActionExecuted("the_form"), ActiveLoop("the_form"), SlotSet("requested_slot", "name")],
        [ActiveLoop("the_form"), ActiveLoop(None)],
        [ConversationPaused()],
        [AllSlotsReset()],
        [Restarted(), *session()],
        [FollowupAction("action_x")],
        [UserUttered("/a", {"name": "a"}), ActionExecutionRejected("the_form")],
    ],
)
@pytest.mark.parametrize("turns", [0, 3, 30])
def test_the_state_is_the_same(ending: list[Event], turns: int) -> None:
    turns_before = [event for number in range(turns) for event in user_turn(number)]
    same_after_the_round(tracker_of(*session(), *turns_before, *ending))


@pytest.mark.parametrize("rejected", [False, True])
def test_a_loop_and_slots_from_long_ago_are_kept(rejected: bool) -> None:
    long_ago: list[Event] = [
        ActionExecuted("the_form"),
        ActiveLoop("the_form"),
        SlotSet("requested_slot", "name"),
        SlotSet("name", "Beispiel"),
        SlotSet("flag", True),
    ]
    if rejected:
        long_ago.append(ActionExecutionRejected("the_form"))
    turns = [event for number in range(50) for event in user_turn(number)]
    tracker = tracker_of(*session(), *long_ago, ActionExecuted("action_listen"), *turns)
    again = same_after_the_round(tracker)
    assert again.active_loop_name == "the_form"
    assert again.get_slot("name") == "Beispiel"


def test_it_does_not_grow_over_a_long_conversation() -> None:
    tracker, sizes = tracker_of(*session()), []
    for number in range(400):
        for event in user_turn(number):
            tracker.update(event)
        snapshot = take(tracker)
        sizes.append(len(snapshot))
        expected = state(tracker)
        tracker = restore(fresh(), snapshot)
        assert state(tracker) == expected
    assert len(tracker.events) <= EVENTS_KEPT + len(DOMAIN.slots) + 4
    assert max(sizes[300:]) <= max(sizes[20:100]) + 50
    assert max(sizes) < 12_000


def test_the_newest_turn_is_kept_whole() -> None:
    many = [SlotSet("count", n) for n in range(3 * EVENTS_KEPT)]
    turns = [event for number in range(20) for event in user_turn(number)]
    tracker = tracker_of(*session(), *turns, UserUttered("long", {"name": "a"}), ActionExecuted("action_x"), *many)
    again = restore(fresh(), take(tracker))
    assert again.current_slot_values() == tracker.current_slot_values()
    assert [event.text for event in again.events if isinstance(event, UserUttered)] == ["long"]


def test_only_the_last_session_is_kept() -> None:
    tracker = tracker_of(*session(), *user_turn(1), SlotSet("name", "x"), *session(), *user_turn(2))
    again = same_after_the_round(tracker)
    assert again.get_slot("name") is None
    assert [event.text for event in again.events if isinstance(event, UserUttered)] == ["text 2"]


def test_what_is_no_snapshot_is_refused() -> None:
    for broken in ("", "{", '[{"event": "no such event"}]', "[1]"):
        with pytest.raises(ValueError):
            restore(fresh(), broken)


async def test_outside_a_turn_the_store_keeps_bounded_trackers() -> None:
    store = BoundedTrackerStore(DOMAIN)
    assert await store.retrieve("c") is None
    tracker = await store.get_or_create_tracker("c")
    for event in user_turn(1):
        tracker.update(event)
    await store.save(tracker)
    again = await store.retrieve("c")
    assert again is not None
    assert state(again) == state(tracker)
    for number in range(CONVERSATIONS_KEPT):
        await store.save(DialogueStateTracker(f"c{number}", DOMAIN.slots))
    assert len(list(await store.keys())) == CONVERSATIONS_KEPT
    assert await store.retrieve("c") is None


async def test_inside_a_turn_the_store_reads_and_writes_the_turn_only() -> None:
    store = BoundedTrackerStore(DOMAIN)
    memory = take(tracker_of(*session(), *user_turn(1)))
    turn = Turn(TurnRequest(conversation_id="c", epoch=1, turn_id="t", session=1, text="x"), memory=memory)
    begin(turn)
    tracker = await store.retrieve("c")
    assert tracker is not None
    for event in user_turn(2):
        tracker.update(event)
    await store.save(tracker)
    assert turn.saved is not None
    assert state(restore(fresh(), turn.saved.memory)) == state(tracker)
    turn.closed = True
    assert await store.retrieve("c") is None


async def test_memory_that_cannot_be_read_fails_the_turn() -> None:
    turn = Turn(TurnRequest(conversation_id="c", epoch=1, turn_id="t", session=1, text="x"), memory="broken")
    begin(turn)
    with pytest.raises(ValueError):
        await BoundedTrackerStore(DOMAIN).retrieve("c")
    assert str(turn.failures[0]).startswith("memory cannot be read")
