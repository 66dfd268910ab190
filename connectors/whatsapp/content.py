"""What an inbound message says: to the log, to the bot, and what it asks of the channel itself. Pure, no I/O.

A type that is unknown, or known and not in its documented shape, is `unsupported`: it is kept as it came and shown.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

# Words with which a customer refuses, and permits again, what the company starts by itself.
_STOP = frozenset({"stop", "stopp", "stop all", "abmelden", "abbestellen", "unsubscribe", "cancel all"})
_START = frozenset({"start", "anmelden", "subscribe"})


@dataclass(frozen=True)
class Media:
    """A file at the provider."""

    reference: str
    kind: str
    file_name: str | None = None


@dataclass(frozen=True)
class NewAddress:
    """The sender is known under another number or user id from now on."""

    number: object = None
    user_id: object = None


@dataclass(frozen=True, kw_only=True)
class Content:
    """One message, read.

    `text` is shown in the log as it is; otherwise `key` names the wording and `values` what stands in it. `heard` is
    what the bot gets: None for the text itself, empty where there is nothing for it.
    """

    text: str | None = None
    key: str | None = None
    values: Mapping[str, str] | None = None
    heard: str | None = None
    # Id of the button that was pressed, if it is one of ours.
    button_id: str | None = None
    media: Media | None = None
    # Wording of the bot's own word on a message that it cannot read; None where none is needed.
    answer: str | None = None
    moved: NewAddress | None = None
    # True for what WhatsApp itself says about the sender, who has said nothing.
    is_notice: bool = False
    # True for what the customer refuses, False for what is permitted again.
    stops: bool | None = None
    # The provider's id of the message that this one answers, edits, revokes or reacts to.
    about: str | None = None
    # What led to it: wording and its values, in which it stands as `text`.
    led_by: tuple[str, Mapping[str, str]] | None = None


class _Text(msgspec.Struct):
    body: str


class _Button(msgspec.Struct):
    text: str = ""
    payload: str = ""


class _Reply(msgspec.Struct):
    id: str
    title: str
    description: str = ""


class _Flow(msgspec.Struct):
    # JSON in a text; in some payloads the object itself.
    response_json: Any = ""


class _Interactive(msgspec.Struct):
    button_reply: _Reply | None = None
    list_reply: _Reply | None = None
    nfm_reply: _Flow | None = None


class _Media(msgspec.Struct):
    id: str | int
    caption: str = ""
    filename: str | None = None
    voice: bool = False


class _Location(msgspec.Struct):
    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


class _Name(msgspec.Struct):
    formatted_name: str = ""
    first_name: str = ""
    last_name: str = ""


class _Phone(msgspec.Struct):
    phone: str = ""
    wa_id: str = ""


class _Mail(msgspec.Struct):
    email: str = ""


class _Card(msgspec.Struct):
    name: _Name = msgspec.field(default_factory=_Name)
    phones: list[_Phone] = []
    emails: list[_Mail] = []


class _Reaction(msgspec.Struct):
    message_id: str
    emoji: str = ""


class _Product(msgspec.Struct):
    product_retailer_id: str | int = ""
    quantity: float = 1


class _Order(msgspec.Struct):
    text: str = ""
    product_items: list[_Product] = []


class _System(msgspec.Struct):
    body: str = ""
    type: str = ""
    # The new number under its newer and its older name, and the new user id.
    wa_id: str | int | None = None
    new_wa_id: str | int | None = None
    user_id: str | None = None


class _Edit(msgspec.Struct):
    original_message_id: str
    message: dict[str, Any]


class _Revoke(msgspec.Struct):
    original_message_id: str


class _Referral(msgspec.Struct):
    headline: str = ""
    source_url: str = ""


class _ReferredProduct(msgspec.Struct):
    product_retailer_id: str | int


def read(element: Mapping[str, Any]) -> Content:
    """Read a message."""
    kind = element.get("type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        return _unsupported(element)
    try:
        content = reader(element)
    except (msgspec.ValidationError, KeyError, ValueError, RecursionError):
        return _unsupported(element)
    return _around(element, content)


def is_group(element: Mapping[str, Any]) -> bool:
    """Whether it was said in a group, where an answer would reach others too."""
    return bool(element.get("group_id"))


def _part(element: Mapping[str, Any], name: str, kind: type[Any]) -> Any:
    return msgspec.convert(_given(element[name]), kind, strict=False)


def _given(part: Any) -> Any:
    """A part without what is null in it, which says as much as what is not there."""
    if isinstance(part, dict):
        return {name: _given(inner) for name, inner in part.items() if inner is not None}
    return [_given(inner) for inner in part] if isinstance(part, list) else part


def _around(element: Mapping[str, Any], content: Content) -> Content:
    """What stands around any message: what it answers, and the advertisement or the product that led here."""
    context = element.get("context")
    context = context if isinstance(context, dict) else {}
    changes: dict[str, Any] = {}
    if content.about is None and isinstance(context.get("id"), str):
        changes["about"] = context["id"]
    led_by = _led_by(element.get("referral"), context)
    if led_by is not None and not content.is_notice:
        changes["led_by"] = led_by
        changes["heard"] = content.text if content.heard is None else content.heard
    return _replace(content, **changes) if changes else content


def _led_by(referral: object, context: Mapping[str, Any]) -> tuple[str, Mapping[str, str]] | None:
    product = context.get("referred_product")
    if isinstance(referral, dict):
        try:
            shown = msgspec.convert(_given(referral), _Referral, strict=False)
        except msgspec.ValidationError:
            shown = _Referral()
        return "whatsapp_in_referral", {"from": shown.headline or shown.source_url or "–"}
    if isinstance(product, dict):
        with contextlib.suppress(msgspec.ValidationError):
            asked = msgspec.convert(_given(product), _ReferredProduct, strict=False)
            return "whatsapp_in_product", {"product": str(asked.product_retailer_id)}
    if context.get("forwarded") is True or context.get("frequently_forwarded") is True:
        # Not the writer's own words, which an agent should know.
        return "whatsapp_in_forwarded", {}
    return None


def _replace(content: Content, **changes: Any) -> Content:
    return Content(**{**{name: getattr(content, name) for name in content.__dataclass_fields__}, **changes})


def _text(element: Mapping[str, Any]) -> Content:
    body = _part(element, "text", _Text).body
    word = body.strip().strip(".! ").casefold()
    if word in _STOP or word in _START:
        stops = word in _STOP
        answer = "whatsapp_reply_stop" if stops else "whatsapp_reply_start"
        return Content(text=body, heard="", answer=answer, stops=stops)
    return Content(text=body)


def _button(element: Mapping[str, Any]) -> Content:
    pressed = _part(element, "button", _Button)
    return Content(text=pressed.text or pressed.payload, button_id=pressed.payload or None)


def _interactive(element: Mapping[str, Any]) -> Content:
    pressed = _part(element, "interactive", _Interactive)
    reply = pressed.button_reply or pressed.list_reply
    if reply is not None:
        return Content(text=reply.title, button_id=reply.id)
    if pressed.nfm_reply is not None:
        lines = list(_fields(_answers(pressed.nfm_reply.response_json)))
        return _only_shown("whatsapp_in_flow", "whatsapp_reply_other", text="\n".join(lines) or "–")
    return _unsupported(element)


def _answers(given: Any) -> Any:
    """What was filled into a form."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given or "{}")
    except ValueError:
        return given


def _fields(given: Any, name: str = "") -> Iterator[str]:
    """A line for each field of a form that was filled in, those of its parts too."""
    if isinstance(given, dict):
        for inner, value in given.items():
            if inner != "flow_token":
                yield from _fields(value, inner)
    elif isinstance(given, list) and any(isinstance(value, dict | list) for value in given):
        for value in given:
            yield from _fields(value, name)
    elif given not in (None, "", []):
        value = ", ".join(map(str, given)) if isinstance(given, list) else str(given)
        yield f"{name}: {value}" if name else value


def _media(kind: str) -> Callable[[Mapping[str, Any]], Content]:
    def reader(element: Mapping[str, Any]) -> Content:
        given = _part(element, kind, _Media)
        media = Media(reference=str(given.id), kind=kind, file_name=given.filename)
        name = "voice" if kind == "audio" and given.voice else kind
        caption = given.caption.strip()
        shown = ": ".join(filter(None, (given.filename, caption)))
        answer = {"voice": "file_reply_voice", "audio": "file_reply_voice", "sticker": None}.get(name, "file_reply")
        return Content(
            key=f"file_{name}_with" if shown else f"file_{name}",
            values={"text": shown} if shown else {},
            heard=caption,
            media=media,
            answer=answer,
        )

    return reader


def _voice(element: Mapping[str, Any]) -> Content:
    """A voice message under a type of its own, as older payloads have it."""
    given = element["voice"]
    return _media("audio")({"audio": {"voice": True, **given}}) if isinstance(given, dict) else _unsupported(element)


def _location(element: Mapping[str, Any]) -> Content:
    place = _part(element, "location", _Location)
    if not (math.isfinite(place.latitude) and math.isfinite(place.longitude)):
        return _unsupported(element)
    where = ", ".join(filter(None, (place.name, place.address, f"{place.latitude:.5f} {place.longitude:.5f}")))
    return _only_shown("whatsapp_in_location", "whatsapp_reply_location", text=where)


def _contacts(element: Mapping[str, Any]) -> Content:
    cards = _part(element, "contacts", list[_Card])
    lines = []
    for card in cards:
        name = card.name.formatted_name or f"{card.name.first_name} {card.name.last_name}".strip()
        ways = (*(phone.phone or phone.wa_id for phone in card.phones), *(mail.email for mail in card.emails))
        lines.append(", ".join(filter(None, (name, *ways))))
    return _only_shown("whatsapp_in_contacts", "whatsapp_reply_other", text="; ".join(filter(None, lines)) or "–")


def _order(element: Mapping[str, Any]) -> Content:
    order = _part(element, "order", _Order)
    lines = [f"{product.quantity:g} × {product.product_retailer_id}" for product in order.product_items]
    return _only_shown("whatsapp_in_order", "whatsapp_reply_other", text="; ".join(filter(None, (*lines, order.text))))


def _reaction(element: Mapping[str, Any]) -> Content:
    reaction = _part(element, "reaction", _Reaction)
    key = "whatsapp_in_reaction" if reaction.emoji.strip() else "whatsapp_in_reaction_gone"
    return Content(
        key=key, values={"text": reaction.emoji} if reaction.emoji.strip() else {}, heard="", about=reaction.message_id
    )


def _system(element: Mapping[str, Any]) -> Content:
    system = _part(element, "system", _System)
    moved = None
    # Another key on the same telephone is no other address.
    if "identity" not in system.type and any((system.wa_id, system.new_wa_id, system.user_id)):
        moved = NewAddress(number=system.new_wa_id or system.wa_id, user_id=system.user_id)
    values = {"text": system.body or system.type or "–"}
    return Content(key="whatsapp_in_system", values=values, heard="", moved=moved, is_notice=True)


def _opened(_element: Mapping[str, Any]) -> Content:
    """The customer has opened the chat for the first time, and said nothing yet."""
    return Content(key="whatsapp_in_opened", values={}, heard="")


def _edit(element: Mapping[str, Any]) -> Content:
    edit = _part(element, "edit", _Edit)
    if edit.message.get("type") == "edit":
        return _unsupported(element)
    new = read(edit.message)
    if new.text is not None:
        shown = {"key": "whatsapp_in_edit", "values": {"text": new.text}, "text": None}
        heard = new.text if new.heard is None else new.heard
        return _replace(new, **shown, heard=heard, about=edit.original_message_id, button_id=None)
    return _replace(new, about=edit.original_message_id, answer=None)


def _revoke(element: Mapping[str, Any]) -> Content:
    revoked = _part(element, "revoke", _Revoke)
    return Content(key="whatsapp_in_revoke", values={}, heard="", about=revoked.original_message_id)


def _only_shown(key: str, answer: str, **values: str) -> Content:
    return Content(key=key, values=values, heard="", answer=answer)


def _unsupported(element: Mapping[str, Any]) -> Content:
    kind = element.get("type")
    for name in ("unsupported", "interactive"):
        inner = element.get(name)
        if kind == name and isinstance(inner, dict) and isinstance(inner.get("type"), str):
            kind = inner["type"]
    shown = kind[:40] if isinstance(kind, str) and kind.strip() else "–"
    return Content(key="whatsapp_in_unsupported", values={"type": shown}, heard="", answer="whatsapp_reply_unsupported")


_READERS: dict[str, Callable[[Mapping[str, Any]], Content]] = {
    "text": _text,
    "button": _button,
    "interactive": _interactive,
    **{kind: _media(kind) for kind in ("image", "video", "audio", "document", "sticker")},
    "voice": _voice,
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "order": _order,
    "system": _system,
    "request_welcome": _opened,
    "edit": _edit,
    "revoke": _revoke,
}
