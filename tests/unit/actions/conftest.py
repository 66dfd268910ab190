"""Actions run against the real SQL adapter with the demo data, on a SQLite file of its own."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from actions.context import Context
from actions.crm.demo import create_demo
from actions.crm.repository import CrmRepository
from actions.crm.sql import connect
from bot.settings import Settings
from bot.transparency.wording import wording


@pytest.fixture(scope="session")
def demo_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("crm") / "crm.db"
    asyncio.run(create_demo(f"sqlite+aiosqlite:///{path}", date.today()))
    return path


@pytest.fixture
async def crm(demo_database: Path, tmp_path: Path) -> AsyncIterator[CrmRepository]:
    """A copy for each test: what one writes, no other reads."""
    copy = tmp_path / "crm.db"
    shutil.copyfile(demo_database, copy)
    repository = connect(f"sqlite+aiosqlite:///{copy}")
    yield repository
    await repository.close()


@pytest.fixture
def context(crm: CrmRepository) -> Context:
    return Context(wording=wording(), settings=Settings(), connect=lambda url: crm)
