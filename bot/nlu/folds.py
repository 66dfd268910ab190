"""Cross-validation folds in which near duplicates stay together.

Guarantee: deterministic. No two examples of one intent whose meanings are nearly the same stand in different folds:
otherwise a model that is asked about one of them has learned the other, and looks surer than it is on new wordings. But
no such group takes more than its share of an intent: an intent of which hardly anything is left to learn from would be
read wrong, and surely so, whatever the model. Where likeness chains more examples together, only the nearer ones are
kept together.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

Rows = NDArray[np.int64]

# Of an intent's examples, the most that stand in one fold because they are nearly the same.
MOST_TOGETHER = 0.2
# Nearer than this is the same text: such examples are never parted.
_SAME = 0.99
# Examples compared with others in one go.
_BLOCK = 1000


def near_duplicates(meaning: NDArray[np.float32], truth: Rows, cosine: float) -> Rows:
    """Numbers the examples so that those of one intent more alike than `cosine`, and theirs in turn, share a number.

    `meaning` has one row of length 1 per example. A group of more than `MOST_TOGETHER` of its intent is parted at a
    higher cosine.
    """
    numbers = np.zeros(len(truth), dtype=np.int64)
    groups = (group for label in np.unique(truth) for group in _groups(meaning, np.flatnonzero(truth == label), cosine))
    for number, group in enumerate(groups):
        numbers[group] = number
    return numbers


def _groups(meaning: NDArray[np.float32], intent: Rows, cosine: float) -> Iterator[Rows]:
    undecided = [(intent, cosine)]
    while undecided:
        rows, nearness = undecided.pop()
        for group in _connected(meaning, rows, nearness):
            if len(group) > max(1, MOST_TOGETHER * len(intent)) and nearness < _SAME:
                undecided.append((group, min(_SAME, 1 - (1 - nearness) / 1.5)))
            else:
                yield group


def _connected(meaning: NDArray[np.float32], rows: Rows, cosine: float) -> list[Rows]:
    """The groups of `rows` in which each is reached over pairs more alike than `cosine`."""
    vectors = meaning[rows]
    pairs = []
    for start in range(0, len(rows), _BLOCK):  # in blocks: all pairs of a large intent would not fit
        stop = start + _BLOCK
        one, other = np.nonzero(vectors[start:stop] @ vectors[:stop].T > cosine)  # each pair once
        pairs.append((one + start, other))
    ones, others = (np.concatenate(part) for part in zip(*pairs, strict=True))
    size = (len(rows), len(rows))
    graph = sparse.coo_matrix((np.ones(len(ones), dtype=bool), (ones, others)), shape=size)
    count, found = connected_components(graph, directed=False)
    order = np.argsort(found, kind="stable")
    return np.split(rows[order], np.searchsorted(found[order], np.arange(1, count)))


def deal(groups: Rows, truth: Rows, folds: int, seed: int) -> Rows:
    """Returns each example's fold: the groups of each intent, the largest first, each to the fold that has fewest."""
    sizes = np.bincount(groups)
    random = np.random.default_rng(seed)
    fold_of = np.zeros(len(sizes), dtype=np.int64)
    for label in range(int(truth.max()) + 1):
        own = random.permutation(np.unique(groups[truth == label]))
        filled = random.permutation(folds) * 1e-3  # ties go to a different fold for each intent
        for group in own[np.argsort(-sizes[own], kind="stable")]:
            fold_of[group] = np.argmin(filled)
            filled[fold_of[group]] += sizes[group]
    return fold_of[groups]
