"""Units of work: one transaction, one set of hints.

Everything written in a unit commits together; the hints for it are published after the commit and only then. When the
process dies in between, the hint is lost and polling finds the change.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.model import utc_now
from bot.store.engine import Database
from bot.store.prepared import repeated
from bot.store.tables import counter, stream
from bot.store.wakeup import Hint, WakeUp

# Statements of every message are built once: building one costs more than running it.
_APPEND_TO_STREAM = repeated(sa.insert(stream))
_TAKE = repeated(
    sa.update(counter)
    .where(counter.c.name == sa.bindparam("counter"))
    .values(value=counter.c.value + sa.bindparam("count", type_=sa.BigInteger))
    .returning(counter.c.value)
)


class Unit:
    """An open transaction and what it will have announced when it commits."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self.connection = connection
        # One time for all that the unit writes.
        self.now = now
        self.entries: list[tuple[str, int | None]] = []
        self._hints: dict[str, Hint] = {}

    def announce(self, conversation_id: str, seq: int | None) -> None:
        """Put an entry into the stream that desks and other nodes follow."""
        self.entries.append((conversation_id, seq))
        self.hint(Hint(conversation_id=conversation_id, log=True, head=seq or 0))

    def hint(self, hint: Hint) -> None:
        """Publish after the commit; hints for one conversation are joined."""
        known = self._hints.get(hint.conversation_id)
        self._hints[hint.conversation_id] = (
            hint
            if known is None
            else Hint(
                conversation_id=hint.conversation_id,
                log=known.log or hint.log,
                head=max(known.head, hint.head),
                inbox=known.inbox or hint.inbox,
                outbox=known.outbox or hint.outbox,
            )
        )

    @property
    def hints(self) -> list[Hint]:
        """What is to be published after the commit."""
        return list(self._hints.values())


class Store:
    """The way into the database for services."""

    def __init__(self, database: Database, wakeup: WakeUp, now: Callable[[], datetime] = utc_now) -> None:
        self.database = database
        self.wakeup = wakeup
        # The only clock of everything that is stored: what is due and what is written agree on the time.
        self._now = now

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Unit]:
        """A unit that only reads."""
        async with self.database.read() as connection:
            yield Unit(connection, self._now())

    @asynccontextmanager
    async def report(self) -> AsyncIterator[Unit]:
        """A unit that reads much, such as counts over whole tables; it may take long and holds nobody up."""
        async with self.database.report() as connection:
            yield Unit(connection, self._now())

    @asynccontextmanager
    async def write(self, *, urgent: bool = False) -> AsyncIterator[Unit]:
        """A unit that writes, all or nothing. Urgent is what has to be acknowledged to somebody outside.

        Raises:
            StoreUnavailable: nothing was written.
        """
        async with self.database.write(urgent=urgent) as connection:
            unit = Unit(connection, self._now())
            yield unit
            if unit.entries:
                await _append_to_stream(unit)
        for hint in unit.hints:
            self.wakeup.publish(hint)


async def _append_to_stream(unit: Unit) -> None:
    last = await next_value(unit, "stream", len(unit.entries))
    first = last - len(unit.entries) + 1
    await unit.connection.execute(
        _APPEND_TO_STREAM,
        [
            {"position": first + index, "conversation_id": conversation_id, "seq": seq}
            for index, (conversation_id, seq) in enumerate(unit.entries)
        ],
    )


async def next_value(unit: Unit, name: str, count: int = 1) -> int:
    """Take `count` numbers from a counter without a gap and return the last. Holds the counter's row until commit."""
    result = await unit.connection.execute(_TAKE, {"counter": name, "count": count})
    return int(result.scalar_one())
