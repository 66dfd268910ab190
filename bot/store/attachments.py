"""Files of messages: stored by digest with their message, or noted with it and fetched later; gone after their time.

The content is in the database, so that every node has it, a backup holds it, and a message and its file are one commit.
Two units with the same content wait for each other; content that any file refers to cannot be removed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.conversation.model import File, Message, new_id
from bot.store.attachment_tables import attachment as table
from bot.store.attachment_tables import blob
from bot.store.rows import plain
from bot.store.tables import message as message_table
from bot.store.unit_of_work import Unit

# How long a worker may take to fetch a file before another one may try.
_LEASE = timedelta(minutes=2)
_MOST_ATTEMPTS = 8
# What is left of a file whose content is gone: that there was one, and of what kind. Erasure leaves the same.
_NOTHING = {"state": "expired", "digest": None, "file_name": None, "reference": "", "error": None}
_OF_MESSAGES = sa.select(
    *(table.c.message_id, table.c.id, table.c.kind, table.c.file_name),
    *(table.c.media_type, table.c.size, table.c.state),
).where(table.c.message_id.in_(sa.bindparam("messages", expanding=True)))


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a message. `state` is pending, stored, refused, gone or expired."""

    id: str
    message_id: str
    conversation_id: str
    channel: str
    reference: str
    kind: str
    file_name: str | None
    media_type: str | None
    size: int | None
    digest: str | None
    state: str
    error: str | None
    attempts: int
    expires_at: datetime


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was looked into: kind and media type are those that its content shows."""

    kind: str
    media_type: str
    name: str | None
    data: bytes
    digest: str


def content_of(data: bytes, *, kind: str, media_type: str, name: str | None) -> Content:
    """A file with its digest. For a large one this takes a while: beside the loop."""
    return Content(kind=kind, media_type=media_type, name=name, data=data, digest=hashlib.sha256(data).hexdigest())


async def add_attachment(
    unit: Unit,
    message: Message,
    channel: str,
    *,
    reference: str,
    kind: str,
    file_name: str | None,
    expires_at: datetime,
) -> str:
    """Note a file that is to be fetched for a message of this unit; its id."""
    values = {"kind": kind, "file_name": file_name, "reference": reference, "state": "pending"}
    return await _add(unit, message, channel, expires_at, values)


async def add_stored_attachment(
    unit: Unit, message: Message, channel: str, content: Content, *, expires_at: datetime
) -> str:
    """Store a file with its message, which was written in this unit; its id."""
    await _keep(unit, content.digest, content.data)
    values = {
        "kind": content.kind,
        "file_name": content.name,
        "reference": "",
        "media_type": content.media_type,
        "size": len(content.data),
        "digest": content.digest,
        "state": "stored",
    }
    return await _add(unit, message, channel, expires_at, values)


async def _add(unit: Unit, message: Message, channel: str, expires_at: datetime, values: Mapping[str, object]) -> str:
    attachment_id = new_id()
    await unit.connection.execute(
        sa.insert(table).values(
            id=attachment_id,
            message_id=message.id,
            conversation_id=message.conversation_id,
            channel=channel,
            due_at=unit.now,
            created_at=unit.now,
            expires_at=expires_at,
            **values,
        )
    )
    return attachment_id


async def _keep(unit: Unit, digest: str, data: bytes) -> None:
    """Store content once. Its row is locked until the unit ends, so that nobody removes it as unused meanwhile."""
    insert = sqlite.insert if unit.connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(blob).values(digest=digest, content=data)
    await unit.connection.execute(
        statement.on_conflict_do_update(index_elements=["digest"], set_={"digest": statement.excluded.digest})
    )


async def any_to_fetch(unit: Unit, channel: str) -> bool:
    """Whether a file is due: asked often, and without keeping anybody from writing."""
    due = sa.select(table.c.id).where(
        table.c.state == "pending", table.c.channel == channel, table.c.due_at <= unit.now
    )
    return (await unit.connection.execute(due.limit(1))).first() is not None


async def lease_attachments(unit: Unit, channel: str, most: int) -> list[Attachment]:
    """Files to fetch now; nobody else gets them for a while."""
    due = (
        sa.select(table.c.id)
        .where(table.c.state == "pending", table.c.channel == channel, table.c.due_at <= unit.now)
        .order_by(table.c.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    found = await unit.connection.execute(
        sa.update(table)
        .where(table.c.id.in_(due))
        .values(due_at=unit.now + _LEASE, attempts=table.c.attempts + 1)
        .returning(*_COLUMNS)
    )
    return [msgspec.convert(plain(row), Attachment) for row in found.mappings()]


async def keep_attachment(unit: Unit, attachment: Attachment, content: Content) -> bool:
    """Store what was fetched; False where the file's time ended or it was erased meanwhile."""
    waits = sa.select(table.c.id).where(table.c.id == attachment.id, table.c.state == "pending").with_for_update()
    if (await unit.connection.execute(waits)).first() is None:
        return False
    await _keep(unit, content.digest, content.data)
    values = {"digest": content.digest, "media_type": content.media_type, "size": len(content.data)}
    await _change(unit, attachment, state="stored", error=None, **values)
    return True


async def refuse_attachment(unit: Unit, attachment: Attachment, state: Literal["refused", "gone"], error: str) -> None:
    """It is not stored, and why."""
    await _change(unit, attachment, state=state, error=error)


async def try_attachment_later(unit: Unit, attachment: Attachment, error: str) -> None:
    """It could not be fetched now; after many tries it counts as gone."""
    if attachment.attempts >= _MOST_ATTEMPTS:
        await _change(unit, attachment, state="gone", error=error)
        return
    pause = timedelta(seconds=min(2.0**attachment.attempts, 600))
    await _change(unit, attachment, due_at=unit.now + pause, error=error)


async def _change(unit: Unit, attachment: Attachment, **values: object) -> None:
    await unit.connection.execute(
        sa.update(table).where(table.c.id == attachment.id, table.c.state == "pending").values(**values)
    )
    unit.announce(attachment.conversation_id, None)


async def note_upload(unit: Unit, attachment_id: str, reference: str) -> None:
    """The provider has a copy of this file under this id: it need not be uploaded again."""
    await unit.connection.execute(
        sa.update(table).where(table.c.id == attachment_id, table.c.state == "stored").values(reference=reference)
    )


async def expire_attachments(unit: Unit) -> int:
    """Remove the content of files whose time is over; how many these were."""
    over = await unit.connection.execute(
        sa.update(table)
        .where(table.c.state.in_(("stored", "pending")), table.c.expires_at <= unit.now)
        .values(_NOTHING)
    )
    if over.rowcount:
        await remove_unused_content(unit)
    return over.rowcount


async def remove_unused_content(unit: Unit) -> None:
    """Remove content that no file refers to. What another unit is about to refer to is locked by it, and left."""
    unused = ~sa.exists().where(table.c.digest == blob.c.digest)
    found = await unit.connection.execute(sa.select(blob.c.digest).where(unused).with_for_update(skip_locked=True))
    candidates = list(found.scalars())
    if candidates:
        # Looked at once more behind the locks: what was referred to meanwhile stays.
        await unit.connection.execute(sa.delete(blob).where(blob.c.digest.in_(candidates), unused))


async def customer_volume(unit: Unit, conversation_id: str, since: datetime) -> tuple[int, int]:
    """How many files the customer has sent since then, and of how many bytes together."""
    found = await unit.connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(table.c.size), 0))
        .join(message_table, message_table.c.id == table.c.message_id)
        .where(
            table.c.conversation_id == conversation_id,
            table.c.created_at > since,
            message_table.c.author_kind == "customer",
        )
    )
    count, size = found.one()
    return int(count), int(size)


async def attachments(unit: Unit, conversation_id: str) -> list[Attachment]:
    """The files of a conversation, oldest first."""
    return await _all(unit, table.c.conversation_id == conversation_id)


async def attachments_of(unit: Unit, message_id: str) -> list[Attachment]:
    """The files of a message, oldest first."""
    return await _all(unit, table.c.message_id == message_id)


async def _all(unit: Unit, condition: sa.ColumnElement[bool]) -> list[Attachment]:
    found = await unit.connection.execute(sa.select(*_COLUMNS).where(condition).order_by(table.c.id))
    return [msgspec.convert(plain(row), Attachment) for row in found.mappings()]


async def attachment_content(unit: Unit, attachment_id: str) -> tuple[Attachment, bytes] | None:
    """A stored file, or nothing. May be large: within `Store.report`, where it holds nobody up."""
    found = await unit.connection.execute(
        sa.select(*_COLUMNS, blob.c.content)
        .join(blob, blob.c.digest == table.c.digest)
        .where(table.c.id == attachment_id, table.c.expires_at > unit.now)
    )
    row = found.mappings().one_or_none()
    if row is None:
        return None
    values = plain(row)
    content = bytes(values.pop("content"))
    return msgspec.convert(values, Attachment), content


async def files_of(unit: Unit, message_ids: Sequence[str]) -> dict[str, tuple[File, ...]]:
    """The files of these messages as the log shows them."""
    files: dict[str, tuple[File, ...]] = {}
    if message_ids:
        found = await unit.connection.execute(_OF_MESSAGES.order_by(table.c.id), {"messages": list(message_ids)})
        for row in found:
            file = File(
                id=row.id,
                kind=row.kind,
                name=row.file_name,
                media_type=row.media_type,
                size=row.size,
                state=row.state,
            )
            files[row.message_id] = (*files.get(row.message_id, ()), file)
    return files


_COLUMNS = [table.c[name] for name in Attachment.__struct_fields__]


class KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as a check of the record finds it: `digest` is that of the content, counted anew."""

    state: str
    digest: str | None


async def files_for_check(unit: Unit, conversation_id: str) -> dict[str, list[KeptFile]]:
    """The conversation's files by their message."""
    found = await unit.connection.execute(
        sa.select(table.c.message_id, table.c.state, table.c.digest).where(table.c.conversation_id == conversation_id)
    )
    kept: dict[str, list[KeptFile]] = {}
    for row in found.all():
        content = None
        if row.digest is not None:
            content = (
                await unit.connection.execute(sa.select(blob.c.content).where(blob.c.digest == row.digest))
            ).scalar_one_or_none()
        digest = None if content is None else hashlib.sha256(content).hexdigest()
        kept.setdefault(row.message_id, []).append(KeptFile(state=row.state, digest=digest))
    return kept
