"""Lengths as the provider counts them, and cuts that leave whole what is read as one character. Pure.

Lengths are counted in UTF-16 units, in which an emoji is two: the strictest way in which a limit can be meant. An
emoji of several parts, a flag, and a letter with its accents stay together, up to `_LONGEST` code points.
"""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"
# Longest character, in code points, that is kept together: a family of four with colours of skin has eleven.
_LONGEST = 40


def size(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text) + sum(1 for c in text if ord(c) > 0xFFFF)


def longest_start(text: str, limit: int) -> int:
    """How many code points of the text fit into the limit, in whole characters; at least one code point."""
    end = units = 0
    for end, c in enumerate(text):  # noqa: B007 (what fits ends before it)
        units += 2 if ord(c) > 0xFFFF else 1
        if units > limit:
            break
    else:
        return len(text)
    return max(1, whole(text, end))


def whole(text: str, end: int) -> int:
    """The last place at or before `end` where a cut tears no character; `end` itself where there is none nearby."""
    for place in range(end, max(0, end - _LONGEST), -1):
        if not _is_inside(text, place):
            return place
    return end


def cut(text: str, limit: int) -> str:
    """The text within the limit, cut between words if they are short enough; what is cut is marked."""
    if size(text) <= limit:
        return text
    text = text[: longest_start(text, limit - 1)]
    between = text.rfind(" ")
    return (text[:between] if between > limit // 2 else text).rstrip() + "…"


def _is_inside(text: str, place: int) -> bool:
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if before == _JOINER or after == _JOINER or _continues(after):
        return True
    if _is_flag(before) and _is_flag(after):
        # Flags are pairs: an odd number of halves in front of the place ends within one.
        halves = 0
        while halves < place and _is_flag(text[place - 1 - halves]):
            halves += 1
        return halves % 2 == 1
    return before == "\r" and after == "\n"


def _continues(c: str) -> bool:
    """Accents and other marks, variants, colours of skin, and the tags in flags of regions."""
    return unicodedata.category(c) in {"Mn", "Mc", "Me"} or 0x1F3FB <= ord(c) <= 0x1F3FF or 0xE0020 <= ord(c) <= 0xE007F


def _is_flag(c: str) -> bool:
    return 0x1F1E6 <= ord(c) <= 0x1F1FF
