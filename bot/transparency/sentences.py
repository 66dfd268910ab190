"""Finds sequences of tokens within one sentence, for rules of the wording's lint where words are not enough.

spaCy's blank pipelines with its rule-based splitter of sentences: no model, nothing to download. Only the lint uses
this; the edge runs without spaCy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import spacy
from spacy.language import Language as Pipeline
from spacy.matcher import Matcher

# The text found, or None.
Finder = Callable[[str], "str | None"]


@lru_cache(maxsize=4)
def _pipeline(language: str) -> Pipeline:
    pipeline = spacy.blank(language)
    pipeline.add_pipe("sentencizer", config={"punct_chars": [".", "!", "?", "…", ":", ";"]})
    return pipeline


# Each text is read once, however many rules there are.
@lru_cache(maxsize=8192)
def _read(language: str, text: str) -> Any:
    return _pipeline(language)(text)


def token_finder(language: str, sequences: Sequence[list[dict[str, Any]]], unless: Sequence[str]) -> Finder:
    """Looks for the sequences in each sentence that has none of the tokens `unless`.

    Raises:
        ValueError: (spaCy's) a sequence is none that the Matcher understands.
    """
    matcher = Matcher(_pipeline(language).vocab, validate=True)
    matcher.add("rule", list(sequences))
    spared = {word.lower() for word in unless}

    def find(text: str) -> str | None:
        for sentence in _read(language, text).sents:
            if not any(token.lower_ in spared for token in sentence):
                for _, start, end in matcher(sentence):
                    return str(sentence[start:end].text)
        return None

    return find
