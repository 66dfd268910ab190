"""Proof of identity by a one-time code, on the SQL database; of two proofs in one session the later one counts.

Guarantee: no answer tells whether a customer exists; three attempts per code whatever the number of parallel tries
(one conditional UPDATE counts each); at most five codes an hour per conversation and per customer; a code lives ten
minutes and only in the conversation's session that asked for it. When a call fails with `CrmUnavailable`, repeating
it sends no second code within a minute and, with an attempt id, counts no attempt twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, RowMapping, ScalarSelect, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm import codes
from actions.crm.database import Database
from actions.crm.joining import join_contacts
from actions.crm.letters import code_letter
from actions.crm.lookup import customer_by_identifier, customer_by_number, is_mobile, normalised, storable
from actions.crm.models import (
    CodeResult,
    Customer,
    Expired,
    Fact,
    Identifier,
    Identity,
    Locked,
    Medium,
    ProofStarted,
    Proven,
    Wrong,
)
from actions.crm.sql_vouchers import newest_vouched
from actions.crm.tables import MAX_ATTEMPTS, customer, identity_proof, notification
from actions.crm.tables_interest import contact

CODE_LIFETIME = timedelta(minutes=10)
REPEAT_WINDOW = timedelta(seconds=60)
RATE_WINDOW = timedelta(hours=1)
MAX_CODES = 5

_proof = identity_proof.c


class Proofs:
    """The verbs of proof. Every code asked for is one row, made for unknown identifiers just the same."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def start(self, conversation_id: str, session: int, identifier: Identifier, language: str) -> ProofStarted:
        """See `CrmRepository.start_proof`."""
        code, salt = codes.new_code(), codes.new_salt()
        code_hash = await codes.hash_code(code, salt)
        given = f"{identifier.kind}:{normalised(identifier) or storable(identifier.value)}"

        async def work(connection: AsyncConnection) -> ProofStarted:
            now = self._clock()
            current = await _newest(connection, conversation_id, session)
            if current is not None and _is_repeat(current, given, now):
                return _started(identifier, current["expires_at"])
            in_conversation = _proof.conversation_id == conversation_id
            if await _codes_since(connection, now - RATE_WINDOW, in_conversation) >= MAX_CODES:
                return ProofStarted(result="limited", medium=None, expires_at=None)
            person = await customer_by_identifier(connection, identifier)
            sent = person is not None and await _send(connection, person, identifier, language, code, now)
            await connection.execute(
                insert(identity_proof).values(
                    conversation_id=conversation_id,
                    session=session,
                    identifier_digest=codes.digest(given, salt),
                    customer_number=None if person is None else person.number,
                    sent=sent,
                    salt=salt,
                    code_hash=code_hash,
                    created_at=now,
                    expires_at=now + CODE_LIFETIME,
                    attempts=0,
                )
            )
            return _started(identifier, now + CODE_LIFETIME)

        return await self._database.write("start_proof", work)

    async def check(self, conversation_id: str, session: int, code: str, attempt: str | None) -> CodeResult:
        """See `CrmRepository.check_code`."""

        async def read(connection: AsyncConnection) -> RowMapping | None:
            return await _newest(connection, conversation_id, session)

        current = await self._database.read("check_code", read)
        if current is None:
            return Expired()
        # Outside the transaction: the slow hash must not hold the write lock.
        typed = await codes.hash_code(codes.as_typed(code), current["salt"])

        async def work(connection: AsyncConnection) -> CodeResult:
            row = await _newest(connection, conversation_id, session)
            if row is None or row["id"] != current["id"]:
                return Expired()  # replaced by a newer code in the meantime
            return await self._outcome(connection, row, typed, attempt)

        return await self._database.write("check_code", work)

    async def _outcome(
        self, connection: AsyncConnection, row: RowMapping, typed: bytes, attempt: str | None
    ) -> CodeResult:
        now = self._clock()
        right = codes.same(typed, row["code_hash"]) and row["sent"]
        if row["proven_at"] is not None:
            return await self._proven(connection, row) if right else Expired()  # used: nothing left to guess
        if attempt is not None and attempt == row["last_attempt"]:
            return _failed(row["attempts"])
        counted = await _count_attempt(connection, row["id"], attempt, now)
        if counted is None:
            return Expired() if row["expires_at"] <= now else Locked()
        if not right:
            return _failed(counted)
        await connection.execute(update(identity_proof).where(_proof.id == row["id"]).values(proven_at=now))
        await join_contacts(connection, contact.c.email_key == _mail_of(row["customer_number"]))
        return await self._proven(connection, row)

    async def _proven(self, connection: AsyncConnection, row: RowMapping) -> CodeResult:
        fact = await self._customer(connection, row["customer_number"])
        return Expired() if fact is None else Proven(customer=fact)

    async def identity(self, conversation_id: str, session: int) -> Identity:
        """See `CrmRepository.identity`."""

        async def work(connection: AsyncConnection) -> Identity:
            latest_proven = (
                select(identity_proof)
                .where(_of_session(conversation_id, session), _proof.proven_at.is_not(None))
                .order_by(_proof.id.desc())
                .limit(1)
            )
            by_code = (await connection.execute(latest_proven)).mappings().first()
            vouched = await newest_vouched(connection, conversation_id, session)
            proofs = [row for row in (by_code, vouched) if row is not None]
            proven = max(proofs, key=lambda row: row["proven_at"], default=None)
            row = proven or await _newest(connection, conversation_id, session)
            fact = await self._customer(connection, row["customer_number"]) if row is not None else None
            if fact is None:
                return Identity(level="none", customer=None)
            return Identity(level="claimed" if proven is None else "proven", customer=fact)

        return await self._database.read("identity", work)

    async def _customer(self, connection: AsyncConnection, number: str | None) -> Fact[Customer] | None:
        person = None if number is None else await customer_by_number(connection, number)
        return None if person is None else Fact(value=person, record=person.number, as_of=self._clock())


def _of_session(conversation_id: str, session: int) -> ColumnElement[bool]:
    return (_proof.conversation_id == conversation_id) & (_proof.session == session)


def _mail_of(customer_number: str) -> ScalarSelect[str | None]:
    return select(customer.c.email_key).where(customer.c.number == customer_number).scalar_subquery()


async def _newest(connection: AsyncConnection, conversation_id: str, session: int) -> RowMapping | None:
    query = select(identity_proof).where(_of_session(conversation_id, session)).order_by(_proof.id.desc()).limit(1)
    return (await connection.execute(query)).mappings().first()


async def _codes_since(connection: AsyncConnection, since: datetime, which: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(identity_proof).where(_proof.created_at > since, which)
    return (await connection.execute(query)).scalar_one()


def _is_repeat(current: RowMapping, given: str, now: datetime) -> bool:
    """Whether the same person asks again while a young code is still good."""
    young = now - current["created_at"] < REPEAT_WINDOW
    live = current["proven_at"] is None and current["attempts"] < MAX_ATTEMPTS
    return young and live and codes.same(codes.digest(given, current["salt"]), current["identifier_digest"])


async def _send(
    connection: AsyncConnection, person: Customer, identifier: Identifier, language: str, code: str, now: datetime
) -> bool:
    """Hand the code to the company's mail or text message service, unless the customer had enough this hour."""
    to_person = (_proof.customer_number == person.number) & _proof.sent
    if await _codes_since(connection, now - RATE_WINDOW, to_person) >= MAX_CODES:
        return False
    medium: Medium = "mail"
    if person.email is None or _medium(identifier) == "sms":
        medium = "sms"
    recipient = person.phone if medium == "sms" else person.email
    if recipient is None:
        return False
    subject, body = code_letter(medium, language, code, int(CODE_LIFETIME.total_seconds()) // 60)
    await connection.execute(
        insert(notification).values(created_at=now, medium=medium, recipient=recipient, subject=subject, body=body)
    )
    return True


async def _count_attempt(connection: AsyncConnection, proof: int, attempt: str | None, now: datetime) -> int | None:
    """Count one attempt if the code still allows one; the attempts so far, or None when it allows none."""
    statement = (
        update(identity_proof)
        .where(
            _proof.id == proof,
            _proof.attempts < MAX_ATTEMPTS,  # decided by the database, so parallel tries cannot exceed it
            _proof.expires_at > now,
            _proof.proven_at.is_(None),
        )
        .values(attempts=_proof.attempts + 1, last_attempt=attempt)
        .returning(_proof.attempts)
    )
    return (await connection.execute(statement)).scalar_one_or_none()


def _started(identifier: Identifier, expires_at: datetime) -> ProofStarted:
    return ProofStarted(result="code_if_known", medium=_medium(identifier), expires_at=expires_at)


def _medium(identifier: Identifier) -> Medium | None:
    """Where a code for this identifier goes, as far as the identifier itself tells."""
    if identifier.kind == "email":
        return "mail"
    return "sms" if identifier.kind == "phone" and is_mobile(identifier.value) else None


def _failed(attempts: int) -> Wrong | Locked:
    return Locked() if attempts >= MAX_ATTEMPTS else Wrong(attempts_left=MAX_ATTEMPTS - attempts)
