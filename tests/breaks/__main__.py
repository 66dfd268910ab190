"""`python -m tests.breaks [WORD]`: break the code in each way, on a copy, and see the named test fail.

Only breaks whose description has WORD in it, if given. Ends with 1 when a break goes unnoticed, or a test fails on the
code as it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.breaks.table import BREAKS, Break

ROOT = Path(__file__).resolve().parents[2]
_SETTINGS = ("config.yml", "domain.yml", "credentials.yml", "endpoints.yml")
_PARTS = ("bot", "connectors", "actions", "bench", "tests", "data", "pyproject.toml", *_SETTINGS)
# pytest's own codes: all passed, some failed.
_PASSED, _FAILED = 0, 1


def main(arguments: list[str]) -> int:
    """Plays every break that is asked for; returns the exit code."""
    word = arguments[0] if arguments else ""
    console = Console()
    unnoticed = 0
    wanted = [one for one in BREAKS if word in one.what]
    with tempfile.TemporaryDirectory(prefix="klartext-breaks-") as folder:
        copy = Path(folder)
        for part in _PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, copy / part)
        for one in wanted:
            whole = _run(one, copy)
            with _Broken(one, copy):
                broken = _run(one, copy)
            good = whole == _PASSED and broken == _FAILED
            unnoticed += not good
            said = "noticed" if good else f"NOT NOTICED (pytest: {whole} whole, {broken} broken)"
            console.print(f"{one.guarantee:9} {one.what}: {said}", highlight=False)
    console.print(f"{len(wanted) - unnoticed} of {len(wanted)} breaks noticed")
    return 1 if unnoticed else 0


class _Broken:
    """The copy with one break in it, for as long as the block runs."""

    def __init__(self, one: Break, copy: Path) -> None:
        self._path = copy / one.file
        self._text = self._path.read_text(encoding="utf-8")
        self._break = one

    def __enter__(self) -> None:
        self._path.write_text(self._text.replace(self._break.old, self._break.new), encoding="utf-8")

    def __exit__(self, *_: object) -> None:
        self._path.write_text(self._text, encoding="utf-8")


def _run(one: Break, copy: Path) -> int:
    chosen = ["-k", one.only] if one.only else []
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", one.test, *chosen],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
