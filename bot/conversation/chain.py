"""The chain over a conversation's record: what makes a change to it visible. Pure arithmetic, no I/O.

Each row of the record (a message, a file that came after its message, a tenure's begin and end, an erasure) has one
link; a file that was stored before files had links is adopted by one of its own kind. A link is a digest over the link
before it, the row's place in the chain, what the row states, and a salted digest of what the row holds that may have to
be erased one day. Erasing takes words and salt away and leaves that digest, from which nobody can guess the words: the
chain stays whole, and still proves every row's place, author and time.

Guarantee: whoever changes, removes, inserts or moves a row breaks the link of that row, or the end that is on record
elsewhere. It does not keep anybody from doing so, and whoever may write everywhere can make a new chain: therefore its
ends are also kept outside of the database (`bot/service/witness.py`).
"""

from __future__ import annotations

import enum
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

import msgspec

FIRST = "0" * 64
# Stands where something was that is erased: for a text and for a customer's name. No wording: it says nothing.
ERASED = "—"


class Kind(str, enum.Enum):
    """What a link is about. Its subject is a seq, an epoch or an erasure's number; of a file, its message's seq."""

    MESSAGE = "message"
    TENURE = "tenure"
    TENURE_END = "tenure_end"
    ERASURE = "erasure"
    FILE = "file"
    # A file that was there before files had links: from this place on it cannot be exchanged unseen.
    ADOPTED = "adopted"


# What each row holds that is erased, and what then stands there. The author of a message is stated, unless it is the
# customer.
SEALED: dict[Kind, dict[str, Any]] = {
    Kind.MESSAGE: {
        "author_name": ERASED,
        "text": ERASED,
        "buttons": [],
        "sources": [],
        "client_id": None,
        "provider_id": None,
        "payload": None,
        "heard": None,
        "file_digest": None,
    },
    Kind.TENURE: {"detail": None},
    Kind.TENURE_END: {},
    Kind.ERASURE: {},
    Kind.FILE: {"digest": None},
    Kind.ADOPTED: {"digest": None},
}
STATED: dict[Kind, tuple[str, ...]] = {
    Kind.MESSAGE: (
        *("id", "conversation_id", "seq", "epoch", "holder", "kind", "author_kind", "author_name"),
        *("opens", "discloses", "case_number", "turn_id", "origin", "has_files", "at"),
    ),
    Kind.TENURE: ("conversation_id", "epoch", "holder", "reason", "agent_id", "agent_name", "started_at"),
    # A deadline moves while the tenure lasts, and an agent may look at it later: what it was in the end is on record.
    Kind.TENURE_END: ("ended_at", "deadline_at", "seen_at"),
    Kind.ERASURE: ("conversation_id", "number", "asked_by", "last_seq", "last_epoch", "at"),
    Kind.FILE: ("conversation_id", "message_id", "id"),
    Kind.ADOPTED: ("conversation_id", "message_id", "id"),
}
# Links that are about a file alone. A file has one of them, or is part of its message's link.
FILES = frozenset({Kind.FILE, Kind.ADOPTED})


def sealed_part(kind: Kind, row: Mapping[str, Any]) -> dict[str, Any]:
    """What of this row is erased when the customer's words are."""
    return {
        name: row[name]
        for name in SEALED[kind]
        # A message without a file says nothing about one, as messages did before files were part of the chain.
        if not _is_staff_name(kind, name, row) and not (name == "file_digest" and row[name] is None)
    }


def stated_part(kind: Kind, row: Mapping[str, Any]) -> dict[str, Any]:
    """What of this row stays for good."""
    return {name: row[name] for name in STATED[kind] if name not in SEALED[kind] or _is_staff_name(kind, name, row)}


def erased_part(kind: Kind, row: Mapping[str, Any]) -> dict[str, Any]:
    """What `sealed_part` is after the erasure."""
    return {name: SEALED[kind][name] for name in sealed_part(kind, row)}


def _is_staff_name(kind: Kind, name: str, row: Mapping[str, Any]) -> bool:
    return kind is Kind.MESSAGE and name == "author_name" and row["author_kind"] != "customer"


def new_salt() -> str:
    """128 bits: without them even a "yes" cannot be guessed from its digest."""
    return secrets.token_hex(16)


def seal(salt: str, sealed: Mapping[str, Any]) -> str:
    """The salted digest of what may be erased."""
    return _digest([salt, sealed])


def link(previous: str, position: int, kind: Kind, subject: int, stated: Mapping[str, Any], digest: str | None) -> str:
    """The link of a row: `previous` is the link in front of it, `position` its place, 1 for the first."""
    return _digest([previous, position, kind.value, subject, stated, digest])


def _digest(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()
