"""Brain memory on every database it runs on."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from bot.brain.memory import BrainMemory

POSTGRES = "127.0.0.1:5432"


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def memory_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'brain.db'}"
        return
    name = f"brain_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    try:
        server = await asyncpg.connect(f"postgresql://postgres@{POSTGRES}/postgres", timeout=3)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        pytest.skip("no PostgreSQL on loopback")
    try:
        await server.execute(f'CREATE DATABASE "{name}"')
        yield f"postgresql+asyncpg://postgres@{POSTGRES}/{name}"
        await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await server.close()


@pytest_asyncio.fixture
async def memory(memory_url: str) -> AsyncIterator[BrainMemory]:
    brain_memory = BrainMemory(memory_url)
    yield brain_memory
    await brain_memory.close()
