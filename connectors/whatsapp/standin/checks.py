"""What the Graph API refuses, as its documentation says, written independently of our own limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Types that can be sent as each kind of message, and their limit in megabytes.
MEDIA: Mapping[str, tuple[frozenset[str], int]] = {
    "image": (frozenset({"image/jpeg", "image/png"}), 5),
    "video": (frozenset({"video/mp4", "video/3gpp"}), 16),
    "audio": (frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}), 16),
    "document": (frozenset({"application/pdf", "text/plain"}), 100),
    "sticker": (frozenset({"image/webp"}), 1),
}


class Refusal(Exception):
    """An error answer: HTTP status, the provider's code, its words."""

    def __init__(self, status: int, code: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.code = code

    def body(self) -> dict[str, Any]:
        """The answer."""
        return {
            "error": {
                "message": f"(#{self.code}) {self}",
                "type": "OAuthException",
                "code": self.code,
                "error_data": {"messaging_product": "whatsapp", "details": str(self)},
                "fbtrace_id": "standin",
            }
        }


def check_upload(media_type: str, content: bytes) -> None:
    """Refuse a file that the provider would not take."""
    for types, limit in MEDIA.values():
        if media_type in types:
            if len(content) > limit * 1024 * 1024:
                raise Refusal(400, 131053, f"{media_type} larger than {limit} MB")
            return
    raise Refusal(400, 100, f"Param file must be a file of a supported type, found {media_type}")


def check_message(body: dict[str, Any], templates: frozenset[str], uploads: Mapping[str, str]) -> None:
    """Refuse what the provider would refuse before it looks at anybody's state."""
    if body.get("messaging_product") != "whatsapp":
        raise Refusal(400, 100, "messaging_product is missing")
    if not isinstance(body.get("to") or body.get("recipient"), str):
        raise Refusal(400, 131009, "no recipient")
    if len(str(body.get("biz_opaque_callback_data", ""))) > 512:
        raise Refusal(400, 131009, "biz_opaque_callback_data is longer than 512 characters")
    kind = body.get("type", "text")
    if kind == "text":
        _length("text.body", body.get("text", {}).get("body"), 4096)
    elif kind == "interactive":
        _interactive(body.get("interactive", {}))
    elif kind in MEDIA:
        _media(kind, body.get(kind, {}), uploads)
    elif kind == "template":
        name = body.get("template", {}).get("name")
        if name not in templates:
            raise Refusal(404, 132001, f"template {name} does not exist")
    else:
        raise Refusal(400, 131051, f"type {kind} is not supported here")


def _media(kind: str, part: dict[str, Any], uploads: Mapping[str, str]) -> None:
    media_type = uploads.get(str(part.get("id")))
    if media_type is None:
        raise Refusal(400, 131009, "no such file was uploaded")
    if media_type not in MEDIA[kind][0]:
        raise Refusal(400, 131053, f"{media_type} cannot be sent as {kind}")
    if "caption" in part:
        if kind in {"audio", "sticker"}:
            raise Refusal(400, 131009, f"{kind} has no caption")
        _length("caption", part["caption"], 1024)
    if "filename" in part:
        if kind != "document":
            raise Refusal(400, 131009, f"{kind} has no filename")
        _length("filename", part["filename"], 240)


def _interactive(part: dict[str, Any]) -> None:
    action = part.get("action", {})
    if part.get("type") == "button":
        _length("body", part.get("body", {}).get("text"), 1024)
        replies = [button.get("reply", {}) for button in action.get("buttons", [])]
        _count("buttons", replies, 3)
        for reply in replies:
            _length("button title", reply.get("title"), 20)
            _length("button id", reply.get("id"), 256)
        _unique(replies)
    elif part.get("type") == "list":
        _length("body", part.get("body", {}).get("text"), 4096)
        _length("list button", action.get("button"), 20)
        sections = action.get("sections", [])
        _count("sections", sections, 10)
        rows = [row for section in sections for row in section.get("rows", [])]
        _count("rows", rows, 10)
        for section in sections:
            if len(sections) > 1 or "title" in section:
                _length("section title", section.get("title"), 24)
        for row in rows:
            _length("row title", row.get("title"), 24)
            _length("row id", row.get("id"), 200)
            if "description" in row:
                _length("row description", row.get("description"), 72)
        _unique(rows)
    else:
        raise Refusal(400, 131009, "interactive.type")


def _length(what: str, text: object, limit: int) -> None:
    if not isinstance(text, str) or not text.strip() or len(text.encode("utf-16-le")) // 2 > limit:
        raise Refusal(400, 131009, f"{what}: 1 to {limit} characters")


def _count(what: str, found: list[Any], most: int) -> None:
    if not 1 <= len(found) <= most:
        raise Refusal(400, 131009, f"{what}: 1 to {most}")


def _unique(choices: list[dict[str, Any]]) -> None:
    for name in ("id", "title"):
        if len({choice.get(name) for choice in choices}) != len(choices):
            raise Refusal(400, 131009, f"two choices with the same {name}")
