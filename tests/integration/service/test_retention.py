"""What is over its period is erased in portions, and only that."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.brain.memory import BrainMemory
from bot.conversation.model import Holder, utc_now
from bot.service import retention
from bot.service.erasure import Erasures
from bot.service.retention import FILE, Periods, Retention
from bot.settings import SettingsError
from bot.store import chain, tables
from bot.store.erasure import is_erased
from bot.store.log import read_conversation
from bot.store.traces import traces
from bot.transparency.wording import wording
from tests.integration.service.conftest import Desk

PERIODS = Periods(conversations=30, traces=10, memory=5)


@pytest.fixture
async def keeper(desk: Desk) -> AsyncIterator[Retention]:
    memory = BrainMemory(desk.settings.brain_database_url)
    erasures = Erasures(desk.store, desk.conversations, memory, wording())
    yield Retention(desk.store, erasures, memory, PERIODS, token_lifetime=7 * 86400)
    await memory.close()


async def _later(desk: Desk, days: float) -> None:
    """The store's clock goes on."""
    moment = utc_now() + timedelta(days=days)
    desk.store._now = lambda: moment


async def _count(desk: Desk, table: sa.Table) -> int:
    async with desk.store.read() as unit:
        return int((await unit.connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())


async def test_each_kind_goes_after_its_own_period_and_the_rest_stays(desk: Desk, keeper: Retention) -> None:
    old = await desk.start()
    await desk.say(old, "alt")
    await desk.work()
    assert await keeper.portion() == 0
    await _later(desk, 8)
    assert await keeper.portion() == 1, "the token alone"
    assert await _count(desk, tables.widget_token) == 0
    await _later(desk, 11)
    fresh = await desk.start()
    await desk.say(fresh, "neu")
    assert await keeper.portion() == 1, "the trace alone"
    async with desk.store.read() as unit:
        assert await traces(unit, old) == []
    await _later(desk, 31)
    assert await keeper.portion() >= 1
    async with desk.store.read() as unit:
        assert await is_erased(unit, old)
        assert not await is_erased(unit, fresh)
        assert await chain.verify(unit, old) == []
        row = await read_conversation(unit, fresh)
        asked_by = (await unit.connection.execute(sa.select(tables.erasure.c.asked_by))).scalars().all()
    assert row is not None
    assert row.holder is Holder.BOT
    assert asked_by == ["retention"]
    while await keeper.portion():
        pass
    assert await _count(desk, tables.erasure) == 1, "erased once"


async def test_a_portion_is_bounded_and_all_of_it_is_done_in_the_end(
    desk: Desk, keeper: Retention, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_PORTION", 2)
    for _ in range(5):
        await desk.start()
    await _later(desk, 31)
    await keeper.portion()
    assert await _count(desk, tables.erasure) == 2
    while await keeper.portion():
        pass
    assert await _count(desk, tables.erasure) == 5


def test_the_periods_are_in_one_file_and_a_slip_in_it_is_named(tmp_path: Path) -> None:
    assert Periods.read(FILE).conversations > 0
    for text in ("conversations: 1", "conversations: 0\ntraces: 1\nmemory: 1", "}{", f"{FILE.read_text()}\nlogs: 3"):
        path = tmp_path / "retention.yml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SettingsError, match=r"retention\.yml"):
            Periods.read(path)
