"""Rasa component: intent, calibrated confidence, and whether to answer, ask back or hand over.

Guarantee: sets on every message `intent`, `intent_ranking` (the real readings, best first) and `decision`. When the
decision is not "answer", `intent` is Rasa's `nlu_fallback`. A message with two requests, each of which would be
answered alone, also gets `further`: the second reading with its part of the text. Thresholds come from
cross-validation against `error_bound` (`bands`), never from hand. Training with fewer than two intents and loading
without the stored files both raise: there is no silent half-trained state.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.bands import ANSWER, HANDOVER, NEVER, Bands, fit_bands, fit_guarded, guarded_share
from bot.nlu.choice import choose
from bot.nlu.clauses import clauses
from bot.nlu.guards import GUARDED, guard
from bot.nlu.model import HeldOut, IntentModel
from bot.nlu.shortcuts import CONFIDENCE, known_wordings, shortcut
from bot.nlu.text import clean, fold, has_words

logger = logging.getLogger(__name__)

FALLBACK = "nlu_fallback"
DECISION = "decision"
FURTHER = "further"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class BoundedIntentClassifier(IntentClassifier, GraphComponent):
    """Sentence encoder and n-grams under a linear classifier, answering only below a bound on its error."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`error_bound`: largest share of wrong answers; `assurance`: with which probability.

        `false_alarms`: largest share of other messages taken for a guarded request.
        `out_of_scope`: the trained intent of everything the assistant does not do; `value_intent`: of bare values;
        `ranking_length`: readings kept; `no_request`: intents that are never one of two requests in a message.
        """
        return {
            "error_bound": 0.03,
            "assurance": 0.95,
            "false_alarms": 0.008,
            "out_of_scope": "out_of_scope",
            "value_intent": "inform",
            "ranking_length": 8,
            "no_request": "greet goodbye thank affirm deny inform help insult threat why_answer",
        }

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: IntentModel | None = None,
        bands: Bands | None = None,
        known: dict[str, str] | None = None,
    ) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage = model_storage
        self._resource = resource
        self._model = model or IntentModel()
        self._bands = bands or Bands(NEVER, NEVER)
        self._known = known or {}
        self._intents = frozenset(self._model.labels)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> BoundedIntentClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fits model, temperature and thresholds, logs what they are worth, and stores them."""
        started = time.monotonic()
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        texts = [str(example.get(TEXT)) for example in examples]
        intents = [str(example.get(INTENT)) for example in examples]
        self.fit(texts, intents)
        logger.info(
            "Intents: %d examples, encoder %s; %.1f %% right in scope; "
            "answers %.1f %% with %.2f %% wrong (bound %.1f %%), %.1f s.",
            len(texts),
            " and ".join(self._model.options.encoders),
            100 * self._bands.accuracy,
            100 * self._bands.answered,
            100 * self._bands.wrong,
            100 * self._config["error_bound"],
            time.monotonic() - started,
        )
        self._persist()
        return self._resource

    def fit(self, texts: list[str], intents: list[str]) -> tuple[HeldOut, Bands]:
        """Fits to the examples and returns the held-out evidence. Raises ValueError with fewer than two intents."""
        self._model = IntentModel(choose(texts, intents, self._model.options))
        held_out = self._model.fit(texts, intents)
        self._intents = frozenset(self._model.labels)
        self._known = known_wordings(texts, intents)
        assurance = self._config["assurance"]
        # Guarded requests never reach the bands, so the bound is fitted on the rest.
        reached = np.array([guard(fold(clean(text))) not in self._intents for text in texts])
        rest = held_out.only(reached)
        guarded_from, taken = fit_guarded(rest, GUARDED, self._config["false_alarms"], assurance)
        bands = fit_bands(rest.without(taken), self._config["out_of_scope"], self._config["error_bound"], assurance)
        self._bands = replace(bands, guarded_from=guarded_from)
        return held_out, self._bands

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            if text.startswith(INTENT_MESSAGE_PREFIX):  # a button's payload: Rasa reads it after us
                message.set(DECISION, ANSWER, add_to_output=True)
                continue
            intent, ranking, decision = self.read(text, message.get(ENTITIES) or [])
            further = None
            if requests := self.requests(text):
                if decision != ANSWER:  # the whole was too much at once: its first request is answered
                    intent, ranking = self._first(requests[0], ranking)
                    decision = ANSWER
                if intent["name"] in (request["intent"] for request in requests):
                    further = next(request for request in requests if request["intent"] != intent["name"])
            message.set(FURTHER, further, add_to_output=True)
            message.set("intent", intent, add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
            message.set(DECISION, decision, add_to_output=True)
        return messages

    def read(self, text: str, entities: list[dict[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]], str]:
        """Returns intent, ranking and decision for one text."""
        ranking, share = self._ranking(text)
        sure = shortcut(text, entities, self._known, self._intents, self._config["value_intent"])
        if sure == self._config["out_of_scope"]:
            return {"name": FALLBACK, "confidence": CONFIDENCE}, ranking, HANDOVER
        if sure:
            others = [reading for reading in ranking if reading["name"] != sure]
            for reading in others:
                reading["confidence"] *= 1 - CONFIDENCE
            ranking = [{"name": sure, "confidence": CONFIDENCE}, *others][: self._config["ranking_length"]]
            return dict(ranking[0]), ranking, ANSWER
        guarded = [reading for reading in ranking if reading["name"] in GUARDED]
        if guarded and share >= self._bands.guarded_from:
            ranking = [guarded[0], *(reading for reading in ranking if reading is not guarded[0])]
            return dict(guarded[0]), ranking, ANSWER
        best = ranking[0]["confidence"] if ranking else 0.0
        decision = self._bands.decide(best) if has_words(clean(text)) else HANDOVER
        if decision == ANSWER:
            return dict(ranking[0]), ranking, decision
        return {"name": FALLBACK, "confidence": 1.0 - best}, ranking, decision

    def requests(self, text: str) -> list[dict[str, Any]]:
        """Returns the requests of a text that has more than one: intent, confidence and part, each intent once."""
        found: dict[str, dict[str, Any]] = {}
        for part in clauses(text):
            intent, _, decision = self.read(part, [])
            name = intent["name"]
            if decision == ANSWER and name not in self._config["no_request"].split():
                found.setdefault(name, {"intent": name, "confidence": intent["confidence"], "text": part})
        return list(found.values()) if len(found) > 1 else []

    def _first(
        self, request: dict[str, Any], ranking: list[dict[str, Any]]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        first = {"name": request["intent"], "confidence": request["confidence"]}
        others = [reading for reading in ranking if reading["name"] != first["name"]]
        return dict(first), [first, *others][: self._config["ranking_length"]]

    def _ranking(self, text: str) -> tuple[list[dict[str, Any]], float]:
        """Returns the readings, best first, and the share that decides about guarded requests."""
        if not self._intents or not has_words(clean(text)):
            return [], 0.0
        [probabilities] = row = self._model.probabilities([text])
        readings = [
            {"name": self._model.labels[column], "confidence": float(probabilities[column])}
            for column in np.argsort(-probabilities)
            if self._model.labels[column] != self._config["out_of_scope"]
        ]
        share = float(guarded_share(self._model.labels, row, GUARDED)[0])
        return readings[: self._config["ranking_length"]], share

    def _persist(self) -> None:
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
            state = {"bands": self._bands.as_dict(), "known": self._known}
            (folder / "decision.json").write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> BoundedIntentClassifier:
        with model_storage.read_from(resource) as folder:
            state = json.loads((folder / "decision.json").read_text(encoding="utf-8"))
            model = IntentModel.load(folder)
        return cls(config, model_storage, resource, model, Bands(**state["bands"]), state["known"])
