"""One-time codes: made at random, kept only as a slow salted hash.

Guarantee: codes come from the operating system's randomness; a stolen hash costs an scrypt per guess; comparison
takes the same time for right and wrong. The hash runs in a thread, so the event loop keeps answering.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets

DIGITS = 6
_SCRYPT_COST = 2**13  # about 20 ms and 8 MiB a guess


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def new_salt() -> bytes:
    return secrets.token_bytes(16)


def as_typed(code: str) -> str:
    """The digits of what was typed: "123 456" and "123-456" are "123456"."""
    return re.sub(r"[^0-9]", "", code[:40])


async def hash_code(code: str, salt: bytes) -> bytes:
    """The stored form of a code."""
    return await asyncio.to_thread(hashlib.scrypt, code.encode(), salt=salt, n=_SCRYPT_COST, r=8, p=1, dklen=32)


def same(left: bytes, right: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(left, right)


def digest(text: str, salt: bytes) -> bytes:
    """A salted digest, to tell whether the same identifier was given again without keeping it."""
    return hmac.new(salt, text.encode(), hashlib.sha256).digest()
