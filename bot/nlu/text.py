"""One way to look at a customer's text, shared by everything in this package.

Guarantee: `clean` and `fold` accept any string, return in linear time, and cap their work at `MAX_CHARACTERS`; they
never raise. `clean` keeps the words as typed; `fold` makes "Störung", "STOERUNG" and "stoerung" equal.
"""

from __future__ import annotations

import re
import unicodedata

# Beyond this a message is a pasted document: its beginning decides, and the parse stays fast.
MAX_CHARACTERS = 2000

# Typographic variants that say the same.
_VARIANTS = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_SPACE = re.compile(r"\s+")
_REPEAT = re.compile(r"([^\W\d])\1{2,}")
_DIGITS = re.compile(r"\d+")
_PUNCTUATION = re.compile(r"[^\w\s#]+")


def clean(text: str | None) -> str:
    """Returns the readable part: no control or zero-width characters, single spaces, composed accents."""
    if not text:
        return ""
    text = unicodedata.normalize("NFKC", text[: MAX_CHARACTERS * 2]).translate(_VARIANTS)
    text = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text if unicodedata.category(c) != "Cf")
    return _SPACE.sub(" ", text).strip()[:MAX_CHARACTERS]


def fold(text: str) -> str:
    """Returns `text` (already cleaned) in lower case, umlauts written out, "haaaallo" shortened."""
    return _REPEAT.sub(r"\1\1", text.lower().translate(_UMLAUTS))


def wording(text: str) -> str:
    """Returns the form in which two wordings are compared."""
    return " ".join(_PUNCTUATION.sub(" ", fold(clean(text))).split())


def mask_digits(text: str) -> str:
    """Replaces each number by its shape, so that no single customer number can carry an intent."""
    return _DIGITS.sub(lambda number: f"#{min(len(number.group()), 9)}", text)


def has_words(text: str) -> bool:
    """True when `text` has letters and most of them are Latin: other scripts cannot be understood here."""
    letters = [character for character in text if character.isalpha()]
    latin = sum(character < "\u0250" for character in letters)
    return latin > 0 and 2 * latin >= len(letters)
