"""Whatever a process writes to its log is masked: our own lines, a library's, an exception's trace."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import logging, structlog, sys
from bot.commands.console import log_as_text
log_as_text()
structlog.get_logger("x").warning("rang", number="+49 345 1234567", about={"mail": "zimtblatt@example.org"})
logging.getLogger("library").error("customer %s", "2048173")
print("printed 0345 1234567", file=sys.stderr)
raise ValueError("IBAN DE89 3704 0044 0532 0130 00")
"""


def test_nothing_by_which_a_customer_is_known_leaves_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
    written = done.stdout + done.stderr
    for secret in ("1234567", "zimtblatt", "2048173", "0532 0130"):
        assert secret not in written
    for kept in ("rang", "library", "printed", "ValueError", "DE** **** 3000"):
        assert kept in written


def test_another_program_runs_behind_the_filter_with_its_arguments() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot.logs", "json.tool", "--no-ensure-ascii"],
        input='{"phone": "+49 345 1234567"}',
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"phone": "***67"' in done.stdout
