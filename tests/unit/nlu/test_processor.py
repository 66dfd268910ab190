"""Which matrix routines suit a processor: never any that one of its cores cannot run."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bot.nlu.processor import CHOSEN, routines, use_processor

OLD = "flags\t\t: fpu sse sse2 ssse3 avx"
PLAIN = "flags\t\t: fpu sse2 avx avx2 fma"
WIDE = "flags\t\t: fpu sse2 avx avx2 fma avx512f avx512cd avx512bw avx512dq avx512vl avx512_bf16"
# Where the kernel hides an instruction, its name stays in other lines.
HIDDEN = "vmx flags\t: avx2 fma\nbugs\t\t: avx512f\n"


@pytest.mark.parametrize(
    ("processors", "name"),
    [
        (WIDE, "SkylakeX"),
        (PLAIN, "Haswell"),
        (OLD, None),
        (f"{WIDE}\n{PLAIN}", "Haswell"),
        (f"{PLAIN}\n{OLD}", None),
        (HIDDEN + OLD, None),
        ("Features\t: fp asimd", None),
        ("", None),
    ],
    ids=["wide", "plain", "old", "the lesser core decides", "one cannot", "other lines", "arm", "nothing"],
)
def test_what_all_cores_can_run(processors, name):
    assert routines(processors) == name


def test_what_is_set_already_stays(monkeypatch):
    monkeypatch.setenv(CHOSEN, "Nehalem")
    use_processor()
    assert os.environ[CHOSEN] == "Nehalem"


def test_brain_and_training_choose_before_numpy_is_loaded():
    """The choice counts only for libraries loaded later."""
    look = "import sys, bot.brain.lean, bot.nlu.parse; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
