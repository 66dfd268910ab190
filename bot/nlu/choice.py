"""Whether a second encoder, for English, is worth its time on given training data: measured, not configured.

Guarantee: deterministic. The second encoder is taken only when it is installed, nearly all texts that tell their
language are English, and models that did not know the examples were right more often with it than without, by more
than chance explains. Otherwise the multilingual encoder stands alone, and the second one is not even loaded.

Maths: on at most `_SAMPLE` examples, with b read right only with the second encoder and c only without it, b - c of
b + c is compared with coin tosses (McNemar's exact test, one-sided, 95 %).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from bot.nlu.english import available
from bot.nlu.kernel import ENGLISH, MULTILINGUAL
from bot.nlu.language import recognise
from bot.nlu.model import IntentModel, Options

# Fewer examples than this cannot show a difference.
_FEWEST = 300
_SAMPLE = 2500
_ENGLISH_SHARE = 0.95
_CHANCE = 0.05


def choose_encoders(texts: Sequence[str], intents: Sequence[str], options: Options) -> tuple[str, ...]:
    """Returns the names of the encoders to train with."""
    alone = (MULTILINGUAL,)
    if len(texts) < _FEWEST or not available() or not _mostly_english(texts):
        return alone
    rows = np.random.default_rng(options.seed).permutation(len(texts))[:_SAMPLE]
    sample = [texts[row] for row in rows], [intents[row] for row in rows]
    if len(set(sample[1])) < 2:
        return alone
    both = (*alone, ENGLISH)
    without, with_english = (_right(*sample, replace(options, encoders=encoders)) for encoders in (alone, both))
    return both if more_than_chance(without, with_english) else alone


def more_than_chance(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> bool:
    """True when `after` is right more often than `before`, by more than coin tosses give one time in twenty."""
    gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
    return gained > lost and float(binom.sf(gained - 1, gained + lost, 0.5)) < _CHANCE


def _mostly_english(texts: Sequence[str]) -> bool:
    some = texts[:: max(1, len(texts) // 500)]
    english = sum(recognise(text, default="de") == "en" for text in some)
    german = sum(recognise(text, default="en") == "de" for text in some)
    return english >= _ENGLISH_SHARE * max(1, english + german)


def _right(texts: list[str], intents: list[str], options: Options) -> NDArray[np.bool_]:
    held_out = IntentModel(options).fit(texts, intents)
    right = np.zeros(len(texts), dtype=bool)
    right[held_out.rows] = held_out.probabilities.argmax(axis=1) == held_out.truth
    return right
