"""Files that customers have confirmed for a ticket, brought there; and words for the ticket of a case.

Guarantee: what a turn has confirmed is due until the ticket has it, once, however often this fails in between: it goes
there under a key of its own. With the ticket's system away it waits, and so it does for a file that the messenger has
yet to give. The customer is told in the same transaction when all files are there, or what could not be put there,
words included. Any number of nodes may run this.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Protocol

import structlog

from actions.crm.errors import CrmError, CrmRejected, CrmUnavailable
from actions.crm.models import Fact
from actions.crm.ticket_work import NewFile, TicketFile
from actions.crm.tickets import Note, StoredFile
from bot.conversation.files import safe_name
from bot.conversation.model import Draft, EventKind
from bot.service.conversations import Conversations
from bot.store import ticket_files
from bot.store.attachments import attachment_content
from bot.store.cases import case_with_number
from bot.store.errors import StoreUnavailable
from bot.store.ticket_files import TicketFile as Due
from bot.store.unit_of_work import Store
from bot.transparency import openings
from bot.transparency.wording import Language, Wording, language_of

log = structlog.get_logger(__name__)

# A file may be large: few are in memory at once.
_AT_ONCE = 4
_NOT_YET = timedelta(seconds=5)
_LONGEST_PAUSE = 300.0  # seconds
# How numbers of cases begin, which are ours; all others are the customer data system's.
CASE_PREFIX = "KT-"


class Customers(Protocol):
    """What is needed of the customer data system."""

    async def add_ticket_file(self, number: str, file: NewFile, *, idempotency_key: str) -> Fact[TicketFile]: ...


class Tickets(Protocol):
    """What is needed of a ticket system."""

    async def add_file(self, number: str, file: NewFile, *, key: str) -> StoredFile: ...

    async def add_note(self, number: str, text: str, *, key: str) -> Note: ...


class _NotYet(Exception):
    """It has to wait for something of our own."""


class TicketFiles:
    """Brings files to tickets."""

    def __init__(
        self,
        store: Store,
        conversations: Conversations,
        words: Wording,
        customers: Customers,
        tickets: Tickets | None,
        *,
        poll: float = 1.0,
    ) -> None:
        """Without a ticket system, what is added to a case is at the desk already."""
        self._store = store
        self._conversations = conversations
        self._words = words
        self._customers = customers
        self._tickets = tickets
        self._poll = poll

    async def run(self) -> None:
        """Work until cancelled. A database that is away is waited out."""
        while True:
            try:
                done = await self.step()
            except StoreUnavailable as error:
                log.warning("files for tickets wait for the database", error=str(error))
                done = 0
            if not done:
                await asyncio.sleep(self._poll)

    async def step(self) -> int:
        """Try what is due; how many were settled."""
        async with self._store.read() as unit:
            if not await ticket_files.any_due(unit):
                return 0
        async with self._store.write() as unit:
            due = await ticket_files.lease_ticket_files(unit, _AT_ONCE)
        return sum([await self._try(one) for one in due])

    async def _try(self, one: Due) -> bool:
        try:
            await self._bring(one)
        except _NotYet as error:
            await self._later(one, _NOT_YET, str(error))
            return False
        except CrmRejected as error:
            log.error("a file is not taken", ticket=one.ticket, cause=error.cause)
            return await self._settle(one, error.cause)
        except CrmError as error:
            cause = error.cause if isinstance(error, CrmUnavailable) else str(error)
            log.warning("a file waits for its ticket's system", ticket=one.ticket, cause=cause)
            await self._later(one, timedelta(seconds=min(2.0**one.attempts, _LONGEST_PAUSE)), cause)
            return False
        return await self._settle(one, None)

    async def _bring(self, one: Due) -> None:
        """Raises: CrmRejected: it can never be brought there. CrmUnavailable, _NotYet: another try may bring it."""
        number = await self._number(one)
        if one.text is not None:
            if number is not None and self._tickets is not None:
                await self._tickets.add_note(number, one.text, key=one.id)
            return
        file = await self._file(one)
        if not one.ticket.startswith(CASE_PREFIX):
            await self._customers.add_ticket_file(one.ticket, file, idempotency_key=one.id)
        elif number is not None and self._tickets is not None:
            await self._tickets.add_file(number, file, key=one.id)

    async def _number(self, one: Due) -> str | None:
        """The number in the ticket system of what is meant; None where there is no such system."""
        if not one.ticket.startswith(CASE_PREFIX):
            return one.ticket
        if self._tickets is None:
            return None
        async with self._store.read() as unit:
            case = await case_with_number(unit, one.ticket)
        if case is None:
            raise CrmRejected("add_file", "no such case")
        if case.external_ref is None:
            raise _NotYet("the case has no ticket yet")
        return case.external_ref

    async def _file(self, one: Due) -> NewFile:
        if one.file_state == "pending":
            raise _NotYet("the file has not been fetched yet")
        async with self._store.report() as unit:
            found = await attachment_content(unit, one.attachment_id or "")
        if found is None:
            raise CrmRejected("add_file", f"the file is {one.file_state}")
        about, content = found
        media_type = about.media_type or "application/octet-stream"
        name = about.file_name or safe_name(about.kind, about.id, media_type)
        return NewFile(name=name, media_type=media_type, content=content)

    async def _later(self, one: Due, pause: timedelta, error: str) -> None:
        async with self._store.write() as unit:
            await ticket_files.postpone(unit, one, pause, error)

    async def _settle(self, one: Due, error: str | None) -> bool:
        """Keep the outcome; when it was the turn's last file, the customer is told in the same commit."""
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, one.conversation_id)
            if not await ticket_files.settle(unit, one, "filed" if error is None else "failed", error):
                return False
            if one.attachment_id is None and error is not None:
                opened.append(self._words_failed(language_of(opened.row.locale), one.ticket))
                await opened.save()
            if one.attachment_id is not None:
                counts = await ticket_files.outcomes(unit, one)
                if not counts.get("waiting"):
                    language = language_of(opened.row.locale)
                    opened.append(self._told(language, one.ticket, counts.get("filed", 0), counts.get("failed", 0)))
                    await opened.save()
        return True

    def _told(self, language: Language, number: str, filed: int, failed: int) -> Draft:
        say = self._words.say
        parts = []
        if filed:
            parts.append(say("ticket_files_filed", language, number=number, files=self._count(language, filed)))
        if failed:
            parts.append(say("ticket_files_failed", language, number=number, files=self._count(language, failed)))
        return Draft(
            kind=EventKind.MESSAGE,
            author=openings.system_author(self._words, language),
            text=" ".join(parts),
            buttons=(openings.human_button(self._words, language),) if failed else (),
        )

    def _words_failed(self, language: Language, number: str) -> Draft:
        return Draft(
            kind=EventKind.MESSAGE,
            author=openings.system_author(self._words, language),
            text=self._words.say("ticket_words_failed", language, number=number),
            buttons=(openings.human_button(self._words, language),),
        )

    def _count(self, language: Language, count: int) -> str:
        key = "ticket_files_one" if count == 1 else "ticket_files_many"
        return self._words.say(key, language, count=count)
