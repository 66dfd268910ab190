"""Who writes over WhatsApp: addresses lead to a contact, a contact to its conversation.

A user id (BSUID) outlives a change of number, so it decides where there is one. Contacts are joined and never split:
two that prove to be one person go on in one conversation. A number that another user id now uses has changed hands: its
new holder gets a conversation of their own. Each of our own numbers has contacts of its own: who writes to two of them
has two conversations, and each is answered from the number that it came to.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
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
# In whose conversation two go on: where a person is busy with it, else where one is waited for, else the older one.
_STANDING = {"agent": 0, "queue": 1, "bot": 2, "closed": 3}


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A person at the other end."""

    id: str
    conversation_id: str
    # Our number that they write to: the provider's id, empty where it was never told, and its digits.
    phone_number_id: str
    our_number: str | None
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


# Makes one of the conversations of two contacts: the one that goes on first.
Unite = Callable[[Contact, Contact], Awaitable[None]]


async def contact_of(
    unit: Unit, *, ours: str, user_id: str | None, number: str | None, unite: Unite | None = None
) -> Contact | None:
    """Whose message to our number this is, or None for somebody new.

    With `unite`, what is seen to belong together is joined.
    """
    by_user = await _at(unit, ours, None if user_id is None else f"user:{user_id}")
    by_number = await _at(unit, ours, None if number is None else f"number:{number}")
    if by_user is not None and by_number is not None and by_user.id != by_number.id:
        if by_number.user_id in {None, user_id} and unite is not None:
            return await join(unit, by_user, by_number, user_id=user_id, number=number, unite=unite)
        # The number has changed hands; the user id says who writes.
        by_number = None
    if by_user is None and by_number is not None and user_id is not None and by_number.user_id is not None:
        # The number is known with another user id: its new holder is somebody new.
        return None
    known = by_user or by_number
    return None if known is None else await learn(unit, known, user_id=user_id, number=number)


async def add_contact(
    unit: Unit, contact_id: str, conversation_id: str, *, ours: str, user_id: str | None, number: str | None
) -> Contact:
    """Somebody new. Two nodes that add the same address at once: one of them fails, and finds it the next time."""
    await unit.connection.execute(
        sa.insert(table).values(
            id=contact_id,
            conversation_id=conversation_id,
            phone_number_id=ours,
            user_id=user_id,
            number=number,
            created_at=unit.now,
        )
    )
    for one in _addresses(user_id, number):
        await _point(unit, ours, one, contact_id)
    return await contact(unit, contact_id)


async def learn(unit: Unit, known: Contact, *, user_id: str | None, number: str | None) -> Contact:
    """The contact has these addresses from now on, besides those that were known. Whoever else had one has lost it."""
    ours = known.phone_number_id
    if number is not None and known.number not in {None, number}:
        await unit.connection.execute(
            sa.update(address_table).where(_is(ours, f"number:{known.number}")).values(since=unit.now)
        )
    new = {"user_id": user_id or known.user_id, "number": number or known.number}
    if new != {"user_id": known.user_id, "number": known.number}:
        await change_contact(unit, known.id, **new)
    for one in _addresses(user_id, number):
        if await _owner(unit, ours, one) != known.id:
            await _point(unit, ours, one, known.id)
    return await contact(unit, known.id)


async def move(
    unit: Unit, known: Contact, *, user_id: str | None, number: str | None, since: datetime, unite: Unite
) -> Contact:
    """WhatsApp says that the contact has these addresses since then. Who has written from one since is the same person;
    who had the number before was somebody else, and has lost it."""
    for one in _addresses(user_id, number):
        there = await _at(unit, known.phone_number_id, one)
        if there is None or there.id == known.id:
            continue
        is_same = one.startswith("user:") or (there.user_id is not None and there.user_id in (user_id, known.user_id))
        if is_same or (there.user_id is None and there.created_at >= since - _BEFORE_NOTICE):
            known = await join(unit, known, there, user_id=user_id, number=number, unite=unite)
    return await learn(unit, known, user_id=user_id, number=number)


async def join(
    unit: Unit, one: Contact, other: Contact, *, user_id: str | None, number: str | None, unite: Unite
) -> Contact:
    """Both are one person: one of their conversations goes on, the other stays readable and leads to it."""
    older, newer = sorted((one, other), key=lambda contact: (contact.created_at, contact.id))
    stays, goes = await _by_standing(unit, older, newer)
    await unit.connection.execute(
        sa.update(address_table)
        .where(address_table.c.contact_id == goes.id)
        .values(contact_id=stays.id, since=unit.now)
    )
    # Who was joined into the one that goes is in the same conversation from now on too.
    into = sa.or_(table.c.id == goes.id, table.c.joined_into == goes.id)
    await unit.connection.execute(sa.update(table).where(into).values(joined_into=stays.id))
    latest = max(filter(None, (stays.window_until, goes.window_until)), default=None)
    await change_contact(unit, stays.id, window_until=latest, stopped_at=stays.stopped_at or goes.stopped_at)
    joined = await learn(
        unit, stays, user_id=user_id or older.user_id or newer.user_id, number=number or newer.number or older.number
    )
    await unite(stays, goes)
    return joined


async def _by_standing(unit: Unit, older: Contact, newer: Contact) -> tuple[Contact, Contact]:
    """Which conversation goes on, and which ends. Both are locked from here on, always in the same order."""
    found = await unit.connection.execute(
        sa.select(conversation_table.c.id, conversation_table.c.holder)
        .where(conversation_table.c.id.in_((older.conversation_id, newer.conversation_id)))
        .order_by(conversation_table.c.id)
        .with_for_update()
    )
    standing = {row.id: _STANDING[row.holder] for row in found}
    if standing[newer.conversation_id] < standing[older.conversation_id]:
        return newer, older
    return older, newer


async def heard_from(
    unit: Unit, known: Contact, provider_id: str, said_at: datetime, our_number: str | None = None
) -> None:
    """The customer wrote: the window is open for `WINDOW` from then on."""
    until = said_at + WINDOW
    if known.window_until is not None:
        until = max(until, known.window_until)
    told = {} if our_number is None else {"our_number": our_number}
    await change_contact(unit, known.id, window_until=until, newest_inbound=provider_id, **told)


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


async def joined_conversations(unit: Unit, conversation_id: str) -> list[str]:
    """Conversations that go on in this one, the oldest first."""
    joined = table.alias("joined")
    found = await unit.connection.execute(
        sa.select(joined.c.conversation_id)
        .join(table, table.c.id == joined.c.joined_into)
        .where(table.c.conversation_id == conversation_id)
        .order_by(joined.c.created_at, joined.c.id)
    )
    return list(found.scalars())


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


def _is(ours: str, address: str) -> sa.ColumnElement[bool]:
    return sa.and_(address_table.c.phone_number_id == ours, address_table.c.address == address)


async def _owner(unit: Unit, ours: str, address: str) -> str | None:
    found = await unit.connection.execute(sa.select(address_table.c.contact_id).where(_is(ours, address)))
    owner: str | None = found.scalar_one_or_none()
    return owner


async def _at(unit: Unit, ours: str, address: str | None) -> Contact | None:
    """Who has this address. One of whom it was not told to which number they write, writes to this one."""
    if address is None:
        return None
    found = await unit.connection.execute(
        sa.select(address_table.c.contact_id, address_table.c.since, address_table.c.phone_number_id)
        .where(address_table.c.phone_number_id.in_((ours, "")), address_table.c.address == address)
        .order_by(address_table.c.phone_number_id.desc())
        .limit(1)
    )
    row = found.one_or_none()
    if row is None:
        return None
    if row.phone_number_id != ours:
        await _adopt(unit, ours, row.contact_id)
    owner = await contact(unit, row.contact_id)
    kind, _, value = address.partition(":")
    if kind == "number" and owner.number != value and row.since < unit.now - _GIVEN_UP:
        return None
    return owner


async def _adopt(unit: Unit, ours: str, contact_id: str) -> None:
    """Whoever wrote to an untold number of ours writes to this one. An address that somebody has there stays theirs:
    that both are one person is seen when they write from both."""
    untold = sa.and_(address_table.c.contact_id == contact_id, address_table.c.phone_number_id == "")
    there = sa.select(address_table.c.address).where(address_table.c.phone_number_id == ours)
    taken = await unit.connection.execute(
        sa.select(address_table.c.address).where(untold, address_table.c.address.in_(there))
    )
    for one in taken.scalars().all():
        await _lose(unit, contact_id, one)
        await unit.connection.execute(sa.delete(address_table).where(untold, address_table.c.address == one))
    for changed, which in (
        (address_table, untold),
        (table, sa.and_(table.c.id == contact_id, table.c.phone_number_id == "")),
    ):
        await unit.connection.execute(sa.update(changed).where(which).values(phone_number_id=ours))


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


async def _point(unit: Unit, ours: str, address: str, contact_id: str) -> None:
    """The address belongs to this contact; taken from whoever had it, who is not written to there any more."""
    before = await _owner(unit, ours, address)
    if before not in {None, contact_id}:
        await _lose(unit, str(before), address)
    moved = await unit.connection.execute(
        sa.update(address_table).where(_is(ours, address)).values(contact_id=contact_id, since=unit.now)
    )
    if moved.rowcount == 0:
        await unit.connection.execute(
            sa.insert(address_table).values(
                phone_number_id=ours, address=address, contact_id=contact_id, since=unit.now
            )
        )
