"""Letters that the company sends: by mail, else as a text message."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm.contract_models import Letter
from actions.crm.lookup import is_mobile, storable
from actions.crm.tables import notification


async def post(connection: AsyncConnection, mail: str | None, phone: str | None, letter: Letter, now: datetime) -> bool:
    """Hand a letter to the company's mail or text message service; False where neither reaches the person."""
    if mail is None and (phone is None or not is_mobile(phone)):
        return False
    await connection.execute(
        insert(notification).values(
            created_at=now,
            medium="mail" if mail is not None else "sms",
            recipient=mail or phone,
            subject=storable(letter.subject) if mail is not None else "",
            body=storable(letter.body),
        )
    )
    return True
