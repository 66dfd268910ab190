"""`klartext demo customers`: every situation worth trying is there, and is what the data say now."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from actions.crm.demo import create_demo, demo_customers
from actions.crm.sql import connect
from bot.cli import app
from bot.demo import situations
from bot.transparency.wording import LANGUAGES, Language, wording

# The beginning of the sentence about each situation that somebody may want to try.
WORTH_TRYING = (
    *("blocked", "outage", "outage_planned", "no_contract", "contracts", "invoice_overdue", "invoice_zero"),
    *("appointment", "ticket", "order", "sms_only", "quiet"),
)


@pytest.fixture(scope="module")
def crm_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('crm') / 'crm.db'}"
    asyncio.run(create_demo(url, date.today()))
    return url


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_situation_is_there_and_nobody_is_without(crm_url: str, language: Language) -> None:
    crm = connect(crm_url)
    found = await situations(crm, wording(), language)
    await crm.close()
    assert [one.customer.number for one in found] == sorted(known.number for known in demo_customers())
    said = "\n".join(line for one in found for line in one.true_now)
    for key in WORTH_TRYING:
        template = wording().entries()[f"demo_{key}"][language]
        parts = [part for part in template.replace("{", "}").split("}")[::2] if part.strip()]
        assert all(part in said for part in parts), key
    assert all(one.true_now for one in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_prints_them(crm_url: str, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLARTEXT_CRM_URL", crm_url.replace("+aiosqlite", ""))
    done = CliRunner().invoke(app, ["demo", "customers", "--lang", language])
    assert done.exit_code == 0
    assert all(known.number in done.output for known in demo_customers())


def test_without_customer_data_it_says_what_makes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLARTEXT_CRM_URL", f"sqlite:///{tmp_path / 'nothing.db'}")
    done = CliRunner().invoke(app, ["demo", "customers"])
    assert done.exit_code == 1
    assert "klartext run" in done.stderr and "Traceback" not in done.stderr
