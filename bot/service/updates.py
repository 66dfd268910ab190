"""Tells people by mail that the build-out at their address has moved, if they asked for it.

Guarantee: only who has confirmed the mail address is told, each move once: the customer data system remembers what was
told in the transaction that sends it, so any number of workers may run this. Every mail has the link that ends it.
While the system is away nothing is lost: the next look finds the same moves.
"""

from __future__ import annotations

import asyncio
import functools

import structlog

from actions.crm.contract_models import Letter
from actions.crm.errors import CrmUnavailable
from actions.crm.interest_models import UpdateDue
from actions.crm.repository import CrmRepository
from bot.service.progress import progress_lines
from bot.transparency import gate
from bot.transparency.wording import Wording

log = structlog.get_logger(__name__)

_AT_ONCE = 50


class Updates:
    """Looks for moves and sends the letters."""

    def __init__(self, crm: CrmRepository, words: Wording, public_url: str, *, poll: float = 15.0) -> None:
        self._crm = crm
        self._words = words
        self._public_url = public_url
        self._poll = poll

    async def run(self) -> None:
        """Work until cancelled. A customer data system that is away is waited for."""
        while True:
            try:
                await self.tell_due()
            except CrmUnavailable as error:
                log.warning("updates of the build-out have to wait", cause=error.cause)
            await asyncio.sleep(self._poll)

    async def tell_due(self) -> int:
        """Send every letter that is due; how many those were.

        Raises:
            CrmUnavailable: the rest is found by the next look.
        """
        told = 0
        for due in await self._crm.updates_due(_AT_ONCE):
            told += await self._crm.send_update(due.interest.number, due.state, self._letter(due))
        return told

    def _letter(self, due: UpdateDue) -> Letter:
        language, address = due.interest.language, due.interest.address.line
        say = functools.partial(self._words.say, language=language)
        news = "\n".join(progress_lines(say, due.area, address, language))
        subject = say("letter_update_subject", address=address)
        body = say("letter_update", news=news, end=end_link(self._public_url, due.token))
        return gate.letter(subject, body, self._words, language)


def page_link(public_url: str, token: str) -> str:
    """Where updates are confirmed, seen and ended."""
    return f"{public_url}/updates/{token}"


def end_link(public_url: str, token: str) -> str:
    """One click ends them."""
    return f"{page_link(public_url, token)}/end"
