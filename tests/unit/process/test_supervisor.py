"""The supervisor over real processes: what dies is started again, and stopping leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from bot.supervisor import Program, Supervisor


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def _until(condition: object, patience: float = 20.0) -> None:
    for _ in range(int(patience / 0.05)):
        if condition():  # type: ignore[operator]
            return
        await asyncio.sleep(0.05)
    raise AssertionError("did not happen in time")


async def test_a_killed_process_comes_back_and_a_stop_ends_it_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    child = "import time; time.sleep(600)"
    script = (
        "import os, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        f"open({str(pids)!r}, 'a').write(f'{{os.getpid()}} {{child.pid}}\\n')\n"
        "time.sleep(600)\n"
    )

    async def is_ready() -> bool:
        return pids.exists()

    said: list[str] = []
    program = Program("edge", [sys.executable, "-c", script], {}, is_ready, tmp_path / "log" / "edge.log")
    supervisor = Supervisor([program], said.append)
    await supervisor.start()
    assert await supervisor.wait_until_ready(20) == []
    first = int(pids.read_text().split()[0])
    os.killpg(first, signal.SIGKILL)
    await _until(lambda: len(pids.read_text().splitlines()) == 2)
    assert "SIGKILL" in said[0]
    second, grandchild = map(int, pids.read_text().splitlines()[1].split())
    assert second != first
    await supervisor.stop()
    await _until(lambda: not _alive(second) and not _alive(grandchild))


async def test_a_process_that_never_gets_ready_is_named(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    program = Program("brain", [sys.executable, "-c", "raise SystemExit(3)"], {}, never, tmp_path / "brain.log")
    said: list[str] = []
    supervisor = Supervisor([program], said.append)
    await supervisor.start()
    assert await supervisor.wait_until_ready(1.5) == ["brain"]
    assert program.restarts >= 1
    assert "exit code 3" in said[0]
    await supervisor.stop()


async def test_programs_may_be_started_one_after_the_other_and_none_twice(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    script = f"open({str(tmp_path / 'begun')!r}, 'a').write('x'); import time; time.sleep(600)"
    programs = [
        Program(name, [sys.executable, "-c", script], {}, never, tmp_path / f"{name}.log")
        for name in ("edge", "brain", "actions")
    ]
    supervisor = Supervisor(programs, print)
    await supervisor.start("brain")
    assert [program.process is not None for program in programs] == [False, True, False]
    first = programs[1].process
    await supervisor.start()
    assert all(program.process is not None for program in programs)
    assert programs[1].process is first
    await _until(lambda: (tmp_path / "begun").exists() and (tmp_path / "begun").read_text() == "xxx")
    await supervisor.stop()


async def test_a_program_that_cannot_be_started_is_an_error_at_once(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    (tmp_path / "log").write_text("a file where a folder is needed")
    supervisor = Supervisor([Program("edge", ["true"], {}, never, tmp_path / "log" / "edge.log")], print)
    with pytest.raises(OSError):
        await supervisor.start()
    await supervisor.stop()
