"""One running system for the whole folder; every dialogue is a conversation of its own on fresh demo data."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.dialogues.system import System

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder in one event loop, with time for a first start."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.timeout(300))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """The system with the customer data in a database."""
    running = System(tmp_path_factory.mktemp("klartext"))
    try:
        await running.start()
        yield running
    finally:
        await running.stop()
