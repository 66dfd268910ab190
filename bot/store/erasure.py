"""Erasing what a customer said: which column of which table holds it, and what then stands there.

`RULES` names every table and every column of those that hold something of a conversation: a table or column that is
added without a decision fails a test. Rows that others count or point to stay, without their content, so that numbers,
holders and times remain a record and the chain stays whole; what has no further use is deleted.

Guarantee: `erase` runs in the caller's transaction under the conversation's lock; when that commits, no table holds any
of it, and the erasure itself is on record. What lies outside of this database is left as `erasure_task` rows, which
stay until it is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.conversation.chain import ERASED, SEALED, Kind
from bot.store.attachments import remove_unused_content
from bot.store.cases import cases
from bot.store.chain import add_erasure
from bot.store.conversations import OpenConversation
from bot.store.tables import erasure_task, metadata
from bot.store.unit_of_work import Unit
from bot.store.whatsapp_items import forget_item
from bot.store.whatsapp_rates import short_digest

AskedBy = Literal["customer", "company", "retention"]
# Places outside of these tables. The brain is looked at twice: a turn that was under way may still write its memory.
BRAIN_MEMORY, BRAIN_MEMORY_AGAIN, FREED_SPACE = "brain_memory", "brain_memory_2", "freed_space"
# Transcripts of its cases. How long the company keeps its own tickets is not decided by our periods.
TICKETS = "tickets"
_AGAIN = timedelta(seconds=90)
# When few write: freeing space holds them up. UTC.
_QUIET_HOUR = 2

_MESSAGE = {name: value for name, value in SEALED[Kind.MESSAGE].items() if name != "author_name"}


@dataclass(frozen=True)
class Nothing:
    """The table holds nothing that a customer said or is known by."""

    why: str


@dataclass(frozen=True)
class Deleted:
    """The conversation's rows go."""

    key: str = "conversation_id"


@dataclass(frozen=True)
class Emptied:
    """The conversation's rows stay, with these values; `keeps` are the columns that say nothing about the customer."""

    values: Mapping[str, Any]
    keeps: frozenset[str]
    key: str = "conversation_id"


@dataclass(frozen=True)
class Special:
    """Found in another way than by the conversation's id: see `erase`."""

    how: str


def _keeps(names: str) -> frozenset[str]:
    return frozenset(names.split())


_STAFF = Nothing("of the people at the desk")
_SETTINGS = Nothing("the company's own texts and settings")

RULES: dict[str, Nothing | Deleted | Emptied | Special] = {
    "conversation": Emptied(
        dict.fromkeys(("address", "customer_number", "customer_name", "customer_level", "verified_phone")),
        _keeps(
            "id channel locale holder epoch session head_seq inbound_seq delivered_seq read_seq seen_seq last_turn_id"
            " chain_length chain_link team desk_revision opened_at last_inbound_at last_at"
        ),
        key="id",
    ),
    "tenure": Emptied(
        SEALED[Kind.TENURE],
        _keeps("conversation_id epoch holder reason agent_id agent_name started_at ended_at deadline_at seen_at"),
    ),
    "message": Emptied(
        _MESSAGE,
        _keeps(
            "id conversation_id seq epoch holder kind author_kind author_name opens discloses case_number turn_id"
            " origin at has_files"
        ),
    ),
    "chain": Emptied({"salt": None}, _keeps("conversation_id position kind subject digest link")),
    "inbox": Emptied(
        {"lease_token": None},
        _keeps("message_id conversation_id seq state outcome attempts due_at deadline_at done_at"),
    ),
    "outbox": Emptied(
        {"claim_token": None, "provider_id": None, "error": None, "template": None},
        _keeps("message_id conversation_id seq epoch channel state attempts due_at begun joined_to updated_at"),
    ),
    "button": Deleted(),
    "service_case": Emptied(
        {"title": None},
        _keeps(
            "number conversation_id epoch team status reason created_at due_at owner_id owner_name updated_at solved_at"
            " external_ref external_status synced_at"
        ),
    ),
    "trace": Emptied({"body": {}}, _keeps("id turn_id conversation_id epoch seq outcome milliseconds at")),
    "widget_token": Deleted(),
    "note": Emptied(
        {"text": ERASED}, _keeps("id conversation_id case_number agent_id agent_name kind after_seq client_id at")
    ),
    "held_reply": Emptied(
        {"text": ERASED},
        _keeps("id conversation_id epoch agent_id agent_name client_id state message_id created_at due_at"),
    ),
    "rating": Emptied(
        {"sentence": None}, _keeps("conversation_id epoch agent_id agent_name asked_at stars rated_at sentence_until")
    ),
    "wrong_answer": Emptied(
        {"note": ERASED},
        # The example is a sentence that a person wrote or changed so that it names nobody.
        _keeps(
            "id conversation_id seq turn_id understood right_intent reported_by reported_name reported_at state example"
            " example_intent example_wording decided_by decided_at written_at"
        ),
    ),
    "whatsapp_part": Emptied(
        {"provider_id": None, "error": None},
        _keeps("message_id part parts attempt conversation_id last_seq state error_code updated_at"),
    ),
    "whatsapp_contact": Emptied(
        dict.fromkeys(
            (
                *("user_id", "number", "window_until", "stopped_at", "told_unsupported_at", "told_group_at"),
                *("newest_inbound", "marked_read"),
            )
        ),
        # Which of our numbers they wrote to says nothing about them.
        _keeps("id conversation_id phone_number_id our_number joined_into created_at"),
    ),
    "whatsapp_address": Special("of the contact"),
    "whatsapp_rate": Special("named after the customer's number"),
    "whatsapp_item": Special("sent by the customer, or naming their number"),
    "attachment": Emptied(
        {"reference": "", "file_name": None, "digest": None, "state": "expired", "error": None},
        _keeps("id message_id conversation_id channel kind media_type size attempts due_at created_at expires_at"),
    ),
    "ticket_file": Deleted(),
    "blob": Special("those that no attachment has any more"),
    "wait_promise": Nothing("figures of a wait"),
    "invitation": _STAFF,
    "agent_read": Nothing("places in the log"),
    "erasure": Nothing("that, when and at whose wish something was erased"),
    "erasure_task": Nothing("a place and a time"),
    "stream": Nothing("places in the log"),
    "counter": Nothing("numbers"),
    "agent": _STAFF,
    "agent_session": _STAFF,
    "recovery_code": _STAFF,
    "login_failure": _STAFF,
    "audit_entry": Nothing("who did what at the desk, to which conversation; nothing that was said"),
    "team": _SETTINGS,
    "team_member": _STAFF,
    "desk_connection": _STAFF,
    "desk_setting": _SETTINGS,
    "canned_reply": _SETTINGS,
    "whatsapp_template": _SETTINGS,
}


@dataclass
class _Known:
    """What the customer is known by on WhatsApp."""

    contacts: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


async def erase(opened: OpenConversation, asked_by: AskedBy) -> None:
    """Erase all that was said until now, and put the erasure on record. The caller changes the holder and saves."""
    unit, row = opened.unit, opened.row
    known = await _known(unit, row.id)
    for name, rule in RULES.items():
        table = metadata.tables[name]
        if isinstance(rule, Deleted):
            await unit.connection.execute(sa.delete(table).where(table.c[rule.key] == row.id))
        elif isinstance(rule, Emptied):
            await unit.connection.execute(sa.update(table).where(table.c[rule.key] == row.id).values(**rule.values))
    message, outbox = metadata.tables["message"], metadata.tables["outbox"]
    await unit.connection.execute(
        sa.update(message)
        .where(message.c.conversation_id == row.id, message.c.author_kind == "customer")
        .values(author_name=ERASED)
    )
    await unit.connection.execute(
        sa.update(outbox)
        .where(outbox.c.conversation_id == row.id, outbox.c.state.in_(("pending", "claimed", "uncertain")))
        .values(state="cancelled")
    )
    await _forget_whatsapp(unit, known)
    await remove_unused_content(unit)
    conversation = RULES["conversation"]
    assert isinstance(conversation, Emptied)
    for name, value in conversation.values.items():
        setattr(row, name, value)
    row.last_turn_id = None
    opened.chain(await add_erasure(unit, row.id, asked_by, row.head_seq, row.epoch))
    quiet = unit.now.replace(hour=_QUIET_HOUR, minute=0, second=0, microsecond=0)
    for place, due_at in (
        (BRAIN_MEMORY, unit.now),
        (BRAIN_MEMORY_AGAIN, unit.now + _AGAIN),
        (FREED_SPACE, quiet if quiet > unit.now + _AGAIN else quiet + timedelta(days=1)),
    ):
        await owe(unit, row.id, place, due_at)
    if asked_by != "retention" and any(one.external_ref for one in await cases(unit, row.id)):
        await owe(unit, row.id, TICKETS, unit.now)


async def _known(unit: Unit, conversation_id: str) -> _Known:
    """Read before anything is emptied."""
    contact, address = metadata.tables["whatsapp_contact"], metadata.tables["whatsapp_address"]
    found = await unit.connection.execute(sa.select(contact).where(contact.c.conversation_id == conversation_id))
    known = _Known()
    for row in found.mappings():
        known.contacts.append(row["id"])
        known.names |= {name for name in (row["user_id"], row["number"]) if name}
    addresses = await unit.connection.execute(
        sa.select(address.c.address).where(address.c.contact_id.in_(known.contacts))
    )
    known.names |= {one.partition(":")[2] for one in addresses.scalars()}
    return known


async def _forget_whatsapp(unit: Unit, known: _Known) -> None:
    address, rate = metadata.tables["whatsapp_address"], metadata.tables["whatsapp_rate"]
    item = metadata.tables["whatsapp_item"]
    await unit.connection.execute(sa.delete(address).where(address.c.contact_id.in_(known.contacts)))
    for name in known.names:
        # A long name stands in the bucket's as a digest, cut off; see `pair_bucket`.
        buckets = (rate.c.bucket.contains(one, autoescape=True) for one in (name, short_digest(name)))
        await unit.connection.execute(sa.delete(rate).where(sa.or_(*buckets)))
        theirs = (item.c.sender == name) | item.c.raw.contains(name, autoescape=True)
        found = await unit.connection.execute(sa.select(item.c.key).where(theirs, item.c.state != "new"))
        for key in found.scalars().all():
            await forget_item(unit, key)


async def owe(unit: Unit, conversation_id: str, place: str, due_at: datetime) -> None:
    """Leave it to be erased at a place, from `due_at` on; what is owed there already moves to that time."""
    insert = sqlite.insert if unit.connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(erasure_task).values(conversation_id=conversation_id, place=place, due_at=due_at)
    await unit.connection.execute(
        statement.on_conflict_do_update(index_elements=["conversation_id", "place"], set_={"due_at": due_at})
    )


async def owed(unit: Unit, most: int) -> list[tuple[str, str]]:
    """What is still to be erased elsewhere and is due: conversation and place."""
    found = await unit.connection.execute(
        sa.select(erasure_task.c.conversation_id, erasure_task.c.place)
        .where(erasure_task.c.due_at <= unit.now)
        .order_by(erasure_task.c.due_at)
        .limit(most)
    )
    return [(row.conversation_id, row.place) for row in found]


async def all_owed(unit: Unit) -> list[tuple[str, str, datetime]]:
    """Everything that is still to be erased elsewhere: conversation, place, and when it is looked at next."""
    found = await unit.connection.execute(
        sa.select(erasure_task.c.conversation_id, erasure_task.c.place, erasure_task.c.due_at).order_by(
            erasure_task.c.due_at, erasure_task.c.conversation_id
        )
    )
    return [(row.conversation_id, row.place, row.due_at) for row in found]


async def done(unit: Unit, conversation_id: str, place: str) -> None:
    """It is erased there too."""
    await unit.connection.execute(
        sa.delete(erasure_task).where(erasure_task.c.conversation_id == conversation_id, erasure_task.c.place == place)
    )


async def is_erased(unit: Unit, conversation_id: str) -> bool:
    """Whether the conversation ended with its erasure."""
    conversation, tenure = metadata.tables["conversation"], metadata.tables["tenure"]
    found = await unit.connection.execute(
        sa.select(tenure.c.reason)
        .join(conversation, (conversation.c.id == tenure.c.conversation_id) & (conversation.c.epoch == tenure.c.epoch))
        .where(conversation.c.id == conversation_id)
    )
    return found.scalar_one_or_none() == "erased"
