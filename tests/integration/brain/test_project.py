"""Rasa's own tools find nothing wrong with the assistant; the training at the start leaves that look out."""

from __future__ import annotations

import os
import subprocess
import sys

from bot.brain.train import LEARNED_FROM
from bot.settings import ROOT


def test_rasa_finds_the_project_valid() -> None:
    data = [str(ROOT / "data" / name) for name in LEARNED_FROM if (ROOT / "data" / name).is_dir()]
    command = [sys.executable, "-W", "ignore", "-m", "bot.brain.lean", "data", "validate", "--fail-on-warnings"]
    command += ["--config", str(ROOT / "config.yml"), "--domain", str(ROOT / "domain.yml"), "--data", *data]
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No story structure conflicts found" in done.stdout + done.stderr
