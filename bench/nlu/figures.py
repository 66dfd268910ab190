"""What the answers to a test are worth: accuracy with its interval, out-of-scope detection, calibration.

Guarantee: pure functions over arrays. A confidence is the probability of the best reading inside the scope; an
example outside the scope is never read right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta
from sklearn.metrics import roc_auc_score

BINS = 15
# The share of in-scope examples that must be kept when others are turned away.
KEPT = 0.95
# Fewer out-of-scope examples than this say nothing about detecting them.
LEAST_OUTSIDE = 20


@dataclass(frozen=True)
class Answers:
    """One entry per example asked."""

    truth: NDArray[np.str_]
    best: NDArray[np.str_]  # the best reading inside the scope
    confidence: NDArray[np.float64]
    in_scope: NDArray[np.bool_]
    # Whether an answer would be given; only where the bands are measured, too.
    answered: NDArray[np.bool_] | None = None

    @property
    def right(self) -> NDArray[np.bool_]:
        return np.asarray(self.in_scope & (self.best == self.truth))


@dataclass(frozen=True)
class Figures:
    """Shares from 0 to 1; None where a set cannot tell."""

    accuracy: float
    low: float
    high: float
    auroc: float | None
    recall: float | None  # out-of-scope examples turned away when KEPT of the in-scope ones are kept
    calibration_error: float
    answered: float | None = None  # in-scope examples that get an answer
    wrong: float | None = None  # wrong ones among all answers
    wrong_high: float | None = None  # upper end of the 95 % interval of `wrong`


def figures(answers: Answers) -> Figures:
    """Returns the figures of one test, or of all folds together."""
    inside, right = answers.in_scope, answers.right
    low, high = interval(int(right.sum()), int(inside.sum()))
    auroc = recall = None
    if (~inside).sum() >= LEAST_OUTSIDE:
        auroc = float(roc_auc_score(inside, answers.confidence))
        threshold = np.quantile(answers.confidence[inside], 1 - KEPT)
        recall = float((answers.confidence[~inside] < threshold).mean())
    answered = wrong = wrong_high = None
    if answers.answered is not None:
        given = answers.answered
        answered = float(given[inside].mean())
        wrong = float((~right[given]).mean()) if given.any() else 0.0
        wrong_high = interval(int((~right[given]).sum()), int(given.sum()))[1]
    return Figures(
        accuracy=float(right.sum() / inside.sum()),
        low=low,
        high=high,
        auroc=auroc,
        recall=recall,
        calibration_error=calibration_error(answers.confidence, right),
        answered=answered,
        wrong=wrong,
        wrong_high=wrong_high,
    )


def interval(hits: int, total: int) -> tuple[float, float]:
    """Returns the exact 95 % interval of a share (Clopper and Pearson)."""
    low = float(beta.ppf(0.025, hits, total - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, total - hits)) if hits < total else 1.0
    return low, high


def bins(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> list[tuple[float, float, int]]:
    """Returns (mean confidence, share right, count) for each of `BINS` equal ranges of confidence that has any."""
    numbers = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        (float(confidence[numbers == n].mean()), float(right[numbers == n].mean()), int((numbers == n).sum()))
        for n in range(BINS)
        if (numbers == n).any()
    ]


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Returns the expected calibration error: how far confidence and share right are apart, on average."""
    return sum(abs(sure - share) * count for sure, share, count in bins(confidence, right)) / len(confidence)
