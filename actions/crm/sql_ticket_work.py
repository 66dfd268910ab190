"""Notes and files on tickets, and opening them again, on SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm import rows
from actions.crm.done_requests import done_before, keep_done
from actions.crm.due import due_at
from actions.crm.errors import CrmRejected
from actions.crm.lookup import storable
from actions.crm.models import Fact, Ticket
from actions.crm.queries import OPEN
from actions.crm.sql_part import SqlPart
from actions.crm.tables import ticket
from actions.crm.tables_service import ticket_file, ticket_note
from actions.crm.ticket_work import NewFile, TicketFile, TicketNote


class SqlTicketWork(SqlPart):
    """See `TicketWorkVerbs`."""

    async def ticket_notes(self, number: str) -> list[Fact[TicketNote]]:
        query = select(ticket_note, ticket.c.number).join(ticket, ticket.c.id == ticket_note.c.ticket_id)
        query = query.where(ticket.c.number == number).order_by(ticket_note.c.id.desc())
        return await self._all("ticket_notes", query, rows.ticket_note)

    async def add_ticket_note(self, number: str, text: str, *, idempotency_key: str) -> Fact[TicketNote]:
        async def work(connection: AsyncConnection) -> Fact[TicketNote]:
            found = await _existing(connection, number, "add_ticket_note")
            known = await done_before(connection, "add_ticket_note", idempotency_key)
            if known is None:
                known = await _write(connection, found, text, self._clock())
                await keep_done(connection, "add_ticket_note", idempotency_key, known)
            query = select(ticket_note, ticket.c.number).join(ticket, ticket.c.id == ticket_note.c.ticket_id)
            row = (await connection.execute(query.where(ticket_note.c.id == int(known)))).mappings().one()
            return self._fact(rows.ticket_note(row), row["number"])

        return await self._database.write("add_ticket_note", work)

    async def ticket_files(self, number: str) -> list[Fact[TicketFile]]:
        query = _files().where(ticket.c.number == number).order_by(ticket_file.c.id.desc())
        return await self._all("ticket_files", query, rows.ticket_file)

    async def add_ticket_file(self, number: str, file: NewFile, *, idempotency_key: str) -> Fact[TicketFile]:
        async def work(connection: AsyncConnection) -> Fact[TicketFile]:
            found = await _existing(connection, number, "add_ticket_file")
            known = await done_before(connection, "add_ticket_file", idempotency_key)
            if known is None:
                known = await _store(connection, found, file, self._clock())
                await keep_done(connection, "add_ticket_file", idempotency_key, known)
            query = _files().where(ticket_file.c.id == int(known))
            row = (await connection.execute(query)).mappings().one()
            return self._fact(rows.ticket_file(row), row["number"])

        return await self._database.write("add_ticket_file", work)

    async def reopen_ticket(self, number: str, reason: str, *, idempotency_key: str) -> Fact[Ticket]:
        async def work(connection: AsyncConnection) -> Fact[Ticket]:
            found = await _existing(connection, number, "reopen_ticket")
            if await done_before(connection, "reopen_ticket", idempotency_key) is None:
                now = self._clock()
                await _write(connection, found, reason, now)
                if found["status"] not in OPEN:
                    again = update(ticket).where(ticket.c.id == found["id"])
                    await connection.execute(again.values(status="new", due_at=due_at(found["kind"], now)))
                await keep_done(connection, "reopen_ticket", idempotency_key, number)
                found = await _existing(connection, number, "reopen_ticket")
            return self._fact(rows.ticket(found), number)

        return await self._database.write("reopen_ticket", work)


async def _existing(connection: AsyncConnection, number: str, operation: str) -> RowMapping:
    row = (await connection.execute(select(ticket).where(ticket.c.number == number))).mappings().first()
    if row is None:
        raise CrmRejected(operation, "no such ticket")
    return row


def _files() -> Select[Any]:
    """Files without their content, which nobody asks for here."""
    about = (ticket_file.c.name, ticket_file.c.media_type, ticket_file.c.size, ticket_file.c.added_at)
    return select(*about, ticket.c.number).join(ticket, ticket.c.id == ticket_file.c.ticket_id)


async def _store(connection: AsyncConnection, found: RowMapping, file: NewFile, now: datetime) -> str:
    """Insert the file; its id as text."""
    statement = insert(ticket_file).values(
        ticket_id=found["id"],
        name=storable(file.name)[:200],
        media_type=file.media_type[:100],
        size=len(file.content),
        content=file.content,
        added_at=now,
    )
    return str((await connection.execute(statement.returning(ticket_file.c.id))).scalar_one())


async def _write(connection: AsyncConnection, found: RowMapping, text: str, now: datetime) -> str:
    """Insert the note; its id as text."""
    statement = insert(ticket_note).values(ticket_id=found["id"], text=storable(text), noted_at=now)
    return str((await connection.execute(statement.returning(ticket_note.c.id))).scalar_one())
