"""`klartext demo customers`: every situation worth trying is there, and is what the data say now.

What its sentences lead to in the chat is played in `tests/dialogues/test_demo_customers.py`.
"""

from __future__ import annotations

import asyncio
import functools
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from actions.crm import demo_people
from actions.crm.database import Database
from actions.crm.demo import create_demo, demo_addresses, demo_customers
from actions.crm.sql import connect
from bot.cli import app
from bot.demo import places, situations
from bot.transparency.wording import LANGUAGES, Language, wording

# What is true of each customer in a new demo: the situation that its sentence on the portal's page tells, and no other.
TRUE = {
    demo_people.OUTAGE: ("outage",),
    demo_people.TWO: ("contracts",),
    demo_people.NONE: ("no_contract",),
    demo_people.BLOCKED: ("blocked", "invoice_overdue"),
    demo_people.ZERO: ("invoice_zero",),
    demo_people.OPEN: ("invoice_overdue",),
    demo_people.TOMORROW: ("appointment", "paid_back"),
    demo_people.TICKET: ("ticket", "paid_twice"),
    demo_people.ENGLISH: ("english", "quiet"),
    demo_people.ORDER: ("order",),
    demo_people.PLANNED: ("outage_planned",),
    demo_people.SMS_ONLY: ("sms_only", "quiet"),
    demo_people.QUIET: ("free_to_cancel", "quiet"),
}
# The same of the addresses, in their order.
TRUE_PLACES = (
    ("fiber_available",),
    ("fiber_building",),
    ("fiber_building", "build_delayed"),
    ("fiber_building",),
    ("fiber_planned",),
    ("fiber_planned", "build_paused"),
    ("fiber_building", "outage_here"),
    ("fiber_not_planned", "outage_here"),
)


@pytest.fixture(scope="module")
def crm_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('crm') / 'crm.db'}"
    asyncio.run(create_demo(url, date.today()))
    return url


@pytest.mark.parametrize("language", LANGUAGES)
async def test_each_customer_is_what_it_is_there_for(crm_url: str, language: Language) -> None:
    crm = connect(crm_url)
    found = await situations(crm, wording(), language)
    await crm.close()
    assert {one.customer.number: tuple(reason.key for reason in one.reasons) for one in found} == TRUE
    assert [one.customer.number for one in found] == sorted(known.number for known in demo_customers())


@pytest.mark.parametrize("language", LANGUAGES)
async def test_each_address_is_what_it_is_there_for(crm_url: str, language: Language) -> None:
    crm = connect(crm_url)
    found = await places(crm, wording(), language)
    await crm.close()
    assert tuple(tuple(reason.key for reason in one.reasons) for one in found) == TRUE_PLACES


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_prints_them(crm_url: str, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLARTEXT_CRM_URL", crm_url.replace("+aiosqlite", ""))
    # On a machine that is held up, the two seconds of a customer who waits are none of this test's business.
    monkeypatch.setattr("actions.crm.sql.Database", functools.partial(Database, time_limit=60.0))
    done = CliRunner().invoke(app, ["demo", "customers", "--lang", language])
    assert done.exit_code == 0, done.output
    assert all(known.number in done.output and known.name.split()[0] in done.output for known in demo_customers())
    assert all(known.address.street in done.output for known in demo_addresses())
    # Where to try it, and nothing that a narrow terminal would have cut.
    assert "/demo/outbox" in done.output and "…" not in done.output


def test_without_customer_data_it_says_what_makes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLARTEXT_CRM_URL", f"sqlite:///{tmp_path / 'nothing.db'}")
    done = CliRunner().invoke(app, ["demo", "customers"])
    assert done.exit_code == 1
    assert "klartext run" in done.stderr and "Traceback" not in done.stderr
