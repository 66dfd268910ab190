"""Rasa's rule policy, which asks the same question of fewer states.

Guarantee: every prediction is that of `RulePolicy`, for any conversation (`tests/unit/brain/test_rules.py` compares
them). Rasa computes the states of the whole conversation twice for each prediction, once to look at the last message as
text and once as an intent, and holds every rule against all of them, although none says anything about a state further
back than the rule is long. That was a third of what a message cost outside of understanding.
"""

from __future__ import annotations

from typing import Any

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class QuickRulePolicy(RulePolicy):
    """Named in `config.yml` in place of `RulePolicy`, with the same options."""

    # The conversation's states during one prediction, in which it does not change.
    _states: list[State] | None = None
    _predicts = False

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
        states = self._states or self.featurizer._create_states(tracker, domain, rule_only_data=rule_only_data)
        if self._predicts:
            self._states = states
        # Choosing between text and intent takes the other out of the last message.
        own: list[State] = [{part: {**content} for part, content in state.items()} for state in states]
        self.featurizer._choose_last_user_input([own], use_text_for_last_user_input)
        return own

    def _get_possible_keys(self, lookup: dict[str, str], states: list[State]) -> set[str]:
        longest = max((len(self._rule_key_to_state(key)) for key in lookup), default=0)
        return super()._get_possible_keys(lookup, states[-longest:]) if longest else set()
