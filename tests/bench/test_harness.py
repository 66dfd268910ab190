"""The measurements run and give figures; what the figures are is nobody's promise here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from rich.progress import Progress

from bench import report
from bench.load import Speed
from bench.machine import Machine
from bench.plan import TINY, Name
from bench.processes import Memory
from bench.results import Found, Row, growth, rows
from bench.run import Run

# A light brain in place of the trained one, and no actions.
STAND_INS = {"brain": [sys.executable, "-m", "tests.fakes.brain", "--port"], "actions": []}
MACHINE = Machine("a processor", 2, 8 * 10**9, "Linux", "3.10", 0.1, 0.0)


async def test_every_measurement_that_needs_no_training_gives_figures() -> None:
    only = frozenset({Name.SPEED, Name.GROWTH, Name.HANDOVER, Name.MEMORY, Name.IDLE})
    with Progress(disable=True) as progress:
        found = await Run(TINY, only, progress).klartext(Path("no-model"), STAND_INS)
    assert {customers: len(speed.waits) for customers, speed in found.fixed.items()} == dict(TINY.crowds)
    assert [len(waits) for waits in found.conversations] == [TINY.growth]
    assert len(found.handovers) == TINY.handovers
    assert found.memory["edge"].rss > 10**7
    assert found.idle is not None
    assert found.idle.connected == TINY.idle_widgets
    lines = list(rows(found, None, TINY.growth_window))
    assert {line.goal for line in lines} >= {"≤ 12 ms", "≤ 50 ms", "≤ 25 KB", "≤ 1.1"}


def test_goals_are_judged_and_stock_stands_beside() -> None:
    ours = Found(fixed={32: Speed(32, rates=[250.0, 300.0, 270.0], waits=[0.1] * 99 + [0.3])}, trainings=[30.0])
    ours.memory = {"brain": Memory(400_000_000, None)}
    theirs = Found(fixed={32: Speed(32, rates=[26.0], waits=[2.0])}, trainings=[600.0])
    found = {row.what: row for row in rows(ours, theirs, 20)}
    speed = found["answers per second, 32 at once"]
    assert (speed.klartext, speed.stock, speed.is_met) == ("270", "26", True)
    assert found["training, German + English"].verdict == "**not met**"
    assert found["memory of a brain after the load"].is_met


def test_growth_compares_the_end_with_the_tenth_message() -> None:
    assert growth([0.01] * 50 + [0.03] * 50, 20) == pytest.approx(3.0)
    assert growth([0.01] * 500, 20) == pytest.approx(1.0)


def test_the_table_replaces_the_one_before_and_nothing_else(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("# Speed\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nafter\n", encoding="utf-8")
    report.write(
        document, [Row("start", "9 s", "43 s", "≤ 12 s", True)], MACHINE, ["A note."], ["--write", "--only", "start"]
    )
    text = document.read_text(encoding="utf-8")
    assert text.startswith("# Speed\n<!-- bench: begin -->\nMeasured on ")
    assert "with `python -m bench --write --only start` on " in text
    assert "| start | 9 s | 43 s | ≤ 12 s | met |" in text
    assert text.endswith("<!-- bench: end -->\nafter\n")
    assert "old" not in text


def test_a_document_without_a_place_for_the_table_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("# Speed\n", encoding="utf-8")
    with pytest.raises(report.NoPlace):
        report.write(document, [], MACHINE, [], [])
    assert document.read_text(encoding="utf-8") == "# Speed\n"
