"""Random interleavings of everything that can happen, on each kind of database, inside and outside working hours.

The same examples every time; `HYPOTHESIS_PROFILE=long` plays new ones, and many more.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import HandoverMachine
from tests.model.world import World

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


@pytest.mark.parametrize("desk_hours", ["24/7", "Mo-Fr 08:00-18:00"], ids=["open", "closed"])
@pytest.mark.timeout(3600 if LONG else 600)
def test_random_orders(database_url: str, fast_folder: Path, desk_hours: str) -> None:
    url = f"sqlite+aiosqlite:///{fast_folder / 'world.db'}" if database_url.startswith("sqlite") else database_url
    loop = asyncio.new_event_loop()
    try:
        world = loop.run_until_complete(World.open(url, desk_hours=desk_hours))
        try:
            run_state_machine_as_test(
                lambda: HandoverMachine(world, loop),
                settings=settings(
                    max_examples=2000 if LONG else 40,
                    stateful_step_count=60 if LONG else 40,
                    derandomize=not LONG,
                    deadline=None,
                    database=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            loop.run_until_complete(world.close())
    finally:
        loop.close()
