"""Start-up and training: whole commands, timed from outside."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from pathlib import Path

from bench.klartext import WidgetCustomer, client_session, klartext_command, open_place, plain_environment
from bench.processes import Process
from bench.stock import Trained, open_stock
from bot.settings import ROOT

# What a checkout consists of, as far as training is concerned.
_SOURCES = ("bot", "connectors", "actions", "data", "config.yml", "domain.yml", "endpoints.yml", "credentials.yml")


async def start_klartext() -> float:
    """Seconds from `klartext run` to the bot's first answer on a widget's socket."""
    async with open_place() as place, client_session() as http:
        log = place.folder / "run.log"
        began = time.perf_counter()
        process = await Process.start("klartext run", klartext_command("run"), place.environment(), log, ROOT)
        try:
            await process.wait_until(f"{place.settings.brain_url}/webhooks/klartext/ready")
            for probe in (f"{place.url}/healthz", f"{place.settings.actions_url}/health"):
                await process.wait_until(probe)
            customer = WidgetCustomer(http, place.url)
            await customer.begin("de")
            await customer.say("Sind Sie ein Bot?")
            seconds = time.perf_counter() - began
            await customer.leave()
        finally:
            await process.stop()
        return seconds


async def start_stock(trained: Trained) -> float:
    """Seconds from `rasa run` to the first answer of the REST channel."""
    began = time.perf_counter()
    async with open_stock(trained) as stock:
        customer = stock.customer()
        await customer.begin("de")
        await customer.say("Sind Sie ein Bot?")
        return time.perf_counter() - began


async def train_klartext() -> float:
    """Seconds that `klartext train` takes in a fresh checkout, whole command."""
    with tempfile.TemporaryDirectory(prefix="klartext-bench-training-") as name:
        folder = Path(name)
        for source in _SOURCES:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, folder / source, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, folder / source)
        environment = {**plain_environment(), "PYTHONPATH": str(folder)}
        began = time.perf_counter()
        process = await Process.start("klartext train", klartext_command("train"), environment, folder / "log", folder)
        try:
            await process.finished()
        finally:
            await asyncio.shield(process.stop())
        return time.perf_counter() - began
