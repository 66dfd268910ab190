"""A database that has been in use goes through the migrations with everything that is in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.model import new_id, utc_now
from bot.store import schema
from bot.store.engine import Database
from bot.store.tables import conversation as conversation_table
from bot.store.tables import tenure as tenure_table
from bot.store.unit_of_work import Store
from bot.store.wakeup import WakeUp
from bot.store.whatsapp_contacts import contact_of

EVA, BSUID = "4915112345678", "DE.13491208655302741918"


async def test_contacts_of_one_number_are_found_by_whichever_number_they_write_to(empty_database_url: str) -> None:
    database = Database.connect(empty_database_url)
    conversation_id, contact_id = new_id(), new_id()
    async with database.write() as connection:
        await connection.run_sync(lambda sync: command.upgrade(schema.configuration(sync), "0013"))
        await _used(connection, conversation_id, contact_id)
    await schema.upgrade(database)
    assert await schema.is_current(database)
    store = Store(database, WakeUp(None))
    async with store.write() as unit:
        by_number = await contact_of(unit, ours="1", user_id=None, number=EVA)
        by_user = await contact_of(unit, ours="1", user_id=BSUID, number=None)
        # They are this number's from now on.
        elsewhere = await contact_of(unit, ours="2", user_id=BSUID, number=EVA)
    assert by_number is not None
    assert by_number == by_user
    assert (by_number.id, by_number.conversation_id, by_number.phone_number_id) == (contact_id, conversation_id, "1")
    assert elsewhere is None
    await database.close()


async def _used(connection: AsyncConnection, conversation_id: str, contact_id: str) -> None:
    """Somebody who has written over WhatsApp."""
    now = utc_now()
    here = {"epoch": 1, "holder": "bot"}
    tenure = {"conversation_id": conversation_id, **here, "reason": "started", "started_at": now}
    await connection.execute(sa.insert(tenure_table).values(tenure))
    row = {"id": conversation_id, **here, "channel": "whatsapp", "address": contact_id, "locale": "de", "session": 1}
    places = {"head_seq": 0, "inbound_seq": 0, "opened_at": now, "last_at": now}
    await connection.execute(sa.insert(conversation_table).values(row | places))
    stamp = now.replace(tzinfo=None) if connection.dialect.name == "sqlite" else now
    await connection.execute(
        sa.text(
            "insert into whatsapp_contact (id, conversation_id, user_id, number, created_at)"
            " values (:id, :conversation, :user, :number, :at)"
        ).bindparams(sa.bindparam("at", type_=sa.DateTime(timezone=connection.dialect.name != "sqlite"))),
        {"id": contact_id, "conversation": conversation_id, "user": BSUID, "number": EVA, "at": stamp},
    )
    for address in (f"user:{BSUID}", f"number:{EVA}"):
        await connection.execute(
            sa.text("insert into whatsapp_address (address, contact_id, since) values (:a, :c, :at)").bindparams(
                sa.bindparam("at", type_=sa.DateTime(timezone=connection.dialect.name != "sqlite"))
            ),
            {"a": address, "c": contact_id, "at": stamp},
        )
