"""Fresh copies of a tracker are those that Rasa makes, and share nothing with it."""

from __future__ import annotations

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    BotUttered,
    Restarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.brain.quick_tracker import QuickTracker
from bot.settings import ROOT

EVENTS = [
    ActionExecuted("action_listen"),
    UserUttered("Guten Tag", {"name": "greet", "confidence": 1.0}),
    SlotSet("next_step", "fault_form"),
    ActiveLoop("fault_form"),
    BotUttered("Wo ist es?"),
]


def test_copies_are_those_of_rasa() -> None:
    domain = Domain.from_file(ROOT / "domain.yml")
    ours, theirs = QuickTracker("c", domain.slots), DialogueStateTracker("c", domain.slots)
    for event in EVENTS:
        ours.update(event)
        theirs.update(event)
    for made, expected in ((ours.init_copy(), theirs.init_copy()), (ours.copy(), theirs.copy())):
        assert isinstance(made, QuickTracker)
        assert made == expected
        assert made.current_state() == expected.current_state()
        assert list(made.slots) == list(expected.slots)
        for name, slot in made.slots.items():
            assert type(slot) is type(expected.slots[name])
            assert vars(slot) == vars(expected.slots[name])


def test_the_events_that_count_are_those_of_rasa_after_each_event() -> None:
    domain = Domain.from_file(ROOT / "domain.yml")
    ours, theirs = QuickTracker("c", domain.slots), DialogueStateTracker("c", domain.slots)
    assert ours.applied_events() == []
    taken_back = [ActionExecuted("utter_help"), ActionReverted(), ActionExecuted("fault_form"), UserUtteranceReverted()]
    for event in [*EVENTS, *taken_back, *EVENTS, Restarted(), *EVENTS]:
        ours.update(event)
        theirs.update(event)
        assert ours.applied_events() == theirs.applied_events()
        ours.applied_events().clear()
        assert ours.applied_events() == theirs.applied_events()


def test_a_copy_is_on_its_own() -> None:
    domain = Domain.from_file(ROOT / "domain.yml")
    tracker = QuickTracker("c", domain.slots)
    made = tracker.init_copy()
    made.update(SlotSet("next_step", "fault_form"))
    assert made.get_slot("next_step") == "fault_form"
    assert tracker.get_slot("next_step") is None
    assert made.init_copy().get_slot("next_step") is None
