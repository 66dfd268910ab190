"""Rasa without TensorFlow: only where nothing needs it, and a use is a clear error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.brain.lean import does_without
from bot.settings import ROOT


def test_this_assistant_does_without() -> None:
    assert does_without(ROOT / "config.yml")


@pytest.mark.parametrize("name", ["DIETClassifier", "TEDPolicy", "some.other.Component"])
def test_whatever_may_need_it_gets_it(tmp_path: Path, name: str) -> None:
    config = tmp_path / "config.yml"
    config.write_text(f"pipeline:\n- name: bot.nlu.language.LanguageRecognizer\n- name: {name}\npolicies: []\n")
    assert not does_without(config)


_PROGRAM = """
from bot.brain import lean
lean.leave_out()
import rasa.core.agent, rasa.engine.recipes.default_components
import tensorflow
from rasa.utils.tensorflow.layers import RandomlyConnectedDense
for use in (lambda: tensorflow.constant(1), lambda: RandomlyConnectedDense(density=0.5)):
    try:
        use()
    except lean.LeftOut as error:
        print("left out:", error)
print("mapped:", any("tensorflow/python" in line for line in open("/proc/self/maps")))
"""


def test_rasa_is_imported_whole_and_a_use_of_tensorflow_is_a_clear_error() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    said = [line for line in done.stdout.splitlines() if line.startswith(("left out:", "mapped:"))]
    assert [line.partition(" needs TensorFlow")[0] for line in said[:2]] == [
        "left out: Absent",
        "left out: RandomlyConnectedDense",
    ]
    assert said[2] == "mapped: False"
