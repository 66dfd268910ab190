"""SQLite in the caller's own thread: locks are waited for without holding anybody up, a commit is on the disk."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.store.engine import Database
from bot.store.errors import StoreUnavailable


async def _numbers(database: Database) -> list[int]:
    async with database.read() as connection:
        return list((await connection.execute(sa.text("select value from number order by value"))).scalars())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "numbers.db") as connection:
        connection.execute("create table number (value integer primary key)")
    return tmp_path / "numbers.db"


async def test_a_lock_of_another_process_is_waited_for_while_the_loop_goes_on(path: Path) -> None:
    database = Database.connect(f"sqlite+aiosqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    await _numbers(database)
    other.execute("begin immediate")
    other.execute("insert into number values (1)")

    async def write() -> None:
        async with database.write() as connection:
            await connection.execute(sa.text("insert into number values (2)"))

    writing = asyncio.create_task(write())
    for _ in range(30):
        await asyncio.sleep(0.01)
    assert not writing.done()
    assert await _numbers(database) == []
    other.execute("commit")
    await writing
    assert await _numbers(database) == [1, 2]
    await database.close()


async def test_a_lock_that_is_held_for_too_long_means_that_nothing_was_written(path: Path) -> None:
    database = Database.connect(f"sqlite+aiosqlite:///{path}", patience=0.1)
    await _numbers(database)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(StoreUnavailable):
        async with database.write():
            pytest.fail("the other one holds the lock")
    other.execute("rollback")
    async with database.write() as connection:
        await connection.execute(sa.text("insert into number values (3)"))
    assert await _numbers(database) == [3]
    await database.close()


async def test_what_is_committed_is_seen_by_others_and_what_fails_leaves_nothing(path: Path) -> None:
    database = Database.connect(f"sqlite+aiosqlite:///{path}")
    async with database.write() as connection:
        await connection.execute(sa.text("insert into number values (:value)"), [{"value": 1}, {"value": 2}])
    with pytest.raises(ZeroDivisionError):
        async with database.write() as connection:
            await connection.execute(sa.text("insert into number values (3)"))
            raise ZeroDivisionError
    with sqlite3.connect(path) as other:
        assert [row[0] for row in other.execute("select value from number")] == [1, 2]
    await database.close()


async def test_a_cancelled_commit_ends_before_anybody_uses_the_connection_again(path: Path) -> None:
    database = Database.connect(f"sqlite+aiosqlite:///{path}")

    async def write(value: int) -> None:
        async with database.write() as connection:
            await connection.execute(sa.text("insert into number values (:value)"), {"value": value})

    for value in range(60):
        task = asyncio.create_task(write(value))
        for _ in range(value % 12):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await write(100)
    assert (await _numbers(database))[-1] == 100
    await database.close()


async def test_a_report_reads_what_was_committed(path: Path) -> None:
    database = Database.connect(f"sqlite+aiosqlite:///{path}")
    async with database.write() as connection:
        await connection.execute(sa.text("insert into number values (7)"))
    async with database.report() as connection:
        assert (await connection.execute(sa.text("select count(*) from number"))).scalar_one() == 1
    await database.close()


async def test_full_durability_is_what_connections_are_set_to(path: Path) -> None:
    database = Database.connect(f"sqlite+aiosqlite:///{path}")
    async with database.read() as connection:
        settings = [
            (await connection.execute(sa.text(f"pragma {name}"))).scalar_one()
            for name in ("synchronous", "journal_mode", "foreign_keys")
        ]
    assert settings == [2, "wal", 1]
    await database.close()
