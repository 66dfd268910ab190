"""What customers and agents do to a conversation: speak, ask for a person, take over, hand back.

Each method is one transaction under the conversation's lock. It either commits with everything that belongs to it, the
word to the customer included, or leaves no trace; a process that dies on the way has done nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from bot.conversation.accounts import mask_accounts
from bot.conversation.handover import IN_APP, Reason, TransitionRefused
from bot.conversation.limits import CLIENT_ID_LIMIT, clean_text
from bot.conversation.model import Author, AuthorKind, Draft, EventKind, Holder, Message
from bot.conversation.roles import Role
from bot.service.handover import Handover
from bot.service.outcomes import Receipt, Refused, Welcome, check_sees
from bot.service.ratings import Ratings, is_rating
from bot.service.templates import Template
from bot.service.written_in_app import WrittenInApp
from bot.settings import Settings
from bot.store import held
from bot.store.cases import cases
from bot.store.conversations import OpenConversation, new_conversation, open_conversation
from bot.store.entries import Conversation
from bot.store.erasure import AskedBy, erase, is_erased
from bot.store.inbox import Lease
from bot.store.log import TenureRecord, current_tenure, goes_on_in, is_answer, message_by_client_id
from bot.store.notes import leave
from bot.store.tokens import Agent, add_widget_token, issued_button, new_token
from bot.store.unit_of_work import Store, Unit
from bot.store.whatsapp_contacts import contact_of_conversation, joined_conversations
from bot.transparency import openings
from bot.transparency.gate import is_machine_name
from bot.transparency.wording import Language, Wording, language_of

CUSTOMER_ORIGIN = "customer"
# Why an agent's tenure begins when they take a conversation from whom.
_TAKING = {
    Holder.QUEUE: Reason.CLAIMED,
    Holder.BOT: Reason.TAKEN_OVER,
    Holder.CLOSED: Reason.RESUMED,
    Holder.AGENT: Reason.TAKEN_FROM_APP,
}


class Worker(Protocol):
    """Who works on turns in this process, so that a message need not be looked for after it was stored."""

    def room_for_one(self) -> timedelta | None:
        """How long a message may be leased that it would begin with now; None if it has enough to do."""

    def begin(self, lease: Lease) -> None:
        """Work on a message whose lease is committed. Whoever does not leaves it to the lease's end."""


class Conversations:
    """The use cases on one conversation."""

    def __init__(self, store: Store, words: Wording, settings: Settings, pushing: frozenset[str]) -> None:
        self._store = store
        self._words = words
        self._settings = settings
        self._pushing = pushing
        self.handover = Handover(words, settings)
        self.written_in_app = WrittenInApp(words, settings, self.handover)
        # Set while turns are worked off in this process.
        self.worker: Worker | None = None
        self._ratings = Ratings(words)

    async def open(self, unit: Unit, conversation_id: str) -> OpenConversation:
        """Lock a conversation, knowing whether its channel pushes."""
        opened = await open_conversation(unit, conversation_id, pushes=False)
        opened.pushes = opened.row.channel in self._pushing
        return opened

    async def start_widget(self, locale: Language) -> Welcome:
        """A conversation on a website, begun by the bot's disclosure."""
        token = new_token()
        async with self._store.write() as unit:
            opened = new_conversation(
                unit,
                channel="widget",
                address=None,
                locale=locale,
                opening=openings.started(self._words, locale),
                pushes=False,
            )
            human = openings.human_button(self._words, locale)
            opened.issue_button(human)
            await opened.save()
            await add_widget_token(unit, token, opened.row.id, human.id)
        return Welcome(conversation=opened.row, token=token, human_button_id=human.id)

    async def receive(
        self,
        conversation_id: str,
        text: str,
        *,
        client_id: str,
        button_id: str | None = None,
        provider_id: str | None = None,
    ) -> Receipt:
        """Store what a customer said; when this returns it is committed and may be acknowledged.

        The same `client_id` again returns the first receipt. Text is never more than text: only a button that was
        issued in this conversation becomes a payload.

        Raises:
            TextRefused: empty or too long.
            Refused: `button`, the button was not issued here; `client_id`, it is unusable.
            UnknownConversation, StoreUnavailable: nothing was stored.
        """
        text = clean_text(text)
        if not 0 < len(client_id) <= CLIENT_ID_LIMIT:
            raise Refused("client_id")
        async with self._store.write(urgent=True) as unit:
            opened = await self.open(unit, conversation_id)
            known = await message_by_client_id(unit, conversation_id, CUSTOMER_ORIGIN, client_id)
            if known is not None:
                return Receipt(message=known, repeated=True)
            payload = None
            if button_id is not None:
                issued = await issued_button(unit, conversation_id, button_id)
                if issued is None:
                    raise Refused("button")
                payload, text = issued.payload, issued.title
                if payload == openings.HANDOVER_COMMAND:
                    # Issued once for the whole conversation, whose language may have changed since.
                    text = self._words.say("button_human", language_of(opened.row.locale))
            message = await self.take_in(opened, text, client_id=client_id, payload=payload, provider_id=provider_id)
            worker = self.worker
            room = None if worker is None else worker.room_for_one()
            lease = None if room is None else await opened.lease_expected(room)
            await opened.save()
        if worker is not None and lease is not None:
            worker.begin(lease)
        return Receipt(message=message, repeated=False)

    async def take_in(
        self,
        opened: OpenConversation,
        text: str,
        *,
        client_id: str,
        payload: str | None = None,
        provider_id: str | None = None,
        heard: str | None = None,
        answer: Callable[[Message], Draft] | None = None,
        has_files: bool = False,
        file_digest: str | None = None,
    ) -> Message:
        """Append what a customer said to a locked conversation, with what it is owed. The caller saves.

        `heard` is what the bot gets in the text's place. Where that is empty the bot is not asked: `answer` makes its
        word on the message, and without one the message needs none. Bank account numbers are masked here, for every
        channel. With `has_files` the caller adds them behind `save`, in the same unit.
        """
        if payload == openings.ERASE_COMMAND:
            return await self._erase_at_own_wish(opened, text, client_id)
        text, heard = mask_accounts(text), None if heard is None else mask_accounts(heard)
        row, now = opened.row, opened.unit.now
        rates = is_rating(payload)
        says_sentence = payload is None and heard != "" and await self._ratings.take_sentence(opened, text)
        if rates or says_sentence:
            heard = ""
        for_bot, silent = heard != "", heard == "" and answer is None
        language = language_of(row.locale)
        asks_for_person = payload == openings.HANDOVER_COMMAND and row.holder is Holder.BOT
        makes_case = payload == openings.CASE_COMMAND and row.holder in {Holder.BOT, Holder.QUEUE}
        session = self.next_session(row, now)
        begins_session = session > row.session and not silent
        if begins_session:
            row.session = session
            if asks_for_person or makes_case:
                # What they ask for changes the holder by itself; only what was proven before does not count any more.
                row.customer_level = row.customer_level and "claimed"
            else:
                reason = Reason.REOPENED if row.holder is Holder.CLOSED else Reason.NEW_SESSION
                opened.change_holder(reason, openings.started(self._words, language))
        message = opened.append(
            Draft(
                kind=EventKind.MESSAGE,
                author=Author(kind=AuthorKind.CUSTOMER, name=self._customer_name(row, language)),
                text=text,
            ),
            origin=CUSTOMER_ORIGIN,
            client_id=client_id,
            provider_id=provider_id,
            payload=payload if payload and payload.startswith("/") else None,
            heard=heard,
            has_files=has_files,
            file_digest=file_digest,
            # What calls nobody begins no session, and does not hide from the next message that one is due.
            aside=silent and session > row.session,
        )
        if asks_for_person:
            opened.settle_at_once(message, await self.handover.ask_for_person(opened, Reason.CUSTOMER_REQUEST))
        elif payload == openings.CANCEL_COMMAND and row.holder is Holder.QUEUE:
            opened.settle_at_once(message, "answered")
            opened.change_holder(Reason.CUSTOMER_CANCELLED, openings.cancelled(self._words, language))
        elif payload == openings.RECORD_COMMAND and row.holder is Holder.BOT:
            await self._show_record(opened, message)
        elif makes_case:
            opened.settle_at_once(message, await self.handover.make_case(opened, begins_session=begins_session))
        elif silent:
            opened.settle_at_once(message, "noted")
            if rates and payload is not None:
                await self._ratings.take(opened, payload)
            elif says_sentence:
                self._ratings.sentence_kept(opened)
        elif answer is not None and not for_bot and row.holder is Holder.BOT:
            opened.append(answer(message))
            opened.settle_at_once(message, "answered")
        elif row.holder is Holder.BOT:
            opened.expect_turn(message, now + timedelta(seconds=self._settings.turn_deadline))
        else:
            opened.settle_at_once(message, row.holder.value)
            if row.holder is Holder.AGENT and opened.pushes:
                self.written_in_app.wait_for_answer(opened)
        return message

    async def _show_record(self, opened: OpenConversation, message: Message) -> None:
        """For clients that do not open the page themselves. Where there is no page, a person gives the record."""
        if opened.pushes:
            asked = await self.handover.ask_for_person(opened, Reason.CUSTOMER_REQUEST, "data_export")
            opened.settle_at_once(message, asked)
            return
        language = language_of(opened.row.locale)
        text = self._words.say("record_open_from_chat", language)
        author = openings.bot_author(self._words, language)
        opened.append(Draft(kind=EventKind.MESSAGE, author=author, text=text))
        opened.settle_at_once(message, "answered")

    async def _erase_at_own_wish(self, opened: OpenConversation, text: str, client_id: str) -> Message:
        """The customer pressed the button that erases the conversation; the press is what remains of them."""
        language = language_of(opened.row.locale)
        await erase(opened, "customer")
        author = Author(kind=AuthorKind.CUSTOMER, name=self._words.say("author_customer", language))
        message = opened.append(
            Draft(kind=EventKind.MESSAGE, author=author, text=text), origin=CUSTOMER_ORIGIN, client_id=client_id
        )
        opened.settle_at_once(message, "answered")
        await self._end_erased(opened, "customer")
        return message

    async def _end_erased(self, opened: OpenConversation, asked_by: AskedBy) -> None:
        for other in await joined_conversations(opened.unit, opened.row.id):
            # What was said before both were one is the same person's.
            if not await is_erased(opened.unit, other):
                joined = await self.open(opened.unit, other)
                await erase(joined, asked_by)
                await self._end_erased(joined, asked_by)
                await joined.save()
        # There is no address any more to which the notice could be sent.
        opened.pushes = False
        language = language_of(opened.row.locale)
        # What the ticket system took is a copy that is erased there by hand: the customer learns where it is.
        tickets = [case.external_ref for case in await cases(opened.unit, opened.row.id) if case.external_ref]
        opened.change_holder(Reason.ERASED, openings.erased(self._words, language, asked_by, tickets))

    async def erase(self, conversation_id: str, asked_by: AskedBy) -> bool:
        """Erase what was said in a conversation and end it. False when that was done before.

        Raises:
            UnknownConversation, StoreUnavailable: nothing was erased.
        """
        async with self._store.write() as unit:
            opened = await self.open(unit, conversation_id)
            if await is_erased(unit, conversation_id):
                return False
            await erase(opened, asked_by)
            await self._end_erased(opened, asked_by)
            await opened.save()
        return True

    def next_session(self, row: Conversation, now: datetime) -> int:
        """The session that a message of the customer would belong to now: after a long silence, a new one."""
        idle = row.last_inbound_at is not None and (now - row.last_inbound_at).total_seconds() > (
            self._settings.session_idle
        )
        return row.session + (row.holder is Holder.CLOSED or (row.holder is Holder.BOT and idle))

    def _customer_name(self, row: Conversation, language: Language) -> str:
        proven = row.customer_level == "proven" and row.customer_name
        if proven and is_machine_name(proven):
            proven = None
        return proven or self._words.say("author_customer", language)

    async def claim(self, conversation_id: str, agent: Agent, epoch: int) -> Conversation:
        """An agent takes a waiting conversation, the bot's, a closed one, or one from the channel's own app.

        Exactly one wins.

        Raises:
            Refused: `already_claimed` with the name of who has it, `outdated` when it changed since it was seen,
                `joined` when it goes on in another one, or `other_team`.
        """
        async with self._store.write() as unit:
            opened = await self.open(unit, conversation_id)
            row = opened.row
            await check_sees(unit, opened, agent)
            tenure = await current_tenure(unit, conversation_id)
            if row.holder is Holder.AGENT and tenure.agent_id != IN_APP:
                if tenure.agent_id == agent.id:
                    return row
                raise Refused("already_claimed", agent=tenure.agent_name or "")
            if tenure.reason is Reason.JOINED:
                raise Refused("joined")
            if row.epoch != epoch:
                raise Refused("outdated")
            reason = _TAKING[row.holder]
            opening = openings.resumed if reason is Reason.RESUMED else openings.claimed
            try:
                opened.change_holder(
                    reason,
                    opening(self._words, language_of(row.locale), agent.name),
                    agent_id=agent.id,
                    agent_name=agent.name,
                    deadline=unit.now + timedelta(seconds=self._settings.agent_deadline),
                    seen=True,
                )
            except TransitionRefused as refused:
                raise Refused("outdated") from refused
            await leave(opened, agent.id)
            await opened.save()
        return row

    async def reply(self, conversation_id: str, agent: Agent, text: str, *, client_id: str) -> Receipt:
        """An agent writes to the customer. The same `client_id` again returns the first receipt.

        Raises:
            TextRefused: empty or too long.
            Refused: `not_holder`, somebody else holds the conversation; nothing was sent.
        """
        text = clean_text(text)
        if not 0 < len(client_id) <= CLIENT_ID_LIMIT:
            raise Refused("client_id")
        async with self._store.write() as unit:
            opened = await self.open(unit, conversation_id)
            known = await message_by_client_id(unit, conversation_id, agent.id, client_id)
            if known is not None:
                return Receipt(message=known, repeated=True)
            await self.check_holds(opened, agent)
            await self.release_held(opened)
            message = self.say_as(opened, agent, text, client_id)
            await opened.save()
        return Receipt(message=message, repeated=False)

    async def reply_with_template(
        self, conversation_id: str, agent: Agent, template: Template, topic: str, *, client_id: str
    ) -> Receipt:
        """An agent writes first, with a declared template: for a customer whose 24 hours are over.

        Raises:
            Refused: `not_holder`; `template`, a value is missing or the channel has no templates; `stopped`, the
                customer does not want to be written to.
        """
        if not 0 < len(client_id) <= CLIENT_ID_LIMIT:
            raise Refused("client_id")
        async with self._store.write() as unit:
            opened = await self.open(unit, conversation_id)
            known = await message_by_client_id(unit, conversation_id, agent.id, client_id)
            if known is not None:
                return Receipt(message=known, repeated=True)
            await self.check_holds(opened, agent)
            await self.release_held(opened)
            person = await contact_of_conversation(unit, conversation_id)
            if person is None:
                raise Refused("template")
            if person.stopped_at is not None:
                raise Refused("stopped")
            language = language_of(opened.row.locale)
            label = self._words.say("whatsapp_label_human", language, name=agent.name)
            try:
                text, values = template.fill(language, {"author": label, "topic": topic})
            except ValueError as error:
                raise Refused("template") from error
            message = opened.append(
                Draft(kind=EventKind.MESSAGE, author=Author(kind=AuthorKind.HUMAN, name=agent.name), text=text),
                origin=agent.id,
                client_id=client_id,
                template={"name": template.name, "language": language, "values": values},
            )
            await opened.save()
        return Receipt(message=message, repeated=False)

    async def hand_back(
        self, conversation_id: str, agent: Agent, note: str | None, topic: str | None = None
    ) -> Conversation:
        """The agent gives the conversation back to the bot, which introduces itself again and offers to go on with the
        topic, an intent.

        Raises:
            Refused: `not_holder`, `unknown_topic`.
        """
        if topic is not None and topic not in openings.topics_to_go_on_with(self._words):
            raise Refused("unknown_topic")
        async with self._store.write() as unit:
            opened = await self.open(unit, conversation_id)
            tenure = await self.check_holds(opened, agent)
            await self.release_held(opened)
            opened.change_holder(
                Reason.HANDED_BACK,
                openings.handed_back(self._words, language_of(opened.row.locale), agent.name, topic=topic),
                detail=note,
            )
            await self.ended(opened, tenure)
            await opened.save()
        return opened.row

    async def ended(self, opened: OpenConversation, tenure: TenureRecord) -> None:
        """A person's help is over: the customer may say how it was."""
        await self._ratings.ask(opened, tenure)

    def say_as(self, opened: OpenConversation, agent: Agent, text: str, client_id: str) -> Message:
        """Append an agent's words to a locked conversation that the agent holds. The caller saves."""
        return opened.append(
            Draft(kind=EventKind.MESSAGE, author=Author(kind=AuthorKind.HUMAN, name=agent.name), text=text),
            origin=agent.id,
            client_id=client_id,
        )

    async def release_held(self, opened: OpenConversation, *, only_due: bool = False) -> None:
        """Send what is held back, in the order in which it was written: before anything else the holder does.

        What was written in a tenure that is over is not sent: whoever holds the conversation now is the one voice.
        """
        for one in await held.waiting(opened.unit, opened.row.id):
            if one.epoch != opened.row.epoch:
                held.settle(opened, one.id, "refused")
            elif not only_due or one.due_at <= opened.unit.now:
                agent = Agent(id=one.agent_id, login="", name=one.agent_name, role=Role.AGENT)
                held.settle(opened, one.id, "sent", self.say_as(opened, agent, one.text, one.client_id))
            else:
                return

    async def check_holds(self, opened: OpenConversation, agent: Agent) -> TenureRecord:
        """The agent's tenure; raises `Refused` with `not_holder` where somebody else holds the conversation.

        Of another team's conversation nothing is told but that it is one: `other_team`.
        """
        if opened.row.holder is Holder.AGENT:
            tenure = await current_tenure(opened.unit, opened.row.id)
            if tenure.agent_id == agent.id:
                return tenure
            await check_sees(opened.unit, opened, agent)
            raise Refused("not_holder", agent=tenure.agent_name or "")
        await check_sees(opened.unit, opened, agent)
        raise Refused("not_holder", agent="")

    async def set_locale(self, conversation_id: str, locale: Language) -> Conversation:
        """The customer chose a language: the system speaks it from now on, and the bot says in it what it is."""
        async with self._store.write() as unit:
            opened = await self.open(unit, conversation_id)
            if opened.row.locale != locale:
                opened.row.locale = locale
                if opened.row.holder is Holder.BOT:
                    opened.append(openings.disclosure(self._words, locale))
                await opened.save()
        return opened.row

    async def confirm(self, conversation_id: str, *, delivered: int, read: int) -> None:
        """The customer's client has everything up to `delivered`, the customer has seen everything up to `read`."""
        async with self._store.write() as unit:
            await self.note_receipt(unit, conversation_id, delivered=delivered, read=read)

    async def note_receipt(self, unit: Unit, conversation_id: str, *, delivered: int, read: int) -> None:
        """`confirm` within a caller's unit."""
        opened = await self.open(unit, conversation_id)
        row = opened.row
        delivered, read = min(delivered, row.head_seq), min(read, row.head_seq)
        if delivered <= row.delivered_seq and read <= row.read_seq:
            return
        if read > row.read_seq:
            unit.announce(row.id, None)
        row.delivered_seq, row.read_seq = max(row.delivered_seq, delivered, read), max(row.read_seq, read)
        await opened.save()

    async def undelivered(self, unit: Unit, conversation_id: str, message_id: str, error: str) -> None:
        """A message will never arrive. If it was an answer of the bot, which still holds the conversation, a person is
        asked for: the customer waits for something that does not come."""
        opened = await self.open(unit, conversation_id)
        if opened.row.holder is Holder.CLOSED and (goes_on := await goes_on_in(unit, conversation_id)) is not None:
            opened = await self.open(unit, goes_on)
        if opened.row.holder is not Holder.BOT or not await is_answer(unit, message_id):
            return
        await self.handover.ask_for_person(opened, Reason.UNDELIVERABLE, error[:200])
        await opened.save()
