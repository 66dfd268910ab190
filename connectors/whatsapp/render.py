"""Log entries as WhatsApp messages: labelled, joined, split at sentences, with as many choices as there are.

Pure. Up to three short choices become buttons, up to ten a list, more a numbered text whose number the customer writes.
What a person has written stays one message as long as the provider takes it; what the machine says is cut into messages
that fit a phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.conversation.model import AuthorKind, Button, Message
from bot.transparency.format import as_of
from bot.transparency.gate import LetOut, label_in_front, labelled
from bot.transparency.wording import LANGUAGES, Language, Wording
from connectors.whatsapp.characters import cut, longest_start, size, whole
from connectors.whatsapp.payloads import (
    BUTTON_TITLE,
    BUTTONS_BODY,
    CAPTION,
    LIST_BODY,
    MOST_BUTTONS,
    MOST_ROWS,
    ROW_DESCRIPTION,
    ROW_TITLE,
    TEXT_BODY,
    ButtonsMessage,
    Choice,
    ListMessage,
    MediaMessage,
    Outgoing,
    TextMessage,
)

# Most characters of one message that no person has written, its label and sources included.
ANSWER = 600
# Where a long text is split, best first: paragraphs, lines, sentences, blanks.
_ENDS = ("\n\n", "\n", re.compile(r"(?<=[.!?…:])\s"), " ")


def render(entries: Sequence[LetOut], words: Wording, language: Language) -> list[Outgoing]:
    """What is sent for entries of one author: one or more messages, each with its author's label."""
    messages = [entry.message for entry in entries]
    author = messages[0].author.kind
    label = size(label_in_front(entries[0], words, language))
    texts = [_text(message, words, language) for message in messages]
    buttons = _distinct(_short(button, words) for message in messages for button in message.buttons)
    if is_numbered(len(buttons)):
        numbered = "\n".join(f"{index}. {button.title}" for index, button in enumerate(buttons, 1))
        texts.append(f"{words.say('whatsapp_numbered', language)}\n{numbered}")
        buttons = []
    as_buttons = len(buttons) <= MOST_BUTTONS and all(size(button.title) <= BUTTON_TITLE for button in buttons)
    last = TEXT_BODY if not buttons else BUTTONS_BODY if as_buttons else LIST_BODY
    longest = min(last, TEXT_BODY) if author is AuthorKind.HUMAN else ANSWER
    parts = [labelled(entries[0], part, words, language) for part in fill(texts, longest - label)]
    sent: list[Outgoing] = [TextMessage(part) for part in parts[:-1]]
    if not buttons:
        sent.append(TextMessage(parts[-1]))
    elif as_buttons:
        choices = tuple(Choice(button.id, button.title) for button in buttons)
        sent.append(ButtonsMessage(parts[-1], choices))
    else:
        sent.append(ListMessage(parts[-1], words.say("whatsapp_choose", language), _rows(buttons)))
    return sent


def render_file(
    entry: LetOut, kind: str, file_name: str | None, media_id: str, words: Wording, language: Language
) -> list[Outgoing]:
    """What is sent for an entry with a file: the file over its author's label and text; what is too long follows it."""
    room = CAPTION - size(label_in_front(entry, words, language))
    first, *rest = [labelled(entry, part, words, language) for part in split(entry.message.text, room)]
    return [MediaMessage(kind, media_id, first, file_name), *(TextMessage(part) for part in rest)]


def is_numbered(count: int) -> bool:
    """Whether so many choices are offered as numbered text."""
    return count > MOST_ROWS


def fill(texts: Sequence[str], limit: int) -> list[str]:
    """The texts in as few parts within the limit as their order allows; a text is split only where it has to be."""
    parts: list[str] = []
    for text in texts:
        joined = f"{parts[-1]}\n\n{text}" if parts else text
        if size(joined) <= limit:
            parts[-1:] = [joined]
        else:
            parts += split(text, limit)
    return parts


def split(text: str, limit: int) -> list[str]:
    """The text in parts within the limit, none of it lost, split where a reader would pause."""
    parts: list[str] = []
    while size(text) > limit:
        end = _end(text, limit)
        parts.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [part for part in (*parts, text) if part]


def _end(text: str, limit: int) -> int:
    longest = longest_start(text, limit)
    head = text[:longest]
    for end in _ENDS:
        if isinstance(end, str):
            found = head.rfind(end)
        else:
            found = max((match.start() for match in end.finditer(head)), default=-1)
        # Not so early that a part is left almost empty.
        if found > longest // 3:
            return whole(text, found)
    return longest


def _text(message: Message, words: Wording, language: Language) -> str:
    sources = [
        words.say("whatsapp_source", language, label=source.label, as_of=as_of(source.as_of, language))
        for source in message.sources
    ]
    return "\n".join((message.text, *dict.fromkeys(sources)))


def _short(button: Button, words: Wording) -> Button:
    """The edge's own buttons under titles that fit a button here."""
    for key in ("button_human", "button_cancel_queue"):
        for language in LANGUAGES:
            if button.title == words.say(key, language):
                return Button(id=button.id, title=words.say(f"whatsapp_{key}", language), payload=button.payload)
    return button


def _distinct(buttons: Iterator[Button]) -> list[Button]:
    """One for each title: the provider refuses two of the same."""
    return list({button.title: button for button in buttons}.values())


def _rows(buttons: Sequence[Button]) -> tuple[Choice, ...]:
    """Rows of a list: a title that is too long is cut, and stands below it whole."""
    rows: list[Choice] = []
    for button in buttons:
        title = cut(button.title, ROW_TITLE)
        if any(row.title == title for row in rows):
            # Two long titles with the same beginning.
            number = f" ({len(rows) + 1})"
            title = cut(button.title, ROW_TITLE - len(number)) + number
        whole = "" if title == button.title else cut(button.title, ROW_DESCRIPTION)
        rows.append(Choice(button.id, title, whole))
    return tuple(rows)
