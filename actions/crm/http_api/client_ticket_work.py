"""Work on tickets over HTTP."""

from __future__ import annotations

from actions.crm.http_api.caller import HttpCaller
from actions.crm.models import Fact, Ticket
from actions.crm.ticket_work import NewFile, TicketFile, TicketNote


class HttpTicketWork(HttpCaller):
    """See `TicketWorkVerbs`."""

    async def ticket_notes(self, number: str) -> list[Fact[TicketNote]]:
        found: list[Fact[TicketNote]] = await self._call("ticket_notes", number=number)
        return found

    async def add_ticket_note(self, number: str, text: str, *, idempotency_key: str) -> Fact[TicketNote]:
        added: Fact[TicketNote] = await self._call(
            "add_ticket_note", number=number, text=text, idempotency_key=idempotency_key
        )
        return added

    async def ticket_files(self, number: str) -> list[Fact[TicketFile]]:
        found: list[Fact[TicketFile]] = await self._call("ticket_files", number=number)
        return found

    async def add_ticket_file(self, number: str, file: NewFile, *, idempotency_key: str) -> Fact[TicketFile]:
        added: Fact[TicketFile] = await self._call(
            "add_ticket_file", number=number, file=file, idempotency_key=idempotency_key
        )
        return added

    async def reopen_ticket(self, number: str, reason: str, *, idempotency_key: str) -> Fact[Ticket]:
        reopened: Fact[Ticket] = await self._call(
            "reopen_ticket", number=number, reason=reason, idempotency_key=idempotency_key
        )
        return reopened
