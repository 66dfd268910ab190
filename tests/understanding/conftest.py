"""One model for all tests of this folder, fitted once to the real data; what it reads, with entities as in Rasa."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from labelled_tables import TODAY

from bench.nlu.sets import Examples, own_examples
from bot.nlu.bands import Bands
from bot.nlu.classifier import BoundedIntentClassifier
from bot.nlu.entities import EntityFinder
from bot.nlu.model import HeldOut

DATA = Path(__file__).parents[2] / "data" / "nlu"


class Reading(NamedTuple):
    intent: str
    best: str | None
    offered: list[str]
    decision: str


class Understanding(NamedTuple):
    classifier: BoundedIntentClassifier
    held_out: HeldOut
    bands: Bands
    read: Callable[[str], Reading]


@pytest.fixture(scope="session")
def examples() -> Examples:
    return own_examples(DATA)


@pytest.fixture(scope="session")
def finder() -> EntityFinder:
    return EntityFinder()


@pytest.fixture(scope="session")
def understanding(examples: Examples, finder: EntityFinder) -> Understanding:
    classifier = BoundedIntentClassifier({}, model_storage=None, resource=None)  # type: ignore[arg-type]
    held_out, bands = classifier.fit(examples.texts, examples.intents)

    def read(text: str) -> Reading:
        found = finder.find(text, "de", TODAY)
        entities: list[dict[str, Any]] = [{"entity": one.entity, "start": one.start, "end": one.end} for one in found]
        intent, ranking, decision = classifier.read(text, entities)
        names = [reading["name"] for reading in ranking]
        return Reading(intent["name"], names[0] if names else None, names[:3], decision)

    return Understanding(classifier, held_out, bands, read)
