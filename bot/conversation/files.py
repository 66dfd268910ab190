"""Files in conversations: what is accepted, and what a file really is. Pure, no I/O.

A file's type is found in its content; what the sender calls it counts for nothing. Whatever has no type here is refused
by every channel, in both directions.
"""

from __future__ import annotations

import unicodedata

from bot.conversation.accounts import mask_accounts

_MIB = 1024 * 1024
# Largest file of each kind, in bytes; the messenger's own limits, so that what one channel takes another can pass on.
LIMITS = {"image": 5 * _MIB, "sticker": _MIB, "audio": 16 * _MIB, "video": 16 * _MIB, "document": 16 * _MIB}
LARGEST = max(LIMITS.values())
# What an agent may send: types that every channel can pass on.
SENDABLE = frozenset({"image/jpeg", "image/png", "application/pdf", "video/mp4"})
# Types that a browser may show in a page; all others are only ever saved.
SHOWN = frozenset({"image/jpeg", "image/png", "image/webp"})
ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/amr": "amr",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "video/mp4": "mp4",
}
_NAME_LIMIT = 100


class FileRefused(ValueError):
    """A file cannot be taken: `code` is `file_type`, `file_size` (with `limit` in bytes), `file_empty`, `file_many`."""

    def __init__(self, code: str, *, limit: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.limit = limit


def sniff(content: bytes) -> str | None:
    """The media type that the content itself shows, or None for one that is not accepted."""
    head = content[:16]
    for start, media_type in (
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"%PDF-", "application/pdf"),
        (b"OggS", "audio/ogg"),
        (b"ID3", "audio/mpeg"),
        (b"#!AMR", "audio/amr"),
    ):
        if head.startswith(start):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return "audio/mp4" if head[8:11] == b"M4A" else "video/mp4"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "audio/mpeg"
    return None


def check_file(content: bytes) -> tuple[str, str]:
    """Kind and media type of a file.

    Raises:
        FileRefused: it is empty, of no accepted type, or too large for its kind.
    """
    if not content:
        raise FileRefused("file_empty")
    media_type = sniff(content)
    if media_type is None:
        raise FileRefused("file_type")
    kind = kind_of(media_type)
    if len(content) > LIMITS[kind]:
        raise FileRefused("file_size", limit=LIMITS[kind])
    return kind, media_type


def kind_of(media_type: str) -> str:
    """The kind of file that a media type is."""
    family = media_type.partition("/")[0]
    return family if family in LIMITS else "document"


def clean_name(raw: str | None) -> str | None:
    """A file's name as it is shown: one line of visible text without folders, account numbers masked; or None."""
    if raw is None:
        return None
    name = unicodedata.normalize("NFC", raw).replace("\\", "/").rpartition("/")[2]
    name = "".join(c for c in name if unicodedata.category(c) not in {"Cc", "Cs", "Cf", "Zl", "Zp"}).strip()
    name = mask_accounts(name)
    if len(name) > _NAME_LIMIT:
        stem, dot, ending = name.rpartition(".")
        kept = f"{dot}{ending}" if dot and len(ending) <= 8 else ""
        name = (stem if kept else name)[: _NAME_LIMIT - len(kept) - 1] + "…" + kept
    return name or None


def safe_name(kind: str, identifier: str, media_type: str) -> str:
    """A name for a saved file in which nothing of the sender's stands."""
    return f"{kind}-{identifier[-8:]}.{ENDINGS.get(media_type, 'bin')}"
