"""Shared by all tests: real databases, and the rule that a skipped test is a failure in CI."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import settings
from sqlalchemy.ext.asyncio import create_async_engine

from bot.nlu.processor import use_processor
from bot.store import schema
from bot.store.engine import Database

# As the brain runs and trains; no test has loaded numpy yet.
use_processor()
# What an example takes says how busy the machine is, not whether the product is right.
settings.register_profile("klartext", deadline=None)
settings.load_profile("klartext")

# Characters of a value in a test's name.
LONGEST_NAME = 200
ALLOWED_SKIPS = (Path(__file__).parent / "allowed_skips.txt").read_text(encoding="utf-8").splitlines()
POSTGRES = os.environ.get("KLARTEXT_TEST_POSTGRES", "postgresql+asyncpg://postgres@127.0.0.1:5432")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A database of each kind without tables, for what is about the migrations themselves."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'klartext.db'}"
        return
    async with _postgresql("template1") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path, migrated: Migrated) -> AsyncIterator[str]:
    """A database of each kind with its tables and nothing in them: one test body runs over both."""
    if request.param == "sqlite":
        shutil.copy(await migrated.file(), tmp_path / "klartext.db")
        yield f"sqlite+aiosqlite:///{tmp_path / 'klartext.db'}"
        return
    _check_postgresql()
    async with _postgresql(await migrated.template()) as url:
        yield url


class Migrated:
    """Databases to copy, made when first asked for: thousands of tests need the tables, one way of making them."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "klartext.db"
        self._template: str | None = None

    async def file(self) -> Path:
        """A SQLite database with the tables."""
        if not self._file.exists():
            await _migrate(f"sqlite+aiosqlite:///{self._file}")
        return self._file

    async def template(self) -> str:
        """The name of a PostgreSQL database with the tables."""
        if self._template is None:
            name = f"klartext_template_{uuid.uuid4().hex[:12]}"
            await _administer(f'create database "{name}"')
            await _migrate(f"{POSTGRES}/{name}")
            self._template = name
        return self._template

    async def remove(self) -> None:
        """Leave nothing in the server."""
        if self._template is not None:
            await _administer(f'drop database if exists "{self._template}" with (force)')


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Migrated]:
    """Of this process's own."""
    made = Migrated(tmp_path_factory.mktemp("migrated"))
    yield made
    asyncio.run(made.remove())


async def _migrate(url: str) -> None:
    database = Database.connect(url)
    await schema.upgrade(database)
    await database.close()


@asynccontextmanager
async def _postgresql(template: str) -> AsyncIterator[str]:
    """A copy of a database, gone afterwards."""
    _check_postgresql()
    name = f"klartext_test_{uuid.uuid4().hex[:12]}"
    await _administer(f'create database "{name}" template "{template}"')
    try:
        yield f"{POSTGRES}/{name}"
    finally:
        await _administer(f'drop database if exists "{name}" with (force)')


def _check_postgresql() -> None:
    if not _answers(5432):
        pytest.skip("no PostgreSQL on loopback")


async def _administer(statement: str) -> None:
    engine = create_async_engine(f"{POSTGRES}/postgres", isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    async with engine.connect() as connection:
        await connection.execute(sa.text(statement))
    await engine.dispose()


class FailuresAtOnce:
    """Names a failure when it happens: a run takes long, and its summary comes at the end."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self._terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the name and what was raised."""
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            self._terminal.ensure_newline()
            self._terminal.write_line(f"{report.when} of {report.nodeid} failed: {crash and crash.message}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Only where something is written: the processes that run the tests beside each other report to the first."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(FailuresAtOnce(terminal))


def pytest_make_parametrize_id(val: object) -> str | None:
    """A long value is named by its beginning and its length: whole, a file of 17 MB would be part of every report."""
    if isinstance(val, str | bytes) and len(val) > LONGEST_NAME:
        return f"{val[:20]!r} and so on, {len(val)} long"
    return None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """With `CI=true` a skip whose reason is not on the list is a failure."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(allowed and allowed in reason for allowed in ALLOWED_SKIPS if not allowed.startswith("#")):
            report.outcome = "failed"
            report.longrepr = f"skipped in CI for a reason that tests/allowed_skips.txt does not list: {reason}"
