"""A worker that is told to stop finishes what it has begun, so that a planned restart keeps nobody waiting."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import sqlalchemy as sa

from bot.bootstrap import open_services
from bot.settings import ROOT, Settings
from bot.store.tables import inbox
from tests.fakes.brain import FakeBrain


async def test_a_worker_that_is_told_to_stop_finishes_its_turn(tmp_path: Path) -> None:
    brain = FakeBrain()
    await brain.start()
    settings = Settings(database_url=f"sqlite+aiosqlite:///{tmp_path / 'klartext.db'}", brain_url=brain.url)
    async with open_services(settings) as services:
        started = await services.conversations.start_widget("de")
        await services.conversations.receive(started.conversation.id, "Hallo", client_id="1")
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "bot.cli", "worker"],
            cwd=ROOT,
            env={
                **os.environ,
                "KLARTEXT_DATABASE_URL": settings.database_url,
                "KLARTEXT_CRM_URL": f"sqlite:///{tmp_path / 'crm.db'}",
                "KLARTEXT_BRAIN_URL": brain.url,
            },
        )
        try:
            for _ in range(1200):
                if brain.requests:
                    break
                await asyncio.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 60) == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            await brain.close()
        async with services.store.read() as unit:
            assert (await unit.connection.execute(sa.select(inbox.c.outcome))).scalars().all() == ["answered"]
