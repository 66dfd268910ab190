"""What the bot leaves to the edge: the state of a case of the chat, and what is to be added to a case or ticket.

Cases are kept here, not in the customer data system. Guarantee: a case is shown only in the conversation that it came
from, or to whom the brain has found proven, in this very turn, to be the customer of that conversation; any other
number, whether there is such a case or not, gets one and the same answer. Something can be added only in the case's own
conversation. All of it happens in the transaction of the turn's answer: once, or not at all; and what is said is what
happened: words are with the case, files are on their way, nothing new came, or nothing could be added.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone

import sqlalchemy as sa

from bot.conversation.model import Button, Draft, EventKind, Source, new_id
from bot.service.brain_protocol import Attach, CaseAsked
from bot.store import teams, ticket_files
from bot.store.cases import Case, case_with_number
from bot.store.conversations import OpenConversation
from bot.store.notes import add_customers_note
from bot.store.tables import conversation as conversation_table
from bot.store.unit_of_work import Unit
from bot.transparency import openings
from bot.transparency.format import moment
from bot.transparency.wording import Language, Wording


class CaseQuestions:
    """Answers them."""

    def __init__(self, words: Wording) -> None:
        self._words = words

    async def attach(self, opened: OpenConversation, asked: Attach, *, turn_id: str, language: Language) -> None:
        """Have the files brought to a ticket; the customer was told that they will hear of it."""
        row = opened.row
        added = await ticket_files.add_files(opened.unit, row.id, turn_id, asked.ticket, asked.messages)
        if not added:
            opened.append(self._said(language, "ticket_files_nothing_new", number=asked.ticket))

    async def answer(self, opened: OpenConversation, asked: CaseAsked, *, turn_id: str, language: Language) -> None:
        """Tell a case's state, or add to it."""
        case = await case_with_number(opened.unit, asked.number)
        here = case is not None and case.conversation_id == opened.row.id
        if case is None or not (here or await _is_theirs(opened.unit, case, asked.customer)):
            opened.append(self._not_known(asked, language))
        elif here and asked.adds:
            await self._add(opened, case, asked, turn_id, language)
        else:
            if asked.adds:
                opened.append(self._said(language, "case_not_added", number=case.number))
            opened.append(await self._state(opened.unit, case, language, here=here))

    async def _add(
        self, opened: OpenConversation, case: Case, asked: CaseAsked, turn_id: str, language: Language
    ) -> None:
        unit, row, number = opened.unit, opened.row, case.number
        if asked.note:
            opened.append(self._said(language, "case_noted", number=number))
            name = self._words.say("author_customer", language)
            await add_customers_note(opened, asked.note, case_number=number, name=name)
            await ticket_files.add_words(unit, row.id, turn_id, number, asked.note)
        if asked.messages:
            added = await ticket_files.add_files(unit, row.id, turn_id, number, asked.messages)
            key = "ticket_files_on_the_way" if added else "ticket_files_nothing_new"
            opened.append(self._said(language, key, number=number))
        if _status(case) in _OVER:
            person = (openings.human_button(self._words, language),)
            opened.append(self._said(language, "case_over_already", buttons=person, number=number))
        opened.show_desks()

    async def _state(self, unit: Unit, case: Case, language: Language, *, here: bool) -> Draft:
        """What a customer may know of a case, and what can be done about it here."""
        status = _status(case)
        as_of = (case.synced_at or unit.now) if case.external_status else unit.now
        say, due = self._words.say, moment(case.due_at, language)
        parts = [
            say(
                "case_state",
                language,
                number=case.number,
                team=await teams.team_name(unit, case.team, language),
                opened=moment(case.created_at, language),
                status=say(f"ticket_status_{status}", language),
            )
        ]
        over = status in _OVER
        if not over:
            parts.append(say("ticket_late" if case.due_at < unit.now else "ticket_due", language, due=due))
        buttons = [openings.human_button(self._words, language)]
        if here and not over:
            payload = {"ticket_number": case.number, "ticket_wish": "note"}
            buttons.insert(0, self._button(language, "button_add_note", payload))
        return Draft(
            kind=EventKind.MESSAGE,
            author=openings.bot_author(self._words, language),
            text="\n".join(parts),
            buttons=tuple(buttons),
            sources=(self._source(language, case.number, as_of),),
        )

    def _not_known(self, asked: CaseAsked, language: Language) -> Draft:
        buttons = [openings.human_button(self._words, language)]
        if asked.customer is None:
            payload = {"ticket_number": asked.number, "ticket_wish": "prove"}
            buttons.insert(0, self._button(language, "button_prove", payload))
        key = "case_not_here" if asked.customer is None else "case_not_yours"
        return self._said(language, key, buttons=tuple(buttons), number=asked.number)

    def _said(self, language: Language, key: str, *, buttons: tuple[Button, ...] = (), **values: object) -> Draft:
        return Draft(
            kind=EventKind.MESSAGE,
            author=openings.bot_author(self._words, language),
            text=self._words.say(key, language, **values),
            buttons=buttons,
        )

    def _button(self, language: Language, key: str, entities: dict[str, str]) -> Button:
        payload = f"/ticket_status{json.dumps(entities)}"
        return Button(id=new_id(), title=self._words.say(key, language), payload=payload)

    def _source(self, language: Language, number: str, as_of: datetime) -> Source:
        label = self._words.say("source_case", language, record=number)
        return Source(label=label, as_of=as_of.astimezone(timezone.utc), system="klartext", record=number)


_OVER = frozenset({"solved", "closed"})
# States of a case in the words for tickets.
_AS_TICKETS = {"open": "new"}


def _status(case: Case) -> str:
    """Its state in the words for tickets; where the company has a ticket system, what its people set there counts."""
    return case.external_status or _AS_TICKETS.get(case.status, case.status)


async def _is_theirs(unit: Unit, case: Case, customer: str | None) -> bool:
    """Whether the case came from a conversation in which this customer had proven who they are."""
    if customer is None:
        return False
    table = conversation_table
    found = await unit.connection.execute(
        sa.select(table.c.id).where(
            table.c.id == case.conversation_id,
            table.c.customer_number == customer,
            table.c.customer_level == "proven",
        )
    )
    return found.first() is not None
