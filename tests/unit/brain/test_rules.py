"""The quick policy predicts what Rasa's own does, whatever happened before."""

from __future__ import annotations

import copy
import random

import pytest
from rasa.core.agent import Agent
from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    Event,
    LoopInterrupted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.brain.rules import QuickRulePolicy
from bot.brain.train import train_if_changed
from bot.settings import ROOT

Predictors = tuple[QuickRulePolicy, RulePolicy, Domain]


@pytest.fixture(scope="module")
def predictors() -> Predictors:
    """The assistant's policy, Rasa's with the same rules, and the domain."""
    agent = Agent.load(train_if_changed(ROOT, ROOT / "models"))
    assert agent.processor is not None
    nodes = agent.processor.graph_runner._instantiated_nodes  # type: ignore[attr-defined]
    quick = next(n._component for n in nodes.values() if isinstance(n._component, QuickRulePolicy))
    stock = copy.copy(quick)
    stock.__class__ = RulePolicy
    assert agent.domain is not None
    return quick, stock, agent.domain


def events(dice: random.Random, domain: Domain) -> list[Event]:
    """What could have happened in a conversation, likely and not."""
    intents, slots = sorted(domain.intents), [slot.name for slot in domain.slots]
    actions = [action for action in domain.action_names_or_texts if not action.startswith("validate_")]
    loops = [None, *domain.form_names]
    happened: list[Event] = []
    for _ in range(dice.randint(1, 12)):
        happened.append(ActionExecuted("action_listen"))
        happened.append(UserUttered("was auch immer", {"name": dice.choice(intents), "confidence": 1.0}))
        for _ in range(dice.randint(0, 3)):
            happened.append(
                dice.choice(
                    [
                        ActionExecuted(dice.choice(actions)),
                        ActionExecuted(dice.choice(domain.form_names)),
                        ActiveLoop(dice.choice(loops)),
                        ActionExecutionRejected(dice.choice(domain.form_names)),
                        LoopInterrupted(dice.random() < 0.5),
                        SlotSet(dice.choice(slots), dice.choice(["etwas", None])),
                    ]
                )
            )
    return happened


def test_every_prediction_is_rasas(predictors: Predictors) -> None:
    quick, stock, domain = predictors
    dice, predicted = random.Random(20261122), set()
    for _ in range(300):
        tracker = DialogueStateTracker("c", domain.slots)
        for event in events(dice, domain):
            tracker.update(event, domain)
        ours, theirs = quick._predict(tracker, domain), stock._predict(tracker, domain)
        assert ours[0].probabilities == theirs[0].probabilities
        assert ours[0].events == theirs[0].events
        assert ours[1] == theirs[1]
        predicted.add(ours[1])
        served = quick.predict_action_probabilities(tracker, domain)
        assert served.probabilities == theirs[0].probabilities
        assert (served.events, served.hide_rule_turn) == (theirs[0].events, theirs[0].hide_rule_turn)
        assert served.is_no_user_prediction == theirs[0].is_no_user_prediction
    # Else the conversations would be too odd to compare anything.
    assert len(predicted) > 30


def test_a_prediction_leaves_nothing_behind_for_the_next(predictors: Predictors) -> None:
    quick, stock, domain = predictors
    tracker = DialogueStateTracker("c", domain.slots)
    for intent in ("greet", "talk_to_human", "thank"):
        tracker.update(ActionExecuted("action_listen"), domain)
        tracker.update(UserUttered("", {"name": intent, "confidence": 1.0}), domain)
        ours, theirs = quick._predict(tracker, domain), stock._predict(tracker, domain)
        assert ours[0].probabilities == theirs[0].probabilities
    assert quick._states is None
