"""Cross-validation folds in which near duplicates stay together.

Guarantee: deterministic. No two examples of one intent whose meanings are nearly the same stand in different folds:
otherwise a model that is asked about one of them has learned the other, and looks surer than it is on new wordings.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components


def near_duplicates(meaning: NDArray[np.float32], truth: NDArray[np.int64], cosine: float) -> NDArray[np.int64]:
    """Numbers the examples so that those of one intent more alike than `cosine`, and theirs in turn, share a number.

    `meaning` has one row of length 1 per example.
    """
    rows, columns = [], []
    for start in range(0, len(truth), 1000):  # in blocks: all pairs at once would not fit
        block = slice(start, start + 1000)
        near = meaning[block] @ meaning.T > cosine
        near &= truth[block, None] == truth[None, :]
        row, column = np.nonzero(near)
        rows.append(row + start)
        columns.append(column)
    row, column = np.concatenate(rows), np.concatenate(columns)
    graph = sparse.coo_matrix((np.ones(len(row), dtype=bool), (row, column)), shape=(len(truth), len(truth)))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def deal(groups: NDArray[np.int64], truth: NDArray[np.int64], folds: int, seed: int) -> NDArray[np.int64]:
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
