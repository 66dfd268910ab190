"""The held-out scores, which calibration and thresholds rest on, are those of models that did not see the examples."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from rasa.shared.nlu.training_data.loading import load_data
from scipy.special import softmax

from bot.nlu.encoder import EncodeTogether
from bot.nlu.english import available
from bot.nlu.kernel import ENGLISH, MULTILINGUAL
from bot.nlu.model import IntentModel, Options
from bot.nlu.text import clean
from bot.settings import ROOT

SOME = ("invoice_show", "invoice_explain", "report_fault", "slow_internet", "talk_to_human", "out_of_scope")


@pytest.fixture(scope="module")
def examples() -> tuple[list[str], list[str]]:
    """Some sixty of each of a few intents."""
    found = load_data(str(ROOT / "data" / "nlu")).intent_examples
    texts: list[str] = []
    intents: list[str] = []
    for intent in SOME:
        own = [str(example.get("text")) for example in found if example.get("intent") == intent][:60]
        texts += own
        intents += [intent] * len(own)
    return texts, intents


@pytest.fixture(
    params=[
        Options(),
        Options(encoders=(MULTILINGUAL, ENGLISH)),
        Options(encoders=(MULTILINGUAL, ENGLISH), adapted=True),
        Options(most_anchors=200),
        Options(most_anchors=200, adapted=True),
    ],
    ids=["one encoder", "two encoders", "two adapted", "some stand for all", "some stand for all, adapted"],
)
def options(request: pytest.FixtureRequest) -> Options:
    """Each way in which a model is trained."""
    if ENGLISH in request.param.encoders and not available():
        pytest.skip("the extra 'english' is not installed")
    return request.param


@pytest.mark.parametrize("encoders", [(MULTILINGUAL,), (MULTILINGUAL, ENGLISH)], ids=["one encoder", "two encoders"])
def test_held_out_scores_are_those_of_a_regression_without_the_fold(
    examples: tuple[list[str], list[str]], encoders: tuple[str, ...]
) -> None:
    if ENGLISH in encoders and not available():
        pytest.skip("the extra 'english' is not installed")
    texts, intents = examples
    model = IntentModel(Options(encoders=encoders))
    held_out = model.fit(texts, intents)
    truth = np.array([model.labels.index(intent) for intent in intents])
    views = model._kernel.fit(texts)
    likeness = model._kernel.between(views, views).astype(np.float64)
    ridge, targets = model._ridge(truth), model._targets(truth).astype(np.float64)
    expected = np.zeros_like(targets)
    for known, held in model._splits(views, truth):
        mean = targets[known].mean(axis=0)
        matrix = likeness[np.ix_(known, known)] + np.diag(ridge[known])
        shares = np.linalg.solve(matrix, targets[known] - mean)
        expected[held] = likeness[np.ix_(held, known)] @ shares + mean
    probabilities = softmax(expected / model.temperature, axis=1)
    assert sorted(held_out.rows) == list(range(len(texts)))
    assert np.abs(held_out.probabilities - probabilities[held_out.rows]).max() < 1e-3


def test_held_out_scores_know_nothing_of_the_intents_held_out(
    examples: tuple[list[str], list[str]], options: Options
) -> None:
    """Whatever the held-out examples are called, what is said about them stays the same."""
    texts, intents = examples
    model = IntentModel(options)
    before = model.fit(texts, intents)
    truth = np.array([model.labels.index(intent) for intent in intents])
    views = model._kernel.fit(texts)
    known, held = next(iter(model._splits(views, truth)))
    others = truth.copy()
    others[held] = np.random.default_rng(3).permutation(truth[held])  # each intent stays as frequent
    renamed = IntentModel(options)
    renamed.labels = model.labels
    renamed._splits = lambda *_: iter([(known, held)])  # type: ignore[method-assign]
    apart = options.adapted or len(texts) > options.most_anchors
    fitted = renamed._fit_apart if apart else renamed._fit_together
    renamed._kernel.fit(texts)
    rows, scores = fitted(views, others)
    place = {row: number for number, row in enumerate(before.rows)}
    expected = before.probabilities[[place[row] for row in rows]]
    assert np.abs(softmax(scores / model.temperature, axis=1) - expected).max() < 1e-3


async def test_scores_in_one_moment_are_those_of_each_text_alone(
    examples: tuple[list[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, intents = examples
    model = IntentModel()
    model.fit(texts, intents)
    asked = [*texts[:40:3], "", "Völlig anderes", texts[0]]
    alone = np.concatenate([model.scores([text]) for text in asked])
    together, walks, by_meanings = EncodeTogether(), 0, model._by_meanings

    def counted(meanings: Sequence[np.ndarray]) -> np.ndarray:
        nonlocal walks
        walks += 1
        return by_meanings(meanings)

    async def turn(text: str) -> np.ndarray:
        await together.ahead(clean(text))
        # Twice: a text with several requests is read again, and what was worked out stays as it was.
        return np.concatenate([model.scores([text]) for _ in range(2)])

    monkeypatch.setattr(model, "_by_meanings", counted)
    found = await asyncio.gather(*(turn(text) for text in asked))
    assert np.abs(np.stack(found) - alone[:, np.newaxis]).max() < 1e-4
    assert walks == 1


def test_a_model_answers_the_same_after_it_was_stored(
    examples: tuple[list[str], list[str]], options: Options, tmp_path_factory: pytest.TempPathFactory
) -> None:
    texts, intents = examples
    model, folder = IntentModel(options), tmp_path_factory.mktemp("model")
    model.fit(texts, intents)
    model.save(folder)
    asked = ["Wo ist meine Rechnung?", "my internet is down", "Mensch bitte"]
    assert np.abs(IntentModel.load(folder).probabilities(asked) - model.probabilities(asked)).max() < 0.01
