"""Files that customers sent: noted with their message, fetched later, stored by digest, gone after their time.

The content is in the database, so that every node has it and a backup holds it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.conversation.model import new_id
from bot.store.rows import plain
from bot.store.unit_of_work import Unit
from bot.store.whatsapp_tables import attachment as table
from bot.store.whatsapp_tables import blob

# How long a worker may take to fetch a file before another one may try.
_LEASE = timedelta(minutes=2)
_MOST_ATTEMPTS = 8


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


async def add_attachment(
    unit: Unit,
    *,
    message_id: str,
    conversation_id: str,
    channel: str,
    reference: str,
    kind: str,
    file_name: str | None,
    expires_at: datetime,
) -> str:
    """Note a file that is to be fetched; its id."""
    attachment_id = new_id()
    await unit.connection.execute(
        sa.insert(table).values(
            id=attachment_id,
            message_id=message_id,
            conversation_id=conversation_id,
            channel=channel,
            reference=reference,
            kind=kind,
            file_name=file_name,
            state="pending",
            due_at=unit.now,
            created_at=unit.now,
            expires_at=expires_at,
        )
    )
    return attachment_id


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


async def keep_attachment(unit: Unit, attachment: Attachment, content: bytes, *, digest: str, media_type: str) -> None:
    """Store what was fetched. The same content is kept once."""
    insert = sqlite.insert if unit.connection.dialect.name == "sqlite" else postgresql.insert
    await unit.connection.execute(
        insert(blob).values(digest=digest, content=content).on_conflict_do_nothing(index_elements=["digest"])
    )
    await _change(unit, attachment, state="stored", digest=digest, media_type=media_type, size=len(content), error=None)


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


async def expire_attachments(unit: Unit) -> int:
    """Remove the content of files whose time is over; how many these were."""
    over = await unit.connection.execute(
        sa.update(table)
        .where(table.c.state.in_(("stored", "pending")), table.c.expires_at <= unit.now)
        .values(state="expired", digest=None, file_name=None, reference="")
    )
    if over.rowcount:
        used = sa.select(table.c.digest).where(table.c.digest.is_not(None))
        await unit.connection.execute(sa.delete(blob).where(blob.c.digest.not_in(used)))
    return over.rowcount


async def attachments(unit: Unit, conversation_id: str) -> list[Attachment]:
    """The files of a conversation, oldest first."""
    found = await unit.connection.execute(
        sa.select(*_COLUMNS).where(table.c.conversation_id == conversation_id).order_by(table.c.id)
    )
    return [msgspec.convert(plain(row), Attachment) for row in found.mappings()]


async def attachment_content(unit: Unit, attachment_id: str) -> tuple[Attachment, bytes] | None:
    """A stored file, or nothing."""
    found = await unit.connection.execute(
        sa.select(*_COLUMNS, blob.c.content)
        .join(blob, blob.c.digest == table.c.digest)
        .where(table.c.id == attachment_id)
    )
    row = found.mappings().one_or_none()
    if row is None:
        return None
    values = plain(row)
    content = bytes(values.pop("content"))
    return msgspec.convert(values, Attachment), content


_COLUMNS = [table.c[name] for name in Attachment.__struct_fields__]


async def _change(unit: Unit, attachment: Attachment, **values: object) -> None:
    await unit.connection.execute(sa.update(table).where(table.c.id == attachment.id).values(**values))
    unit.announce(attachment.conversation_id, None)
