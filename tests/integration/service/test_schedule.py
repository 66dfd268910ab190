"""When a case is due: in the hours in which it is worked on, also where somebody is at the desk around the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.service.schedule import Schedule
from bot.settings import Settings
from bot.store import schema
from bot.store.engine import Database
from bot.store.unit_of_work import Store
from bot.store.wakeup import WakeUp

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = datetime(2026, 11, 20, 23, 30, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("desk", "cases", "due"),
    [
        # Friday at night: ten hours of work are done on Monday evening.
        ("24/7", "Mo-Fr 08:00-18:00", datetime(2026, 11, 23, 18, 0, tzinfo=BERLIN)),
        ("24/7", "", datetime(2026, 11, 21, 9, 30, tzinfo=BERLIN)),
        # Where the desk has hours of its own, they count.
        ("Sa 08:00-20:00", "Mo-Fr 08:00-18:00", datetime(2026, 11, 21, 18, 0, tzinfo=BERLIN)),
    ],
)
async def test_a_case_is_due_when_somebody_works_on_it(database_url: str, desk: str, cases: str, due: datetime) -> None:
    database = Database.connect(database_url)
    await schema.upgrade(database)
    store = Store(database, WakeUp())
    schedule = Schedule(Settings(database_url=database_url, desk_hours=desk, case_hours=cases))
    async with store.read() as unit:
        hours = await schedule.case_hours(unit)
    assert hours.after(NIGHT, timedelta(hours=10)) == due
    await store.wakeup.close()
    await database.close()


def test_hours_for_cases_that_cannot_be_read_stop_the_start() -> None:
    with pytest.raises(ValueError, match="immer"):
        Schedule(Settings(case_hours="immer"))
