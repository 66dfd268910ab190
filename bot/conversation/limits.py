"""Limits on what a customer or agent may send, and the cleaning of text that every channel shares."""

from __future__ import annotations

import unicodedata

# Longest message that is stored, in characters. A longer one is refused with an error that says so.
TEXT_LIMIT = 4000
# Longest frame a socket accepts, in bytes: a full message in four-byte characters, JSON escapes and the envelope.
FRAME_LIMIT = 64 * 1024
CLIENT_ID_LIMIT = 64

# Controls that a text may hold; all others, and unpaired surrogates, are removed.
_KEPT_CONTROLS = "\t\n"
# Categories that show nothing: a text of these alone is empty to its reader.
_INVISIBLE = {"Cf", "Zs", "Zl", "Zp", "Cc", "Mn", "Cn"}


class TextRefused(ValueError):
    """A text cannot be stored. `code` is `empty` or `too_long`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def clean_text(raw: str) -> str:
    """The text as it is stored: normalised to NFC, control characters removed, outer blanks cut.

    Markup, emoji, right-to-left and zero-width joiners stay as they are: they are shown as text, never interpreted.

    Raises:
        TextRefused: nothing is left, or more than `TEXT_LIMIT` characters.
    """
    if len(raw) > TEXT_LIMIT * 4:
        raise TextRefused("too_long")
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    text = "".join(c for c in text if c in _KEPT_CONTROLS or unicodedata.category(c) not in {"Cc", "Cs"}).strip()
    if all(unicodedata.category(c) in _INVISIBLE for c in text):
        raise TextRefused("empty")
    if len(text) > TEXT_LIMIT:
        raise TextRefused("too_long")
    return text
