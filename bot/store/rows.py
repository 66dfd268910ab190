"""Rows of the database as plain dictionaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """The row with ordinary strings as keys, as msgspec demands; SQLAlchemy's are a subclass."""
    return {str(key): value for key, value in row.items()}
