"""Cases in the company's ticket system: each gets one ticket with the conversation, and its status comes back.

Guarantee: a case that exists gets its ticket, once, however often this fails in between: the ticket is made under a key
of the case, so that a try without an answer finds it again, and a case stays due until its ticket is on record. With
the ticket system away cases wait; nothing is lost and nobody else waits for it. Any number of nodes may run this. Whose
identity is only claimed is not linked to the customer there. What is erased while its ticket is made is owed there.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Protocol

import structlog

from actions.crm.errors import CrmError, CrmUnavailable
from actions.crm.models import Customer, Fact, Identifier
from actions.crm.tickets import Filed, TicketDraft
from bot.conversation.model import AuthorKind, Message
from bot.store import cases
from bot.store.cases import Case
from bot.store.entries import Conversation
from bot.store.erasure import TICKETS, is_erased, owe
from bot.store.errors import StoreUnavailable
from bot.store.log import newest_messages, read_conversation
from bot.store.teams import team_name
from bot.store.traces import newest_work
from bot.store.unit_of_work import Store
from bot.transparency.format import moment
from bot.transparency.wording import Wording

log = structlog.get_logger(__name__)

_TRY_AGAIN = timedelta(seconds=60)
_LOOK_AGAIN = timedelta(minutes=5)
_FORGET = timedelta(days=90)  # after this long nobody looks at a case's ticket any more
_AT_ONCE = 20
_LONGEST = 400  # messages


class Tickets(Protocol):
    """What is needed of a ticket system."""

    async def file(self, draft: TicketDraft, *, key: str) -> tuple[Filed, bool]: ...

    async def by_number(self, number: str) -> Filed | None: ...


class Customers(Protocol):
    """What is needed of the customer data system."""

    async def find_customer(self, identifier: Identifier) -> Fact[Customer] | None: ...


class CaseSync:
    """Makes tickets of cases and looks after them."""

    def __init__(
        self,
        store: Store,
        words: Wording,
        tickets: Tickets,
        customers: Customers,
        *,
        language: str = "de",
        poll: float = 5.0,
    ) -> None:
        """`language`: what the team reads."""
        self._store = store
        self._words = words
        self._tickets = tickets
        self._customers = customers
        self._language = language
        self._poll = poll

    async def run(self) -> None:
        """Work until cancelled. A database or ticket system that is away is waited out."""
        while True:
            try:
                await self.step()
            except StoreUnavailable as error:
                log.warning("cases wait for the database", error=str(error))
            await asyncio.sleep(self._poll)

    async def step(self) -> int:
        """Make the tickets that are due and look at those made; how many cases were settled."""
        async with self._store.write() as unit:
            unfiled = await cases.take_unfiled(unit, _AT_ONCE, _TRY_AGAIN)
            filed = await cases.take_filed(unit, _AT_ONCE, _LOOK_AGAIN, _FORGET)
        settled = 0
        for case in [*unfiled, *filed]:
            try:
                settled += await (self._file(case) if case.external_ref is None else self._look(case))
            except CrmUnavailable as error:
                # The rest would fail too; all taken are due again after a while.
                log.warning("cases wait for the ticket system", cause=error.cause)
                break
            except CrmError as error:
                log.error("the ticket system does not take a case", case=case.number, error=str(error))
        return settled

    async def _file(self, case: Case) -> bool:
        async with self._store.read() as unit:
            conversation = await read_conversation(unit, case.conversation_id)
            messages = await newest_messages(unit, case.conversation_id, _LONGEST)
            work = await newest_work(unit, case.conversation_id)
            team = await team_name(unit, case.team, self._language)
        if conversation is None:
            return False
        # Case numbers begin anew with a new database, conversations never come twice.
        key = f"{case.number}/{case.conversation_id}"
        filed, _ = await self._tickets.file(await self._draft(case, team, conversation, messages, work), key=key)
        async with self._store.write() as unit:
            # First: from here on an erasure waits for this unit and sees the ticket, or was seen below.
            await cases.record_ticket(unit, case, filed.number, filed.status)
            # Erased while the ticket was made, which may hold what was read before.
            if await is_erased(unit, case.conversation_id):
                await owe(unit, case.conversation_id, TICKETS, unit.now)
        return True

    async def _look(self, case: Case) -> bool:
        filed = await self._tickets.by_number(case.external_ref or "")
        if filed is None:
            log.warning("the ticket of a case is gone", case=case.number, ticket=case.external_ref)
            return False
        async with self._store.write() as unit:
            await cases.record_ticket(unit, case, filed.number, filed.status)
        return True

    async def _draft(
        self, case: Case, team: str, conversation: Conversation, messages: list[Message], work: str | None
    ) -> TicketDraft:
        language, say = self._language, self._words.say
        reason = say(f"desk_reason_{case.reason}", language)
        head = say(
            "case_ticket_head",
            language,
            number=case.number,
            team=team,
            due=moment(case.due_at, language),
            reason=reason,
            customer=self._person(conversation),
        )
        if len(messages) < _LONGEST:
            heading = say("case_ticket_log", language)
        else:
            heading = say("case_ticket_log_cut", language, count=_LONGEST)
        answers = [] if work is None else [say("case_ticket_work", language, work=work)]
        lines = [f"{moment(one.at, language)} {self._writer(one)}: {one.text}" for one in messages]
        proven = conversation.customer_number if conversation.customer_level == "proven" else None
        return TicketDraft(
            subject=say("case_ticket_subject", language, number=case.number, reason=reason),
            content="\n\n".join([head, *answers, heading, say("record_labels", language), *lines]),
            requestor=None if proven is None else await self._mail(proven),
            marks=(f"case/{case.number}", *((f"customer/{proven}",) if proven else ())),
            due_at=case.due_at,
        )

    def _writer(self, message: Message) -> str:
        """Who wrote it, as it stands in front of plain text everywhere; ticket systems send their tickets by mail."""
        name = message.author.name
        if message.author.kind is not AuthorKind.HUMAN:
            return name
        return self._words.say("whatsapp_label_human", self._language, name=name)

    def _person(self, conversation: Conversation) -> str:
        if conversation.customer_number is None:
            return self._words.say("case_ticket_customer_unknown", self._language)
        level = "proven" if conversation.customer_level == "proven" else "claimed"
        return self._words.say(
            f"case_ticket_customer_{level}",
            self._language,
            name=conversation.customer_name or "",
            number=conversation.customer_number,
        )

    async def _mail(self, number: str) -> str | None:
        """The customer's mail address; a case does not wait for it."""
        try:
            fact = await self._customers.find_customer(Identifier(kind="number", value=number))
        except CrmError:
            return None
        return None if fact is None else fact.value.email
