"""What in a meaning matters for these data: a linear map of a frozen encoder's vectors, learned from their intents.

Guarantee: deterministic. The map starts as no change at all and is moved by a single walk through the examples, so that
few examples change little. An intent without examples is allowed, no examples at all give no change. `mapped` returns
rows of length 1, of zeros for zeros.

Maths: with u a meaning, A the map and w a row of length 1 for each intent, at first the mean of its meanings, the log
loss of softmax(cos(u A, w) / `_TEMPERATURE`) is lowered by Adam, in small shares of the examples, with a step that
rises for a moment and then falls to nothing. Only A is kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from bot.nlu.encoder import unit

Array = NDArray[np.float32]

_STEP, _STEP_OF_INTENTS = 1e-3, 2e-2
_WARM_UP = 30
_SHARE = 64
_TEMPERATURE = 0.1
_SHORTEST = 1e-6


def learn_map(meanings: Array, truth: NDArray[np.int64], intents: int, seed: int) -> Array:
    """Returns A, square. `meanings` has one row of length 1 per example, `truth` the numbers of their intents."""
    size = meanings.shape[1]
    change, rows = np.eye(size, dtype=np.float32), np.zeros((intents, size), dtype=np.float32)
    np.add.at(rows, truth, meanings)
    rows = unit(rows)
    adam = [_Adam(change, _STEP), _Adam(rows, _STEP_OF_INTENTS)]
    order = np.random.default_rng(seed).permutation(len(meanings))
    shares = [order[start : start + _SHARE] for start in range(0, len(order), _SHARE)]
    for number, share in enumerate(shares):
        pace = min(1.0, (number + 1) / _WARM_UP) * (1 - number / len(shares))
        for one, slope in zip(adam, _slopes(meanings[share], truth[share], change, rows), strict=True):
            one.move(slope, pace)
    return change


def mapped(meanings: Array, change: Array) -> Array:
    """Returns the meanings after the map."""
    return unit(meanings @ change)


def _slopes(meanings: Array, truth: NDArray[np.int64], change: Array, rows: Array) -> tuple[Array, Array]:
    """Returns how the log loss rises with the map and with the intents' rows."""
    moved = meanings @ change
    lengths = np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), _SHORTEST)
    moved /= lengths
    size = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _SHORTEST)
    units = rows / size
    missed = softmax(moved @ units.T / _TEMPERATURE, axis=1)
    missed[np.arange(len(truth)), truth] -= 1
    missed /= len(truth) * _TEMPERATURE
    of_moved, of_units = missed @ units, missed.T @ moved
    # Only what turns a vector counts: its length is divided out.
    of_moved -= moved * np.einsum("ij,ij->i", moved, of_moved)[:, np.newaxis]
    of_units -= units * np.einsum("ij,ij->i", units, of_units)[:, np.newaxis]
    return meanings.T @ (of_moved / lengths), of_units / size


class _Adam:
    """Moves an array downhill, in place, each value by about its step."""

    _KEPT_SLOPE, _KEPT_SQUARE, _LEAST = 0.9, 0.999, 1e-8

    def __init__(self, values: Array, step: float) -> None:
        self._values, self._step, self._moves = values, step, 0
        self._slope, self._square = np.zeros_like(values), np.zeros_like(values)

    def move(self, slope: Array, pace: float) -> None:
        self._moves += 1
        self._slope += (1 - self._KEPT_SLOPE) * (slope - self._slope)
        self._square += (1 - self._KEPT_SQUARE) * (slope * slope - self._square)
        bias, bias_of_square = 1 - self._KEPT_SLOPE**self._moves, 1 - self._KEPT_SQUARE**self._moves
        roots = np.sqrt(self._square / bias_of_square) + self._LEAST
        self._values -= (pace * self._step / bias) * self._slope / roots
