"""Reading: the log of a conversation, lists of conversations, and the stream of changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.conversation.handover import Reason
from bot.conversation.model import AuthorKind, EventKind, Holder, Message
from bot.store.attachments import files_of
from bot.store.entries import Conversation, conversation_of, message_of, select_messages
from bot.store.prepared import repeated
from bot.store.rows import plain
from bot.store.tables import case as case_table
from bot.store.tables import conversation as conversation_table
from bot.store.tables import inbox as inbox_table
from bot.store.tables import message as message_table
from bot.store.tables import stream as stream_table
from bot.store.tables import tenure as tenure_table
from bot.store.tables import wait_promise as promise_table
from bot.store.unit_of_work import Unit

# Statements of every message are built once: building one costs more than running it.
_HERE = message_table.c.conversation_id == sa.bindparam("conversation")
_MOST = sa.bindparam("most", type_=sa.Integer)
_READ = repeated(sa.select(conversation_table).where(conversation_table.c.id == sa.bindparam("conversation")))
_AFTER = repeated(
    select_messages()
    .where(_HERE, message_table.c.seq > sa.bindparam("after"))
    .order_by(message_table.c.seq)
    .limit(_MOST)
)
_NEWEST = repeated(select_messages().where(_HERE).order_by(message_table.c.seq.desc()).limit(_MOST))
_BY_CLIENT_ID = repeated(
    select_messages().where(
        _HERE, message_table.c.origin == sa.bindparam("origin"), message_table.c.client_id == sa.bindparam("client")
    )
)
_CURRENT_TENURE = repeated(
    sa.select(tenure_table).where(
        tenure_table.c.conversation_id == sa.bindparam("conversation"), tenure_table.c.ended_at.is_(None)
    )
)
_CUSTOMER_TEXTS = repeated(
    sa.select(
        message_table.c.id,
        message_table.c.seq,
        sa.func.coalesce(message_table.c.heard, message_table.c.text).label("text"),
        message_table.c.payload,
        message_table.c.has_files,
    )
    .where(
        _HERE,
        message_table.c.author_kind == AuthorKind.CUSTOMER.value,
        message_table.c.seq.between(sa.bindparam("first"), sa.bindparam("last")),
    )
    .order_by(message_table.c.seq)
)
_STREAM_HEAD = repeated(sa.select(sa.func.coalesce(sa.func.max(stream_table.c.position), 0)))
_STREAM_AFTER = repeated(
    sa.select(stream_table.c.position, stream_table.c.conversation_id, stream_table.c.seq)
    .where(stream_table.c.position > sa.bindparam("after"))
    .order_by(stream_table.c.position)
    .limit(_MOST)
)


class TenureRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A tenure as stored."""

    conversation_id: str
    epoch: int
    holder: Holder
    reason: Reason
    detail: str | None
    agent_id: str | None
    agent_name: str | None
    started_at: datetime
    ended_at: datetime | None
    deadline_at: datetime | None
    # When the agent who was given the conversation first looked at it.
    seen_at: datetime | None = None


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation in a list: its row, its tenure, what somebody said last, and the newest reason for a handover."""

    conversation: Conversation
    tenure: TenureRecord
    last: Message
    handover_reason: Reason | None
    handover_detail: str | None
    case_number: str | None
    # Until when the customer, who waits, was told that a person would usually be there.
    promised_until: datetime | None


async def read_conversation(unit: Unit, conversation_id: str) -> Conversation | None:
    """The conversation's current row, unlocked."""
    found = await unit.connection.execute(_READ, {"conversation": conversation_id})
    row = found.mappings().one_or_none()
    return None if row is None else conversation_of(row)


async def messages_after(unit: Unit, conversation_id: str, seq: int, limit: int = 500) -> list[Message]:
    """Entries with a higher place than `seq`, in order, at most `limit`."""
    found = await unit.connection.execute(_AFTER, {"conversation": conversation_id, "after": seq, "most": limit})
    return await _messages(unit, found.mappings())


async def newest_messages(unit: Unit, conversation_id: str, limit: int) -> list[Message]:
    """The last `limit` entries, in order."""
    found = await unit.connection.execute(_NEWEST, {"conversation": conversation_id, "most": limit})
    return (await _messages(unit, found.mappings()))[::-1]


async def _messages(unit: Unit, rows: Iterable[Any]) -> list[Message]:
    """Rows as values, with their files: where no message has any, nothing is asked for."""
    rows = list(rows)
    files = await files_of(unit, [row["id"] for row in rows if row["has_files"]])
    return [message_of(row, files.get(row["id"], ())) for row in rows]


async def messages_before(unit: Unit, conversation_id: str, seq: int, limit: int) -> list[Message]:
    """The last `limit` entries with a lower place than `seq`, in order."""
    found = await unit.connection.execute(
        select_messages()
        .where(message_table.c.conversation_id == conversation_id, message_table.c.seq < seq)
        .order_by(message_table.c.seq.desc())
        .limit(limit)
    )
    return (await _messages(unit, found.mappings()))[::-1]


async def message_by_client_id(unit: Unit, conversation_id: str, origin: str, client_id: str) -> Message | None:
    """The message that was already stored under this client id."""
    found = await unit.connection.execute(
        _BY_CLIENT_ID, {"conversation": conversation_id, "origin": origin, "client": client_id}
    )
    row = found.mappings().one_or_none()
    return None if row is None else message_of(row)


async def is_answer(unit: Unit, message_id: str) -> bool:
    """Whether the message is a reply that a turn of the bot made."""
    found = await unit.connection.execute(sa.select(message_table.c.turn_id).where(message_table.c.id == message_id))
    return found.scalar_one_or_none() is not None


async def goes_on_in(unit: Unit, conversation_id: str) -> str | None:
    """The conversation of the same person in which this one goes on, if it does."""
    tenure = await current_tenure(unit, conversation_id)
    return tenure.detail if tenure.reason is Reason.JOINED else None


async def was_disclosed(unit: Unit, conversation_id: str) -> bool:
    """Whether the bot has ever said in this conversation that it is one."""
    said = sa.exists().where(message_table.c.conversation_id == conversation_id, message_table.c.discloses)
    return bool((await unit.connection.execute(sa.select(said))).scalar_one())


async def disclosures(unit: Unit, conversation_id: str, epoch: int) -> list[str]:
    """What the bot said in this tenure to say that it is one, oldest first."""
    found = await unit.connection.execute(
        sa.select(message_table.c.text)
        .where(
            message_table.c.conversation_id == conversation_id,
            message_table.c.epoch == epoch,
            message_table.c.discloses,
        )
        .order_by(message_table.c.seq)
    )
    return [str(text) for text in found.scalars()]


async def somebody_waits(unit: Unit, conversation_id: str) -> bool:
    """Whether the customer has said something that asks for an answer since a person last wrote to them."""
    said = message_table.alias("said")
    newest_word = (
        sa.select(sa.func.coalesce(sa.func.max(said.c.seq), 0))
        .where(said.c.conversation_id == conversation_id, said.c.author_kind == AuthorKind.HUMAN.value)
        .scalar_subquery()
    )
    found = await unit.connection.execute(
        sa.select(message_table.c.seq)
        .join(inbox_table, inbox_table.c.message_id == message_table.c.id)
        .where(_HERE, message_table.c.seq > newest_word, sa.func.coalesce(inbox_table.c.outcome, "") != "noted")
        .limit(1),
        {"conversation": conversation_id},
    )
    return found.first() is not None


async def tenures(unit: Unit, conversation_id: str) -> list[TenureRecord]:
    """Every tenure of a conversation, oldest first."""
    found = await unit.connection.execute(
        sa.select(tenure_table).where(tenure_table.c.conversation_id == conversation_id).order_by(tenure_table.c.epoch)
    )
    return [_tenure_of(row) for row in found.mappings()]


async def current_tenure(unit: Unit, conversation_id: str) -> TenureRecord:
    """The tenure that is open now."""
    found = await unit.connection.execute(_CURRENT_TENURE, {"conversation": conversation_id})
    return _tenure_of(found.mappings().one())


_TENURE = tenure_table.alias("current")


def _overviews(tenure: sa.FromClause) -> sa.Select[Any]:
    last, said_in = message_table.alias("last"), tenure_table.alias("said_in")
    handed = tenure_table.alias("handed")
    messages = sa.select(sa.func.max(message_table.c.seq)).where(
        message_table.c.conversation_id == conversation_table.c.id,
        message_table.c.kind == EventKind.MESSAGE.value,
    )
    # What somebody said tells more of a conversation than what the system said about it.
    by_somebody = messages.where(message_table.c.author_kind != AuthorKind.SYSTEM.value)
    newest_message = sa.func.coalesce(by_somebody.scalar_subquery(), messages.scalar_subquery())
    newest_handover = (
        sa.select(sa.func.max(tenure_table.c.epoch))
        .where(
            tenure_table.c.conversation_id == conversation_table.c.id,
            tenure_table.c.holder == Holder.QUEUE.value,
        )
        .scalar_subquery()
    )
    newest_case = (
        sa.select(sa.func.max(case_table.c.number))
        .where(case_table.c.conversation_id == conversation_table.c.id)
        .scalar_subquery()
    )
    return (
        sa.select(
            conversation_table,
            *[column.label(f"tenure_{column.name}") for column in tenure.c],
            *[column.label(f"message_{column.name}") for column in last.c],
            said_in.c.agent_name.label("message_holder_name"),
            handed.c.reason.label("handover_reason"),
            handed.c.detail.label("handover_detail"),
            newest_case.label("case"),
            promise_table.c.promised_until,
        )
        .join(
            tenure,
            (tenure.c.conversation_id == conversation_table.c.id) & (tenure.c.epoch == conversation_table.c.epoch),
        )
        .join(last, (last.c.conversation_id == conversation_table.c.id) & (last.c.seq == newest_message))
        .join(said_in, (said_in.c.conversation_id == last.c.conversation_id) & (said_in.c.epoch == last.c.epoch))
        .outerjoin(
            promise_table,
            (promise_table.c.conversation_id == conversation_table.c.id)
            & (promise_table.c.epoch == conversation_table.c.epoch),
        )
        .outerjoin(handed, (handed.c.conversation_id == conversation_table.c.id) & (handed.c.epoch == newest_handover))
        .where(NOT_SILENT)
    )


# A chat that was only opened is nobody's work yet.
NOT_SILENT = sa.or_(conversation_table.c.inbound_seq > 0, conversation_table.c.holder != "bot")
_ONLY = _overviews(_TENURE).where(conversation_table.c.id.in_(sa.bindparam("only", expanding=True)))


async def overviews(unit: Unit, only: Sequence[str]) -> list[Overview]:
    """These conversations in this order, as far as the customer has said something in them."""
    found = await unit.connection.execute(_ONLY, {"only": list(only)})
    known = {row["id"]: _overview_of(plain(row)) for row in found.mappings()}
    return [known[one] for one in only if one in known]


async def stream_head(unit: Unit) -> int:
    """Position of the newest change."""
    found = await unit.connection.execute(_STREAM_HEAD)
    return int(found.scalar_one())


async def stream_after(unit: Unit, position: int, limit: int = 500) -> list[tuple[int, str, int | None]]:
    """Changes after `position`: their position, conversation and, for a new entry of the log, its place."""
    found = await unit.connection.execute(_STREAM_AFTER, {"after": position, "most": limit})
    return [(row.position, row.conversation_id, row.seq) for row in found]


async def messages_at(unit: Unit, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Message]:
    """The entries at these places."""
    if not places:
        return {}
    found = await unit.connection.execute(
        select_messages().where(
            sa.or_(
                *[
                    (message_table.c.conversation_id == conversation_id) & (message_table.c.seq == seq)
                    for conversation_id, seq in places
                ]
            )
        )
    )
    return {(one.conversation_id, one.seq): one for one in await _messages(unit, found.mappings())}


async def customer_texts(
    unit: Unit, conversation_id: str, first_seq: int, last_seq: int
) -> list[tuple[str, int, str, str | None, bool]]:
    """What the customer said from `first_seq` to `last_seq`: message id, place, text, payload of a pressed button, and
    whether files came along.

    The text is empty where a message holds nothing for the bot, such as a picture without a caption.
    """
    found = await unit.connection.execute(
        _CUSTOMER_TEXTS, {"conversation": conversation_id, "first": first_seq, "last": last_seq}
    )
    return [(row.id, row.seq, row.text, row.payload, row.has_files) for row in found]


def _tenure_of(row: Mapping[Any, Any]) -> TenureRecord:
    return msgspec.convert(plain(row), TenureRecord)


def _overview_of(row: dict[str, Any]) -> Overview:
    def part(prefix: str) -> dict[str, Any]:
        return {key.removeprefix(prefix): value for key, value in row.items() if key.startswith(prefix)}

    reason = row["handover_reason"]
    return Overview(
        conversation=conversation_of({key: row[key] for key in Conversation.__struct_fields__}),
        tenure=_tenure_of(part("tenure_")),
        last=message_of(part("message_")),
        handover_reason=None if reason is None else Reason(reason),
        handover_detail=row["handover_detail"],
        case_number=row["case"],
        promised_until=row["promised_until"],
    )
