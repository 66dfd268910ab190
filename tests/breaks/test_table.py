"""The table of breaks fits the code and is told in the documentation. `python -m tests.breaks` plays them."""

from __future__ import annotations

import pytest

from tests.breaks.__main__ import ROOT
from tests.breaks.table import BREAKS, Break


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.what)
def test_a_break_fits_the_code_and_its_test_exists(one: Break) -> None:
    assert (ROOT / one.file).read_text(encoding="utf-8").count(one.old) == 1
    assert one.old != one.new
    file, _, name = one.test.partition("::")
    assert (ROOT / file).exists()
    assert not name or f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_the_documentation_names_each_break_with_its_test() -> None:
    text = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "`tests/" in line]
    for one in BREAKS:
        told = [row for row in rows if f"| {one.guarantee} | {one.what} |" in row]
        assert len(told) == 1, one.what
        assert f"`{one.test}`" in told[0]
