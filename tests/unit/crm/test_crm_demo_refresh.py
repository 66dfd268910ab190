"""The demo's dates while days go by: what has passed is promised anew, what people changed stays."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from actions.crm.demo import create_demo
from actions.crm.demo_people import OUTAGE, TICKET, TOMORROW
from actions.crm.due import BERLIN
from actions.crm.repository import CrmRepository
from actions.crm.sql import connect

TODAY = datetime.now(BERLIN).date()


@pytest.fixture
async def old(tmp_path: Path) -> AsyncIterator[tuple[Path, CrmRepository]]:
    """Demo data made forty days ago."""
    file = tmp_path / "crm.db"
    await create_demo(f"sqlite+aiosqlite:///{file}", TODAY - timedelta(days=40))
    crm = connect(f"sqlite+aiosqlite:///{file}")
    yield file, crm
    await crm.close()


async def renewed(file: Path, day: date = TODAY) -> None:
    assert not await create_demo(f"sqlite+aiosqlite:///{file}", day)


async def test_what_was_promised_for_a_day_that_has_passed_is_promised_anew(old: tuple[Path, CrmRepository]) -> None:
    file, crm = old
    assert await crm.appointments(TOMORROW) == []
    await renewed(file)
    for postcode in ("06217", "06110", "06258", "06618"):
        for outage in await crm.outages_at_postcode(postcode):
            begins = outage.value.since.astimezone(BERLIN).date()
            assert (begins > TODAY) == (outage.value.state == "planned")
            assert outage.value.expected_until is None or outage.value.expected_until.astimezone(BERLIN).date() >= TODAY
    overview = await crm.overview(OUTAGE)
    assert overview is not None and overview.value.outage is not None
    (visit,) = await crm.appointments(TOMORROW)
    assert TODAY < visit.value.starts.astimezone(BERLIN).date() <= TODAY + timedelta(days=5)
    (ticket,) = [fact for fact in await crm.tickets(TICKET) if fact.value.status == "in_progress"]
    assert ticket.value.due_at.astimezone(BERLIN).date() >= TODAY - timedelta(days=1)


async def test_a_second_time_changes_nothing(old: tuple[Path, CrmRepository]) -> None:
    file, _ = old
    await renewed(file)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        before = list(connection.iterdump())
        await renewed(file)
        assert list(connection.iterdump()) == before


async def test_what_people_have_changed_stays(old: tuple[Path, CrmRepository]) -> None:
    file, crm = old
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("update appointment set status = 'cancelled' where customer_number = ?", [TOMORROW])
        connection.execute("update ticket set status = 'solved' where customer_number = ?", [TICKET])
        connection.commit()
    before = await crm.appointments(TOMORROW, upcoming=False), await crm.tickets(TICKET)
    await renewed(file)
    after = await crm.appointments(TOMORROW, upcoming=False), await crm.tickets(TICKET)
    assert [[fact.value for fact in facts] for facts in after] == [[fact.value for fact in facts] for facts in before]


async def test_what_a_later_version_brought_is_filled(old: tuple[Path, CrmRepository]) -> None:
    file, crm = old
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("drop table tariff")
        connection.execute("delete from payment")
        connection.execute("delete from network")
        connection.commit()
    await renewed(file)
    hit = await crm.address((await crm.find_addresses("Große Ulrichstraße 12, Halle"))[0].key)
    assert hit is not None and [fact.value.name for fact in await crm.tariffs_at(hit.address)]
    with contextlib.closing(sqlite3.connect(file)) as connection:
        assert connection.execute("select count(*) from payment").fetchone()[0] > 0
        connection.execute("pragma foreign_keys=on")
        assert connection.execute("pragma foreign_key_check").fetchall() == []
