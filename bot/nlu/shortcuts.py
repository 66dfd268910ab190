"""Readings that need no statistics: guarded requests, bare values, and wordings known word for word.

Guarantee: deterministic. A wording is known when the training data hold it, after folding and without punctuation,
under exactly one intent. A message is a bare value when nothing but entities, digits and filler words is left of
it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.nlu.guards import guard
from bot.nlu.lexicon import words
from bot.nlu.text import clean, fold, has_words, wording

# As sure as a rule can be: one in a hundred is left for what its author did not think of.
CONFIDENCE = 0.99
# Entities that can stand alone as the answer to a question. A device or tariff alone could be the start of any request.
_ANSWERS = frozenset(
    (
        *("customer_number", "contract_number", "order_number", "code", "phone", "email", "iban"),
        *("postcode", "place", "street", "house_number", "date", "time_span", "speed"),
    )
)
# Nobody writes these around a number that answers a question.
_CODE_SIGNS = re.compile(r"[{}<>*=$;\\]")


def known_wordings(texts: Iterable[str], intents: Iterable[str]) -> dict[str, str]:
    """Returns wording -> intent for training examples; a wording under two intents is left out."""
    seen: dict[str, set[str]] = defaultdict(set)
    for text, intent in zip(texts, intents, strict=True):
        seen[wording(text)].add(intent)
    return {known: min(found) for known, found in seen.items() if known and len(found) == 1}


def is_bare_value(text: str, entities: Sequence[Mapping[str, Any]]) -> bool:
    """True for "2048173", "Meine Kundennummer ist 2048173", "06110 Halle", "12": an answer, not a request."""
    rest = text
    named = [entity for entity in entities if entity.get("entity") in _ANSWERS]
    for entity in sorted(named, key=lambda entity: -entity["start"]):
        rest = rest[: entity["start"]] + " " + rest[entity["end"] :]
    cleaned = fold(clean(rest))
    if _CODE_SIGNS.search(cleaned):
        return False
    if not named and (has_words(cleaned) or len(cleaned) > 20 or not any(c.isdigit() for c in cleaned)):
        return False
    return all(word.isdigit() or word in words("filler") for word in re.findall(r"\w+", cleaned))


def shortcut(
    text: str,
    entities: Sequence[Mapping[str, Any]],
    known: Mapping[str, str],
    intents: frozenset[str],
    value_intent: str | None,
) -> str | None:
    """Returns the intent that needs no classifier, or None."""
    guarded = guard(fold(clean(text)))
    if guarded in intents:
        return guarded
    remembered = known.get(wording(text))
    if remembered:
        return remembered
    return value_intent if value_intent in intents and is_bare_value(text, entities) else None
