"""Asking for a rating after a person's help, once, and taking the answer.

The question is a message with buttons; whoever does not press one is left in peace. A press changes nothing but the
rating: it calls nobody, wakes no bot and opens no closed conversation. Words become the sentence only after the
customer pressed the button that says so, and then for some minutes; each of these messages offers a person.
"""

from __future__ import annotations

from datetime import timedelta

from bot.conversation.handover import Reason
from bot.conversation.model import Button, Draft, EventKind, new_id
from bot.store import ratings as store
from bot.store.conversations import OpenConversation
from bot.store.log import TenureRecord, tenures
from bot.transparency.openings import human_button, system_author
from bot.transparency.wording import Wording, language_of

# `edge:rate:<epoch>:<stars>`, and the same for the sentence: `edge:rate_sentence:<epoch>`, `edge:rate_done:<epoch>`.
_RATE, _SENTENCE, _DONE = "edge:rate", "edge:rate_sentence", "edge:rate_done"
_STARS = (5, 4, 3, 2, 1)
_SENTENCE_TIME = timedelta(minutes=10)
# A messenger takes free text for 24 hours after the customer's last word; the question must arrive well within.
_REACHED = timedelta(hours=23)


def is_rating(payload: str | None) -> bool:
    """Whether a pressed button belongs to a rating."""
    return payload is not None and payload.split(":")[:2] in (
        ["edge", "rate"],
        ["edge", "rate_sentence"],
        ["edge", "rate_done"],
    )


class Ratings:
    """Everything about ratings inside a caller's transaction."""

    def __init__(self, words: Wording) -> None:
        self._words = words

    async def ask(self, opened: OpenConversation, tenure: TenureRecord) -> None:
        """Ask about the help in this tenure, which has just ended, unless there was none or somebody asked lately.

        Whoever was passed on by the one who helped is asked about that person.
        """
        row, unit = opened.row, opened.unit
        if opened.pushes and (row.last_inbound_at is None or unit.now - row.last_inbound_at > _REACHED):
            return
        helper = await self._helper(opened, tenure)
        if helper is None or await store.asked_lately(unit, row.id):
            return
        language = language_of(row.locale)
        buttons = tuple(
            Button(
                id=new_id(),
                title=self._words.say(f"rating_{stars}", language),
                payload=f"{_RATE}:{helper.epoch}:{stars}",
            )
            for stars in _STARS
        )
        opened.append(self._say(opened, "rating_ask", *buttons, agent=helper.agent_name or ""))
        await store.asked(unit, row.id, helper.epoch, helper.agent_id or "", helper.agent_name or "")

    async def _helper(self, opened: OpenConversation, tenure: TenureRecord) -> TenureRecord | None:
        """The newest tenure up to this one in which a person wrote, as far back as one passed on to the other."""
        earlier = {one.epoch: one for one in await tenures(opened.unit, opened.row.id)}
        found: TenureRecord | None = tenure
        while found is not None:
            epoch = found.epoch
            if opened.writes_as_human(epoch) or await store.helped(opened.unit, opened.row.id, epoch):
                return found
            found = earlier.get(epoch - 1) if found.reason is Reason.PASSED_ON else None
        return None

    async def take(self, opened: OpenConversation, payload: str) -> None:
        """Carry out a button of a rating. One that says nothing any more changes nothing."""
        command, epoch, *rest = payload.removeprefix("edge:").split(":")
        unit, conversation_id = opened.unit, opened.row.id
        language = language_of(opened.row.locale)
        if command == "rate" and await store.rate(unit, conversation_id, int(epoch), int(rest[0])):
            sentence = Button(
                id=new_id(),
                title=self._words.say("rating_button_sentence", language),
                payload=f"{_SENTENCE}:{epoch}",
            )
            opened.append(self._say(opened, "rating_thanks", sentence, stars=rest[0]))
        elif command == "rate_sentence":
            until = unit.now + _SENTENCE_TIME
            if await store.expect_sentence(unit, conversation_id, int(epoch), until):
                done = Button(
                    id=new_id(), title=self._words.say("rating_button_done", language), payload=f"{_DONE}:{epoch}"
                )
                opened.append(self._say(opened, "rating_sentence", done, human_button(self._words, language)))
        elif command == "rate_done":
            await store.expect_sentence(unit, conversation_id, int(epoch), None)
            opened.append(self._say(opened, "rating_no_sentence"))
        opened.show_desks()

    async def take_sentence(self, opened: OpenConversation, text: str) -> bool:
        """Keep the customer's words as the sentence, if they announced one."""
        return await store.take_sentence(opened.unit, opened.row.id, text)

    def sentence_kept(self, opened: OpenConversation) -> None:
        """Say that the sentence is kept and that nobody answers it."""
        human = human_button(self._words, language_of(opened.row.locale))
        opened.append(self._say(opened, "rating_sentence_kept", human))
        opened.show_desks()

    def _say(self, opened: OpenConversation, key: str, *buttons: Button, **values: str) -> Draft:
        language = language_of(opened.row.locale)
        return Draft(
            kind=EventKind.MESSAGE,
            author=system_author(self._words, language),
            text=self._words.say(key, language, **values),
            buttons=buttons,
        )
