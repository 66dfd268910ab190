"""The demo data: plausible, deterministic, made once, and no import of the dialogue engine anywhere near it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.crm import tables
from actions.crm.demo import create_demo, demo_customers
from actions.crm.demo_data import Rows, add_months, build, months_back
from actions.crm.due import BERLIN
from actions.crm.errors import CrmUnavailable
from actions.crm.models import Identifier
from actions.crm.sql import connect
from actions.crm.visit_windows import is_workday

TODAY = date(2026, 11, 21)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def rows() -> Rows:
    return build(TODAY, 7)


def test_same_day_and_seed_same_data(rows: Rows) -> None:
    assert build(TODAY, 7) == rows
    assert build(TODAY, 8) != rows


def test_as_much_as_promised(rows: Rows) -> None:
    assert len(rows[tables.customer]) >= 200
    assert len(rows[tables.invoice]) > 2000
    states = [row["state"] for row in rows[tables.outage]]
    assert states.count("active") >= 4 and {"planned", "solved"} <= set(states)
    assert len({row["phase"] for row in rows[tables.build_area]}) == 8
    assert len(rows[tables.appointment]) > 10 and len(rows[tables.ticket]) > 20
    assert any(row["customer_number"] is None for row in rows[tables.customer_order])


def test_nobody_real_can_be_reached(rows: Rows) -> None:
    drama = ("+493023125", "+494066969", "+4917139200", "+4917604069")
    for row in rows[tables.customer]:
        assert row["email"] is None or row["email"].endswith("@example.org")
        assert row["phone"].startswith(drama)
        assert phonenumbers.is_valid_number(phonenumbers.parse(row["phone"]))


@pytest.mark.parametrize("column", ["number", "email_key", "phone"])
def test_every_identifier_fits_one_customer(rows: Rows, column: str) -> None:
    found = [row[column] for row in rows[tables.customer] if row[column] is not None]
    assert len(set(found)) == len(found)


def test_only_lines_that_exist_at_the_address(rows: Rows) -> None:
    houses = {row["key"]: row for row in rows[tables.premises]}
    for contract in rows[tables.contract]:
        if contract["technology"] == "fiber":
            assert houses[contract["premises_key"]]["fiber_state"] == "available"


@settings(max_examples=25, deadline=None)
@given(today=st.dates(date(2025, 1, 1), date(2035, 12, 31)))
def test_dates_make_sense_on_any_day(today: date) -> None:
    made = build(today, 7)
    for invoice in made[tables.invoice]:
        assert invoice["issued"] <= today
        assert invoice["paid_at"] is None or invoice["paid_at"] <= today
        assert invoice["amount_cents"] == sum(line["cents"] for line in invoice["lines"]) >= 0
    for visit in made[tables.appointment]:
        assert is_workday(visit["starts"].astimezone(BERLIN).date())
    for ticket in made[tables.ticket]:
        assert ticket["opened_at"].date() < today and ticket["due_at"] > ticket["opened_at"]
    for outage in made[tables.outage]:
        begun = outage["since"].date() < today
        assert begun != (outage["state"] == "planned")
        assert outage["updated_at"].date() < today
        assert (
            outage["state"] != "active" or outage["expected_until"] is None or outage["expected_until"].date() > today
        )
    quiet = [row for row in made[tables.invoice] if row["customer_number"] == "2169047"]
    assert len(quiet) == 12 and all(row["paid_at"] for row in quiet)


def test_months() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2026, 3, 15), -14) == date(2025, 1, 15)
    assert list(months_back(date(2026, 2, 4), 3)) == [date(2026, 1, 1), date(2025, 12, 1), date(2025, 11, 1)]
    assert list(months_back(date(2026, 2, 5), 1)) == [date(2026, 2, 1)]


async def test_created_once(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'deep' / 'er' / 'crm.db'}"
    assert await create_demo(url, TODAY)
    assert not await create_demo(url, TODAY + timedelta(days=1))
    crm = connect(url)
    for demo in demo_customers():
        found = await crm.find_customer(Identifier(kind="number", value=demo.number))
        assert found is not None
        assert (found.value.name, found.value.email, found.value.phone) == (demo.name, demo.email, demo.phone)
        assert demo.situation_de.endswith(".") and demo.situation_en.endswith(".")
    await crm.close()


async def test_created_once_by_several_at_once(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'crm.db'}"
    assert sorted(await asyncio.gather(*(create_demo(url, TODAY) for _ in range(3)))) == [False, False, True]


async def test_a_failed_creation_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "crm.db").write_text("no database " * 500)
    with pytest.raises(CrmUnavailable):
        await create_demo(f"sqlite+aiosqlite:///{tmp_path / 'crm.db'}", TODAY)


def test_importing_needs_no_dialogue_engine_and_does_nothing() -> None:
    program = (
        "import sys, pkgutil, importlib, actions.crm as package\n"
        "for module in pkgutil.iter_modules(package.__path__): importlib.import_module('actions.crm.' + module.name)\n"
        "assert not {'rasa', 'rasa_sdk'} & set(sys.modules), 'imported'\n"
        "import asyncio, threading; assert threading.active_count() == 1"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)
