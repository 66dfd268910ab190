"""Messages as the provider accepts them. One that breaks a limit, or does not say who wrote it, cannot be built."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bot.transparency.gate import Labelled, Unlabelled
from connectors.whatsapp.characters import cut, size

TEXT_BODY = 4096
BUTTONS_BODY = 1024
LIST_BODY = 4096
MOST_BUTTONS, BUTTON_TITLE, BUTTON_ID = 3, 20, 256
MOST_ROWS, ROW_TITLE, ROW_DESCRIPTION, ROW_ID = 10, 24, 72, 200
CAPTION = 1024
TEMPLATE_BODY = 1024
# What no value of a template may hold.
_BROKEN = re.compile(r"[\n\r\t]| {5}")
FILE_NAME = 240
CALLBACK_DATA = 512


def _check_labelled(what: str, text: Labelled, limit: int) -> None:
    # At run time too: what reaches a person is not left to a type checker.
    if not isinstance(text, Labelled):
        raise Unlabelled(f"{what} that does not say who wrote it")
    _check(what, str(text), limit)


def _check(what: str, text: str, limit: int) -> None:
    if not text.strip() or size(text) > limit:
        raise ValueError(f"{what}: 1 to {limit} characters, found {size(text)}")


@dataclass(frozen=True)
class Choice:
    """A reply button or a row of a list: the id that was issued, and what is shown."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True)
class TextMessage:
    """Plain text."""

    body: Labelled

    def __post_init__(self) -> None:
        _check_labelled("a text", self.body, TEXT_BODY)

    def content(self) -> dict[str, Any]:
        """The part of the request that depends on the type."""
        return {"type": "text", "text": {"body": str(self.body), "preview_url": False}}


@dataclass(frozen=True)
class ButtonsMessage:
    """Text over one to three buttons."""

    body: Labelled
    buttons: tuple[Choice, ...]

    def __post_init__(self) -> None:
        _check_labelled("a text over buttons", self.body, BUTTONS_BODY)
        _check_choices("buttons", self.buttons, MOST_BUTTONS, BUTTON_TITLE, BUTTON_ID)

    def content(self) -> dict[str, Any]:
        """The part of the request that depends on the type."""
        buttons = [{"type": "reply", "reply": {"id": one.id, "title": one.title}} for one in self.buttons]
        action = {"buttons": buttons}
        return {
            "type": "interactive",
            "interactive": {"type": "button", "body": {"text": str(self.body)}, "action": action},
        }


@dataclass(frozen=True)
class ListMessage:
    """Text over a button that opens a list of one to ten rows."""

    body: Labelled
    button: str
    rows: tuple[Choice, ...]

    def __post_init__(self) -> None:
        _check_labelled("a text over a list", self.body, LIST_BODY)
        _check("a list's button", self.button, BUTTON_TITLE)
        _check_choices("rows", self.rows, MOST_ROWS, ROW_TITLE, ROW_ID)
        for row in self.rows:
            if row.description:
                _check("a row's description", row.description, ROW_DESCRIPTION)

    def content(self) -> dict[str, Any]:
        """The part of the request that depends on the type."""
        rows = [
            {"id": row.id, "title": row.title, **({"description": row.description} if row.description else {})}
            for row in self.rows
        ]
        action = {"button": self.button, "sections": [{"title": self.button, "rows": rows}]}
        return {
            "type": "interactive",
            "interactive": {"type": "list", "body": {"text": str(self.body)}, "action": action},
        }


@dataclass(frozen=True)
class TemplateMessage:
    """A template that the provider has approved, with its values in their order: who wrote `said` is one of them."""

    name: str
    language: str
    said: Labelled
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.said, Labelled) or self.said.label not in self.values:
            raise Unlabelled(f"the template {self.name} does not say who wrote it")
        _check("a template", str(self.said), TEMPLATE_BODY)
        if any(not value.strip() or _BROKEN.search(value) for value in self.values):
            raise ValueError("a value of a template: one line, found none or several")

    def content(self) -> dict[str, Any]:
        """The part of the request that depends on the type."""
        template: dict[str, Any] = {"name": self.name, "language": {"code": self.language}}
        if self.values:
            parameters = [{"type": "text", "text": value} for value in self.values]
            template["components"] = [{"type": "body", "parameters": parameters}]
        return {"type": "template", "template": template}


@dataclass(frozen=True)
class MediaMessage:
    """A file that was uploaded, over its caption. Only a document has a name."""

    kind: str
    media_id: str
    caption: Labelled
    file_name: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in {"image", "video", "document"}:
            raise ValueError(f"files of the kind {self.kind} have no caption")
        _check_labelled("a caption", self.caption, CAPTION)

    def content(self) -> dict[str, Any]:
        """The part of the request that depends on the type."""
        media = {"id": self.media_id, "caption": str(self.caption)}
        if self.kind == "document" and self.file_name:
            media["filename"] = cut(self.file_name, FILE_NAME)
        return {"type": self.kind, self.kind: media}


Outgoing = TextMessage | ButtonsMessage | ListMessage | TemplateMessage | MediaMessage


@dataclass(frozen=True)
class Recipient:
    """Whom a message is for: by number, or by user id where the number is not known."""

    number: str | None
    user_id: str | None

    def __post_init__(self) -> None:
        if not self.number and not self.user_id:
            raise ValueError("a recipient has a number or a user id")

    def fields(self) -> dict[str, str]:
        """The part of the request that names the recipient."""
        return {"to": self.number} if self.number else {"recipient": self.user_id or ""}

    @property
    def key(self) -> str:
        """What buckets are named after."""
        return self.number or self.user_id or ""


def request_body(message: Outgoing, recipient: Recipient, our_id: str) -> dict[str, Any]:
    """The whole request."""
    if size(our_id) > CALLBACK_DATA:
        raise ValueError("our id is too long")
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **recipient.fields(),
        **message.content(),
        "biz_opaque_callback_data": our_id,
    }


def _check_choices(what: str, choices: tuple[Choice, ...], most: int, title: int, identifier: int) -> None:
    if not 1 <= len(choices) <= most:
        raise ValueError(f"{what}: 1 to {most}, found {len(choices)}")
    for choice in choices:
        _check("a title", choice.title, title)
        _check("an id", choice.id, identifier)
    for names in ([one.id for one in choices], [one.title for one in choices]):
        if len(set(names)) != len(names):
            raise ValueError(f"{what}: two of the same")
