"""Requests written on a page without scripts: each form is one conversation, and a case at once.

Guarantee: a form has an id that the server gave out and signed. However often the same form is sent, and on however
many nodes at once, there is one conversation (a unique key in the database) and one case. The same words again are the
same message; other words under the same id are added to the conversation, so nothing is lost. All commits together.
On failure nothing is stored and the caller learns why.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.conversation.contact import is_mail, is_phone
from bot.conversation.limits import TEXT_LIMIT, TextRefused, clean_text
from bot.service.conversations import CUSTOMER_ORIGIN, Conversations
from bot.service.outcomes import Refused
from bot.store.cases import Case, cases
from bot.store.conversations import new_conversation
from bot.store.log import message_by_client_id
from bot.store.tables import conversation as conversation_table
from bot.store.unit_of_work import Store, Unit
from bot.transparency import openings
from bot.transparency.wording import Language, Wording

CHANNEL = "form"
# How long a page may stay open before it is sent.
LIFETIME = timedelta(hours=24)


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer filled in."""

    id: str
    text: str
    contact: str
    language: Language


class Forms:
    """Gives out forms and takes them in."""

    def __init__(self, store: Store, conversations: Conversations, words: Wording, secret: str) -> None:
        self._store = store
        self._conversations = conversations
        self._words = words
        self._secret = hmac.new(secret.encode(), b"klartext form", hashlib.sha256).digest()

    def new_id(self, now: datetime) -> str:
        """An id for one form: random, with its time, signed."""
        plain = f"{secrets.token_hex(16)}.{int(now.timestamp())}"
        return f"{plain}.{self._sign(plain)}"

    def check_id(self, form_id: str, now: datetime) -> None:
        """Return if the id is ours and not too old.

        Raises:
            Refused: `outdated`.
        """
        plain, _, signature = form_id.rpartition(".")
        if not hmac.compare_digest(self._sign(plain).encode(), signature.encode("utf-8", "replace")):
            raise Refused("outdated")
        if not 0 <= now.timestamp() - int(plain.partition(".")[2]) <= LIFETIME.total_seconds():
            raise Refused("outdated")

    def _sign(self, plain: str) -> str:
        return hmac.new(self._secret, plain.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]

    async def case_of(self, form_id: str) -> Case | None:
        """The case that this form became, if it was sent."""
        async with self._store.read() as unit:
            known = await self._conversation(unit, form_id)
            return None if known is None else (await cases(unit, known))[0]

    def check(self, form: Form, now: datetime) -> None:
        """Return if it could be taken in.

        Raises:
            Refused: `outdated`, `empty`, `too_long`, `contact`.
        """
        _message(self._words, form)
        self.check_id(form.id, now)

    async def take_in(self, form: Form) -> Case:
        """Store what was filled in; when this returns it is committed.

        Raises:
            Refused: as `check`; nothing was stored.
            StoreUnavailable: nothing was stored.
        """
        text = _message(self._words, form)
        try:
            return await self._store_once(form, text)
        except IntegrityError:
            # The same form was sent twice at once, and the other was first: now it is there.
            return await self._store_once(form, text)

    async def _store_once(self, form: Form, text: str) -> Case:
        client_id = hashlib.sha256(text.encode()).hexdigest()
        async with self._store.write() as unit:
            self.check_id(form.id, unit.now)
            known = await self._conversation(unit, form.id)
            if known is None:
                opened = new_conversation(
                    unit,
                    channel=CHANNEL,
                    address=_address(form.id),
                    locale=form.language,
                    opening=openings.started(self._words, form.language),
                    pushes=False,
                )
            else:
                opened = await self._conversations.open(unit, known)
                if await message_by_client_id(unit, known, CUSTOMER_ORIGIN, client_id) is not None:
                    return (await cases(unit, known))[0]
            await self._conversations.take_in(opened, text, client_id=client_id, heard="")
            case = (await cases(unit, known))[0] if known else None
            if case is None:
                # The case refers to the conversation, which has to be there first.
                await opened.save()
                opened = await self._conversations.open(unit, opened.row.id)
                case = await self._conversations.handover.make_case_of_form(opened)
            await opened.save()
        return case

    async def _conversation(self, unit: Unit, form_id: str) -> str | None:
        found = await unit.connection.execute(
            sa.select(conversation_table.c.id).where(
                conversation_table.c.channel == CHANNEL, conversation_table.c.address == _address(form_id)
            )
        )
        return found.scalar_one_or_none()


def _address(form_id: str) -> str:
    """What is stored of a form's id: whoever reads the database cannot open the form's page."""
    return hashlib.sha256(form_id.encode("utf-8", "replace")).hexdigest()


def _message(words: Wording, form: Form) -> str:
    """What the team reads."""
    contact = form.contact.strip()
    try:
        text = clean_text(form.text)
        if not (is_mail(contact) or is_phone(contact)):
            raise Refused("contact")
        return clean_text(words.say("form_message", form.language, text=text, contact=contact))
    except TextRefused as error:
        raise Refused(error.code, limit=str(TEXT_LIMIT)) from error
