"""Which words and word parts a text holds, weighted by how telling they are (tf-idf).

Guarantee: `rows` gives what scikit-learn's `TfidfVectorizer` gives for the vocabulary that `fit` learned, in single
precision. It is written out here because that class checks and copies its input at every call, which for one message
costs more than the work itself, and because it answers in double precision: a product with the weights of all intents
then copies these weights first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer


class Terms:
    """A vocabulary with a weight for each of its terms. `fit` first, or `restore`."""

    def __init__(self, vectorizer: TfidfVectorizer) -> None:
        """`vectorizer` says what counts as a term; it must be sublinear, unit-length tf-idf."""
        self._vectorizer = vectorizer
        self._split: Callable[[str], list[str]] = vectorizer.build_analyzer()
        self.vocabulary: dict[str, int] = {}
        self.weights: NDArray[np.float32] = np.zeros(0, dtype=np.float32)

    def fit(self, texts: Sequence[str], fewest: int) -> sparse.csr_matrix:
        """Learns the terms that at least `fewest` texts hold, and returns the rows of `texts`."""
        self._vectorizer.set_params(min_df=fewest).fit(texts)
        self.vocabulary = {term: int(column) for term, column in self._vectorizer.vocabulary_.items()}
        self.weights = self._vectorizer.idf_.astype(np.float32)
        return self.rows(texts)

    def restore(self, vocabulary: dict[str, int], weights: NDArray[np.float32]) -> None:
        """Takes over what an earlier `fit` learned."""
        self.vocabulary, self.weights = vocabulary, weights

    def rows(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Returns one row of length 1 per text (of zeros where no term is known), one column per term."""
        columns, values, ends = [], [], [0]
        for text in texts:
            counts = Counter(self.vocabulary[term] for term in self._split(text) if term in self.vocabulary)
            found = np.fromiter(counts.keys(), dtype=np.int32, count=len(counts))
            often = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
            row = (1 + np.log(often)) * self.weights[found]
            columns.append(found)
            values.append(row / max(float(np.sqrt(row @ row)), 1e-12))
            ends.append(ends[-1] + len(found))
        empty = np.zeros(0, dtype=np.float32)
        data = np.concatenate([empty, *values])
        indices = np.concatenate([empty.astype(np.int32), *columns])
        return sparse.csr_matrix((data, indices, ends), shape=(len(texts), len(self.vocabulary)))
