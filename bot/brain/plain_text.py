"""Customers type text, never commands.

Guarantee: Rasa's message handler, which obeys any message whose text starts with `/` (`/restart`,
`/intent{...}`), never sees such a text from a customer, whatever stands before the slash. Nothing else of the
text is changed, so intents and entities are still recognised. Cannot fail.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

# The slash and every character that Unicode normalisation turns into one (full width, ...).
SLASHES = frozenset("/") | {
    chr(code) for code in range(0x80, 0x10000) if unicodedata.normalize("NFKC", chr(code)) == "/"
}

# More than this is a paste, not a request. The assistant does not read the rest; the edge keeps all of it.
READ_AT_MOST = 4000

# Stands for a text of which nothing is left: understood as nothing, and asked back.
NOTHING = "?"


class PlainText(NamedTuple):
    """A text that Rasa takes as text."""

    text: str
    # How many characters in front were left out; recognised entities stand this much further right in the original.
    skipped: int


def plain_text(original: str) -> PlainText:
    """Leave out the leading slashes, and the white space and invisible characters before and between them."""
    start = 0
    while start < len(original) and _is_left_out(original[start]):
        start += 1
    text = original[start : start + READ_AT_MOST].rstrip()
    return PlainText(text or NOTHING, start)


def _is_left_out(character: str) -> bool:
    # Control and format characters (zero-width space, byte order mark) and marks without a letter to stand on: a
    # component that strips them would bring the slash behind them to the front.
    return character in SLASHES or character.isspace() or unicodedata.category(character) in {"Cc", "Cf", "Mn", "Me"}
