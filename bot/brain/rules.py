"""Rasa's rule policy, which asks the same question of fewer states.

Guarantee: every prediction is that of `RulePolicy`, for any conversation (`tests/unit/brain/test_rules.py` compares
them). Rasa computes the states of the whole conversation twice for each prediction, once to look at the last message as
text and once as an intent, and holds every rule against all of them, although none says anything about a state further
back than the rule is long, and nearly all of them want another last action or another intent than the one there is.
Here, while customers are served, only as many states are computed as the longest rule has. The name that a prediction
has when no rule applies, which is the whole conversation in Rasa, is then what these states say; nobody reads it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT


class RulesByNewestState:
    """Rules by the last action and the intent that they want in the newest state: those which are worth looking at.

    It leaves out only what `RulePolicy` would refuse for that state; it decides nothing else.
    """

    def __init__(self, lookup: Mapping[str, str], states_of: Callable[[str], Sequence[State]]) -> None:
        self._lookup, self._size = lookup, len(lookup)
        self.longest = 0
        self._at_the_start: list[str] = []
        self._rules: dict[tuple[str | None, str | None], list[str]] = defaultdict(list)
        for key in lookup:
            states = states_of(key)
            self.longest = max(self.longest, len(states))
            newest = states[-1]
            if newest.get(PREVIOUS_ACTION):
                wanted = _wanted(newest, PREVIOUS_ACTION, ACTION_NAME), _wanted(newest, USER, INTENT)
                self._rules[wanted].append(key)
            else:
                self._at_the_start.append(key)

    def is_of(self, lookup: Mapping[str, str]) -> bool:
        """Whether it still tells what is in this lookup; while training, Rasa takes rules out."""
        return self._lookup is lookup and self._size == len(lookup)

    def worth_a_look(self, newest: State) -> Sequence[str]:
        """The rules that this newest state of a conversation does not refute."""
        before = newest.get(PREVIOUS_ACTION)
        if not before:
            return self._at_the_start
        action, intent = before.get(ACTION_NAME), newest.get(USER, {}).get(INTENT)
        return [
            key
            for wanted in {(a, i) for a in (action, None) for i in (intent, None)}
            for key in self._rules.get(wanted, ())
        ]


def _wanted(state: State, part: str, name: str) -> str | None:
    value = state.get(part, {}).get(name)
    return value if isinstance(value, str) and value and value != SHOULD_NOT_BE_SET else None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class QuickRulePolicy(RulePolicy):
    """Named in `config.yml` in place of `RulePolicy`, with the same options."""

    # The conversation's states during one prediction, in which it does not change.
    _states: list[State] | None = None
    _predicts = False
    # Whether a customer waits: in training, and where predictions are compared, nothing is left out.
    _serves = False
    # Of the rules, and of those for leaving a form's happy path.
    _known: tuple[RulesByNewestState, ...] = ()

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **options: Any,
    ) -> PolicyPrediction:
        """The next action, for a conversation that goes on."""
        self._serves = True
        try:
            return super().predict_action_probabilities(tracker, domain, rule_only_data, **options)
        finally:
            self._serves = False

    def _predict(self, tracker: DialogueStateTracker, domain: Domain) -> Any:
        self._predicts = True
        try:
            return super()._predict(tracker, domain)
        finally:
            self._predicts, self._states = False, None

    def _prediction_states(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        states = self._states or (
            self._newest_states(tracker, domain)
            if self._serves
            else self.featurizer._create_states(tracker, domain, rule_only_data=rule_only_data)
        )
        if self._predicts:
            self._states = states
        # Choosing between text and intent takes the other out of the last message.
        own: list[State] = [{part: {**content} for part, content in state.items()} for state in states]
        self.featurizer._choose_last_user_input([own], use_text_for_last_user_input)
        return own

    def _newest_states(self, tracker: DialogueStateTracker, domain: Domain) -> list[State]:
        """As many of the conversation's last states as a rule can ask for."""
        lookups = [self.lookup[RULES], self.lookup[RULES_FOR_LOOP_UNHAPPY_PATH]]
        wanted = max((self._by_newest_state(lookup).longest for lookup in lookups if lookup), default=1)
        states_in_all = 1 + sum(isinstance(event, ActionExecuted) for event in tracker.applied_events())
        return [
            domain.get_active_state(before)
            for number, (before, _) in enumerate(tracker.generate_all_prior_trackers(), start=1)
            if number > states_in_all - wanted
        ]

    def _get_possible_keys(self, lookup: dict[str, str], states: list[State]) -> set[str]:
        if not lookup or not states:
            return set(lookup)
        rules = self._by_newest_state(lookup)
        few = {key: lookup[key] for key in rules.worth_a_look(states[-1])}
        return super()._get_possible_keys(few, states[-rules.longest :])

    def _by_newest_state(self, lookup: dict[str, str]) -> RulesByNewestState:
        for known in self._known:
            if known.is_of(lookup):
                return known
        made = RulesByNewestState(lookup, self._rule_key_to_state)
        self._known = (made, *self._known[:1])
        return made
