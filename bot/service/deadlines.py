"""Deadlines: no tenure outlives its deadline. Any node may run this; the conversation's lock decides who acts.

A queue that nobody took becomes a case with a number and a due time, and the bot is back. An agent who is gone loses
the conversation to the queue; so does whoever wrote in the channel's own app and does not answer. Each is told to the
customer in the same transaction.
"""

from __future__ import annotations

import asyncio
import contextlib

import sqlalchemy as sa
import structlog

from bot.conversation.handover import IN_APP
from bot.conversation.model import Holder
from bot.service.conversations import Conversations
from bot.store.errors import StoreUnavailable
from bot.store.log import current_tenure
from bot.store.tables import tenure as tenure_table
from bot.store.unit_of_work import Store

log = structlog.get_logger(__name__)


class Deadlines:
    """Ends tenures whose deadline has passed."""

    def __init__(self, store: Store, conversations: Conversations, *, poll: float = 1.0) -> None:
        self._store = store
        self._conversations = conversations
        self._poll = poll

    async def run(self) -> None:
        """Work until cancelled. Errors of the database are waited out."""
        while True:
            with contextlib.suppress(StoreUnavailable):
                await self.expire_due()
            await asyncio.sleep(self._poll)

    async def expire_due(self) -> int:
        """End every tenure that is over its deadline; how many that were."""
        async with self._store.read() as unit:
            found = await unit.connection.execute(
                sa.select(tenure_table.c.conversation_id)
                .where(tenure_table.c.ended_at.is_(None), tenure_table.c.deadline_at <= unit.now)
                .limit(200)
            )
            overdue = [row.conversation_id for row in found]
        for conversation_id in overdue:
            try:
                await self._expire(conversation_id)
            except StoreUnavailable:
                raise
            except Exception:
                log.exception("a deadline could not be acted on", conversation=conversation_id)
        return len(overdue)

    async def _expire(self, conversation_id: str) -> None:
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            row = opened.row
            tenure = await current_tenure(unit, conversation_id)
            if tenure.deadline_at is None or tenure.deadline_at > unit.now:
                return
            if row.holder is Holder.QUEUE:
                await self._conversations.handover.give_up_waiting(opened, tenure)
            elif tenure.agent_id == IN_APP:
                await self._conversations.written_in_app.expire(opened, tenure)
            elif row.holder is Holder.AGENT:
                await self._conversations.handover.back_to_queue(opened, tenure)
            await opened.save()
