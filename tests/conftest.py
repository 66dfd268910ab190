"""Shared by all tests: real databases, and the rule that a skipped test is a failure in CI."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

ALLOWED_SKIPS = (Path(__file__).parent / "allowed_skips.txt").read_text(encoding="utf-8").splitlines()
POSTGRES = os.environ.get("KLARTEXT_TEST_POSTGRES", "postgresql+asyncpg://postgres@127.0.0.1:5432")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database of each kind: one test body runs over both."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'klartext.db'}"
        return
    if not _answers(5432):
        pytest.skip("no PostgreSQL on loopback")
    name = f"klartext_test_{uuid.uuid4().hex[:12]}"
    engine = create_async_engine(f"{POSTGRES}/postgres", isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(f'create database "{name}"'))
    try:
        yield f"{POSTGRES}/{name}"
    finally:
        async with engine.connect() as connection:
            await connection.execute(sa.text(f'drop database if exists "{name}" with (force)'))
        await engine.dispose()


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
