"""How a customer's note or file is told from the team's own comments in a ticket system.

Guarantee: pure. What the customer adds ends with a line that holds a digest of its key; only a comment that ends so is
read as a note or as the word that carries a file, and the digest tells whether a key has been used already.
"""

from __future__ import annotations

import hashlib
import re

_HEAD = "Nachtrag der Kundin oder des Kunden aus dem Chat:\n"
_MARK = "\n-- \nklartext:note/"
_DIGEST = r"(?P<digest>[0-9a-f]{32})\s*"
_NOTE = re.compile(re.escape(_HEAD) + r"(?P<text>.*)" + re.escape(_MARK) + _DIGEST, re.DOTALL)
_FILE_HEAD = "Datei der Kundin oder des Kunden aus dem Chat:\n"
_FILE_MARK = "\n-- \nklartext:file/"
_FILE = re.compile(re.escape(_FILE_HEAD) + r"(?P<name>.*)" + re.escape(_FILE_MARK) + _DIGEST, re.DOTALL)


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


def marked_file(name: str, key: str) -> str:
    """The comment that carries a file."""
    return f"{_FILE_HEAD}{name}{_FILE_MARK}{digest(key)}"


def read_file(comment: str) -> tuple[str, str] | None:
    """The file's name and the digest in a comment that carries a file; None for any other comment."""
    found = _FILE.fullmatch(comment.replace("\r\n", "\n"))
    return (found["name"], found["digest"]) if found else None
