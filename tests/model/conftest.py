"""Worlds over each kind of database, and a place for the counts that the tests print at their end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_MEMORY = Path("/dev/shm")
_TOLD = pytest.StashKey[list[str]]()


@pytest.fixture
def fast_folder() -> Iterator[Path]:
    """An empty folder, in memory if possible: what is tested here is order, not the disk."""
    with tempfile.TemporaryDirectory(prefix="klartext-", dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[object], None]:
    """Print something at the end of the test run."""
    return lambda what: request.config.stash.setdefault(_TOLD, []).append(str(what))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the tests told."""
    told = terminalreporter.config.stash.get(_TOLD, [])
    if told:
        terminalreporter.section("orders played")
        for line in told:
            terminalreporter.write_line(line)
