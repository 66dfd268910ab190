"""Changing contact data on SQL: a code to the new address first, a notice to the old one after.

Guarantee: nothing changes before the right code was typed; three attempts per code whatever the number of parallel
tries; at most five codes an hour and customer.
"""

from __future__ import annotations

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm import codes
from actions.crm.contract_models import ContactChanged, ContactCode, ContactResult, Letter
from actions.crm.done_requests import done_before, keep_done
from actions.crm.errors import CrmRejected
from actions.crm.lookup import customer_by_number, normalised
from actions.crm.models import Expired, Identifier, Locked, Wrong
from actions.crm.posting import post
from actions.crm.proof import CODE_LIFETIME, MAX_CODES, RATE_WINDOW
from actions.crm.sql_part import SqlPart
from actions.crm.tables import MAX_ATTEMPTS, customer
from actions.crm.tables_contracts import contact_change

_change = contact_change.c
_COLUMN = {"email": customer.c.email_key, "phone": customer.c.phone}


class SqlContacts(SqlPart):
    """See `ContractVerbs`."""

    async def start_contact_change(
        self, customer_number: str, new: Identifier, letter: Letter, *, idempotency_key: str
    ) -> ContactCode:
        code, salt = codes.new_code(), codes.new_salt()
        code_hash = await codes.hash_code(code, salt)
        value = normalised(new)
        if new.kind == "number" or not value:
            raise CrmRejected("start_contact_change", "neither a mail address nor a phone number")

        async def work(connection: AsyncConnection) -> ContactCode:
            now = self._clock()
            if await done_before(connection, "start_contact_change", idempotency_key) is not None:
                row = await _newest(connection, customer_number)
                return ContactCode(result="sent", expires_at=None if row is None else row["expires_at"])
            taken = select(customer.c.number).where(_COLUMN[new.kind] == value, customer.c.number != customer_number)
            if (await connection.execute(taken)).first() is not None:
                raise CrmRejected("start_contact_change", "in use by another customer")
            since = (_change.customer_number == customer_number) & (_change.created_at > now - RATE_WINDOW)
            sent = await connection.execute(select(func.count()).select_from(contact_change).where(since))
            if sent.scalar_one() >= MAX_CODES:
                return ContactCode(result="limited", expires_at=None)
            body = Letter(subject=letter.subject, body=letter.body.replace("{code}", code))
            to_mail = value if new.kind == "email" else None
            if not await post(connection, to_mail, None if to_mail else value, body, now):
                raise CrmRejected("start_contact_change", "no text message reaches this number")
            await connection.execute(
                insert(contact_change).values(
                    customer_number=customer_number,
                    kind=new.kind,
                    value=value,
                    shown=new.value.strip(),
                    salt=salt,
                    code_hash=code_hash,
                    created_at=now,
                    expires_at=now + CODE_LIFETIME,
                    attempts=0,
                    done=False,
                )
            )
            await keep_done(connection, "start_contact_change", idempotency_key, customer_number)
            return ContactCode(result="sent", expires_at=now + CODE_LIFETIME)

        return await self._database.write("start_contact_change", work)

    async def confirm_contact_change(
        self, customer_number: str, code: str, letter: Letter, *, attempt: str
    ) -> ContactResult:
        async def read(connection: AsyncConnection) -> RowMapping | None:
            return await _newest(connection, customer_number)

        current = await self._database.read("confirm_contact_change", read)
        if current is None:
            return Expired()
        typed = await codes.hash_code(codes.as_typed(code), current["salt"])

        async def work(connection: AsyncConnection) -> ContactResult:
            row = await _newest(connection, customer_number)
            if row is None or row["id"] != current["id"]:
                return Expired()
            return await self._outcome(connection, row, typed, letter, attempt)

        return await self._database.write("confirm_contact_change", work)

    async def _outcome(
        self, connection: AsyncConnection, row: RowMapping, typed: bytes, letter: Letter, attempt: str
    ) -> ContactResult:
        right = codes.same(typed, row["code_hash"])
        if row["done"]:
            return await self._with_change(connection, row["customer_number"]) if right else Expired()
        if row["expires_at"] <= self._clock():
            return Expired()
        counted = row["attempts"] + (row["last_attempt"] != attempt)
        if counted > MAX_ATTEMPTS:
            return Locked()
        where = update(contact_change).where(_change.id == row["id"])
        await connection.execute(where.values(attempts=counted, last_attempt=attempt, done=right))
        if not right:
            return Locked() if counted >= MAX_ATTEMPTS else Wrong(attempts_left=MAX_ATTEMPTS - counted)
        person = await customer_by_number(connection, row["customer_number"])
        if person is not None:
            await post(connection, person.email, person.phone, letter, self._clock())
        email = {"email": row["shown"], "email_key": row["value"]}
        changed = email if row["kind"] == "email" else {"phone": row["value"]}
        await connection.execute(update(customer).where(customer.c.number == row["customer_number"]).values(**changed))
        return await self._with_change(connection, row["customer_number"])

    async def _with_change(self, connection: AsyncConnection, number: str) -> ContactResult:
        person = await customer_by_number(connection, number)
        return Expired() if person is None else ContactChanged(customer=self._fact(person, number))


async def _newest(connection: AsyncConnection, customer_number: str) -> RowMapping | None:
    query = select(contact_change).where(_change.customer_number == customer_number).order_by(_change.id.desc())
    return (await connection.execute(query.limit(1))).mappings().first()
