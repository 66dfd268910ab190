"""Who writes over WhatsApp: addresses lead to a contact, a contact to its conversation.

A user id (BSUID) outlives a change of number, so it decides where there is one. Contacts are joined and never split:
two that prove to be one person go on in the conversation of the older one. A number that another user id now uses has
changed hands: its new holder gets a conversation of their own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.store.rows import plain
from bot.store.tables import conversation as conversation_table
from bot.store.unit_of_work import Unit
from bot.store.whatsapp_tables import address as address_table
from bot.store.whatsapp_tables import contact as table

# How long after the customer's last message free text may be sent.
WINDOW = timedelta(hours=24)
# A number that somebody has given up leads to them for so long: what WhatsApp repeats may still come from it. Then it
# can be another person's.
_GIVEN_UP = timedelta(days=30)
# How long before the notice of a new number its owner may have written from it.
_BEFORE_NOTICE = timedelta(days=1)
_ONE = sa.update(table).where(table.c.id == sa.bindparam("one"))


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A person at the other end."""

    id: str
    conversation_id: str
    user_id: str | None
    number: str | None
    joined_into: str | None
    window_until: datetime | None
    stopped_at: datetime | None
    told_unsupported_at: datetime | None
    told_group_at: datetime | None
    newest_inbound: str | None
    marked_read: str | None
    created_at: datetime


async def contact_of(unit: Unit, *, user_id: str | None, number: str | None) -> Contact | None:
    """Whose message this is, or None for somebody new. Joins what is seen to belong together."""
    by_user = await _at(unit, None if user_id is None else f"user:{user_id}")
    by_number = await _at(unit, None if number is None else f"number:{number}")
    if by_user is not None and by_number is not None and by_user.id != by_number.id:
        if by_number.user_id in {None, user_id}:
            return await join(unit, by_user, by_number, user_id=user_id, number=number)
        # The number has changed hands; the user id says who writes.
        by_number = None
    if by_user is None and by_number is not None and user_id is not None and by_number.user_id is not None:
        # The number is known with another user id: its new holder is somebody new.
        return None
    known = by_user or by_number
    return None if known is None else await learn(unit, known, user_id=user_id, number=number)


async def add_contact(
    unit: Unit, contact_id: str, conversation_id: str, *, user_id: str | None, number: str | None
) -> Contact:
    """Somebody new. Two nodes that add the same address at once: one of them fails, and finds it the next time."""
    await unit.connection.execute(
        sa.insert(table).values(
            id=contact_id, conversation_id=conversation_id, user_id=user_id, number=number, created_at=unit.now
        )
    )
    for one in _addresses(user_id, number):
        await _point(unit, one, contact_id)
    return await contact(unit, contact_id)


async def learn(unit: Unit, known: Contact, *, user_id: str | None, number: str | None) -> Contact:
    """The contact has these addresses from now on, besides those that were known. Whoever else had one has lost it."""
    if number is not None and known.number not in {None, number}:
        await unit.connection.execute(
            sa.update(address_table).where(address_table.c.address == f"number:{known.number}").values(since=unit.now)
        )
    new = {"user_id": user_id or known.user_id, "number": number or known.number}
    if new != {"user_id": known.user_id, "number": known.number}:
        await change_contact(unit, known.id, **new)
    for one in _addresses(user_id, number):
        if await _owner(unit, one) != known.id:
            await _point(unit, one, known.id)
    return await contact(unit, known.id)


async def move(unit: Unit, known: Contact, *, user_id: str | None, number: str | None, since: datetime) -> Contact:
    """WhatsApp says that the contact has these addresses since then. Who has written from one since is the same person;
    who had the number before was somebody else, and has lost it."""
    for one in _addresses(user_id, number):
        there = await _at(unit, one)
        if there is None or there.id == known.id:
            continue
        is_same = one.startswith("user:") or (there.user_id is not None and there.user_id in (user_id, known.user_id))
        if is_same or (there.user_id is None and there.created_at >= since - _BEFORE_NOTICE):
            known = await join(unit, known, there, user_id=user_id, number=number)
    return await learn(unit, known, user_id=user_id, number=number)


async def join(unit: Unit, one: Contact, other: Contact, *, user_id: str | None, number: str | None) -> Contact:
    """Both are one person: the older conversation goes on, the newer stays readable and leads nowhere any more."""
    older, newer = sorted((one, other), key=lambda contact: (contact.created_at, contact.id))
    await unit.connection.execute(
        sa.update(address_table)
        .where(address_table.c.contact_id == newer.id)
        .values(contact_id=older.id, since=unit.now)
    )
    await change_contact(unit, newer.id, joined_into=older.id)
    latest = max(filter(None, (older.window_until, newer.window_until)), default=None)
    await change_contact(unit, older.id, window_until=latest, stopped_at=older.stopped_at or newer.stopped_at)
    return await learn(
        unit, older, user_id=user_id or older.user_id or newer.user_id, number=number or newer.number or older.number
    )


async def heard_from(unit: Unit, known: Contact, provider_id: str, said_at: datetime) -> None:
    """The customer wrote: the window is open for `WINDOW` from then on."""
    until = said_at + WINDOW
    if known.window_until is not None:
        until = max(until, known.window_until)
    await change_contact(unit, known.id, window_until=until, newest_inbound=provider_id)


async def contact(unit: Unit, contact_id: str) -> Contact:
    """A contact by id; one that was joined has what is known about the person it was joined into."""
    found = (await unit.connection.execute(sa.select(table).where(table.c.id == contact_id))).mappings().one()
    own = msgspec.convert(plain(found), Contact)
    if own.joined_into is None:
        return own
    person = await contact(unit, own.joined_into)
    return msgspec.structs.replace(person, id=own.id, conversation_id=own.conversation_id)


async def contact_of_conversation(unit: Unit, conversation_id: str) -> Contact | None:
    """The contact behind a conversation."""
    found = await unit.connection.execute(sa.select(table.c.id).where(table.c.conversation_id == conversation_id))
    contact_id = found.scalar_one_or_none()
    return None if contact_id is None else await contact(unit, contact_id)


async def change_contact(unit: Unit, contact_id: str, **values: Any) -> None:
    """Write columns of a contact."""
    await unit.connection.execute(_ONE, {"one": contact_id, **values})


async def claim_read_mark(unit: Unit, contact_id: str) -> str | None:
    """The newest inbound message if it was not marked as read yet; of many nodes one gets it."""
    found = await unit.connection.execute(
        sa.update(table)
        .where(
            table.c.id == contact_id,
            table.c.newest_inbound.is_not(None),
            sa.or_(table.c.marked_read.is_(None), table.c.marked_read != table.c.newest_inbound),
        )
        .values(marked_read=table.c.newest_inbound)
        .returning(table.c.newest_inbound)
    )
    newest: str | None = found.scalar_one_or_none()
    return newest


def _addresses(user_id: str | None, number: str | None) -> list[str]:
    return [
        *([] if user_id is None else [f"user:{user_id}"]),
        *([] if number is None else [f"number:{number}"]),
    ]


async def _owner(unit: Unit, address: str) -> str | None:
    found = await unit.connection.execute(
        sa.select(address_table.c.contact_id).where(address_table.c.address == address)
    )
    owner: str | None = found.scalar_one_or_none()
    return owner


async def _at(unit: Unit, address: str | None) -> Contact | None:
    found = await unit.connection.execute(
        sa.select(address_table.c.contact_id, address_table.c.since).where(address_table.c.address == address)
    )
    row = found.one_or_none()
    if row is None:
        return None
    owner = await contact(unit, row.contact_id)
    kind, _, value = str(address).partition(":")
    if kind == "number" and owner.number != value and row.since < unit.now - _GIVEN_UP:
        return None
    return owner


async def _lose(unit: Unit, contact_id: str, address: str) -> None:
    kind, _, value = address.partition(":")
    column = table.c.user_id if kind == "user" else table.c.number
    lost = await unit.connection.execute(
        sa.update(table).where(table.c.id == contact_id, column == value).values({column: None})
    )
    if lost.rowcount == 0:
        return
    unreachable = sa.and_(table.c.id == contact_id, table.c.user_id.is_(None), table.c.number.is_(None))
    await unit.connection.execute(sa.update(table).where(unreachable).values(window_until=None))
    if kind == "number":
        # Nor does whoever writes there prove to be this customer.
        theirs = sa.select(table.c.conversation_id).where(table.c.id == contact_id).scalar_subquery()
        await unit.connection.execute(
            sa.update(conversation_table).where(conversation_table.c.id == theirs).values(verified_phone=None)
        )


async def _point(unit: Unit, address: str, contact_id: str) -> None:
    """The address belongs to this contact; taken from whoever had it, who is not written to there any more."""
    before = await _owner(unit, address)
    if before not in {None, contact_id}:
        await _lose(unit, str(before), address)
    moved = await unit.connection.execute(
        sa.update(address_table).where(address_table.c.address == address).values(contact_id=contact_id, since=unit.now)
    )
    if moved.rowcount == 0:
        await unit.connection.execute(
            sa.insert(address_table).values(address=address, contact_id=contact_id, since=unit.now)
        )
