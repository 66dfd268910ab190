"""Thresholds hold the error bound, also against luck and shift, and close when nothing can be shown."""

from __future__ import annotations

import numpy as np
import pytest

from bot.nlu.bands import ANSWER, ASK, HANDOVER, NEVER, Bands, fit_bands, fit_guarded, guarded_share, upper_error
from bot.nlu.model import HeldOut

LABELS = ("a", "b", "c", "out_of_scope")


def simulated(seed: int, examples: int = 2000, sharpness: float = 4.0) -> HeldOut:
    """Draws probabilities and then the truth from them: perfectly calibrated by construction."""
    random = np.random.default_rng(seed)
    scores = random.normal(size=(examples, len(LABELS))) * sharpness
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    truth = np.array([random.choice(len(LABELS), p=row) for row in probabilities])
    return HeldOut(LABELS, np.arange(examples), truth, probabilities)


def wrong_share(bands: Bands, held_out: HeldOut) -> float:
    in_scope = held_out.probabilities[:, :3]
    answered = in_scope.max(axis=1) >= bands.answer_from
    return float((in_scope.argmax(axis=1) != held_out.truth)[answered].mean()) if answered.any() else 0.0


def test_bound_holds_on_fresh_data_almost_always():
    broken = sum(
        wrong_share(fit_bands(simulated(seed), "out_of_scope", 0.03), simulated(1000 + seed, 20_000)) > 0.03
        for seed in range(40)
    )
    assert broken <= 5  # 95 % assurance: 2 of 40 expected


@pytest.mark.parametrize("harder", [2.0, 8.0])
def test_more_hard_messages_answer_less_and_stay_below_what_the_threshold_says(harder):
    """Shift: unsure messages become more frequent. With calibrated probabilities, 1 - threshold limits the error."""
    bands, fresh = fit_bands(simulated(5), "out_of_scope", 0.03), simulated(77, 40_000)
    best = fresh.probabilities[:, :3].max(axis=1)
    weights = np.exp(-harder * best)
    rows = np.random.default_rng(6).choice(len(best), 40_000, p=weights / weights.sum())
    shifted = HeldOut(LABELS, rows, fresh.truth[rows], fresh.probabilities[rows])
    assert (best[rows] >= bands.answer_from).mean() < (best >= bands.answer_from).mean()
    assert wrong_share(bands, shifted) <= 1 - bands.answer_from


def test_a_stricter_bound_answers_less():
    held_out = simulated(1)
    loose, strict = (fit_bands(held_out, "out_of_scope", bound) for bound in (0.10, 0.02))
    assert strict.answer_from > loose.answer_from
    assert strict.answered < loose.answered


def test_nothing_is_answered_when_nothing_can_be_shown():
    held_out = simulated(1, examples=40)
    assert fit_bands(held_out, "out_of_scope", 0.01).answer_from == NEVER
    shuffled = HeldOut(
        LABELS, held_out.rows, np.random.default_rng(0).permutation(held_out.truth), held_out.probabilities
    )
    assert fit_bands(shuffled, "out_of_scope", 0.03).answer_from == NEVER


def test_decisions_follow_the_bands():
    bands = Bands(answer_from=0.9, ask_from=0.4)
    assert [bands.decide(p) for p in (0.95, 0.9, 0.5, 0.39)] == [ANSWER, ANSWER, ASK, HANDOVER]


@pytest.mark.parametrize(("wrong", "total", "limit"), [(0, 100, 0.0295), (1, 157, 0.0299), (0, 0, 1.0), (5, 5, 1.0)])
def test_upper_error_is_the_exact_binomial_limit(wrong, total, limit):
    assert upper_error(wrong, total) == pytest.approx(limit, abs=5e-4)


def test_guarded_requests_are_taken_as_far_down_as_the_false_alarms_allow():
    held_out = simulated(3, examples=4000)
    others = held_out.truth != LABELS.index("a")
    strict, few = fit_guarded(held_out, {"a"}, 0.005)
    loose, more = fit_guarded(held_out, {"a"}, 0.05)
    assert 0.5 <= loose < strict <= 0.99
    assert few.sum() < more.sum()
    assert upper_error(int((few & others).sum()), int(others.sum())) <= 0.005
    assert upper_error(int((more & others).sum()), int(others.sum())) <= 0.05


def test_no_guarded_request_is_taken_by_probability_when_nothing_can_be_shown():
    held_out = simulated(3, examples=4000)
    assert fit_guarded(held_out, {"a"}, 0.0)[0] == NEVER
    assert fit_guarded(held_out, {"not trained"}, 0.05)[0] == NEVER
    assert not fit_guarded(held_out, {"not trained"}, 0.05)[1].any()


def test_a_guarded_request_is_compared_with_the_likeliest_other_reading_alone():
    spread, single = [0.6, 0.1, 0.1, 0.1, 0.1], [0.6, 0.4, 0.0, 0.0, 0.0]
    shares = guarded_share(("a", "b", "c", "d", "e"), np.array([spread, single]), {"a"})
    assert shares == pytest.approx([6 / 7, 0.6])
    assert not guarded_share(("b", "c"), np.array([[0.5, 0.5]]), {"a"}).any()
    assert not guarded_share(("a",), np.array([[1.0]]), {"a"}).any()
