"""`klartext export`, `klartext erase` and `klartext audit verify` over one database, as an operator runs them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.bootstrap import open_services
from bot.cli import app
from bot.settings import Settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with two conversations, one of them of customer 2048173, and the environment that leads to it."""
    monkeypatch.setenv("KLARTEXT_VAR", str(tmp_path))
    asyncio.run(_fill())
    return tmp_path


async def _fill() -> None:
    async with open_services(Settings.from_environment()) as services:
        for text, number in (("Ich mag Quittenmarmelade", "2048173"), ("Guten Tag", None)):
            conversation_id = (await services.conversations.start_widget("de")).conversation.id
            await services.conversations.receive(conversation_id, text, client_id="c1")
            async with services.store.write() as unit:
                opened = await services.conversations.open(unit, conversation_id)
                opened.row.customer_number = number
                await opened.save()


def _run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments))
    return done.exit_code, done.output


def test_a_customers_conversations_are_exported_erased_and_still_verified(folder: Path) -> None:
    code, _ = _run("export", "--customer", "2048173", "--folder", str(folder / "out"))
    assert code == 0
    data, page = sorted((folder / "out").iterdir(), key=lambda path: path.suffix, reverse=True)
    assert json.loads(data.read_text(encoding="utf-8"))["messages"][1]["text"] == "Ich mag Quittenmarmelade"
    assert "Quittenmarmelade" in page.read_text(encoding="utf-8")
    assert _run("audit", "verify") == (0, "2 conversations looked at, 0 of them not as they were written.\n")
    assert _run("erase", "--customer", "2048173", "--yes")[0] == 0
    assert b"Quittenmarmelade" not in (folder / "klartext.db").read_bytes()
    assert _run("audit", "verify")[0] == 0


def test_verify_names_the_row_and_fails(folder: Path) -> None:
    with sqlite3.connect(folder / "klartext.db") as connection:
        connection.execute("update message set text = 'Gute Nacht' where text = 'Guten Tag'")
    code, output = _run("audit", "verify")
    assert code == 1
    assert "message 2: changed" in output


@pytest.mark.parametrize("arguments", [["erase"], ["export", "x", "--phone", "+49"], ["erase", "nobody", "--yes"]])
def test_what_is_not_one_choice_changes_nothing(folder: Path, arguments: list[str]) -> None:
    assert _run(*arguments)[0] != 0
    assert _run("audit", "verify")[0] == 0
