"""What is typed as it stands on a button counts as that button.

Who reads "Bescheid geben" or "Oktober 2026" below an answer may as well write it. Guarantee: only a button of this
tenure that was shown since the customer wrote last, and only one that the words cannot mistake for another: the whole
title, or of a title with a number in it (a record, a window, an address) words that no other one has. What the edge
does by itself, such as erasing, is never meant by words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import sqlalchemy as sa

from bot.conversation.model import AuthorKind
from bot.store.tables import button as button_table
from bot.store.tables import message as message_table
from bot.store.unit_of_work import Unit

# Longer texts say more than a title.
LONGEST = 60
_WORDS = re.compile(r"\w+")
# Around what is chosen: "den Kabel 500 bitte", "the one in Leuna".
_AROUND = frozenset(
    (
        *("den", "der", "die", "das", "dem", "in", "im", "am", "um", "mit", "bitte", "danke", "ja", "ok", "okay"),
        *("dann", "nehme", "ich", "uhr", "the", "one", "on", "at", "please", "yes", "then"),
    )
)


def meant(text: str, titles: Iterable[str]) -> str | None:
    """The one title that the text is, or that alone has all of its words; None where that is not certain."""
    said = _words(text)
    shown = {title: _words(title) for title in titles}
    whole = [title for title, words in shown.items() if words == said]
    if whole:
        return whole[0] if len(whole) == 1 else None
    rest = [word for word in said if word not in _AROUND]
    if not any(len(word) > 1 for word in rest):
        return None
    numbered = [title for title, words in shown.items() if any(word.isdigit() for word in words)]
    fitting = [title for title in numbered if set(rest) <= set(shown[title])]
    return fitting[0] if len(fitting) == 1 else None


async def typed_payload(unit: Unit, conversation_id: str, *, epoch: int, seq: int, text: str) -> str | None:
    """The payload of the button that the customer's message at `seq` means, if it means one."""
    if len(text) > LONGEST:
        return None
    here = (message_table.c.conversation_id == conversation_id, message_table.c.seq < seq)
    before = (
        sa.select(sa.func.coalesce(sa.func.max(message_table.c.seq), 0))
        .where(*here, message_table.c.author_kind == AuthorKind.CUSTOMER.value)
        .scalar_subquery()
    )
    shown = await unit.connection.execute(
        sa.select(message_table.c.buttons).where(
            *here,
            message_table.c.author_kind == AuthorKind.BOT.value,
            message_table.c.epoch == epoch,
            message_table.c.seq > before,
        )
    )
    issued = {button["title"]: button["id"] for row in shown for button in row.buttons}
    title = meant(text, issued)
    if title is None:
        return None
    found = await unit.connection.execute(
        sa.select(button_table.c.payload).where(
            button_table.c.id == issued[title], button_table.c.conversation_id == conversation_id
        )
    )
    payload = str(found.scalar_one())
    return payload if payload.startswith("/") else None


def _words(text: str) -> list[str]:
    return _WORDS.findall(text.casefold())
