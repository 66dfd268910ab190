"""One row per turn: answer and memory together, the first one wins, old ones go."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.brain.memory import KEPT_TURNS, BrainMemory, MemoryAway


async def keep(memory: BrainMemory, turn: str, after: str | None = None, *, epoch: int = 1, text: str = "") -> str:
    return await memory.keep(
        "c", epoch, turn, after, snapshot=f"snapshot {turn}{text}", response=f"answer {turn}{text}"
    )


async def test_a_turn_is_recalled_with_its_answer_and_continued_from_its_snapshot(memory: BrainMemory) -> None:
    assert await keep(memory, "t1") == "answer t1"
    again = await memory.recall("c", 1, "t1", None)
    assert (again.response, again.snapshot) == ("answer t1", None)
    following = await memory.recall("c", 1, "t2", "t1")
    assert (following.response, following.snapshot) == (None, "snapshot t1")


async def test_other_conversations_epochs_and_turns_have_no_memory_of_it(memory: BrainMemory) -> None:
    await keep(memory, "t1")
    for recalled in (
        await memory.recall("other", 1, "t2", "t1"),
        await memory.recall("c", 2, "t2", "t1"),
        await memory.recall("c", 1, "t2", "unknown"),
        await memory.recall("c", 1, "t2", None),
    ):
        assert (recalled.response, recalled.snapshot) == (None, None)


async def test_the_first_of_many_processes_wins_and_all_get_its_answer(memory_url: str) -> None:
    processes = [BrainMemory(memory_url) for _ in range(6)]
    answers = await asyncio.gather(*(keep(process, "t1", text=f" by {n}") for n, process in enumerate(processes)))
    assert len(set(answers)) == 1
    winner = (await processes[0].recall("c", 1, "t2", "t1")).snapshot
    assert winner == answers[0].replace("answer", "snapshot")
    for process in processes:
        await process.close()


async def test_only_the_newest_turns_are_kept(memory: BrainMemory) -> None:
    for number in range(1, 11):
        await keep(memory, f"t{number}", f"t{number - 1}" if number > 1 else None)
    known = [n for n in range(1, 11) if (await memory.recall("c", 1, f"t{n}", None)).response is not None]
    assert known == list(range(11 - KEPT_TURNS, 11))


async def test_the_turn_continued_from_is_kept_however_many_answers_were_suppressed(memory: BrainMemory) -> None:
    await keep(memory, "t1")
    for number in range(2, 10):
        await keep(memory, f"t{number}", "t1")
    assert (await memory.recall("c", 1, "t10", "t1")).snapshot == "snapshot t1"
    assert (await memory.recall("c", 1, "t2", None)).response is None


async def test_a_conversation_is_forgotten_and_no_other(memory: BrainMemory) -> None:
    await keep(memory, "t1")
    await memory.keep("other", 1, "t1", None, snapshot="s", response="r")
    assert await memory.forget("c") == 1
    assert (await memory.recall("c", 1, "t1", None)).response is None
    assert (await memory.recall("other", 1, "t1", None)).response == "r"


async def test_old_memory_is_forgotten(memory: BrainMemory) -> None:
    await keep(memory, "t1")
    now = datetime.now(timezone.utc)
    assert await memory.forget_before(now - timedelta(hours=1)) == 0
    assert await memory.forget_before(now + timedelta(seconds=1)) == 1


async def test_memory_survives_a_restart(memory_url: str) -> None:
    before = BrainMemory(memory_url)
    await keep(before, "t1")
    await before.close()
    after = BrainMemory(memory_url)
    assert (await after.recall("c", 1, "t1", None)).response == "answer t1"
    await after.close()


async def test_a_database_that_is_away_is_an_error_with_a_name(tmp_path: Path) -> None:
    for url in (
        "postgresql+asyncpg://nobody@127.0.0.1:1/none",
        f"sqlite+aiosqlite:///{tmp_path}",
    ):
        away = BrainMemory(url)
        with pytest.raises(MemoryAway):
            await away.recall("c", 1, "t1", None)
        await away.close()
