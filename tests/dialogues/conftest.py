"""Running systems for the whole folder; every dialogue is a conversation of its own on fresh demo data."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.browser.stack import NotUp
from tests.dialogues.system import System

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder in one event loop, with time for a first start."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.timeout(300))


class Systems:
    """Started when first asked for."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self._folders = folders
        self._running: dict[str, System] = {}
        self._not_up: dict[str, NotUp] = {}

    async def get(self, crm: str) -> System:
        """The system with the customer data in a database (`sql`) or behind HTTP (`http`).

        Raises:
            NotUp: it does not start; it is not tried again for the next dialogue.
        """
        if crm in self._not_up:
            raise self._not_up[crm]
        if crm not in self._running:
            try:
                self._running[crm] = await System.start(self._folders.mktemp(crm), crm)
            except NotUp as error:
                self._not_up[crm] = error
                raise
        return self._running[crm]

    async def stop(self) -> None:
        """End them all."""
        for system in self._running.values():
            await system.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def systems(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Systems]:
    """Every system that a dialogue needs."""
    started = Systems(tmp_path_factory)
    yield started
    await started.stop()
