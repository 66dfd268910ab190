"""The machine that was measured on, and whether it was busy with something else."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

# Above this share of busy processors, other work slows what is measured.
_BUSY = 0.25


@dataclass(frozen=True)
class Machine:
    """As found before the measurement began."""

    processor: str
    cores: int
    memory: int
    system: str
    python: str
    load: float
    # Share of processor time that was used or taken away during one second, 0 to 1.
    busy: float

    @property
    def is_busy(self) -> bool:
        """Whether something else is running here."""
        return self.load > _BUSY * self.cores or self.busy > _BUSY

    @classmethod
    def look(cls) -> Machine:
        """Look around; takes one second."""
        before = _times()
        time.sleep(1)
        after = _times()
        passed = [late - early for early, late in zip(before, after, strict=True)]
        return cls(
            processor=_processor(),
            cores=len(os.sched_getaffinity(0)),
            memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            system=f"{platform.system()} {platform.release()}",
            python=platform.python_version(),
            load=os.getloadavg()[0],
            # The fourth and fifth are idle and waiting for a disk.
            busy=1 - (passed[3] + passed[4]) / max(1, sum(passed)),
        )

    def describe(self) -> str:
        """One line."""
        return (
            f"{self.processor}, {self.cores} cores, {self.memory / 1e9:.0f} GB, {self.system}, Python {self.python}, "
            f"load average at the start {self.load:.2f}, processors {self.busy:.0%} busy"
        )


def _times() -> list[int]:
    return [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return " ".join(line.partition(":")[2].split())
    return platform.machine()
