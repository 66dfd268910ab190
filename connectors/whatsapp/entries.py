"""What the log shows of a message, in which pieces, and under which ids. No I/O."""

from __future__ import annotations

import hashlib

from bot.conversation.limits import TEXT_LIMIT, TextRefused, clean_text
from bot.transparency.wording import Language, Wording
from connectors.whatsapp.content import Content

CHANNEL = "whatsapp"
# Most entries of the log that one message becomes; WhatsApp's own limit for a text fits into two.
_MOST_ENTRIES = 5


def shown(words: Wording, content: Content, language: Language) -> str:
    """The whole text."""
    text = content.text or ""
    if content.key is not None:
        text = words.say(content.key, language, **(content.values or {}))
    if content.led_by is not None:
        key, values = content.led_by
        text = words.say(key, language, text=text, **values).rstrip()
    return text


def pieces(text: str) -> list[str]:
    """A text in pieces that an entry of the log can hold; what is beyond `_MOST_ENTRIES` stays in the item alone."""
    text = text[: TEXT_LIMIT * _MOST_ENTRIES]
    return [text[start : start + TEXT_LIMIT] for start in range(0, len(text), TEXT_LIMIT)] or [""]


def cleaned(words: Wording, piece: str, language: Language) -> tuple[str, bool]:
    """A piece as an entry may hold it, and whether anything was in it that can be seen."""
    try:
        return clean_text(piece), True
    except TextRefused:
        return words.say("whatsapp_in_empty", language), False


def ids(key: str, index: int) -> tuple[str, str]:
    """Client id and provider's id of the entry that a piece of an item becomes."""
    key = key if index == 0 else f"{key}#{index + 1}"
    return hashlib.sha256(key.encode()).hexdigest(), f"{CHANNEL}:{key}"
