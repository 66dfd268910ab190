"""The gate: the one way on which what was said leaves towards a person.

Guarantee: a channel's send takes `LetOut`, `Labelled` and `Letter` only, and nothing but the functions of this module
makes them; each refuses what does not say truly who wrote it. The key that makes them is this module's own, which a
test watches (`tests/unit/transparency/test_ways_out.py`).
On failure `Unlabelled` is raised and nothing goes out: the entry stays in the log, and the error names its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NoReturn, final

from actions.crm.contract_models import Letter
from bot.conversation.model import AuthorKind, EventKind, Holder, Message
from bot.transparency.wording import LANGUAGES, Language, Wording, wording

_KEY = object()
# Between a label and what was said.
_BETWEEN = " · "


class Unlabelled(ValueError):
    """This would reach a person without saying truly who wrote it."""


class _Made:
    """What only this module makes, and nobody changes."""

    __slots__ = ()

    def __init__(self, key: object) -> None:
        if key is not _KEY:
            raise Unlabelled("only the gate makes this")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{name} cannot be changed")

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)


@final
class LetOut(_Made):
    """An entry of the log that names its author truly."""

    __slots__ = ("message",)
    message: Message

    def __init__(self, key: object, message: Message) -> None:
        super().__init__(key)
        self._set(message=message)


@final
class Labelled(_Made):
    """Plain text that begins with who wrote it."""

    __slots__ = ("label", "text")
    label: str
    text: str

    def __init__(self, key: object, label: str, text: str) -> None:
        super().__init__(key)
        self._set(label=label, text=text)

    def __str__(self) -> str:
        return f"{self.label}{_BETWEEN}{self.text}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Labelled) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def let_out(message: Message) -> LetOut:
    """The entry on its way to a person.

    Raises:
        Unlabelled: a machine under a person's name, a person under a machine's, or an author who did not hold the
            conversation.
    """
    kind, name = message.author.kind, message.author.name
    owner = _machines().get(name)
    if owner is not (kind if kind in {AuthorKind.BOT, AuthorKind.SYSTEM} else None):
        raise Unlabelled(f"{message.conversation_id} {message.seq}: {kind.value} as {name!r}")
    if kind is AuthorKind.BOT and message.holder is not Holder.BOT:
        raise Unlabelled(f"{message.conversation_id} {message.seq}: the bot while {message.holder.value} holds")
    if kind is AuthorKind.HUMAN and message.holder is not Holder.AGENT:
        raise Unlabelled(f"{message.conversation_id} {message.seq}: a person while {message.holder.value} holds")
    if message.kind is EventKind.NOTICE and kind is not AuthorKind.SYSTEM:
        raise Unlabelled(f"{message.conversation_id} {message.seq}: a notice by {kind.value}")
    return LetOut(_KEY, message)


def all_out(messages: Sequence[Message]) -> list[LetOut]:
    """Several entries on their way."""
    return [let_out(message) for message in messages]


def label_of(passed: LetOut, words: Wording, language: Language) -> str:
    """Who wrote it, as it stands in front of plain text: `Bot`, `Anna Berger (Mensch)`."""
    author = passed.message.author
    if author.kind is AuthorKind.HUMAN:
        return words.say("whatsapp_label_human", language, name=author.name)
    return words.say(f"whatsapp_label_{author.kind.value}", language)


def labelled(passed: LetOut, text: str, words: Wording, language: Language) -> Labelled:
    """`text`, a part of the entry or what surrounds it, with its author in front.

    Raises:
        Unlabelled: there is no text.
    """
    if not text.strip():
        raise Unlabelled(f"{passed.message.conversation_id} {passed.message.seq}: a label without a text")
    return Labelled(_KEY, label_of(passed, words, language), text)


def label_in_front(passed: LetOut, words: Wording, language: Language) -> str:
    """What stands in front of a text, for whoever has to leave room for it."""
    return label_of(passed, words, language) + _BETWEEN


def letter(subject: str, body: str, words: Wording, language: str) -> Letter:
    """A letter that the system writes by itself, which says so."""
    return Letter(subject=subject, body=f"{body}\n\n{words.say('letter_automatic', language)}")


def is_machine_name(name: str) -> bool:
    """Whether messages of the bot or the system stand under this name: no person may have it."""
    return " ".join(name.split()).casefold() in {one.casefold() for one in _machines()}


@lru_cache(maxsize=1)
def _machines() -> dict[str, AuthorKind]:
    kinds = (AuthorKind.BOT, AuthorKind.SYSTEM)
    return {wording().say(f"author_{kind.value}", language): kind for kind in kinds for language in LANGUAGES}
