"""Contacts, leads and updates on SQL.

Guarantee: a contact is unique by mail address and a lead by contact, address and wish, whatever comes at once. An
update is sent in the transaction that remembers it as told.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm import queries, rows
from actions.crm.contract_models import Letter
from actions.crm.done_requests import done_before, keep_done
from actions.crm.errors import CrmRejected
from actions.crm.interest_models import Interest, NewInterest, UpdateDue
from actions.crm.joining import join_contacts
from actions.crm.lookup import storable, with_address
from actions.crm.models import Address, BuildArea, Fact
from actions.crm.posting import post
from actions.crm.queries import first, values
from actions.crm.sql_part import SqlPart
from actions.crm.tables import premises
from actions.crm.tables_interest import contact, lead

_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}")
_FIRST_LEAD = 100_000


class SqlInterest(SqlPart):
    """See `InterestVerbs`."""

    async def register_interest(self, new: NewInterest, letter: Letter, *, idempotency_key: str) -> Fact[Interest]:
        mail = storable(new.email).strip()
        if len(mail) > 254 or not _MAIL.fullmatch(mail):
            raise CrmRejected("register_interest", "no mail address")

        async def work(connection: AsyncConnection) -> Fact[Interest]:
            known = await done_before(connection, "register_interest", idempotency_key)
            if known is not None:
                return await self._interest(connection, lead.c.number == known)
            house = (await connection.execute(select(premises).where(premises.c.key == new.address_key))).mappings()
            at = house.first()
            if at is None:
                raise CrmRejected("register_interest", "the address is not on record")
            now = self._clock()
            person = await _contact(connection, mail, new.language, now)
            row = await self._lead(connection, person, new, rows.address(at), now)
            body = Letter(subject=letter.subject, body=letter.body.replace("{token}", row["token"]))
            await post(connection, mail, None, body, now)
            await keep_done(connection, "register_interest", idempotency_key, row["number"])
            return await self._interest(connection, lead.c.number == row["number"])

        return await self._database.write("register_interest", work)

    async def interest_by_token(self, token: str) -> Fact[Interest] | None:
        async def work(connection: AsyncConnection) -> Fact[Interest] | None:
            return first(await self._interests(connection, lead.c.token == token))

        return await self._database.read("interest_by_token", work)

    async def set_updates(self, token: str, wanted: bool) -> Fact[Interest] | None:
        async def work(connection: AsyncConnection) -> Fact[Interest] | None:
            now = self._clock()
            changed = {"updates": "on", "confirmed_at": now} if wanted else {"updates": "ended", "ended_at": now}
            allowed = lead.c.updates != "none"
            statement = update(lead).where(lead.c.token == token, allowed).values(**changed)
            found = await connection.execute(statement.returning(lead.c.contact_id))
            person = found.scalar_one_or_none()
            if wanted and person is not None:
                # Whoever reads the mail owns the address.
                await join_contacts(connection, contact.c.id == person)
            return first(await self._interests(connection, lead.c.token == token))

        return await self._database.write("set_updates", work)

    async def updates_due(self, limit: int = 50) -> list[UpdateDue]:
        async def work(connection: AsyncConnection) -> list[UpdateDue]:
            wanting = (await connection.execute(_leads().where(lead.c.updates == "on"))).mappings().all()
            due: list[UpdateDue] = []
            for row in wanting:
                area = await _area(connection, rows.address(row))
                if area is not None and state_of(area) != row["told"]:
                    state = state_of(area)
                    due.append(UpdateDue(interest=_interest(row), token=row["token"], area=area, state=state))
                if len(due) == limit:
                    break
            return due

        return await self._database.read("updates_due", work)

    async def send_update(self, number: str, state: str, letter: Letter) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            row = (await connection.execute(_leads().where(lead.c.number == number))).mappings().first()
            if row is None or row["updates"] != "on" or row["told"] == state:
                return False
            await connection.execute(update(lead).where(lead.c.number == number).values(told=state))
            return await post(connection, row["email"], None, letter, self._clock())

        return await self._database.write("send_update", work)

    async def _lead(
        self, connection: AsyncConnection, person: int, new: NewInterest, address: Address, now: datetime
    ) -> RowMapping:
        same = (lead.c.contact_id == person) & (lead.c.premises_key == new.address_key) & (lead.c.wish == new.wish)
        row = (await connection.execute(select(lead).where(same))).mappings().first()
        if row is not None and row["updates"] != "ended":
            return row
        if row is not None:
            again = update(lead).where(same).values(updates="asked", consented_at=now, ended_at=None)
            return (await connection.execute(again.returning(lead))).mappings().one()
        last = (await connection.execute(select(func.max(lead.c.id)))).scalar_one()
        number = (last or _FIRST_LEAD) + 1
        area = await _area(connection, address)
        statement = insert(lead).values(
            id=number,
            number=f"L-{number}",
            contact_id=person,
            premises_key=new.address_key,
            wish=new.wish,
            updates="asked" if new.wish == "updates" else "none",
            token=secrets.token_urlsafe(32),
            told=None if area is None else state_of(area),
            consented_at=now,
        )
        return (await connection.execute(statement.returning(lead))).mappings().one()

    async def _interests(self, connection: AsyncConnection, which: Any) -> list[Fact[Interest]]:
        found = await values(connection, _leads().where(which), _interest)
        return [self._fact(value, value.number) for value in found]

    async def _interest(self, connection: AsyncConnection, which: Any) -> Fact[Interest]:
        return (await self._interests(connection, which))[0]


def state_of(area: BuildArea) -> str:
    """What must differ for the build-out to have moved."""
    return f"{area.phase}|{area.next_milestone}|{area.milestone_on}|{area.delayed_from}"


async def _contact(connection: AsyncConnection, mail: str, language: str, now: datetime) -> int:
    query = select(contact.c.id).where(contact.c.email_key == mail.lower())
    known: int | None = (await connection.execute(query)).scalar_one_or_none()
    if known is not None:
        return known
    statement = insert(contact).values(email=mail, email_key=mail.lower(), language=language, created_at=now)
    made: int = (await connection.execute(statement.returning(contact.c.id))).scalar_one()
    return made


def _leads() -> Select[Any]:
    person = (contact.c.email, contact.c.language, contact.c.customer_number)
    return with_address(lead).add_columns(*person).join(contact, contact.c.id == lead.c.contact_id).order_by(lead.c.id)


def _interest(row: RowMapping) -> Interest:
    names = ("number", "email", "language", "wish", "updates", "customer_number")
    return msgspec.convert({**{name: row[name] for name in names}, "address": rows.address(row)}, Interest)


async def _area(connection: AsyncConnection, address: Address) -> BuildArea | None:
    return first(await values(connection, queries.area_at(address).limit(1), rows.build_area))
