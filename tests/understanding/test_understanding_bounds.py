"""The error bound: kept on held-out data, and what a shift towards messages out of scope does to it."""

from __future__ import annotations

import numpy as np

from bench.nlu.figures import calibration_error
from bot.nlu.bands import fit_bands, upper_error
from bot.nlu.model import HeldOut

OUTSIDE = "out_of_scope"


def error(held_out: HeldOut, answer_from: float) -> tuple[int, int]:
    """Returns wrong answers and answers at a threshold."""
    inside = [row for row, label in enumerate(held_out.labels) if label != OUTSIDE]
    scores = held_out.probabilities[:, inside]
    right = np.array(inside)[scores.argmax(axis=1)] == held_out.truth
    given = scores.max(axis=1) >= answer_from
    return int((~right & given).sum()), int(given.sum())


def half(held_out: HeldOut, chosen: np.ndarray) -> HeldOut:
    return HeldOut(held_out.labels, held_out.rows[chosen], held_out.truth[chosen], held_out.probabilities[chosen])


def test_bound_holds_on_the_held_out_examples(understanding):
    bands = understanding.bands
    assert bands.wrong <= 0.03
    assert bands.accuracy > 0.90
    assert bands.answered > 0.72


def test_thresholds_of_one_half_hold_on_the_other(understanding):
    held_out, random = understanding.held_out, np.random.default_rng(3)
    broken = 0
    for _ in range(20):
        first = random.random(len(held_out.truth)) < 0.5
        bands = fit_bands(half(held_out, first), OUTSIDE, 0.03)
        wrong, given = error(half(held_out, ~first), bands.answer_from)
        # The other half is a sample, too: only what cannot be chance counts as broken.
        broken += given > 0 and 1 - upper_error(given - wrong, given) > 0.03
    assert broken <= 1


def test_more_customers_out_of_scope_do_not_break_the_bound_silently(understanding):
    """Three times as many messages out of scope: the error grows, but stays within what `docs` says about shift."""
    held_out, random = understanding.held_out, np.random.default_rng(4)
    outside = held_out.truth == held_out.labels.index(OUTSIDE)
    rows = np.concatenate([np.flatnonzero(~outside), random.choice(np.flatnonzero(outside), 3 * int(outside.sum()))])
    wrong, given = error(half(held_out, rows), understanding.bands.answer_from)
    assert wrong / given < 0.05


def test_probabilities_are_calibrated(understanding):
    probabilities = understanding.held_out.probabilities
    right = probabilities.argmax(axis=1) == understanding.held_out.truth
    assert calibration_error(probabilities.max(axis=1), right) < 0.03
