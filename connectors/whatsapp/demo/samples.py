"""Files that the demonstration's phone can send: small, and really what they are called."""

from __future__ import annotations

import struct
import zlib
from typing import Any


def _picture(side: int = 96) -> bytes:
    """A PNG: a router's front with one red light."""
    rows = bytearray()
    for y in range(side):
        rows.append(0)
        for x in range(side):
            light = (x - 70) ** 2 + (y - 48) ** 2 < 36
            case = 20 < y < 76 and 8 < x < 88
            rows += b"\xd0\x20\x20" if light else b"\x30\x38\x40" if case else b"\xe8\xec\xee"

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b"")
    )


# Kind, content, and what else the message says of it.
SAMPLES: dict[str, tuple[str, bytes, dict[str, Any]]] = {
    "image": ("image", _picture(), {}),
    "voice": ("audio", b"OggS" + bytes(200), {"voice": True}),
}
