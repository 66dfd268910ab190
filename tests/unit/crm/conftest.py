"""The customer data system's test bench: the same demo data on SQLite, on PostgreSQL and behind HTTP, with a clock to
turn.

Each backend's data is made once. Before every test, whatever an earlier one wrote (codes, mails, tickets) is removed.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from crm_bench import TODAY, Bench, serving

from actions.crm.demo import create_demo
from actions.crm.http_api.client import HttpCrm
from actions.crm.http_api.server import create_app

SERVER = "postgresql://postgres@127.0.0.1:5432"
TOKEN = "a token for tests"
SCRATCH = f"klartext_crm_test_{os.getpid()}"


def _postgres_answers() -> bool:
    try:
        socket.create_connection(("127.0.0.1", 5432), timeout=1).close()
    except OSError:
        return False
    return True


async def _on_server(statement: str) -> None:
    connection = await asyncpg.connect(SERVER + "/postgres", timeout=5)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("crm") / "crm.db"
    url = f"sqlite+aiosqlite:///{path}"
    asyncio.run(create_demo(url, TODAY))
    return url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    if not _postgres_answers():
        pytest.skip("no PostgreSQL on loopback")
    try:
        asyncio.run(_on_server(f"CREATE DATABASE {SCRATCH}"))
    except (asyncpg.PostgresError, OSError):
        pytest.skip("no PostgreSQL on loopback")
    try:
        url = f"{SERVER}/{SCRATCH}".replace("postgresql://", "postgresql+asyncpg://")
        asyncio.run(create_demo(url, TODAY))
        yield url
    finally:
        asyncio.run(_on_server(f"DROP DATABASE IF EXISTS {SCRATCH} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgres", "http"])
def adapter(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Each adapter and the database behind it; HTTP is a real server over SQLite."""
    kind: str = request.param
    return kind, request.getfixturevalue("postgres_url" if kind == "postgres" else "sqlite_url")


@pytest.fixture
async def bench(adapter: tuple[str, str]) -> AsyncIterator[Bench]:
    """The subject of the contract suite."""
    kind, url = adapter
    opened = Bench(url)
    await opened.clean()
    if kind != "http":
        yield opened
        await opened.crm.close()
        return
    async with serving(create_app(opened.sql, TOKEN)) as address:
        client = HttpCrm.at(address, TOKEN, time_limit=60)
        opened.crm = client
        yield opened
        await client.close()
