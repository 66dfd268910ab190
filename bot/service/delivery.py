"""Delivery: sending what is owed to channels that push.

A message is claimed, checked against the holder, sent, and its outcome recorded. Between claim and request may lie an
upload or a wait, so the holder is looked at again in the transaction that each request follows (`begin_request`):
after a takeover commits, no request of the bot begins. Repeats of a sure failure wait longer each time; a send without
a clear answer is `uncertain` and waits for the provider's word instead of being repeated.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

import msgspec
import structlog

from bot.ending import end
from bot.service.conversations import Conversations
from bot.store import outbox
from bot.store.errors import StoreUnavailable
from bot.store.outbox import Shipment
from bot.store.unit_of_work import Store, Unit
from bot.store.wakeup import Hint

log = structlog.get_logger(__name__)

_CLAIM = timedelta(seconds=60)
_MOST_ATTEMPTS = 12
# Told to stop, a worker takes so long, in seconds, to finish what it is sending.
_FINISH_WITHIN = 1.5


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """The provider has it, under this id."""

    provider_id: str


class NotSent(Exception):
    """The provider certainly does not have it. `permanent` when another try cannot help."""

    def __init__(
        self, reason: str, *, permanent: bool = False, after: timedelta | None = None, counts: bool = True
    ) -> None:
        super().__init__(reason)
        self.permanent = permanent
        # False where only time is missing, or an operator: such a try does not bring a message nearer to its end.
        self.counts = counts
        # The provider's own word on when to try again.
        self.after = after


class Uncertain(Exception):
    """The request went out and no clear answer came back: it may have arrived."""


class Overtaken(Exception):
    """A person took over before the request began: the bot has no more to say here."""


async def begin_request(unit: Unit, shipment: Shipment) -> None:
    """Every sender asks this in the transaction that a request follows, for each request anew.

    Raises:
        Overtaken: a person took over since the message was claimed.
        NotSent: the claim ran out or the message was erased; whoever has it now decides.
    """
    state = await outbox.let_begin(unit, shipment)
    if state == "overtaken":
        raise Overtaken
    if state == "lost":
        raise NotSent("the claim ran out before the request began", after=timedelta(0), counts=False)


class Sender(Protocol):
    """What a channel that pushes implements."""

    async def send(self, shipment: Shipment) -> Sent:
        """Send one message, together with the other replies of its turn, each author written into the text.

        Raises:
            NotSent, Uncertain, Overtaken: nothing else.
        """


class Delivery:
    """Works off the outbox. Any number of these may run."""

    def __init__(
        self,
        store: Store,
        senders: Mapping[str, Sender],
        conversations: Conversations | None = None,
        *,
        at_once: int = 16,
        poll: float = 1.0,
    ) -> None:
        self._store = store
        # Who hands over when an answer of the bot cannot be delivered; without it the desk only shows it.
        self._conversations = conversations
        self._senders = senders
        self._at_once = at_once
        self._poll = poll
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled; with no channel that pushes there is nothing to do."""
        if not self._senders:
            return
        forget = self._store.wakeup.subscribe(self._on_hint)
        try:
            while True:
                self._wake.clear()
                try:
                    sent = await self.send_due()
                except StoreUnavailable as error:
                    log.warning("delivery waits for the database", error=str(error))
                    await asyncio.sleep(1)
                    continue
                if not sent:
                    with contextlib.suppress(asyncio.TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), self._poll)
        finally:
            forget()

    def _on_hint(self, hint: Hint) -> None:
        if hint.outbox:
            self._wake.set()

    async def send_due(self) -> int:
        """Send what is due, each conversation in order; how many messages were tried."""
        async with self._store.read() as unit:
            due = await outbox.next_due(unit)
        if due is None or due > unit.now:
            return 0
        async with self._store.write() as unit:
            shipments = await outbox.claim_due(unit, list(self._senders), self._at_once, _CLAIM)
        if shipments:
            await self._send_all(shipments)
        return len(shipments)

    async def _send_all(self, shipments: Sequence[Shipment]) -> None:
        sending = [asyncio.create_task(self._send(shipment)) for shipment in shipments]
        try:
            await asyncio.wait(sending)
        except asyncio.CancelledError:
            # What has begun is brought to its end: cut off, nobody here would know whether it arrived.
            await asyncio.wait(sending, timeout=_FINISH_WITHIN)
            raise
        finally:
            await end(sending)
        for sent in sending:
            sent.result()

    async def _send(self, shipment: Shipment) -> None:
        try:
            sent = await self._senders[shipment.channel].send(shipment)
        except Uncertain as error:
            async with self._store.write() as unit:
                await outbox.settle(unit, shipment, "uncertain", error=str(error))
        except Overtaken:
            async with self._store.write() as unit:
                await outbox.settle(unit, shipment, "cancelled", error=outbox.TAKEN_OVER)
        except NotSent as error:
            await self._not_sent(shipment, error)
        else:
            async with self._store.write() as unit:
                await outbox.settle(unit, shipment, "sent", provider_id=sent.provider_id)

    async def _not_sent(self, shipment: Shipment, error: NotSent) -> None:
        dead = error.permanent or (error.counts and shipment.attempts >= _MOST_ATTEMPTS)
        pause = timedelta(seconds=min(2.0**shipment.attempts, 600) * random.uniform(0.5, 1.0))  # noqa: S311 (jitter)
        log.warning("not sent", message=shipment.message.id, error=str(error), dead=dead)
        if error.after is not None:
            pause = error.after if not error.counts else max(pause, error.after)
        async with self._store.write() as unit:
            settled = await outbox.settle(
                unit,
                shipment,
                "dead" if dead else "pending",
                error=str(error),
                due_at=unit.now + pause,
                counts=error.counts,
            )
            if settled and dead and self._conversations is not None:
                message = shipment.message
                await self._conversations.undelivered(unit, message.conversation_id, message.id, str(error))
