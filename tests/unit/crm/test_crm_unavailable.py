"""A customer data system that is away, locked, hanging or empty: one typed error, within the time limit."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import date
from pathlib import Path

import asyncpg
import pytest
from crm_bench import TODAY, Bench
from sqlalchemy import make_url

from actions.crm.contract_models import Letter
from actions.crm.database import Database
from actions.crm.demo import create_demo
from actions.crm.errors import CrmUnavailable
from actions.crm.models import Identifier, NewTicket
from actions.crm.repository import CrmRepository
from actions.crm.sql import SqlCrm, connect

VOGEL = Identifier(kind="number", value="2048173")


async def _every_verb_fails(crm: CrmRepository) -> None:
    for verb in (
        crm.ping(),
        crm.find_customer(VOGEL),
        crm.overview("2048173"),
        crm.open_ticket(NewTicket(kind="fault", description="x"), idempotency_key="a"),
        crm.start_proof("c", 1, VOGEL, "de"),
        crm.check_code("c", 1, "000000"),
        crm.payments("2048173"),
        crm.cancel_contract("V-204817", "2048173", TODAY, Letter(subject="s", body="b"), idempotency_key="a"),
        crm.updates_due(),
    ):
        with pytest.raises(CrmUnavailable) as caught:
            await verb
        assert "2048173" not in str(caught.value)


async def test_no_file(tmp_path: Path) -> None:
    crm = connect(f"sqlite+aiosqlite:///{tmp_path / 'none.db'}")
    await _every_verb_fails(crm)
    assert not (tmp_path / "none.db").exists()
    await crm.close()


async def test_file_without_tables(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "empty.db").touch()
    crm = connect(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    await _every_verb_fails(crm)
    await crm.close()


async def test_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database " * 500)
    crm = connect(f"sqlite+aiosqlite:///{tmp_path / 'text.db'}")
    await _every_verb_fails(crm)
    await crm.close()


async def test_a_file_that_vanishes_and_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "crm.db"
    url = f"sqlite+aiosqlite:///{file}"
    await create_demo(url, TODAY)
    crm = connect(url)
    await crm.ping()
    file.rename(tmp_path / "away.db")
    with pytest.raises(CrmUnavailable):
        await crm.ping()
    (tmp_path / "away.db").rename(file)
    assert await crm.find_customer(VOGEL) is not None
    await crm.close()


async def test_a_locked_file_refuses_writes_in_time_and_still_reads(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'crm.db'}"
    await create_demo(url, TODAY)
    crm = SqlCrm(Database(url, time_limit=0.4))
    blocker = sqlite3.connect(tmp_path / "crm.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    assert await crm.find_customer(VOGEL) is not None
    with pytest.raises(CrmUnavailable):
        await crm.start_proof("c", 1, VOGEL, "de")
    blocker.execute("ROLLBACK")
    blocker.close()
    assert (await crm.start_proof("c", 1, VOGEL, "de")).result == "code_if_known"
    assert len(await crm.notifications()) == 1
    await crm.close()


async def test_nobody_listens() -> None:
    crm = connect("postgresql+asyncpg://postgres@127.0.0.1:1/none")
    await _every_verb_fails(crm)
    await crm.close()


async def test_a_server_that_never_answers() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the client gives up
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    crm = SqlCrm(Database(f"postgresql+asyncpg://postgres@127.0.0.1:{port}/none", time_limit=0.3))
    with pytest.raises(CrmUnavailable):
        await crm.ping()
    await crm.close()
    server.close()


async def test_no_such_database(postgres_url: str) -> None:
    crm = connect(make_url(postgres_url).set(database="klartext_crm_none").render_as_string(hide_password=False))
    await _every_verb_fails(crm)
    await crm.close()


async def test_a_hanging_query_ends_in_time_and_the_next_one_works(postgres_url: str) -> None:
    crm = SqlCrm(Database(postgres_url, time_limit=0.5))
    assert await crm.find_customer(VOGEL) is not None
    blocker = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    await blocker.execute("BEGIN; LOCK TABLE customer IN ACCESS EXCLUSIVE MODE")
    # Nothing but the limit ends it: the lock is held until after.
    with pytest.raises(CrmUnavailable):
        await crm.find_customer(VOGEL)
    await blocker.execute("ROLLBACK")
    await blocker.close()
    assert await crm.find_customer(VOGEL) is not None
    await crm.close()


async def test_a_cancelled_call_leaves_the_repository_usable(bench: Bench) -> None:
    task = asyncio.ensure_future(bench.crm.overview("2048173"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await bench.crm.overview("2048173") is not None


async def test_creating_where_nothing_can_be_created() -> None:
    with pytest.raises(CrmUnavailable):
        await create_demo("postgresql+asyncpg://postgres@127.0.0.1:1/none", date(2026, 11, 21))


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE contract SET status = 'paused' WHERE number = 'V-204817'",
        "UPDATE contract SET technology = 'satellite' WHERE number = 'V-204817'",
        "UPDATE contract SET started = 'last spring' WHERE number = 'V-204817'",
        "UPDATE contract SET price_cents = 'much' WHERE number = 'V-204817'",
        "UPDATE invoice SET lines = '[{\"kind\": \"monthly_fee\"}]' WHERE contract_number = 'V-204817'",
        "UPDATE invoice SET lines = 'no list' WHERE contract_number = 'V-204817'",
        "UPDATE outage SET postcodes = '\"06217\"'",
        "UPDATE customer SET language = 'fr' WHERE number = '2048173'",
    ],
)
async def test_a_record_that_does_not_fit_is_unreadable_and_the_rest_goes_on(
    sqlite_url: str, tmp_path: Path, damage: str
) -> None:
    copy = tmp_path / "crm.db"
    with sqlite3.connect(sqlite_url.split(":///")[1]) as source, sqlite3.connect(copy) as target:
        source.backup(target)
        target.execute(damage)
    crm = connect(f"sqlite+aiosqlite:///{copy}")
    verbs = {
        "contract": lambda: crm.contract("V-204817"),
        "invoice": lambda: crm.invoices("2048173"),
        "outage": lambda: crm.outages_at_postcode("06217"),
        "customer": lambda: crm.find_customer(VOGEL),
    }
    with pytest.raises(CrmUnavailable, match="unreadable"):
        await verbs[damage.split()[1]]()
    assert await crm.contracts("2051926")
    await crm.close()
