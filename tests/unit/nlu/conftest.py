"""One model for all tests of this folder: trained once on the real data, without `rasa train`."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from ruamel.yaml import YAML

from bot.nlu.bands import Bands
from bot.nlu.classifier import BoundedIntentClassifier
from bot.nlu.model import HeldOut

DATA = Path(__file__).parents[3] / "data" / "nlu"


class Examples(NamedTuple):
    texts: list[str]
    intents: list[str]


class Trained(NamedTuple):
    classifier: BoundedIntentClassifier
    held_out: HeldOut
    bands: Bands


@pytest.fixture(scope="session")
def examples() -> Examples:
    texts: list[str] = []
    intents: list[str] = []
    for path in sorted(DATA.glob("*.yml")):
        for block in YAML(typ="safe").load(path.read_text(encoding="utf-8"))["nlu"]:
            lines = [line.removeprefix("- ").strip() for line in block["examples"].strip().splitlines()]
            texts += lines
            intents += [block["intent"]] * len(lines)
    return Examples(texts, intents)


@pytest.fixture(scope="session")
def trained(examples: Examples) -> Trained:
    classifier = BoundedIntentClassifier({}, model_storage=None, resource=None)  # type: ignore[arg-type]
    held_out, bands = classifier.fit(examples.texts, examples.intents)
    return Trained(classifier, held_out, bands)
