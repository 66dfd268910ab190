"""What people of the company write in the channel's own app, beside the desk: theirs is the one voice then.

The channel tells of such a word after the customer has it. In the transaction that stores it the conversation is
theirs, whoever held it: the bot's answers that were not sent are cancelled as by a takeover at the desk, and the
customer is told that a person wrote, because no author stands before what the app sends. Nobody can see whether they
are still there. So what they hold is due a while after their last word, and sooner where the customer waits for one:
then somebody else is asked for, with the true reason. Where nobody waits, the bot is back.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from bot.conversation.handover import IN_APP, Reason
from bot.conversation.model import Author, AuthorKind, Draft, EventKind, Message
from bot.service.handover import Handover
from bot.settings import Settings
from bot.store.conversations import BegunBy, OpenConversation, new_conversation
from bot.store.log import TenureRecord, current_tenure, somebody_waits, was_disclosed
from bot.store.tables import tenure as tenure_table
from bot.store.unit_of_work import Unit
from bot.transparency import openings
from bot.transparency.wording import Language, Wording, language_of


class WrittenInApp:
    """Puts such words into the log, and ends the tenures that they begin."""

    def __init__(self, words: Wording, settings: Settings, handover: Handover) -> None:
        self._words = words
        self._handover = handover
        self._quiet = timedelta(seconds=settings.session_idle)
        self._answer_within = timedelta(seconds=settings.agent_deadline)
        self._public_url = settings.public_url

    def begin(self, unit: Unit, channel: str, address: str, language: Language) -> tuple[OpenConversation, str]:
        """A conversation with somebody who has not written yet, and the name under which the app holds it. The caller
        writes the words, and saves."""
        name = self._words.say("author_in_app", language)
        by = BegunBy(reason=Reason.WROTE_IN_APP, agent_id=IN_APP, agent_name=name, deadline=unit.now + self._quiet)
        opening = openings.written_in_app(self._words, language, stored=self._stored(language))
        opened = new_conversation(
            unit, channel=channel, address=address, locale=language, opening=opening, pushes=True, begun_by=by
        )
        return opened, name

    async def take_over(self, opened: OpenConversation) -> str:
        """The conversation is in the hands of whoever writes in the app from now on, or still; under which name."""
        row, unit = opened.row, opened.unit
        tenure = await current_tenure(unit, row.id)
        if tenure.agent_id == IN_APP:
            opened.afterwards(_due(row.id, row.epoch).values(deadline_at=unit.now + self._quiet))
            return str(tenure.agent_name)
        language = language_of(row.locale)
        name = self._words.say("author_in_app", language)
        opened.change_holder(
            Reason.WROTE_IN_APP,
            openings.written_in_app(self._words, language),
            agent_id=IN_APP,
            agent_name=name,
            deadline=unit.now + self._quiet,
            seen=True,
        )
        return name

    def say(
        self, opened: OpenConversation, agent_name: str, text: str, *, client_id: str, provider_id: str, has_files: bool
    ) -> Message:
        """Append what was written there; the customer has it already. The caller saves."""
        return opened.append(
            Draft(kind=EventKind.MESSAGE, author=Author(kind=AuthorKind.HUMAN, name=agent_name), text=text),
            origin=IN_APP,
            client_id=client_id,
            provider_id=provider_id,
            has_files=has_files,
            is_there=True,
        )

    def wait_for_answer(self, opened: OpenConversation) -> None:
        """The customer has said something that an answer is due to: where the app holds the conversation, soon."""
        soon = opened.unit.now + self._answer_within
        later = tenure_table.c.deadline_at > sa.literal(soon, tenure_table.c.deadline_at.type)
        opened.afterwards(_due(opened.row.id, opened.row.epoch).where(later).values(deadline_at=soon))

    async def expire(self, opened: OpenConversation, tenure: TenureRecord) -> None:
        """It is due: a person is asked for where the customer waits for one, else the bot is back. The caller saves."""
        if await somebody_waits(opened.unit, opened.row.id):
            await self._handover.app_is_silent(opened, tenure)
            return
        language = language_of(opened.row.locale)
        disclosed = await was_disclosed(opened.unit, opened.row.id)
        stored = None if disclosed or not opened.pushes else self._stored(language)
        opened.change_holder(Reason.APP_QUIET, openings.app_quiet(self._words, language, stored=stored))

    def _stored(self, language: Language) -> str:
        return self._words.say("whatsapp_stored", language, address=f"{self._public_url}/transparency")


def _due(conversation_id: str, epoch: int) -> sa.Update:
    return sa.update(tenure_table).where(
        tenure_table.c.conversation_id == conversation_id,
        tenure_table.c.epoch == epoch,
        tenure_table.c.agent_id == IN_APP,
    )
