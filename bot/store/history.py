"""Reading what a span of time left behind, for figures: each function is one query, and none changes anything."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.conversation.handover import HANDOVER_REASONS, Reason
from bot.conversation.model import AuthorKind, Holder
from bot.store.desk_tables import rating
from bot.store.tables import agent, conversation, inbox, message, tenure, trace, wait_promise
from bot.store.unit_of_work import Unit

_ASKED = tenure.c.reason.in_([reason.value for reason in HANDOVER_REASONS])


async def customer_messages(unit: Unit, since: datetime, until: datetime) -> list[Any]:
    """`conversation_id, channel, at, outcome` of what customers wrote, oldest first."""
    query = (
        sa.select(message.c.conversation_id, conversation.c.channel, message.c.at, inbox.c.outcome)
        .join(conversation, conversation.c.id == message.c.conversation_id)
        .join(inbox, inbox.c.message_id == message.c.id, isouter=True)
        .where(message.c.author_kind == AuthorKind.CUSTOMER.value, message.c.at >= since, message.c.at < until)
        .order_by(message.c.at, message.c.seq)
    )
    return list(await unit.connection.execute(query))


async def handovers(unit: Unit, since: datetime, until: datetime) -> list[Any]:
    """`conversation_id, channel, started_at, reason, waited` of what the bot handed over, in the order it happened.

    `waited` is false where nobody was there and it became a case at once.
    """
    out_of_hours = tenure.c.reason == Reason.OUT_OF_HOURS.value
    query = (
        sa.select(
            tenure.c.conversation_id,
            conversation.c.channel,
            tenure.c.started_at,
            tenure.c.reason,
            (tenure.c.holder == Holder.QUEUE.value).label("waited"),
        )
        .join(conversation, conversation.c.id == tenure.c.conversation_id)
        .where(
            out_of_hours | ((tenure.c.holder == Holder.QUEUE.value) & _ASKED),
            tenure.c.started_at >= since,
            tenure.c.started_at < until,
        )
        .order_by(tenure.c.started_at, tenure.c.conversation_id, tenure.c.epoch)
    )
    return list(await unit.connection.execute(query))


async def persons_started(unit: Unit, since: datetime, until: datetime) -> list[Any]:
    """`conversation_id, started_at` of tenures of a person or of the queue."""
    held = tenure.c.holder.in_([Holder.QUEUE.value, Holder.AGENT.value])
    query = sa.select(tenure.c.conversation_id, tenure.c.started_at).where(
        held, tenure.c.started_at >= since, tenure.c.started_at < until
    )
    return list(await unit.connection.execute(query))


async def human_messages(unit: Unit, since: datetime) -> list[Any]:
    """`conversation_id, at` of what people at the desk wrote, oldest first; also after the span: answers come later.

    What they wrote where a conversation goes on, after it was joined, answers that one too.
    """
    written = (message.c.author_kind == AuthorKind.HUMAN.value) & (message.c.at >= since)
    in_it = sa.select(message.c.conversation_id, message.c.at).where(written)
    where_it_goes_on = (
        sa.select(tenure.c.conversation_id, message.c.at)
        .join(message, message.c.conversation_id == tenure.c.detail)
        .where(tenure.c.reason == Reason.JOINED.value, message.c.at >= tenure.c.started_at, written)
    )
    return list(await unit.connection.execute(in_it.union_all(where_it_goes_on).order_by("at")))


async def readings(unit: Unit, since: datetime, until: datetime) -> list[Any]:
    """`conversation_id, at, body` of the turns that were used, oldest first."""
    query = (
        sa.select(trace.c.conversation_id, trace.c.at, trace.c.body)
        .where(trace.c.outcome == "committed", trace.c.at >= since, trace.c.at < until)
        .order_by(trace.c.at)
    )
    return list(await unit.connection.execute(query))


async def promises(unit: Unit, since: datetime, until: datetime) -> list[Any]:
    """`channel, started_at, outcome` of the waits that were named."""
    query = (
        sa.select(conversation.c.channel, tenure.c.started_at, wait_promise.c.outcome)
        .join(
            tenure,
            (tenure.c.conversation_id == wait_promise.c.conversation_id) & (tenure.c.epoch == wait_promise.c.epoch),
        )
        .join(conversation, conversation.c.id == wait_promise.c.conversation_id)
        .where(tenure.c.started_at >= since, tenure.c.started_at < until)
    )
    return list(await unit.connection.execute(query))


async def ratings(unit: Unit, since: datetime, until: datetime) -> list[Any]:
    """`channel, asked_at, stars` of the questions for a rating."""
    query = (
        sa.select(conversation.c.channel, rating.c.asked_at, rating.c.stars)
        .join(conversation, conversation.c.id == rating.c.conversation_id)
        .where(rating.c.asked_at >= since, rating.c.asked_at < until)
    )
    return list(await unit.connection.execute(query))


async def held_now(unit: Unit) -> list[Any]:
    """`team, holder, started_at, deadline_at` of every conversation that waits or that a person holds."""
    query = (
        sa.select(conversation.c.team, tenure.c.holder, tenure.c.started_at, tenure.c.deadline_at)
        .join(
            tenure,
            (tenure.c.conversation_id == conversation.c.id) & (tenure.c.epoch == conversation.c.epoch),
        )
        .where(conversation.c.holder.in_([Holder.QUEUE.value, Holder.AGENT.value]))
    )
    return list(await unit.connection.execute(query))


async def connected_agents(unit: Unit, since: datetime) -> int:
    """How many accounts had a desk connected after this moment."""
    query = sa.select(sa.func.count()).select_from(agent).where(agent.c.last_seen_at > since)
    return int((await unit.connection.execute(query)).scalar_one())
