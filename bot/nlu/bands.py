"""Answer, ask back or hand over: thresholds fitted to an error bound, never typed in.

Guarantee: with held-out probabilities drawn like the customers' messages, the share of wrong answers among those
given stays under `error_bound` with probability `assurance`. When no threshold can show that, nothing is answered.

Maths (fixed-sequence testing, as in "Learn then Test"): candidate thresholds are tried from the strictest
downwards. Each is a null hypothesis "the error among answered is at least the bound", tested by the exact binomial
(Clopper-Pearson) upper limit at level 1 - assurance. The first that cannot be rejected ends the walk; the last
rejected one is used. Testing in a fixed order needs no correction for the number of candidates. An answer is wrong
when the example has another intent, including every out-of-scope example.

Guarded requests (a person, the truth about the bot) have a threshold of their own, because missing one is worse than
a person or a truth too many: the share of other messages taken for one of them stays under `false_alarms`, by the
same walk. Compared is the likelier of them with the likeliest other intent, between these two alone: how the rest is
spread over further intents says nothing. They are never taken when another intent is likelier.

Limit: customers who write unlike the training data are outside the guarantee.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from bot.nlu.model import HeldOut

ANSWER, ASK, HANDOVER = "answer", "ask", "handover"
# How many readings an "ask" offers.
OFFERED = 3
# Larger than any probability: this band is closed.
NEVER = 2.0
# Walked from the strictest; below one half, something else is likelier.
_GUARDED_CANDIDATES = tuple(step / 100 for step in range(99, 49, -1))


@dataclass(frozen=True)
class Bands:
    """Thresholds on the probability of the best in-scope reading, and what they gave on held-out examples."""

    answer_from: float
    ask_from: float
    answered: float = 0.0  # share of in-scope examples that get an answer
    wrong: float = 0.0  # share of wrong ones among all answers given
    accuracy: float = 0.0  # best reading correct, in-scope examples
    examples: int = 0
    guarded_from: float = NEVER  # on the share of the likelier guarded request, see `guarded_share`

    def decide(self, probability: float) -> str:
        if probability >= self.answer_from:
            return ANSWER
        return ASK if probability >= self.ask_from else HANDOVER

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


def upper_error(wrong: int, total: int, assurance: float = 0.95) -> float:
    """Returns the exact upper confidence limit of an error rate after `wrong` errors in `total` trials."""
    if total == 0 or wrong >= total:
        return 1.0
    return float(beta.ppf(assurance, wrong + 1, total - wrong))


def fit_bands(
    held_out: HeldOut,
    out_of_scope: str,
    error_bound: float,
    assurance: float = 0.95,
    ask_hit_rate: float = 0.5,
) -> Bands:
    """Fits both thresholds. `ask_hit_rate`: the true intent is among the offered readings at least this often."""
    in_scope = [row for row, label in enumerate(held_out.labels) if label != out_of_scope]
    scores = held_out.probabilities[:, in_scope]
    truth = np.array([in_scope.index(t) if t in in_scope else -1 for t in held_out.truth])
    best = scores.max(axis=1)
    correct = scores.argmax(axis=1) == truth
    offered = np.argsort(-scores, axis=1)[:, :OFFERED]
    helpful = (offered == truth[:, None]).any(axis=1)

    answer_from = _answer_threshold(best, correct, lambda ok, n: upper_error(n - ok, n, assurance) <= error_bound)
    below = best < answer_from
    ask_from = _ask_threshold(best[below], helpful[below], ask_hit_rate)
    answered, known = best >= answer_from, truth >= 0
    return Bands(
        answer_from=answer_from,
        ask_from=min(ask_from, answer_from),
        answered=float(answered[known].mean()) if known.any() else 0.0,
        wrong=float((~correct[answered]).mean()) if answered.any() else 0.0,
        accuracy=float(correct[known].mean()) if known.any() else 0.0,
        examples=len(truth),
    )


def guarded_share(
    labels: Sequence[str], probabilities: NDArray[np.float64], guarded: Collection[str]
) -> NDArray[np.float64]:
    """Returns, per row, what share the likelier guarded request has of its own and the likeliest other probability."""
    columns = np.isin(labels, list(guarded))
    if not columns.any() or columns.all():
        return np.zeros(len(probabilities))
    asked, other = probabilities[:, columns].max(axis=1), probabilities[:, ~columns].max(axis=1)
    return np.asarray(asked / (asked + other))


def fit_guarded(
    held_out: HeldOut, guarded: Collection[str], false_alarms: float, assurance: float = 0.95
) -> tuple[float, NDArray[np.bool_]]:
    """Fits the guarded requests' common threshold; returns it and which held-out examples reach it."""
    shares = guarded_share(held_out.labels, held_out.probabilities, guarded)
    others = ~np.isin(np.array(held_out.labels)[held_out.truth], list(guarded))
    threshold = NEVER
    for candidate in _GUARDED_CANDIDATES if shares.any() else ():
        if upper_error(int((others & (shares >= candidate)).sum()), int(others.sum()), assurance) > false_alarms:
            break
        threshold = candidate
    return threshold, shares >= threshold


def _answer_threshold(
    scores: NDArray[np.float64], good: NDArray[np.bool_], acceptable: Callable[[int, int], bool]
) -> float:
    """Returns the lowest threshold reached from above with every step acceptable, `NEVER` when the first is not."""
    order = np.argsort(-scores)
    hits = np.cumsum(good[order])
    threshold = NEVER
    # Sizes fixed before looking at what is right: from a fifth of the examples, growing by a hundredth.
    step = max(1, len(scores) // 100)
    for end in range(20 * step, len(scores) + 1, step):
        if not acceptable(int(hits[end - 1]), end):
            break
        threshold = float(scores[order[end - 1]])
    return threshold


def _ask_threshold(scores: NDArray[np.float64], helpful: NDArray[np.bool_], hit_rate: float) -> float:
    """Returns how far down an offer of readings still helps: block by block, each one on its own."""
    order = np.argsort(-scores)
    block = max(10, len(scores) // 15)
    threshold = NEVER
    for start in range(0, len(scores), block):
        members = order[start : start + block]
        if helpful[members].mean() < hit_rate:
            break
        threshold = float(scores[members[-1]])
    return threshold
