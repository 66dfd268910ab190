"""The table of a kill test, for people and for docs/reliability.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from bench.chaos.play import Result

_BEGIN, _END = "<!-- kill test: begin -->", "<!-- kill test: end -->"
_PLACES = {"sqlite": "SQLite, 1 edge, 1 worker", "postgresql": "PostgreSQL + Redis, 2 edges, 2 workers"}


def table(results: Sequence[Result]) -> str:
    """A Markdown table: one column for each backend, and their sum where a sum means something."""
    lines: list[tuple[str, list[str]]] = [
        ("duration (s)", [f"{result.seconds:.0f}" for result in results]),
        ("**kills (SIGKILL)**", [f"**{sum(result.kills.values())}**" for result in results]),
    ]
    for kind in sorted({kind for result in results for kind in result.kills}):
        lines.append((f"of these {kind}", [str(result.kills[kind]) for result in results]))
    lines += [
        ("held still for longer than a lease", [str(result.freezes) for result in results]),
        ("database cut off or silent", [str(result.cuts) for result in results]),
        ("crashes that nobody ordered", [str(len(result.crashes)) for result in results]),
    ]
    lines += [(name, [str(result.counts[name]) for result in results]) for name in results[0].counts]
    for heading, title in (
        ("lost", "**lost**"),
        ("doubled", "**doubled**"),
        ("out_of_turn", "**out of turn**"),
        ("differs", "**seen differs from stored**"),
    ):
        lines.append((title, [f"**{len(getattr(result.findings, heading))}**" for result in results]))
    header = ["", *(_PLACES[result.plan.cast.backend] for result in results)]
    rows = [header, ["---", *("---:" for _ in results)], *([name, *values] for name, values in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def write(path: Path, results: Sequence[Result], command: str) -> None:
    """Replace what stands between the marks.

    Raises:
        ValueError: the file has no marks.
    """
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{path} has no place for the table")
    path.write_text(f"{before}{begin}\n{_provenance(results, command)}\n\n{table(results)}\n{end}{after}", "utf-8")


def _provenance(results: Sequence[Result], command: str) -> str:
    brain = "the real brain" if results[0].plan.cast.model else "a light brain"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    when = datetime.now(timezone.utc)
    return (
        f"`{command}` on {when:%Y-%m-%d}, seed {results[0].plan.seed}, {brain}, {os.cpu_count()} cores, "
        f"{memory:.0f} GiB of memory, Python {platform.python_version()}."
    )
