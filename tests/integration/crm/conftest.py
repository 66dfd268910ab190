"""A real Request Tracker 5 on loopback, where its Debian packages are installed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from rt_installation import SERVER, SETUP, Installation

from actions.crm.request_tracker import RequestTracker


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    if not (SETUP.exists() and SERVER.exists()):
        pytest.skip("no Request Tracker on this machine")
    installed = Installation(tmp_path_factory.mktemp("rt"))
    installed.set_up()
    installed.start()
    yield installed
    installed.stop()


@pytest.fixture
async def tracker(installation: Installation) -> AsyncIterator[RequestTracker]:
    client = installation.client()
    yield client
    await client.close()
