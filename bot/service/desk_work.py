"""What agents do with a conversation besides writing: hold a reply back, pass it on, note, invite, close.

Each method is one transaction under the conversation's lock, like those of `Conversations`, and repeats nothing: the
same client id is the same reply or note. A change of holder has its one word to the customer; a note has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

import msgspec

from bot.conversation.handover import Reason
from bot.conversation.limits import CLIENT_ID_LIMIT, clean_text
from bot.conversation.model import Holder, Message
from bot.conversation.roles import Role
from bot.service.conversations import Conversations
from bot.service.outcomes import Refused, check_sees
from bot.settings import Settings
from bot.store import held, notes, teams
from bot.store.conversations import OpenConversation
from bot.store.entries import Conversation
from bot.store.held import HeldReply
from bot.store.log import current_tenure, message_by_client_id, read_conversation
from bot.store.notes import Note
from bot.store.reads import keep_read
from bot.store.tables import tenure as tenure_table
from bot.store.tokens import Agent
from bot.store.unit_of_work import Store, Unit
from bot.store.wakeup import Hint
from bot.transparency import openings
from bot.transparency.wording import Wording, language_of

CloseReason = Literal["solved", "no_answer", "duplicate", "not_for_us", "abuse", "other"]


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a reply: held back until it is due, or sent as this message."""

    held: HeldReply | None = None
    message: Message | None = None


class DeskWork:
    """The use cases of the desk on one conversation."""

    def __init__(self, store: Store, conversations: Conversations, words: Wording, settings: Settings) -> None:
        self._store = store
        self._conversations = conversations
        self._words = words
        self._settings = settings

    # --- replies that can be withdrawn ---

    async def hold(self, conversation_id: str, agent: Agent, text: str, *, client_id: str) -> Written:
        """Take a reply that goes to the customer in some seconds. When this returns it is committed.

        The same `client_id` again is the same reply, whatever became of it.

        Raises:
            TextRefused: empty or too long.
            Refused: `not_holder`; `withdrawn`, this reply was taken back before.
        """
        text = clean_text(text)
        if not 0 < len(client_id) <= CLIENT_ID_LIMIT:
            raise Refused("client_id")
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            if (message := await message_by_client_id(unit, conversation_id, agent.id, client_id)) is not None:
                return Written(message=message)
            known = await held.held_by_client_id(unit, conversation_id, agent.id, client_id)
            if known is not None and known.state != "held":
                raise Refused("withdrawn" if known.state == "withdrawn" else "not_holder")
            if known is not None:
                return Written(held=known)
            await self._conversations.check_holds(opened, agent)
            due_at = unit.now + timedelta(seconds=self._settings.undo_seconds)
            kept = await held.hold(opened, agent, text, client_id, due_at)
            await opened.save()
        return Written(held=kept)

    async def withdraw(self, conversation_id: str, agent: Agent, held_id: str) -> HeldReply:
        """Take a reply back. One that was refused is withdrawn the same way: its text is the agent's again.

        Raises:
            Refused: `already_sent`, the customer has it; `unknown_reply`, it is not this agent's.
        """
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            one = await self._own(unit, conversation_id, agent, held_id)
            if one.state == "sent":
                raise Refused("already_sent")
            held.settle(opened, one.id, "withdrawn")
            await opened.save()
        return one

    async def send_now(self, conversation_id: str, agent: Agent, held_id: str) -> None:
        """Send what is held back up to now, this reply included.

        Raises:
            Refused: `not_holder`, `withdrawn`, `unknown_reply`.
        """
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            one = await self._own(unit, conversation_id, agent, held_id)
            if one.state == "withdrawn":
                raise Refused("withdrawn")
            if one.state == "sent":
                return
            await self._conversations.check_holds(opened, agent)
            await self._conversations.release_held(opened)
            await opened.save()

    async def release_due(self, conversation_id: str) -> None:
        """Send the replies of a conversation that are due; refuse those whose tenure is over."""
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            await self._conversations.release_held(opened, only_due=True)
            await opened.save()

    async def _own(self, unit: Unit, conversation_id: str, agent: Agent, held_id: str) -> HeldReply:
        one = await held.held(unit, held_id)
        if one is None or one.agent_id != agent.id or one.conversation_id != conversation_id:
            raise Refused("unknown_reply")
        return one

    # --- passing on ---

    async def transfer(self, conversation_id: str, agent: Agent, team_id: str, note: str | None) -> Conversation:
        """Give the conversation to a team, where it waits for a person.

        Raises:
            Refused: `not_holder`; `unknown_team`.
        """
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            await self._conversations.check_holds(opened, agent)
            if await teams.team(unit, team_id) is None:
                raise Refused("unknown_team")
            await self._conversations.release_held(opened)
            await self._note(opened, agent, note, "transfer")
            opened.row.team = team_id
            await self._conversations.handover.pass_to_team(opened, agent.name)
            await opened.save()
        return opened.row

    async def pass_on(self, conversation_id: str, agent: Agent, colleague_id: str, note: str | None) -> Conversation:
        """Give the conversation to a colleague who is there.

        Raises:
            Refused: `not_holder`; `colleague_away`, with the colleague's name; `unknown_agent`.
        """
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            await self._conversations.check_holds(opened, agent)
            colleague = await self._colleague(unit, colleague_id)
            if colleague.id == agent.id:
                raise Refused("unknown_agent")
            if colleague.state != "available":
                raise Refused("colleague_away", agent=colleague.name)
            await self._conversations.release_held(opened)
            await self._note(opened, agent, note, "transfer")
            language = language_of(opened.row.locale)
            opened.change_holder(
                Reason.PASSED_ON,
                openings.passed_on(self._words, language, agent.name, colleague.name),
                agent_id=colleague.id,
                agent_name=colleague.name,
                deadline=unit.now + timedelta(seconds=self._settings.agent_deadline),
            )
            await notes.leave(opened, colleague.id)
            await opened.save()
        return opened.row

    async def assign(self, conversation_id: str) -> Agent | None:
        """Give a waiting conversation to somebody by its team's rule; None when nobody can take it now."""
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            team = await teams.team(unit, opened.row.team)
            if opened.row.holder is not Holder.QUEUE or team is None or team.assignment == "manual":
                return None
            # Whoever did not take it up just now is not given it again at once.
            gone = await current_tenure(unit, conversation_id)
            besides = [gone.detail] if gone.reason is Reason.NOT_TAKEN_UP and gone.detail else []
            agent = await teams.next_agent(unit, team.id, team.assignment, besides=besides)
            if agent is None:
                return None
            opened.change_holder(
                Reason.ASSIGNED,
                openings.assigned(self._words, language_of(opened.row.locale), agent.name),
                agent_id=agent.id,
                agent_name=agent.name,
                deadline=unit.now + timedelta(seconds=self._settings.agent_deadline),
            )
            await notes.leave(opened, agent.id)
            await opened.save()
        return agent

    async def holds(self, conversation_id: str, agent: Agent) -> bool:
        """Whether the agent holds this conversation now."""
        async with self._store.read() as unit:
            row = await read_conversation(unit, conversation_id)
            return row is not None and (await current_tenure(unit, conversation_id)).agent_id == agent.id

    async def looked(self, conversation_id: str, agent: Agent, seq: int = 0) -> bool:
        """The agent has the conversation open, up to `seq`. Who was given it has now seen it, and it stays theirs.

        Returns whether it is this agent's to see at all.
        """
        async with self._store.read() as unit:
            row = await read_conversation(unit, conversation_id)
            if row is None or not await teams.sees(unit, agent, conversation_id):
                return False
            tenure = await current_tenure(unit, conversation_id)
        if row.seen_seq < min(seq, row.inbound_seq):
            await self._note_seen(conversation_id, seq)
        if tenure.agent_id != agent.id or tenure.seen_at is not None:
            return True
        async with self._store.write() as unit:
            await unit.connection.execute(
                tenure_table.update()
                .where(
                    tenure_table.c.conversation_id == conversation_id,
                    tenure_table.c.epoch == tenure.epoch,
                    tenure_table.c.ended_at.is_(None),
                )
                .values(seen_at=unit.now)
            )
        return True

    async def has_read(self, agent: Agent, places: Mapping[str, int]) -> None:
        """The agent has read these conversations so far; their other devices are told."""
        async with self._store.write() as unit:
            await keep_read(unit, agent.id, places)
            for conversation_id, seq in places.items():
                unit.hint(Hint(conversation_id=conversation_id, read_by=agent.id, read=seq))

    async def _note_seen(self, conversation_id: str, seq: int) -> None:
        """Something that the customer said was on a person's screen: the customer may know."""
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            seen = min(seq, opened.row.head_seq)
            if seen <= opened.row.seen_seq:
                return
            opened.row.seen_seq = seen
            unit.hint(Hint(conversation_id=conversation_id, seen=seen))
            await opened.save()

    # --- colleagues ---

    async def note(self, conversation_id: str, agent: Agent, text: str, *, client_id: str) -> Note:
        """Write a private note. It is a row of its own kind and cannot reach a customer.

        Raises:
            TextRefused: empty or too long.
            Refused: `other_team`.
        """
        text = clean_text(text)
        if not 0 < len(client_id) <= CLIENT_ID_LIMIT:
            raise Refused("client_id")
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            await check_sees(unit, opened, agent)
            written = await notes.add_note(opened, agent, text, client_id=client_id)
            await opened.save()
        return written

    async def invite(self, conversation_id: str, agent: Agent, colleague_id: str, note: str | None) -> None:
        """Let a colleague read along and advise in notes; the holder stays the one voice.

        Raises:
            Refused: `other_team`, `unknown_agent`.
        """
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            await check_sees(unit, opened, agent)
            found = await self._colleague(unit, colleague_id)
            colleague = Agent(id=found.id, login="", name=found.name, role=Role.AGENT)
            await self._note(opened, agent, note, "invitation")
            await notes.invite(opened, colleague, agent)
            await opened.save()

    async def leave(self, conversation_id: str, agent: Agent) -> None:
        """Stop reading along."""
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            await notes.leave(opened, agent.id)
            await opened.save()

    # --- the end ---

    async def close(self, conversation_id: str, agent: Agent, reason: CloseReason, note: str | None) -> Conversation:
        """End the conversation, and with it what anybody was invited to. When the customer writes again, the bot
        answers first.

        Raises:
            Refused: `not_holder`.
        """
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            tenure = await self._conversations.check_holds(opened, agent)
            await self._conversations.release_held(opened)
            await self._note(opened, agent, note, "close")
            opening = openings.closed(self._words, language_of(opened.row.locale), agent.name)
            opened.change_holder(Reason.CLOSED_BY_AGENT, opening, detail=reason)
            await notes.end_invitations(opened)
            if reason in {"solved", "other"}:
                await self._conversations.ended(opened, tenure)
            await opened.save()
        return opened.row

    async def _note(self, opened: OpenConversation, agent: Agent, text: str | None, kind: notes.NoteKind) -> None:
        if text and text.strip():
            await notes.add_note(opened, agent, clean_text(text), kind=kind)

    async def _colleague(self, unit: Unit, agent_id: str) -> teams.Colleague:
        found = next((one for one in await teams.colleagues(unit) if one.id == agent_id), None)
        if found is None:
            raise Refused("unknown_agent")
        return found
