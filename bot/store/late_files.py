"""Files that come after their message, as a messenger hands them over: kept, and put into the chain, in one unit.

The conversation is locked first, as by whoever else adds to its chain.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.conversation.chain import Kind
from bot.store.attachments import Attachment, Content, keep_attachment
from bot.store.conversations import open_conversation
from bot.store.tables import message
from bot.store.unit_of_work import Unit


async def keep_late_file(unit: Unit, fetched: Attachment, content: Content) -> None:
    """Store what was fetched, unless the file's time ended or it was erased meanwhile."""
    opened = await open_conversation(unit, fetched.conversation_id, pushes=False)
    if not await keep_attachment(unit, fetched, content):
        return
    found = await unit.connection.execute(sa.select(message.c.seq).where(message.c.id == fetched.message_id))
    row = {
        "id": fetched.id,
        "conversation_id": fetched.conversation_id,
        "message_id": fetched.message_id,
        "digest": content.digest,
    }
    opened.chain((Kind.FILE, found.scalar_one(), row))
    await opened.save()
