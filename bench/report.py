"""The table for the terminal and for `docs/performance.md`, where it stands between two markers."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.table import Table

from bench.machine import Machine
from bench.results import Row

_BEGIN, _END = "<!-- bench: begin -->", "<!-- bench: end -->"
_HEADINGS = ("what", "Klartext", "stock Rasa", "goal", "")


class NoPlace(Exception):
    """The document lacks the markers between which the table belongs."""


def as_table(rows: Sequence[Row]) -> Table:
    """For the terminal."""
    table = Table(*_HEADINGS)
    for row in rows:
        style = {True: "green", False: "red", None: ""}[row.is_met]
        table.add_row(row.what, row.klartext, row.stock, row.goal, row.verdict.strip("*"), style=style)
    return table


def write(document: Path, rows: Sequence[Row], machine: Machine, notes: Sequence[str], options: Sequence[str]) -> None:
    """Put the table into the document in place of the one before. `options`: those of the command that measured.

    Raises:
        NoPlace: there are no markers.
    """
    text = document.read_text(encoding="utf-8")
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise NoPlace(f"{document} has no {_BEGIN} … {_END}")
    lines = [
        f"Measured on {date.today():%Y-%m-%d} with `{shlex.join(['python', '-m', 'bench', *options])}` on "
        f"{machine.describe()}.",
        *notes,
        "",
        f"| {' | '.join(_HEADINGS)} |",
        f"|{'---|' * len(_HEADINGS)}",
        *(f"| {row.what} | {row.klartext} | {row.stock} | {row.goal} | {row.verdict} |" for row in rows),
    ]
    document.write_text(f"{before}{_BEGIN}\n{chr(10).join(lines)}\n{_END}{after}", encoding="utf-8")
