"""Short cuts of the training give what the long way gives."""

from __future__ import annotations

import numpy as np
import pytest

from bot.nlu import encoder, folds, kernel
from bot.nlu.encoder import encode
from bot.nlu.kernel import TextKernel
from bot.nlu.model import Options

_TEXTS = [
    f"{what} {number}"
    for what in ("Mein Internet geht nicht", "Show me invoice", "Ich ziehe um")
    for number in range(9)
]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks and shares so small that a few texts make several."""
    monkeypatch.setattr(kernel, "_BLOCK", 10)
    monkeypatch.setattr(folds, "_BLOCK", 10)
    monkeypatch.setattr(encoder, "_A_SHARE", 5)
    monkeypatch.setattr("os.cpu_count", lambda: 3)


@pytest.mark.usefixtures("small_blocks")
def test_half_of_the_pairs_are_all_of_them() -> None:
    options = Options()
    one = TextKernel(options.sharpness, options.word_weight, options.character_weight)
    views = one.fit(_TEXTS)
    half = np.tril(one.among(views))
    whole = one.between(views, views)
    np.testing.assert_allclose(half + np.tril(half, -1).T, whole, atol=1e-5)


@pytest.mark.usefixtures("small_blocks")
def test_texts_dealt_to_threads_keep_their_vectors_and_places() -> None:
    alone = np.concatenate([encode([text]) for text in _TEXTS])
    np.testing.assert_allclose(encode(_TEXTS), alone, atol=1e-5)


@pytest.mark.usefixtures("small_blocks")
def test_near_duplicates_are_found_across_blocks() -> None:
    meaning = np.eye(15, dtype=np.float32)[np.arange(30) % 15]  # each text and its double fifteen places on
    truth = np.zeros(30, dtype=np.int64)
    numbers = folds.near_duplicates(meaning, truth, 0.9)
    assert list(numbers[:15]) == list(numbers[15:])
    assert len(set(numbers)) == 15
    truth[15:] = 1  # the same text under another intent is no duplicate
    assert len(set(folds.near_duplicates(meaning, truth, 0.9))) == 30


def test_a_chain_of_likeness_does_not_take_a_whole_intent() -> None:
    angles = np.radians(np.arange(20) * 10.0 + np.arange(20) % 5 * 2)
    meaning = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    numbers = folds.near_duplicates(meaning, np.zeros(20, dtype=np.int64), 0.85)
    assert 1 < np.bincount(numbers).max() <= folds.MOST_TOGETHER * 20


def test_the_same_text_is_never_parted() -> None:
    meaning = np.eye(2, dtype=np.float32)[[0] * 9 + [1]]
    numbers = folds.near_duplicates(meaning, np.zeros(10, dtype=np.int64), 0.85)
    assert sorted(np.bincount(numbers)) == [1, 9]
