"""A conversation's whole record, as its customer may read and take along: one value, from which the page, the download
and the company's export are made.

It holds what was said and by whom, who held the conversation when and why, what the bot understood, which systems it
asked, files, cases, waits that were named, and erasures. Not in it: what others said about the customer at the desk
(`notes`, only in the company's own export), and rows that only serve the machinery.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.store.cases import Case, cases
from bot.store.errors import UnknownConversation
from bot.store.log import messages_after, read_conversation, tenures
from bot.store.rows import plain
from bot.store.tables import erasure, metadata, wait_promise
from bot.store.traces import Trace, traces
from bot.store.unit_of_work import Unit
from bot.store.whatsapp_contacts import joined_conversations

_BATCH = 500
_MOST_TRACES = 10_000


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of the conversation."""

    seq: int
    at: datetime
    # customer, bot, human or system; and the name that stood beside it.
    author: str
    name: str
    text: str
    choices: list[str] = []
    sources: list[dict[str, Any]] = []
    case: str | None = None


class Held(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who held the conversation, from when to when."""

    holder: str
    reason: str
    since: datetime
    until: datetime | None = None
    name: str | None = None
    # When an agent first looked at it.
    seen_at: datetime | None = None


class Understood(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the bot made of what was said until `seq`, and what became of its answer."""

    seq: int
    at: datetime
    outcome: str
    intent: str | None = None
    confidence: float | None = None
    decision: str | None = None
    entities: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    rules: list[str] = []


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of one conversation."""

    conversation: str
    channel: str
    language: str
    opened_at: datetime
    exported_at: datetime
    customer_number: str | None
    customer_name: str | None
    # How sure that is: `claimed`, `proven` with a code, or nothing.
    identity: str | None
    phone: str | None
    messages: list[Said]
    holders: list[Held]
    understood: list[Understood]
    files: list[dict[str, Any]]
    cases: list[dict[str, Any]]
    waits: list[dict[str, Any]]
    erasures: list[dict[str, Any]]
    # Of the desk; empty in what customers get by themselves.
    notes: list[dict[str, Any]]


async def record_of(unit: Unit, conversation_id: str, *, with_notes: bool = False) -> Record:
    """The record as it is now.

    Raises:
        UnknownConversation: there is no such conversation.
    """
    row = await read_conversation(unit, conversation_id)
    if row is None:
        raise UnknownConversation(conversation_id)

    async def rows(name: str, *columns: str, order: str) -> list[dict[str, Any]]:
        table = metadata.tables[name]
        found = await unit.connection.execute(
            sa.select(*(table.c[column] for column in columns))
            .where(table.c.conversation_id == conversation_id)
            .order_by(table.c[order])
        )
        return [plain(one) for one in found.mappings()]

    return Record(
        conversation=row.id,
        channel=row.channel,
        language=row.locale,
        opened_at=row.opened_at,
        exported_at=unit.now,
        customer_number=row.customer_number,
        customer_name=row.customer_name,
        identity=row.customer_level,
        phone=row.verified_phone,
        messages=await _said(unit, conversation_id),
        holders=[
            Held(
                holder=one.holder.value,
                reason=one.reason.value,
                since=one.started_at,
                until=one.ended_at,
                name=one.agent_name,
                seen_at=one.seen_at,
            )
            for one in await tenures(unit, conversation_id)
        ],
        understood=[_understood(one) for one in await traces(unit, conversation_id, _MOST_TRACES)],
        files=await rows("attachment", "kind", "file_name", "media_type", "size", "state", "created_at", order="id"),
        cases=[_case(one) for one in await cases(unit, conversation_id)],
        waits=await rows(
            wait_promise.name, "seconds", "share", "measured_at", "promised_until", "outcome", order="epoch"
        ),
        erasures=await rows(erasure.name, "at", "asked_by", "last_seq", order="number"),
        notes=await rows("note", "agent_name", "text", "at", order="id") if with_notes else [],
    )


async def _said(unit: Unit, conversation_id: str) -> list[Said]:
    said: list[Said] = []
    while portion := await messages_after(unit, conversation_id, said[-1].seq if said else 0, _BATCH):
        said += [
            Said(
                seq=one.seq,
                at=one.at,
                author=one.author.kind.value,
                name=one.author.name,
                text=one.text,
                choices=[button.title for button in one.buttons],
                sources=msgspec.to_builtins(list(one.sources), builtin_types=(datetime,)),
                case=one.case,
            )
            for one in portion
        ]
    return said


def _understood(trace: Trace) -> Understood:
    body = trace.body
    intent = body.get("intent") or {}
    return Understood(
        seq=trace.seq,
        at=trace.at,
        outcome=trace.outcome,
        intent=intent.get("name"),
        confidence=intent.get("confidence"),
        decision=body.get("decision") if intent else None,
        entities=body.get("entities") or [],
        calls=body.get("calls") or [],
        rules=body.get("actions") or [],
    )


def _case(case: Case) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.to_builtins(case, builtin_types=(datetime,))
    # `ticket`: where the ticket system has the case, with a transcript of its own.
    named = {name: values[name] for name in ("number", "team", "status", "created_at", "due_at")}
    return {**named, "ticket": case.external_ref}


async def conversations_of(unit: Unit, *, customer_number: str | None = None, phone: str | None = None) -> list[str]:
    """Conversations whose customer proved or claimed this number, or wrote from this phone (E.164)."""
    table = metadata.tables["conversation"]
    ways = [
        column == value
        for column, value in ((table.c.customer_number, customer_number), (table.c.verified_phone, phone))
        if value is not None
    ]
    found = await unit.connection.execute(sa.select(table.c.id).where(sa.or_(sa.false(), *ways)).order_by(table.c.id))
    theirs = set(found.scalars())
    # What was said under another address, before it was known to be the same person's.
    for one in tuple(theirs):
        theirs.update(await joined_conversations(unit, one))
    return sorted(theirs)
