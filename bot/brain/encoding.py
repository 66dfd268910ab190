"""JSON of what Rasa hands around. Classifiers leave numbers of numpy in messages; anything else unknown raises
TypeError.
"""

from __future__ import annotations

from typing import Any

import msgspec


def encode(value: Any) -> bytes:
    """JSON, with numpy's numbers as plain ones."""
    return msgspec.json.encode(value, enc_hook=_plain_number)


def _plain_number(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"no JSON for {type(value).__name__}")
