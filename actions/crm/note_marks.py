"""How a customer's note is told from the team's own comments in a ticket system.

Guarantee: pure. A note ends with a line that holds a digest of its key; only a comment that ends so is read as a note,
and the digest tells whether a key has been used already.
"""

from __future__ import annotations

import hashlib
import re

_HEAD = "Nachtrag der Kundin oder des Kunden aus dem Chat:\n"
_MARK = "\n-- \nklartext:note/"
_NOTE = re.compile(re.escape(_HEAD) + r"(?P<text>.*)" + re.escape(_MARK) + r"(?P<digest>[0-9a-f]{32})\s*", re.DOTALL)


def digest(key: str) -> str:
    """What stands for a key in a note."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]


def marked(text: str, key: str) -> str:
    """The comment that carries the note."""
    return f"{_HEAD}{text}{_MARK}{digest(key)}"


def read(comment: str) -> tuple[str, str] | None:
    """The note's text and digest; None for any other comment."""
    found = _NOTE.fullmatch(comment.replace("\r\n", "\n"))
    return (found["text"], found["digest"]) if found else None
