"""Whether a second encoder, for English, is worth its time on given training data: measured, not configured.

Guarantee: deterministic. The second encoder is taken, and both are adapted to the data, only when it is installed,
nearly all texts that tell their language are English, and models that did not know the examples' intents gave these a
higher probability so, by more than chance explains. Otherwise the multilingual encoder stands alone as it is, and the
second one is not even loaded.

Maths: on at most `_SAMPLE` examples, the held-out log loss of each without the second encoder less that with both,
adapted; the mean of these differences must lie above zero by more than 1.64 of its standard errors (one-sided, 95 %).
Log loss, not right answers: it tells as much of an example that both read right, one of them hardly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bot.nlu.english import available
from bot.nlu.kernel import ENGLISH, MULTILINGUAL
from bot.nlu.language import recognise
from bot.nlu.model import IntentModel, Options

# Fewer examples than this cannot show a difference.
_FEWEST = 300
_SAMPLE = 2500
_ENGLISH_SHARE = 0.95
_STANDARD_ERRORS = 1.64
# A probability that is too small for a number is taken for this.
_LEAST = 1e-12


def choose(texts: Sequence[str], intents: Sequence[str], options: Options) -> Options:
    """Returns the options to train with."""
    alone = replace(options, encoders=(MULTILINGUAL,), adapted=False)
    if len(texts) < _FEWEST or not available() or not _mostly_english(texts):
        return alone
    rows = np.random.default_rng(options.seed).permutation(len(texts))[:_SAMPLE]
    sample = [texts[row] for row in rows], [intents[row] for row in rows]
    if len(set(sample[1])) < 2:
        return alone
    both = replace(options, encoders=(MULTILINGUAL, ENGLISH), adapted=True)
    return both if lower_by_more_than_chance(_losses(*sample, alone), _losses(*sample, both)) else alone


def lower_by_more_than_chance(before: NDArray[np.float64], after: NDArray[np.float64]) -> bool:
    """True when `after` is lower on average, by more than one sample in twenty would show without any difference."""
    gained = before - after
    return bool(gained.mean() > _STANDARD_ERRORS * gained.std(ddof=1) / np.sqrt(len(gained)))


def _mostly_english(texts: Sequence[str]) -> bool:
    some = texts[:: max(1, len(texts) // 500)]
    english = sum(recognise(text, default="de") == "en" for text in some)
    german = sum(recognise(text, default="en") == "de" for text in some)
    return english >= _ENGLISH_SHARE * max(1, english + german)


def _losses(texts: list[str], intents: list[str], options: Options) -> NDArray[np.float64]:
    held_out = IntentModel(options).fit(texts, intents)
    losses = np.zeros(len(texts))
    given = held_out.probabilities[np.arange(len(held_out.rows)), held_out.truth]
    losses[held_out.rows] = -np.log(np.maximum(given, _LEAST))
    return losses
