"""Patterns for words that mean something only in the middle of a form."""

from __future__ import annotations

import re


def any_of(*alternatives: str) -> re.Pattern[str]:
    """Matches where one of the alternatives does, whatever the case."""
    return re.compile("|".join(alternatives), re.IGNORECASE)
