"""What the brain remembers between turns: one row per answered turn, holding the answer and the memory it led
to.

Guarantee: answer and memory of a turn are one INSERT, and the primary key lets exactly one brain process win
a turn; all others get the winner's answer. A turn that failed leaves nothing. Memory is a chain of immutable
snapshots: a turn starts from the snapshot of the turn that the edge names, so an answer that was never said
leaves no trace in later ones. Per conversation the newest `KEPT_TURNS` rows and the one continued from are
kept. Any database error reaches the caller as `MemoryAway`.

It is private working memory, not the record of a conversation: losing it costs context, never a message.
Without Rasa in its imports, so that erasure can run where Rasa is not installed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table, Text, bindparam, delete, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateTable

from bot.store.engine import Database
from bot.store.errors import StoreUnavailable
from bot.store.prepared import repeated

KEPT_TURNS = 3
# Longer than this nobody waits for a connection or a statement.
WAIT_SECONDS = 5.0

Transaction = Callable[[], AbstractAsyncContextManager[AsyncConnection]]

brain_turn = Table(
    "brain_turn",
    MetaData(),
    Column("conversation_id", Text, primary_key=True),
    Column("turn_id", Text, primary_key=True),
    # Memory is not carried from one tenure of the bot into the next.
    Column("epoch", BigInteger, nullable=False),
    # Rasa's tracker after the turn, bounded (see `snapshot`), and the encoded `TurnResponse`.
    Column("snapshot", Text, nullable=False),
    Column("response", Text, nullable=False),
    # Orders the rows of a conversation for pruning only.
    Column("created_at", DateTime(timezone=True), nullable=False),
)


_t = brain_turn.c
_OF_CONVERSATION = _t.conversation_id == bindparam("conversation")
# Without a turn to continue from, both names are that of the asked turn.
_THESE_TWO = _t.turn_id.in_([bindparam("turn"), bindparam("after")])
_RECALL = repeated(select(_t.turn_id, _t.epoch, _t.snapshot, _t.response).where(_OF_CONVERSATION, _THESE_TWO))
_ANSWER = repeated(select(_t.response).where(_OF_CONVERSATION, _t.turn_id == bindparam("turn")))
_NEWEST = select(_t.turn_id).where(_OF_CONVERSATION).order_by(_t.created_at.desc()).limit(KEPT_TURNS)
# In words that both databases know: as an expression of one dialect it would be compiled anew at every turn.
_INSERT = repeated(
    text(
        "INSERT INTO brain_turn (conversation_id, turn_id, epoch, snapshot, response, created_at) "
        "VALUES (:conversation_id, :turn_id, :epoch, :snapshot, :response, :created_at) ON CONFLICT DO NOTHING"
    ).bindparams(bindparam("created_at", type_=brain_turn.c.created_at.type))
)
_PRUNE = repeated(delete(brain_turn).where(_OF_CONVERSATION, ~_THESE_TWO, _t.turn_id.not_in(_NEWEST)))


@dataclass(frozen=True)
class Recollection:
    """What is known when a turn arrives."""

    response: str | None  # the stored answer, if this turn was answered before
    snapshot: str | None  # memory to start from, if there is any


class MemoryAway(Exception):
    """The database did not do what was asked; nothing of it was done. Asking again later is safe."""


class BrainMemory:
    """Rows of `brain_turn` on SQLite or PostgreSQL. Creates its table at first use."""

    def __init__(self, url: str) -> None:
        # It survives a crash of the process; a sync of the disk per turn would buy nothing.
        self._database = Database.connect(url, patience=WAIT_SECONDS, lasting=False)
        self._ready = False
        self._creating = asyncio.Lock()

    async def recall(self, conversation_id: str, epoch: int, turn_id: str, after_turn: str | None) -> Recollection:
        """The stored answer of `turn_id` and the snapshot of `after_turn`, where they exist, in one query."""
        names = {"conversation": conversation_id, "turn": turn_id, "after": after_turn or turn_id}
        async with self._work(self._database.read) as connection:
            rows = {row.turn_id: row for row in await connection.execute(_RECALL, names)}
        answered, before = rows.get(turn_id), rows.get(after_turn or "")
        return Recollection(
            response=answered.response if answered else None,
            snapshot=before.snapshot if before and before.epoch == epoch else None,
        )

    async def keep(
        self,
        conversation_id: str,
        epoch: int,
        turn_id: str,
        after_turn: str | None,
        *,
        snapshot: str,
        response: str,
    ) -> str:
        """Store a turn's outcome and return the answer that counts: this one, or that of whoever was first."""
        names = {"conversation": conversation_id, "turn": turn_id, "after": after_turn or turn_id}
        row = {
            "conversation_id": conversation_id,
            "turn_id": turn_id,
            "epoch": epoch,
            "snapshot": snapshot,
            "response": response,
            "created_at": datetime.now(timezone.utc),
        }
        async with self._work(self._database.write) as connection:
            # On conflict PostgreSQL waits for the other transaction to end, then inserts nothing.
            if (await connection.execute(_INSERT, row)).rowcount == 1:
                await connection.execute(_PRUNE, names)
                return response
            return str((await connection.execute(_ANSWER, names)).scalar_one())

    async def forget(self, conversation_id: str) -> int:
        """Erase all memory of a conversation. Returns the number of turns erased."""
        return await self._delete(brain_turn.c.conversation_id == conversation_id)

    async def forget_before(self, moment: datetime) -> int:
        """Erase all memory older than `moment` (retention). Returns the number of turns erased."""
        return await self._delete(brain_turn.c.created_at < moment)

    async def free_space(self) -> None:
        """Leave nothing of what was erased in the database's files. See `Database.free_space`."""
        await self._database.free_space()

    async def close(self) -> None:
        """Close all connections."""
        await self._database.close()

    async def _delete(self, condition: Any) -> int:
        async with self._work(self._database.write) as connection:
            return (await connection.execute(delete(brain_turn).where(condition))).rowcount

    @asynccontextmanager
    async def _work(self, transaction: Transaction) -> AsyncIterator[AsyncConnection]:
        """One transaction on a database that has the table."""
        try:
            await self._create_once()
            async with transaction() as connection:
                yield connection
        except (StoreUnavailable, SQLAlchemyError) as error:
            raise MemoryAway(f"brain memory: {error}") from error

    async def _create_once(self) -> None:
        if self._ready:
            return
        async with self._creating:
            if self._ready:
                return
            async with self._database.write() as connection:
                if not self._database.is_sqlite:
                    # Two brains starting at once: CREATE TABLE IF NOT EXISTS alone is not safe against itself.
                    await connection.execute(text("SELECT pg_advisory_xact_lock(7236151)"))
                await connection.execute(CreateTable(brain_turn, if_not_exists=True))
            self._ready = True
