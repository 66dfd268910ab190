"""What is typed as it stands on a button, or nearly so, counts as that button.

Who reads "Bescheid geben" or "Oktober 2026" below an answer may as well write it, or "Get an offer" for "Ask for an
offer". Guarantee: only a button of this tenure that was shown since the customer wrote last, and only one that the
words cannot mistake for another: the whole title; of a title with a number in it (a record, a window, an address) words
that no other one has; or the same words but for what merely asks for something, a word's ending, a slip, or another
word for the same thing. Whatever else is said, a "not" above all, is no button. What the edge does by itself, such as
erasing, is never meant by words; a yes only by the button's very title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import sqlalchemy as sa
from rapidfuzz.distance import OSA

from bot.conversation.model import AuthorKind
from bot.store.prepared import repeated
from bot.store.tables import message as message_table
from bot.store.tokens import issued_button
from bot.store.unit_of_work import Unit

_BEFORE = (
    message_table.c.conversation_id == sa.bindparam("conversation"),
    message_table.c.seq < sa.bindparam("seq"),
)
# Asked for every message that was typed: built once, for building it costs more than running it.
_SHOWN = repeated(
    sa.select(message_table.c.buttons).where(
        *_BEFORE,
        message_table.c.author_kind == AuthorKind.BOT.value,
        message_table.c.epoch == sa.bindparam("epoch"),
        message_table.c.seq
        > sa.select(sa.func.coalesce(sa.func.max(message_table.c.seq), 0))
        .where(*_BEFORE, message_table.c.author_kind == AuthorKind.CUSTOMER.value)
        .scalar_subquery(),
    )
)

# Longer texts say more than a title.
LONGEST = 60
_WORDS = re.compile(r"\w+")
# Around what is chosen: "den Kabel 500 bitte", "the one in Leuna".
_AROUND = frozenset(
    (
        *("den", "der", "die", "das", "dem", "in", "im", "am", "um", "mit", "bitte", "danke", "ja", "ok", "okay"),
        *("dann", "nehme", "ich", "uhr", "the", "one", "on", "at", "please", "yes", "then", "nein", "doch", "lieber"),
        *("moment", "halt", "no", "wait", "actually", "rather", "i", "d", "ll", "take"),
    )
)
# Only ask, or point: what is asked for are the other words.
_ASKING = frozenset(
    (
        *("ich", "wir", "sie", "du", "mir", "mich", "uns", "es", "das", "dies", "diese", "dieses", "ein", "eine"),
        *("einen", "einem", "einer", "mein", "meine", "meinen", "meinem", "meiner", "für", "zu", "zum", "zur", "nach"),
        *("möchte", "möchten", "will", "wollen", "würde", "hätte", "hätten", "gern", "gerne", "mal", "bitten", "doch"),
        *("kann", "können", "könnten", "haben", "habe", "bekommen", "bekomme", "anfordern", "anfragen", "einholen"),
        *("zeigen", "zeig", "ansehen", "sehen", "schicken", "machen", "brauche", "wähle", "drücke", "also", "geben"),
        *("a", "an", "i", "me", "my", "we", "us", "you", "your", "it", "this", "that", "for", "to", "of", "d", "ll"),
        *("want", "would", "like", "love", "need", "can", "could", "let", "have", "get", "ask", "asking", "request"),
        *("give", "send", "show", "see", "make", "do", "take", "choose", "press", "so", "id", "m"),
    )
)
# Words for the same thing, each line under its first.
_SAME = {
    word: same[0]
    for same in (
        ("angebot", "offerte"),
        ("offer", "quote", "quotation"),
        ("mensch", "mitarbeiter", "mitarbeiterin", "person"),
        ("invoice", "bill"),
        ("rückruf", "rueckruf"),
        ("techniker", "monteur"),
        ("technician", "engineer"),
        ("mail", "email"),
        ("wlan", "wifi"),
        ("zeit", "uhrzeit"),
        ("fibre", "fiber", "glasfaser", "glas"),
        ("cable", "kabel"),
        ("already", "before"),
        ("andere", "anderer", "anderes", "anderen"),
    )
    for word in same
}
# An ending or a slip of one letter makes no other word, in words of at least so many letters.
_ENDING_FROM, _SLIP_FROM, _ENDING = 4, 6, 2


def meant(text: str, titles: Iterable[str]) -> str | None:
    """The one title that the text is, nearly is, or that alone has all of its words; None where that is not certain."""
    said = _words(text)
    shown = {title: _words(title) for title in titles}
    whole = [title for title, words in shown.items() if words == said]
    if whole:
        return whole[0] if len(whole) == 1 else None
    rest = [word for word in said if word not in _AROUND]
    if not any(len(word) > 1 for word in rest):
        return None
    numbered = [title for title, words in shown.items() if any(word.isdigit() for word in words)]
    fitting = [title for title in numbered if _alike(rest) <= _alike(shown[title])]
    if not fitting:
        core = _core(said)
        fitting = [title for title, words in shown.items() if _is_near(core, _core(words))]
    return fitting[0] if len(fitting) == 1 else None


def _alike(words: Iterable[str]) -> set[str]:
    return {_SAME.get(word, word) for word in words}


def _core(words: Iterable[str]) -> frozenset[str]:
    """What the words are about, without what asks for it."""
    return frozenset(_SAME.get(word, word) for word in words if word not in _AROUND and word not in _ASKING)


def _is_near(said: frozenset[str], title: frozenset[str]) -> bool:
    """Whether each word of the one is a word of the other."""
    if len(said) != len(title) or not any(len(word) > 1 for word in title):
        return False
    return all(any(_same(one, other) for other in title) for one in said) and all(
        any(_same(one, other) for one in said) for other in title
    )


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) < _ENDING_FROM or not (short.isalpha() and long.isalpha()):
        return False
    ending = long.startswith(short) and len(long) - len(short) <= _ENDING
    return ending or (len(short) >= _SLIP_FROM and OSA.distance(one, other, score_cutoff=1) <= 1)


async def typed_payload(unit: Unit, conversation_id: str, *, epoch: int, seq: int, text: str) -> str | None:
    """The payload of the button that the customer's message at `seq` means, if it means one."""
    if len(text) > LONGEST:
        return None
    shown = await unit.connection.execute(_SHOWN, {"conversation": conversation_id, "epoch": epoch, "seq": seq})
    issued = {button["title"]: button["id"] for row in shown for button in row.buttons}
    title = meant(text, issued) if issued else None
    if title is None:
        return None
    button = await issued_button(unit, conversation_id, issued[title])
    return button.payload if button is not None and button.payload.startswith("/") else None


def _words(text: str) -> list[str]:
    return _WORDS.findall(text.casefold())
