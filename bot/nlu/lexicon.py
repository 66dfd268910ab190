"""Words with a job of their own: those that tell German from English, and those that say nothing beside a value.

Guarantee: plain tables built once per process from `vocabulary/words.yml` and spaCy's stop word lists; words that
both languages use ("in", "also", "router") tell nothing. Without spaCy or the file, the first use fails: both are
required.
"""

from __future__ import annotations

from functools import lru_cache

from ruamel.yaml import YAML

from bot.nlu.phrases import HERE
from bot.nlu.text import fold


@lru_cache
def words(kind: str) -> frozenset[str]:
    """Returns the folded words under the key `kind` of words.yml."""
    return frozenset(fold(_file()[kind]).split())


@lru_cache(maxsize=1)
def word_scores() -> dict[str, float]:
    """Returns folded word -> +1 (German) or -1 (English)."""
    from spacy.lang.de.stop_words import STOP_WORDS as GERMAN_STOP
    from spacy.lang.en.stop_words import STOP_WORDS as ENGLISH_STOP

    german = {fold(word) for word in GERMAN_STOP} | words("german")
    english = {fold(word) for word in ENGLISH_STOP} | words("english")
    both = (german & english) | words("both")
    return dict.fromkeys(german - both, 1.0) | dict.fromkeys(english - both, -1.0)


@lru_cache(maxsize=1)
def _file() -> dict[str, str]:
    return dict(YAML(typ="safe").load((HERE / "words.yml").read_text(encoding="utf-8")))
