"""Turns: the bot's answer to everything that the customer said since the last one.

An answer commits only while the epoch and the newest customer message are still those it was made for and the lease
still holds, all checked under the conversation's lock; else it is recorded as suppressed and the situation is looked at
again. A failed, late or empty answer of the brain is retried until the message's deadline and then becomes a handover
with the true reason. When the process dies, the lease runs out and another worker does the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from datetime import timedelta
from typing import Any, Literal

import msgspec
import structlog

from bot.conversation.handover import Reason
from bot.conversation.model import Button, Draft, EventKind, Holder, Source, new_id
from bot.conversation.personal import mask_within
from bot.service.brain import BrainClient, BrainUnavailable
from bot.service.brain_protocol import Reply, SentFile, TurnRequest, TurnResponse
from bot.service.case_questions import CaseQuestions
from bot.service.conversations import Conversations
from bot.service.typed_titles import typed_payload
from bot.service.why import why_last_answer
from bot.settings import Settings
from bot.store import inbox, traces
from bot.store.attachments import files_of
from bot.store.conversations import OpenConversation
from bot.store.entries import Conversation
from bot.store.errors import StoreUnavailable
from bot.store.inbox import Lease
from bot.store.log import customer_texts, disclosures, read_conversation
from bot.store.unit_of_work import Store, Unit
from bot.store.wakeup import Hint
from bot.transparency import openings
from bot.transparency.wording import Wording, language_of

log = structlog.get_logger(__name__)

# A message that took this many leases without an outcome has killed its workers: a person looks at it instead.
_MOST_ATTEMPTS = 8
# After this long without an answer, in seconds, the customer sees that the bot is still working.
_SHOW_TYPING_AFTER = 0.7
# Told to stop, a worker takes so long, in seconds, to finish the turns it has begun.
_FINISH_WITHIN = 1.0

# What the brain may name and the edge does itself.
_COMMANDS = {
    "/talk_to_human": openings.HANDOVER_COMMAND,
    "/make_case": openings.CASE_COMMAND,
    "/show_record": openings.RECORD_COMMAND,
    "/erase_conversation": openings.ERASE_COMMAND,
}


class _Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn was made for: its answer is valid for nothing else."""

    conversation: Conversation
    request: TurnRequest
    newest_seq: int


class Turns:
    """Works off the inbox. Any number of these may run, on any number of nodes."""

    def __init__(
        self,
        store: Store,
        conversations: Conversations,
        brain: BrainClient,
        words: Wording,
        settings: Settings,
        *,
        at_once: int = 32,
        poll: float = 0.5,
    ) -> None:
        self._store = store
        self._conversations = conversations
        self._brain = brain
        self._words = words
        self._settings = settings
        self._cases = CaseQuestions(words)
        self._at_once = at_once
        self._poll = poll
        self._wake = asyncio.Event()
        # Something was said just now: no need to ask whether anything is due.
        self._hinted = False
        self._running: set[asyncio.Task[None]] = set()
        self._ended = False
        # Longer than the brain may take, so that only a dead worker's lease runs out.
        self._lease = timedelta(seconds=settings.brain_timeout + 5)

    async def run(self) -> None:
        """Work until cancelled. Errors of the database are waited out."""
        forget = self._store.wakeup.subscribe(self._on_hint)
        self._conversations.worker, self._ended = self, False
        try:
            while True:
                self._wake.clear()
                free = self._at_once - len(self._running)
                try:
                    leased = await self.start_due(free) if free > 0 else 0
                except StoreUnavailable as error:
                    log.warning("turns wait for the database", error=str(error))
                    await asyncio.sleep(1)
                    continue
                # No room, or fewer than there was room for: nothing to do before something happens.
                if leased < free or free <= 0:
                    with contextlib.suppress(asyncio.TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), self._poll)
        finally:
            forget()
            self._conversations.worker, self._ended = None, True
            # What is being answered at this moment is finished; the rest waits for its lease to run out.
            if self._running:
                await asyncio.wait(self._running, timeout=_FINISH_WITHIN)
            for task in tuple(self._running):
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    def _on_hint(self, hint: Hint) -> None:
        if hint.inbox:
            self._hinted = True
            self._wake.set()

    async def start_due(self, free: int) -> int:
        """Lease up to `free` conversations that are due and begin to work on them; how many these were."""
        if not self._hinted:
            async with self._store.read() as unit:
                due = await inbox.next_due(unit)
            if due is None or due > unit.now:
                return 0
        self._hinted = False
        async with self._store.write() as unit:
            leases = await inbox.lease_due(unit, free, self._lease)
        for lease in leases:
            self.begin(lease)
        return len(leases)

    def room_for_one(self) -> timedelta | None:
        """How long a message may be leased that this worker would begin with now; None if it has enough to do."""
        return self._lease if len(self._running) < self._at_once else None

    def begin(self, lease: Lease) -> None:
        """Work on a leased conversation in a task of its own. After this worker ended, the lease runs out instead."""
        if self._ended:
            return
        task = asyncio.create_task(self._guarded(lease))
        self._running.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        if len(self._running) >= self._at_once:
            # There was no room for more; now there is.
            self._wake.set()
        self._running.discard(task)

    async def _guarded(self, lease: Lease) -> None:
        try:
            await self.work(lease)
        except StoreUnavailable as error:
            log.warning("a turn waits for its lease to run out", conversation=lease.conversation_id, error=str(error))
        except Exception:
            log.exception("a turn failed unexpectedly", conversation=lease.conversation_id)

    async def work(self, lease: Lease) -> None:
        """Bring a leased conversation's open messages to an outcome, or give the lease back for a later try."""
        while True:
            turn = await self._look(lease)
            if turn is None:
                return
            began = time.perf_counter()
            try:
                if lease.attempts > _MOST_ATTEMPTS:
                    raise BrainUnavailable(f"{lease.attempts} attempts without an outcome")
                response = await self._ask(turn)
            except BrainUnavailable as error:
                await self._failed(lease, turn, error, time.perf_counter() - began)
                return
            if await self._commit(lease, turn, response, time.perf_counter() - began):
                return

    async def _look(self, lease: Lease) -> _Turn | None:
        """Everything open in one turn, or nothing if a person holds the conversation or the lease is gone."""
        async with self._store.read() as unit:
            row = await read_conversation(unit, lease.conversation_id)
            if row is None or row.holder is not Holder.BOT or not await inbox.holds_lease(unit, lease):
                return None
            said = await customer_texts(unit, row.id, lease.seq, row.inbound_seq)
            heard = [(text, payload) for _, _, text, payload, _ in said if text]
            payload = await self._chosen(unit, row, lease.seq, heard)
            files = await files_of(unit, [message for message, _, _, _, has_files in said if has_files])
        newest_id, newest_seq, *_ = said[-1]
        # A pressed button among other messages counts as its title, so that none of them goes unheard.
        text = None if payload else "\n".join(text for text, _ in heard)
        request = TurnRequest(
            conversation_id=row.id,
            epoch=row.epoch,
            turn_id=newest_id,
            after_turn=row.last_turn_id,
            session=row.session,
            locale=language_of(row.locale),
            text=text,
            payload=payload,
            verified_phone=row.verified_phone,
            files=[SentFile(message=message, kind=one.kind) for message, sent in files.items() for one in sent],
        )
        return _Turn(conversation=row, request=request, newest_seq=newest_seq)

    @staticmethod
    async def _chosen(unit: Unit, row: Conversation, seq: int, heard: list[tuple[str, str | None]]) -> str | None:
        """The payload of the one button that the turn is: pressed, or typed as it stands there."""
        if len(heard) != 1:
            return None
        text, pressed = heard[0]
        return pressed or await typed_payload(unit, row.id, epoch=row.epoch, seq=seq, text=text)

    async def _ask(self, turn: _Turn) -> TurnResponse:
        typing = asyncio.get_running_loop().call_later(_SHOW_TYPING_AFTER, self._show_typing, turn.conversation)
        try:
            return await self._brain.ask(turn.request)
        finally:
            typing.cancel()

    def _show_typing(self, row: Conversation) -> None:
        name = openings.bot_author(self._words, language_of(row.locale)).name
        self._store.wakeup.publish(
            Hint(conversation_id=row.id, typing_to="customer", typing_by="bot", typing_name=name)
        )

    async def _commit(self, lease: Lease, turn: _Turn, response: TurnResponse, seconds: float) -> bool:
        """Apply the answer if it is still valid. False: the customer said more meanwhile, look again."""
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, lease.conversation_id)
            row = opened.row
            leased = await inbox.holds_lease(unit, lease)
            same_epoch = row.epoch == turn.conversation.epoch
            valid = leased and same_epoch and row.inbound_seq == turn.newest_seq
            await self._trace(opened, turn, "committed" if valid else "suppressed", seconds, _body(response))
            if not valid:
                # Still the bot's to answer, but there is more to answer now.
                return not (leased and same_epoch)
            await self._apply(opened, turn, response)
            await opened.save()
        return True

    async def _apply(self, opened: OpenConversation, turn: _Turn, response: TurnResponse) -> None:
        row = opened.row
        if row.locale != response.language:
            await self._follow(opened, response)
        if response.customer is not None:
            row.customer_number = response.customer.number
            row.customer_name = response.customer.name
            row.customer_level = response.customer.level
        for reply in response.replies:
            said = await self._explained(opened, reply, response.language) if reply.explains else reply
            opened.append(self._draft(said, response.language), turn_id=turn.request.turn_id)
        if response.attach is not None:
            await self._cases.attach(opened, response.attach, turn_id=turn.request.turn_id, language=response.language)
        if response.case is not None:
            await self._cases.answer(opened, response.case, turn_id=turn.request.turn_id, language=response.language)
        opened.settle_open_turns("answered")
        row.last_turn_id = turn.request.turn_id
        if response.handover is not None:
            handover = response.handover
            await self._conversations.handover.ask_for_person(opened, Reason(handover.reason), handover.detail)

    async def _follow(self, opened: OpenConversation, response: TurnResponse) -> None:
        """Speak the customer's language from now on; what has said in another one what it is says it in this one, too.

        Whoever goes back and forth between two languages is told once in each.
        """
        row, language = opened.row, response.language
        row.locale = language
        if response.replies or response.attach is not None or response.case is not None:
            said = await disclosures(opened.unit, row.id, row.epoch)
            if not any(openings.discloses_in(self._words, language, text) for text in said):
                opened.append(openings.disclosure_in(self._words, language))

    async def _explained(self, opened: OpenConversation, reply: Reply, language: Literal["de", "en"]) -> Reply:
        """The reply about the answer before; as it is where nothing was answered yet."""
        bound = self._settings.error_bound
        reasons = await why_last_answer(opened.unit, self._words, language, opened.row.id, bound)
        return reply if reasons is None else msgspec.structs.replace(reply, text=reasons)

    def _draft(self, reply: Reply, language: Literal["de", "en"]) -> Draft:
        return Draft(
            kind=EventKind.MESSAGE,
            author=openings.bot_author(self._words, language),
            text=reply.text,
            buttons=tuple(
                Button(
                    id=new_id(),
                    title=button.title,
                    payload=_payload(button.payload),
                    opens="record" if _payload(button.payload) == openings.RECORD_COMMAND else None,
                )
                for button in reply.buttons
            ),
            sources=tuple(
                Source(label=source.label, as_of=source.as_of, system=source.system, record=source.record)
                for source in reply.sources
            ),
        )

    async def _failed(self, lease: Lease, turn: _Turn, error: BrainUnavailable, seconds: float) -> None:
        """Try again later while the deadline allows, else hand over and say why."""
        pause = min(0.25 * 2 ** min(lease.attempts, 5), 4.0) * random.uniform(0.5, 1.0)  # noqa: S311 (jitter)
        async with self._store.write() as unit:
            again = unit.now + timedelta(seconds=pause)
            give_up = again >= lease.deadline_at or lease.attempts > _MOST_ATTEMPTS
            log.warning(
                "the brain did not answer", conversation=lease.conversation_id, error=str(error), give_up=give_up
            )
            opened = await self._conversations.open(unit, lease.conversation_id)
            await self._trace(opened, turn, "failed", seconds, {"error": str(error)})
            if not await inbox.holds_lease(unit, lease):
                return
            if give_up and opened.row.epoch == turn.conversation.epoch:
                await self._conversations.handover.ask_for_person(opened, Reason(error.reason), str(error))
                await opened.save()
            else:
                await inbox.release(unit, lease, again)

    async def _trace(
        self,
        opened: OpenConversation,
        turn: _Turn,
        outcome: Literal["committed", "suppressed", "failed"],
        seconds: float,
        body: dict[str, Any],
    ) -> None:
        await traces.record(
            opened.unit,
            turn_id=turn.request.turn_id,
            conversation_id=opened.row.id,
            epoch=turn.conversation.epoch,
            seq=turn.newest_seq,
            outcome=outcome,
            milliseconds=seconds * 1000,
            # An answer to what is over, and perhaps erased, is nobody's any more.
            body={} if opened.row.holder is Holder.CLOSED else body,
        )


def _payload(payload: str) -> str:
    """What the edge does itself becomes its own command, which works without the brain."""
    return _COMMANDS.get(payload, payload)


def _body(response: TurnResponse) -> dict[str, Any]:
    """What is kept of a response: all but the replies, which are messages of their own. Masked (`mask_personal`)."""
    body: dict[str, Any] = msgspec.to_builtins(response)
    body.pop("replies", None)
    masked: dict[str, Any] = mask_within(body)
    return masked
