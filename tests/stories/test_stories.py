"""The stories of this folder, run by Rasa itself over the trained model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.brain.train import train_if_changed
from bot.settings import ROOT


@pytest.mark.timeout(600)
def test_rasa_predicts_every_step_of_every_story(tmp_path: Path) -> None:
    model = train_if_changed(ROOT, ROOT / "models")
    done = subprocess.run(
        [
            *[sys.executable, "-m", "rasa", "test", "core", "--model", str(model)],
            *["--stories", "tests/stories", "--out", str(tmp_path), "--fail-on-prediction-errors"],
        ],
        cwd=ROOT,
        env={**os.environ, "RASA_TELEMETRY_ENABLED": "false", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    failed = (tmp_path / "failed_test_stories.yml").read_text(encoding="utf-8")
    assert "None of the test stories failed" in failed
