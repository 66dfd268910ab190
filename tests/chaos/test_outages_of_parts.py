"""A database that hangs, a Redis that hangs, a job that fails: bounded, told as what it is, over when it is over."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from aiohttp import web

from bench.chaos.processes import Program, free_ports
from bench.chaos.proxy import Line
from bench.chaos.scene import Missing, postgresql
from bot.bootstrap import background, open_services
from bot.settings import Settings
from bot.store import schema
from bot.store.engine import Database
from bot.store.errors import StoreUnavailable
from bot.store.unit_of_work import Store
from bot.store.wakeup import Hint, WakeUp
from connectors.edge import create_app


@pytest.fixture
async def line() -> AsyncIterator[tuple[Line, str]]:
    """A line to an empty PostgreSQL database, and its address."""
    try:
        async with postgresql() as url:
            line = Line("127.0.0.1", 5432)
            await line.open()
            yield line, url.replace(":5432/", f":{line.port}/")
            await line.close()
    except Missing as missing:
        pytest.skip(str(missing))


async def test_a_database_that_does_not_answer_is_unavailable_and_not_an_accident(line: tuple[Line, str]) -> None:
    connection, url = line
    database = Database.connect(url, patience=0.3)

    async def ask() -> None:
        async with database.write() as unit:
            await unit.execute(sa.text("select 1"))

    try:
        await ask()
        connection.hang()
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await ask()
        connection.resume()
        await ask()
        await connection.cut()
        with pytest.raises(StoreUnavailable):
            await ask()
        await connection.mend()
        await ask()
    finally:
        connection.resume()
        await database.close()


async def test_a_process_that_starts_before_its_database_waits_for_it(line: tuple[Line, str]) -> None:
    connection, url = line
    await connection.cut()
    settings = Settings(database_url=url)
    with pytest.raises(StoreUnavailable):
        async with open_services(settings):
            raise AssertionError("a command goes on without its database")

    async def serve() -> str:
        async with open_services(settings, patient=True) as services:
            return (await services.conversations.start_widget("de")).conversation.id

    serving = asyncio.create_task(serve())
    done, _ = await asyncio.wait({serving}, timeout=1.5)
    assert not done
    await connection.mend()
    assert await asyncio.wait_for(serving, 30)


async def test_a_node_that_hangs_in_a_transaction_does_not_keep_its_locks(line: tuple[Line, str]) -> None:
    _, url = line
    hanging, working = Database.connect(url, patience=0.5), Database.connect(url, patience=0.5)
    await schema.upgrade(working)
    take_number = sa.text("update counter set value = value + 1 where name = 'stream'")
    locked, goes_on = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        async with hanging.write() as unit:
            await unit.execute(take_number)
            locked.set()
            await goes_on.wait()

    hung = asyncio.create_task(hang())
    await locked.wait()
    for _ in range(100):
        with suppress(StoreUnavailable):
            async with working.write() as unit:
                await unit.execute(take_number)
            break
    else:
        pytest.fail("the lock was never given up")
    goes_on.set()
    with pytest.raises(StoreUnavailable):
        await hung
    await hanging.close()
    await working.close()


async def test_a_database_that_refuses_connections_is_unavailable(line: tuple[Line, str]) -> None:
    _, url = line
    database = Database.connect(f"{url}_that_does_not_exist")
    with pytest.raises(StoreUnavailable, match="does not exist"):
        async with database.read():
            pass
    await database.close()


async def test_in_one_conversation_time_does_not_step_back_whatever_the_nodes_clocks_say(database_url: str) -> None:
    database = Database.connect(database_url)
    await schema.upgrade(database)
    await database.close()
    async with open_services(Settings(database_url=database_url)) as services:
        started = (await services.conversations.start_widget("de")).conversation
        behind = Store(services.store.database, services.store.wakeup, now=lambda: started.opened_at.replace(year=2020))
        async with behind.write() as unit:
            opened = await services.conversations.open(unit, started.id)
            assert opened.unit.now == started.last_at


async def test_a_redis_that_hangs_holds_nothing_up_and_nothing_open(tmp_path: Path) -> None:
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("no Redis on loopback")
    (port,) = free_ports(1)
    redis = Program("redis", "redis", [server, "--port", str(port), "--save", ""], {}, tmp_path / "redis.log")
    redis.start()
    here, there = WakeUp(f"redis://127.0.0.1:{port}"), WakeUp(f"redis://127.0.0.1:{port}")
    heard: list[str] = []
    there.subscribe(lambda hint: heard.append(hint.conversation_id))
    here.start()
    there.start()

    async def hears(name: str) -> bool:
        for _ in range(200):
            here.publish(Hint(conversation_id=name, log=True))
            await asyncio.sleep(0.05)
            if name in heard:
                return True
        return False

    try:
        assert await hears("before")
        frozen = asyncio.create_task(redis.freeze(3.0))
        await asyncio.sleep(0.1)
        for number in range(200):
            here.publish(Hint(conversation_id=str(number), log=True))
        await asyncio.sleep(2.5)
        # Only the one that listens is left; those that could not be sent were given up.
        assert here.pending <= 1
        await frozen
        assert await hears("after")
    finally:
        await here.close()
        await there.close()
        await redis.stop()


async def test_a_job_that_fails_begins_again_where_it_was(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite+aiosqlite:///{tmp_path / 'klartext.db'}", var=tmp_path)
    async with open_services(settings) as services:
        seen: list[str] = []

        def listen(hint: Hint) -> None:
            seen.append(hint.conversation_id)
            if len(seen) == 1:
                raise RuntimeError("on request of the test")

        services.store.wakeup.subscribe(listen)
        elsewhere = Store(services.store.database, WakeUp())
        async with background(services, workers=False, follows=True):
            await asyncio.sleep(0.5)
            async with elsewhere.write() as unit:
                for name in ("one", "two", "three"):
                    unit.announce(name, None)
            for _ in range(100):
                await asyncio.sleep(0.1)
                if len(seen) == 3:
                    break
    assert seen == ["one", "two", "three"]


async def test_a_client_that_goes_away_is_not_an_error_of_ours(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite+aiosqlite:///{tmp_path / 'klartext.db'}", var=tmp_path)
    (port,) = free_ports(1)
    runner = web.AppRunner(create_app(settings, workers=False))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        with structlog.testing.capture_logs() as logs:
            for body in (b"{", b""):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                head = b"POST /widget/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n"
                writer.write(head + body)
                await writer.drain()
                await asyncio.sleep(0.2)
                writer.transport.abort()
                await asyncio.sleep(1.0)
    finally:
        await runner.cleanup()
    assert [entry for entry in logs if entry["log_level"] == "error"] == []
