"""The labelled sentences of this folder, and the day on which they are read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

TODAY = date(2026, 11, 21)  # a Saturday


def table(name: str) -> list[tuple[str, ...]]:
    """Returns the rows of a file of this folder, its columns set apart by tabulators."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines]
