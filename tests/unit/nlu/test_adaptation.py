"""A map learned from intents turns meanings towards what tells the intents apart, and harms nothing where it cannot."""

from __future__ import annotations

import numpy as np

from bot.nlu.adaptation import _slopes, learn_map, mapped

_RANDOM = np.random.default_rng(5)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _separation(meanings: np.ndarray, truth: np.ndarray) -> float:
    """How much more alike texts of one intent are than those of two, counted in the latter's spread."""
    likeness, same = meanings @ meanings.T, truth[:, np.newaxis] == truth
    own = likeness[same & ~np.eye(len(truth), dtype=bool)]
    return float((own.mean() - likeness[~same].mean()) / likeness[~same].std())


def test_intents_that_differ_in_little_come_apart() -> None:
    truth = np.arange(12200) % 3
    meanings = _RANDOM.normal(size=(12200, 40))
    meanings[np.arange(12200), truth] += 2.0  # three directions of forty tell the intents apart
    known, new = _unit(meanings[:12000]), _unit(meanings[12000:])
    change = learn_map(known, truth[:12000], 3, seed=1)
    assert _separation(mapped(new, change), truth[12000:]) > 1.05 * _separation(new, truth[12000:])


def test_the_slopes_are_those_of_the_log_loss() -> None:
    meanings, truth = _unit(_RANDOM.normal(size=(6, 5))).astype(np.float64), np.array([0, 1, 2, 0, 1, 2])
    change, rows = np.eye(5) + 0.1 * _RANDOM.normal(size=(5, 5)), _RANDOM.normal(size=(3, 5))

    def loss(change: np.ndarray, rows: np.ndarray) -> float:
        moved = meanings @ change
        moved /= np.linalg.norm(moved, axis=1, keepdims=True)
        scores = 10 * moved @ (rows / np.linalg.norm(rows, axis=1, keepdims=True)).T
        return float((np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(6), truth]).mean())

    found = _slopes(meanings, truth, change, rows)
    for number, values in enumerate((change, rows)):
        for place in np.ndindex(values.shape):
            ends = []
            for side in (1e-5, -1e-5):
                moved = [change.copy(), rows.copy()]
                moved[number][place] += side
                ends.append(loss(*moved))
            assert abs((ends[0] - ends[1]) / 2e-5 - found[number][place]) < 1e-4


def test_the_same_examples_give_the_same_map() -> None:
    meanings, truth = _unit(_RANDOM.normal(size=(300, 16))), np.arange(300) % 4
    assert np.array_equal(learn_map(meanings, truth, 4, seed=2), learn_map(meanings, truth, 4, seed=2))


def test_nothing_to_learn_from_changes_nothing() -> None:
    assert np.array_equal(learn_map(np.zeros((0, 8), np.float32), np.zeros(0, np.int64), 2, seed=1), np.eye(8))


def test_a_text_without_content_stays_without_and_an_intent_without_examples_is_allowed() -> None:
    meanings, truth = _unit(_RANDOM.normal(size=(100, 8))), np.arange(100) % 2
    meanings[7] = 0
    change = learn_map(meanings, truth, 3, seed=1)
    assert np.isfinite(change).all()
    assert not mapped(meanings[7:8], change).any()
