"""The matrix routines that suit this machine's processor, chosen before numpy is loaded.

numpy and scipy carry OpenBLAS builds that are older than many a processor. One they do not know gets routines of 2004,
whatever it can do: a training then takes twice as long or more, and each text too. So what Linux says the processor can
do decides instead.

Guarantee: never raises, and only ever names routines whose instructions all cores have. What is set in the
environment already stays. Without Linux on x86-64, nothing is chosen. A process that has loaded numpy already, or is
started by `rasa` itself, keeps what OpenBLAS finds: the results are the same but for rounding.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

CHOSEN = "OPENBLAS_CORETYPE"
_PROCESSORS = Path("/proc/cpuinfo")
# The best first: what OpenBLAS calls its routines, and the instructions that they need.
_ROUTINES = {
    "SkylakeX": {"avx2", "fma", "avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"},
    "Haswell": {"avx2", "fma"},
}


def use_processor() -> None:
    """Chooses for this process and those that it starts. Call it before anything imports numpy."""
    if CHOSEN in os.environ:
        return
    with contextlib.suppress(OSError):  # not Linux
        if name := routines(_PROCESSORS.read_text(encoding="ascii", errors="replace")):
            os.environ[CHOSEN] = name


def routines(processors: str) -> str | None:
    """Returns OpenBLAS's name for the best routines that all `processors` (as in /proc/cpuinfo) can run, or None."""
    flags = [set(line.partition(":")[2].split()) for line in processors.splitlines() if line.startswith("flags")]
    if not flags:
        return None
    everywhere = set.intersection(*flags)
    return next((name for name, needed in _ROUTINES.items() if needed <= everywhere), None)
