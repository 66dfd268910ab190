"""What a recogniser returns, and the one rule for overlaps.

Guarantee: `without_overlaps` keeps the order of importance in which findings were made: text already taken by an
earlier finding is never given to a later one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from bot.nlu.text import MAX_CHARACTERS


@dataclass(frozen=True)
class Found:
    """One entity: `value` normalised, `start` and `end` as offsets into the customer's text."""

    entity: str
    value: str
    start: int
    end: int


def readable(text: str) -> str:
    """Returns the first part of `text` for pattern work, every offset unchanged.

    Invisible characters and odd spaces become a space, digits of any script become 0 to 9.
    """
    text = text[:MAX_CHARACTERS]
    return text if text.isascii() else "".join(map(_plain, text))


def _plain(character: str) -> str:
    if character.isascii():
        return character
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    return " " if unicodedata.category(character) in ("Cf", "Cc", "Zs", "Zl", "Zp") else character


def without_overlaps(findings: Iterable[Found]) -> list[Found]:
    """Returns the findings that keep their place, in the order of the text."""
    kept: list[Found] = []
    for found in findings:
        if all(found.end <= other.start or found.start >= other.end for other in kept):
            kept.append(found)
    return sorted(kept, key=lambda found: found.start)
