"""Klartext's understanding, trained and asked: the components of config.yml as Rasa calls them.

Guarantee: each function here runs alone in its process, so that what it reports about time and memory is its own.
"""

from __future__ import annotations

import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bench.nlu.figures import Answers
from bench.nlu.sets import Examples
from bot.nlu.bands import ANSWER
from bot.nlu.classifier import BoundedIntentClassifier
from bot.nlu.extractor import ServiceEntityExtractor
from bot.nlu.language import LanguageRecognizer

# Texts asked one by one for the time of a parse.
TIMED = 300


@dataclass(frozen=True)
class Run:
    """What one system said, and what that took."""

    answers: Answers
    train_seconds: float
    parse_milliseconds: float  # median
    memory: int  # bytes, of a process that has loaded the model and parsed


def measure(learned: Examples, asked: Examples, out_of_scope: str | None, folder: str) -> tuple[Answers, float]:
    """Trains on `learned`, keeps the model in `folder`, and returns the answers and the seconds of the training."""
    config = {"out_of_scope": out_of_scope or "", "error_bound": 0.03}
    resource_ = Resource("classifier")
    classifier = BoundedIntentClassifier(
        {**BoundedIntentClassifier.get_default_config(), **config}, LocalModelStorage(Path(folder)), resource_
    )
    rows = zip(learned.texts, learned.intents, strict=True)
    data = TrainingData([Message({TEXT: text, INTENT: intent}) for text, intent in rows])
    started = time.perf_counter()
    classifier.train(data)
    seconds = time.perf_counter() - started
    messages = [Message({TEXT: text}) for text in asked.texts]
    for component in (*_before(), classifier):
        component.process(messages)
    rankings = [message.get("intent_ranking") for message in messages]
    truth = np.array(asked.intents)
    answers = Answers(
        truth=truth,
        best=np.array([ranking[0]["name"] if ranking else "" for ranking in rankings]),
        confidence=np.array([ranking[0]["confidence"] if ranking else 0.0 for ranking in rankings]),
        in_scope=truth != out_of_scope,
        answered=np.array([message.get("decision") == ANSWER for message in messages]),
    )
    return answers, seconds


def serve(texts: list[str], folder: str, out_of_scope: str | None) -> tuple[float, int]:
    """Loads the model from `folder`, parses `texts` one by one; returns median milliseconds and bytes of memory."""
    config = {**BoundedIntentClassifier.get_default_config(), "out_of_scope": out_of_scope or ""}
    classifier = BoundedIntentClassifier.load(
        config,
        LocalModelStorage(Path(folder)),
        Resource("classifier"),
        None,  # type: ignore[arg-type]
    )
    components = (*_before(), classifier)
    times = []
    for text in [texts[0], *texts[:TIMED]]:
        started = time.perf_counter()
        for component in components:
            component.process([Message({TEXT: text})])
        times.append(time.perf_counter() - started)
    return 1000 * float(np.median(times[1:])), 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def new_folder() -> str:
    """Returns a fresh folder for one model."""
    return tempfile.mkdtemp(prefix="klartext-nlu-")


def _before() -> tuple[LanguageRecognizer, ServiceEntityExtractor]:
    """The components that come before the classifier."""
    return (
        LanguageRecognizer(LanguageRecognizer.get_default_config()),
        ServiceEntityExtractor(ServiceEntityExtractor.get_default_config()),
    )
