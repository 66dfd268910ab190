"""Stock Rasa with the pipeline of `rasa init` (DIET, 100 epochs), trained and asked on the same examples.

Guarantee: nothing of ours is in its way; its language is not set, as its tokenizer does not care. A training that
fails raises RuntimeError with the end of its output.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML

from bench.nlu.figures import Answers
from bench.nlu.klartext import TIMED
from bench.nlu.sets import Examples

PIPELINE = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True},
]


def train(learned: Examples, folder: str) -> float:
    """Trains into `folder` with Rasa's command; returns seconds."""
    root = Path(folder)
    by_intent: dict[str, list[str]] = {}
    for text, intent in zip(learned.texts, learned.intents, strict=True):
        by_intent.setdefault(intent, []).append(" ".join(text.split()))
    blocks = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)} for intent, texts in by_intent.items()
    ]
    yaml = YAML(typ="safe")
    for name, content in (
        ("nlu.yml", {"version": "3.1", "nlu": blocks}),
        ("config.yml", {"recipe": "default.v1", "language": "en", "pipeline": PIPELINE}),
    ):
        with (root / name).open("w", encoding="utf-8") as file:
            yaml.dump(content, file)
    command = [sys.executable, "-m", "rasa", "train", "nlu", "--nlu", "nlu.yml", "--config", "config.yml"]
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603 (our own interpreter, fixed arguments)
        command, cwd=root, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"Stock Rasa could not be trained: {done.stderr[-2000:]}")
    return time.perf_counter() - started


def ask(asked: Examples, folder: str, out_of_scope: str | None) -> tuple[Answers, float, int]:
    """Loads the model from `folder`; returns answers, median milliseconds of a parse, and bytes of memory."""
    from rasa.core.agent import Agent
    from rasa.model import get_latest_model

    processor = Agent.load(str(get_latest_model(str(Path(folder) / "models")))).processor
    best, confidence, times = [], [], []

    async def parse_all() -> None:
        from rasa.core.channels.channel import UserMessage

        for text in asked.texts:
            started = time.perf_counter()
            parsed = await processor.parse_message(UserMessage(text))  # type: ignore[union-attr]
            times.append(time.perf_counter() - started)
            ranking = [reading for reading in parsed["intent_ranking"] if reading["name"] != out_of_scope]
            best.append(ranking[0]["name"] if ranking else "")
            confidence.append(ranking[0]["confidence"] if ranking else 0.0)

    asyncio.run(parse_all())
    truth = np.array(asked.intents)
    answers = Answers(truth, np.array(best), np.array(confidence), truth != out_of_scope)
    memory = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return answers, 1000 * float(np.median(times[1 : TIMED + 1])), memory
