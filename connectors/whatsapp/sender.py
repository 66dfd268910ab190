"""Sending: from the number that was written to, within the 24 hours, below the provider's limits, each part once.

A part's row is written before its request. What the provider accepted is never sent again; what it gave no clear answer
about is `Uncertain` until a status names it. Waiting for a limit, a token or an account counts as no try: nothing is
lost while an operator sleeps.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import timedelta

import structlog

from bot.conversation.files import safe_name
from bot.conversation.model import AuthorKind
from bot.service.delivery import NotSent, Sent, Uncertain, begin_request
from bot.store.attachments import Attachment, attachment_content, attachments_of, note_upload
from bot.store.errors import StoreUnavailable
from bot.store.log import read_conversation
from bot.store.outbox import Shipment
from bot.store.unit_of_work import Store
from bot.store.whatsapp_contacts import Contact, claim_read_mark, contact, contact_of_conversation
from bot.store.whatsapp_parts import Part, advance_part, begin_part, part_by_number, renew_part
from bot.store.whatsapp_rates import Limit, number_bucket, pair_bucket, pause, take_or_wait
from bot.transparency.gate import all_out, labelled, let_out
from bot.transparency.wording import Language, Wording, language_of
from connectors.whatsapp.client import GraphClient, NotReached, Unanswered
from connectors.whatsapp.errors import (
    FINAL,
    FOR_OPERATORS,
    WAITING,
    ApiError,
    ErrorClass,
    error_text,
    pause_after_failure,
)
from connectors.whatsapp.payloads import Outgoing, Recipient, TemplateMessage, request_body
from connectors.whatsapp.render import render, render_file
from connectors.whatsapp.statuses import our_id

log = structlog.get_logger(__name__)

# The provider's limits: to one person a message in six seconds, after 45 at once; from one number so many a second.
PAIR = Limit(per_second=1 / 6, burst=45)
# How long nothing is sent after the provider said that a limit, or the account, is the matter, in seconds.
_PAUSES = {
    ErrorClass.PAIR_LIMIT: 12.0,
    ErrorClass.NUMBER_LIMIT: 5.0,
    ErrorClass.TOKEN: 30.0,
    ErrorClass.ACCOUNT: 60.0,
}


class WhatsAppSender:
    """The channel's sender. Any number of nodes send through the same buckets."""

    def __init__(self, client: GraphClient | None, numbers: Sequence[str], *, per_second: float) -> None:
        # None while the settings name no token or number: everything waits.
        self._client = client
        self._numbers = numbers
        self._limit = Limit(per_second=per_second, burst=max(1.0, per_second))

    def start(self, store: Store, words: Wording) -> None:
        """The services are there."""
        self._store, self._words = store, words

    async def send(self, shipment: Shipment) -> Sent:
        """Send one message, together with the other replies of its turn.

        Raises:
            NotSent, Uncertain, Overtaken: see `bot.service.delivery`.
        """
        if self._client is None:
            reason = error_text(ErrorClass.TOKEN, None, "no access token or phone number id is set")
            raise NotSent(reason, after=timedelta(seconds=_PAUSES[ErrorClass.TOKEN]), counts=False)
        messages, recipient, ours = await self._prepare(self._client, shipment)
        first = ""
        for index, message in enumerate(messages):
            part = (index, len(messages), message)
            provider_id = await self._part(self._client, shipment, part, recipient, ours)
            first = first or provider_id
        if shipment.turn_id is not None or shipment.message.author.kind is AuthorKind.HUMAN:
            # Whoever answers has read what was said.
            with contextlib.suppress(StoreUnavailable):
                await self.show_read(shipment.message.conversation_id, typing=False)
        return Sent(provider_id=first)

    async def _prepare(self, client: GraphClient, shipment: Shipment) -> tuple[list[Outgoing], Recipient, str]:
        """What is sent, to whom, and from which of our numbers."""
        async with self._store.read() as unit:
            row = await read_conversation(unit, shipment.message.conversation_id)
            person = await contact(unit, shipment.address)
            files = await attachments_of(unit, shipment.message.id)
        assert row is not None
        if person.number is None and person.user_id is None:
            raise NotSent(error_text(ErrorClass.UNDELIVERABLE, None, "the number is another person's"), permanent=True)
        if shipment.template is None and (person.window_until is None or person.window_until <= unit.now):
            raise NotSent(error_text(ErrorClass.WINDOW, None, "24 hours are over"), permanent=True)
        ours = self._ours(person)
        if ours is None:
            log.error("a number of ours is not set; its messages wait", phone_number_id=person.phone_number_id)
            reason = error_text(ErrorClass.ACCOUNT, None, f"the number {person.phone_number_id} is not set")
            raise NotSent(reason, after=timedelta(seconds=_PAUSES[ErrorClass.ACCOUNT]), counts=False)
        language = language_of(row.locale)
        if files:
            media_id = await self._uploaded(client, ours, files[0])
            entry = let_out(shipment.message)
            outgoing = render_file(entry, files[0].kind, files[0].file_name, media_id, self._words, language)
            return outgoing, _recipient(person), ours
        return self._outgoing(shipment, language), _recipient(person), ours

    def _ours(self, person: Contact) -> str | None:
        """The number that they wrote to, from which alone they are answered; None while it is not set."""
        if not person.phone_number_id:
            return self._numbers[0]
        return person.phone_number_id if person.phone_number_id in self._numbers else None

    async def _uploaded(self, client: GraphClient, ours: str, file: Attachment) -> str:
        """The provider's id of the file. It is uploaded once, unless nobody could note that it was."""
        if file.reference:
            return file.reference
        async with self._store.report() as unit:
            found = await attachment_content(unit, file.id)
        if found is None or file.media_type is None:
            raise NotSent(error_text(ErrorClass.MEDIA, None, "the file is no longer there"), permanent=True)
        name = safe_name(file.kind, file.id, file.media_type)
        try:
            media_id = await client.upload(ours, found[1], file.media_type, name)
        except ApiError as error:
            _tell_operator(error)
            raise _outcome(error) from error
        except (NotReached, Unanswered) as error:
            raise NotSent(f"try_again: {error}") from error
        async with self._store.write() as unit:
            await note_upload(unit, file.id, media_id)
        return media_id

    def _outgoing(self, shipment: Shipment, language: Language) -> list[Outgoing]:
        if shipment.template is None:
            return render(all_out(shipment.messages), self._words, language)
        template = shipment.template
        said = labelled(let_out(shipment.message), shipment.message.text, self._words, template["language"])
        return [TemplateMessage(template["name"], template["language"], said, tuple(template["values"]))]

    async def _part(
        self,
        client: GraphClient,
        shipment: Shipment,
        part: tuple[int, int, Outgoing],
        recipient: Recipient,
        ours: str,
    ) -> str:
        """Send one part (its place, how many there are, and it) unless the provider has it; the provider's id."""
        (index, parts, message), first = part, shipment.message
        limits = {pair_bucket(ours, recipient.key): PAIR, number_bucket(ours): self._limit}
        async with self._store.write() as unit:
            await begin_request(unit, shipment)
            known = await part_by_number(unit, first.id, index)
            again = known is not None and _may_be_renewed(known)
            if known is not None and known.provider_id is not None and not again:
                return known.provider_id
            wait = await take_or_wait(unit, limits)
            if not wait and again and known is not None:
                known = await renew_part(unit, known)
            elif not wait:
                known = await begin_part(
                    unit,
                    first.id,
                    index,
                    parts=parts,
                    conversation_id=first.conversation_id,
                    last_seq=shipment.messages[-1].seq,
                )
        if wait or known is None:
            raise NotSent("pair_limit: kept below the provider's limit", after=timedelta(seconds=wait), counts=False)
        try:
            body = request_body(message, recipient, our_id(first.id, index, known.attempt))
            provider_id = await client.send(ours, body)
        except ApiError as error:
            await self._refused(shipment, index, error, limits)
            raise _outcome(error) from error
        except NotReached as error:
            raise NotSent(f"try_again: {error}") from error
        except Unanswered as error:
            async with self._store.read() as unit:
                known = await part_by_number(unit, first.id, index)
            if known is None or known.provider_id is None:
                raise Uncertain(str(error)) from error
            # Its status was faster than the end of our patience.
            return known.provider_id
        async with self._store.write() as unit:
            sent = await part_by_number(unit, first.id, index)
            assert sent is not None
            await advance_part(unit, sent, "accepted", provider_id=provider_id)
        return provider_id

    async def _refused(self, shipment: Shipment, index: int, error: ApiError, limits: dict[str, Limit]) -> None:
        _tell_operator(error)
        seconds = _PAUSES.get(error.kind)
        async with self._store.write() as unit:
            if seconds is not None:
                prefix = "pair:" if error.kind is ErrorClass.PAIR_LIMIT else "number:"
                for bucket, limit in limits.items():
                    if bucket.startswith(prefix):
                        await pause(unit, bucket, limit, seconds)
            elif error.kind in FINAL:
                part = await part_by_number(unit, shipment.message.id, index)
                if part is not None:
                    await advance_part(unit, part, "refused", error_code=error.code, error=str(error))

    async def show_read(self, conversation_id: str, *, typing: bool) -> None:
        """Mark the customer's newest message as read, once of all nodes. A failure changes nothing for anybody."""
        if self._client is None:
            return
        async with self._store.write() as unit:
            person = await contact_of_conversation(unit, conversation_id)
            newest = None if person is None else await claim_read_mark(unit, person.id)
        ours = None if person is None else self._ours(person)
        if newest is None or ours is None:
            return
        try:
            await self._client.mark_read(ours, newest, typing=typing)
        except (ApiError, NotReached, Unanswered) as error:
            log.info("not marked as read", conversation=conversation_id, error=str(error))


def _may_be_renewed(part: Part) -> bool:
    return part.state == "failed" and pause_after_failure(part.error_code, part.attempt) is not None


def _recipient(person: Contact) -> Recipient:
    return Recipient(number=person.number, user_id=person.user_id)


def _tell_operator(error: ApiError) -> None:
    if error.kind in FOR_OPERATORS:
        log.error("WhatsApp needs the operator; messages wait", error=str(error))


def _outcome(error: ApiError) -> NotSent:
    if error.kind in WAITING:
        return NotSent(str(error), after=timedelta(seconds=_PAUSES[error.kind]), counts=False)
    return NotSent(str(error), permanent=error.kind in FINAL)
