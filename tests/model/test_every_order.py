"""Every order of the transactions of a scene's actors, deaths included, leaves every invariant true in every state,
and in the end every acknowledged message has its outcome. `HYPOTHESIS_PROFILE=long` adds the whole product.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.model.explorer import Cast, Report, explore
from tests.model.scenes import PRODUCT, SHORT
from tests.model.world import World

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
Tell = Callable[[object], None]


async def _explore(cast: Cast, url: str, *, joined: bool = True) -> Report:
    world = await World.open(url, **cast.settings)
    try:
        return await explore(world, cast, joined=joined)
    finally:
        await world.close()


@pytest.mark.parametrize("cast", [*SHORT, *([PRODUCT] if LONG else [])], ids=lambda cast: cast.name)
@pytest.mark.timeout(1800)
async def test_every_order_on_sqlite(cast: Cast, fast_folder: Path, tell: Tell) -> None:
    report = await _explore(cast, f"sqlite+aiosqlite:///{fast_folder / 'world.db'}")
    tell(report)
    assert report.orders > report.states / 2
    assert report.ends


@pytest.mark.parametrize("cast", SHORT[::4] if LONG else [SHORT[0]], ids=lambda cast: cast.name)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.timeout(900)
async def test_every_order_on_postgresql(cast: Cast, database_url: str, tell: Tell) -> None:
    report = await _explore(cast, database_url)
    tell(f"on PostgreSQL, {report}")
    assert report.orders > report.states / 2


@pytest.mark.parametrize("cast", [SHORT[0], SHORT[3]], ids=lambda cast: cast.name)
async def test_joining_branches_hides_nothing(cast: Cast, fast_folder: Path) -> None:
    one_by_one = await _explore(cast, f"sqlite+aiosqlite:///{fast_folder / 'tree.db'}", joined=False)
    joined = await _explore(cast, f"sqlite+aiosqlite:///{fast_folder / 'graph.db'}")
    assert joined.orders == one_by_one.orders == sum(one_by_one.ends.values())
    assert set(joined.ends) == set(one_by_one.ends)
    assert joined.states < one_by_one.states
