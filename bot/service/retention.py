"""Retention: what is over its period in `data/retention.yml` is erased, in small portions, by any worker.

A conversation whose time is over is erased exactly as at a customer's wish, with its own entry on record. Files and raw
webhooks have their own period and worker (`KLARTEXT_FILE_DAYS`).

Guarantee: one portion is one short transaction, so that nobody waits for it; a process that dies in between has erased
whole portions and the next one goes on. A file that cannot be read, or names another kind, keeps the process from
starting: nothing is kept for ever by a slip of the pen.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Protocol

import msgspec
import sqlalchemy as sa
import structlog
import yaml

from bot.service.erasure import Erasures
from bot.settings import ROOT, SettingsError
from bot.store.errors import StoreUnavailable
from bot.store.reads import forget_read_of_closed
from bot.store.tables import conversation, tenure, trace, widget_token
from bot.store.unit_of_work import Store, Unit

log = structlog.get_logger(__name__)
FILE = ROOT / "data" / "retention.yml"
_PORTION = 100
# Between two portions others write, seconds.
_PAUSE = 0.2
_EVERY = 3600.0

Days = Annotated[float, msgspec.Meta(gt=0, le=36500)]


class Periods(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days for which each kind is kept."""

    conversations: Days
    traces: Days
    memory: Days

    @classmethod
    def read(cls, path: Path = FILE) -> Periods:
        """The periods in force.

        Raises:
            SettingsError: naming what is wrong with the file.
        """
        try:
            return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), cls)
        except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
            raise SettingsError(f"{path}: {error}") from error


class Memory(Protocol):
    """What is needed of the brain's memory."""

    async def forget_before(self, moment: datetime) -> int: ...


class Retention:
    """Erases what is over its period. Any number of these may run."""

    def __init__(
        self, store: Store, erasures: Erasures, memory: Memory, periods: Periods, *, token_lifetime: float
    ) -> None:
        self._store = store
        self._erasures = erasures
        self._memory = memory
        self._periods = periods
        self._token_lifetime = timedelta(seconds=token_lifetime)

    async def run(self) -> None:
        """Work until cancelled. Whatever is away is waited out."""
        while True:
            pause = _EVERY
            try:
                if await self.portion():
                    pause = _PAUSE
            except StoreUnavailable as error:
                log.warning("retention waits for the database", error=str(error))
            except Exception as error:
                log.warning("retention waits", error=type(error).__name__)
            await asyncio.sleep(pause)

    async def portion(self) -> int:
        """Erase one portion of each kind; how much that was, 0 when nothing is over its period."""
        async with self._store.read() as unit:
            now = unit.now
            over = await _conversations_over(unit, now - timedelta(days=self._periods.conversations))
        erased = 0
        for conversation_id in over:
            erased += await self._erasures.erase(conversation_id, "retention")
        async with self._store.write() as unit:
            erased += await _delete(unit, trace.c.id, trace.c.at < now - timedelta(days=self._periods.traces))
            erased += await _delete(unit, widget_token.c.digest, widget_token.c.used_at < now - self._token_lifetime)
            await forget_read_of_closed(unit, _PORTION)
        await self._memory.forget_before(now - timedelta(days=self._periods.memory))
        return erased


async def _conversations_over(unit: Unit, before: datetime) -> list[str]:
    current = (tenure.c.conversation_id == conversation.c.id) & (tenure.c.epoch == conversation.c.epoch)
    found = await unit.connection.execute(
        sa.select(conversation.c.id)
        .join(tenure, current)
        .where(conversation.c.last_at < before, tenure.c.reason != "erased")
        .order_by(conversation.c.last_at)
        .limit(_PORTION)
    )
    return list(found.scalars())


async def _delete(unit: Unit, key: sa.Column[str], over: sa.ColumnElement[bool]) -> int:
    portion = sa.select(key).where(over).limit(_PORTION)
    return (await unit.connection.execute(sa.delete(key.table).where(key.in_(portion)))).rowcount
