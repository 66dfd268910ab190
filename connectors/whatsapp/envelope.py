"""Taking a webhook's body apart into items, whatever it holds.

Every element of every entry, change, message and status becomes one `Item` with a key that is the same for the same
element, however often and in whatever company it comes. Nothing here raises for any input: what cannot be read is an
item too, kept as it came, and costs none of its neighbours anything. Only account numbers do not get that far: they are
masked in every text, wherever it stands, before anything is stored.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from bot.conversation.accounts import mask_accounts

# Elements of a change's value: name of the list, kind of the item.
_LISTS = (
    ("messages", "message"),
    ("statuses", "status"),
    ("message_echoes", "echo"),
    ("calls", "call"),
    ("user_preferences", "preference"),
    ("state_sync", "contact"),
    ("groups", "group"),
    ("errors", "error"),
)
# What was said before this connection existed: nothing of it is answered.
_HISTORY = "history"
# Parts of a value that are no elements of their own.
_AROUND = {"messaging_product", "metadata", "contacts", _HISTORY, *(name for name, _ in _LISTS)}
# Names under which several elements stand, even where there is only one.
_MANY = frozenset({"entry", "changes", "contacts", "threads", _HISTORY, *(name for name, _ in _LISTS)})
# Ids are used as they are where they are printable ASCII without blanks and short; else by their digest.
_PLAIN = re.compile(r"[\x21-\x7e]{1,150}", re.ASCII)
_USER_ID = re.compile(r"[A-Z]{2}\.[0-9]{5,30}", re.ASCII)
# A user id has up to 256 characters behind a country and a dot.
# What an id of one of our own numbers looks like: a number too, today.
_OUR_ID = re.compile(r"[0-9A-Za-z_-]{1,40}", re.ASCII)
_USER = re.compile(r"[\x21-\x7e]{1,300}", re.ASCII)
_DIGITS = re.compile(r"\+?([0-9]{5,20})", re.ASCII)
# How WhatsApp says that somebody has another user id. The name in front of it is the customer's own choice.
_CHANGED = re.compile(r".* changed from (\S+) to (\S+)", re.DOTALL)
# Names under which a user id may stand, which can look like an account number and was typed by nobody.
_IDS = frozenset({"id", "from", "to", "wa_id"})
# Deeper structures than this are cut off: no message of the provider comes near it.
_DEPTH = 100
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
# In ASCII JSON: what stays (a backslash, a whole pair of surrogates), and what no database takes.
_ESCAPES = re.compile(r"(\\\\|\\ud[89ab]..\\ud[c-f]..)|\\ud[89a-f]..|\\u0000")
# Longest number that is still read as one, in digits.
_LONGEST_NUMBER = 300


class Sender(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who an item is about. At least one of user id (BSUID) and number (digits) is known, or nothing at all."""

    user_id: str | None = None
    number: str | None = None
    name: str | None = None

    @property
    def order(self) -> str | None:
        """What items of one sender have in common; the user id where there is one."""
        known = self.user_id or self.number
        return None if known is None else plain(known)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One element. `raw` is ASCII JSON: the element, and what of its surroundings belongs to it, accounts masked."""

    key: str
    kind: str
    sender: str | None
    raw: str


class Ours(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Our own number that an item came to: the provider's id of it, and its digits."""

    id: str | None = None
    number: str | None = None


class Kept(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What `raw` holds."""

    element: Any
    sender: Sender | None = None
    ours: Ours | None = None
    field: Any = None
    entry_id: Any = None


def items(body: bytes) -> list[Item]:
    """Every item of a body, in order, each key once."""
    try:
        try:
            found = list(_walk(_lenient(body, _united)))
        except RecursionError:
            found = list(_walk(_lenient(_flattened(body), _united)))
    except ValueError:
        found = [_whole("unreadable", body.decode("latin-1"))]
    return list({item.key: item for item in reversed(found)}.values())[::-1]


def load(raw: bytes | str) -> Any:
    """JSON as lenient as it can be: half surrogates, endless numbers and broken UTF-8 are read as well as possible.

    Raises:
        ValueError: it is no JSON at all.
        RecursionError: it is nested too deeply.
    """
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _lenient(raw, dict)


def _lenient(raw: bytes | str, build: Callable[[list[tuple[str, Any]]], dict[str, Any]]) -> Any:
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    return json.loads(text.removeprefix("\ufeff"), parse_int=_number, object_pairs_hook=build)


def _united(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which nothing is lost when a name stands twice: lists go on, objects are joined, else the later
    counts, as for everybody who reads JSON."""
    found = dict(pairs)
    if len(found) < len(pairs):
        found.clear()
        for name, part in pairs:
            found[name] = _both(name, found[name], part) if name in found else part
    return found


def _both(name: str, first: Any, second: Any) -> Any:
    if name in _MANY or isinstance(first, list) or isinstance(second, list):
        return _dicts(first) + _dicts(second)
    if isinstance(first, dict) and isinstance(second, dict):
        return _united([*first.items(), *second.items()])
    return second


def _number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def storable(raw: str) -> str:
    """An item's raw JSON with a mark in the place of every character that no database takes: NUL, half surrogates."""
    return _ESCAPES.sub(lambda found: found[0] if found[1] else "\\ufffd", raw)


def plain(text: str) -> str:
    """A text as part of a key: itself if it is short and plain, else its digest."""
    harmless = _PLAIN.fullmatch(text) and (_USER_ID.fullmatch(text) or mask_accounts(text) == text)
    return text if harmless else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def number_of(value: object) -> str | None:
    """A telephone number's digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**20 else ""
    found = _DIGITS.fullmatch(value.strip()) if isinstance(value, str) else None
    return found.group(1) if found else None


def ours_of(metadata: object) -> Ours:
    """Which of our numbers a change is about, as far as it says so."""
    if not isinstance(metadata, dict):
        return Ours()
    given = metadata.get("phone_number_id")
    given = str(given) if isinstance(given, int) and not isinstance(given, bool) and given < 10**40 else given
    found = _OUR_ID.fullmatch(given) if isinstance(given, str) else None
    return Ours(id=found[0] if found else None, number=number_of(metadata.get("display_phone_number")))


def user_id_of(value: object) -> str | None:
    """A business-scoped user id."""
    return value if isinstance(value, str) and _USER.fullmatch(value) else None


def _walk(tree: Any) -> Iterator[Item]:
    if isinstance(tree, list) and tree:
        for body in tree:
            yield from _walk(body)
        return
    entries = _entries(tree) if isinstance(tree, dict) else None
    if not entries:
        yield _whole("unknown", tree)
        return
    for entry in entries:
        changes = _dicts(entry.get("changes")) if isinstance(entry, dict) else None
        if not changes:
            yield _whole("unknown", entry)
            continue
        for change in changes:
            yield from _elements(entry, change)


def _entries(tree: dict[str, Any]) -> list[Any]:
    """The entries of a body; one around a change or a value that stands alone, as in samples and in older payloads."""
    if "entry" in tree:
        return _dicts(tree["entry"])
    if isinstance(tree.get("value"), dict):
        return [{"changes": [tree]}]
    return [{"changes": [{"value": tree}]}] if any(name in tree for name, _ in _LISTS) else []


def _elements(entry: dict[str, Any], change: Any) -> Iterator[Item]:
    value = change.get("value") if isinstance(change, dict) else None
    if not isinstance(value, dict):
        yield _whole("unknown", {"entry": entry.get("id"), "time": entry.get("time"), "change": change})
        return
    contacts, ours = _Contacts(value.get("contacts")), ours_of(value.get("metadata"))
    found = False
    is_past = change.get("field") == _HISTORY
    for name, kind in _LISTS:
        for element in _dicts(value.get(name)):
            found = True
            yield _item(_HISTORY if is_past else kind, element, contacts, ours, entry, change)
    for chunk in _dicts(value.get(_HISTORY)):
        for element in _past(chunk):
            found = True
            yield _item(_HISTORY, element, contacts, ours, entry, change)
    rest = {key: part for key, part in value.items() if key not in _AROUND}
    if rest or not found:
        about = rest if found else value
        whole = {"entry": entry.get("id"), "time": entry.get("time"), "field": change.get("field"), "value": about}
        yield _whole("change", whole)


def _past(chunk: Any) -> Iterator[Any]:
    """Each message of a chunk of history with whom it was exchanged; the chunk itself where there is none."""
    found = False
    for thread in _dicts(chunk.get("threads") if isinstance(chunk, dict) else None):
        for element in _dicts(thread.get("messages") if isinstance(thread, dict) else None):
            found = True
            yield {"chunk": chunk.get("metadata"), "thread": thread.get("id"), "message": element}
    if not found:
        yield chunk


def _item(
    kind: str, element: Any, contacts: _Contacts, ours: Ours, entry: dict[str, Any], change: dict[str, Any]
) -> Item:
    sender = _sender(kind, element, contacts, ours) if isinstance(element, dict) else None
    kept = {"element": element, "field": change.get("field"), "entry_id": entry.get("id")}
    if sender is not None:
        kept["sender"] = msgspec.to_builtins(sender)
    if ours != Ours():
        kept["ours"] = msgspec.to_builtins(ours)
    return Item(
        key=_key(kind, element, entry, change),
        kind=kind,
        sender=None if sender is None else sender.order,
        raw=_text(_masked(kept)),
    )


def _sender(kind: str, element: dict[str, Any], contacts: _Contacts, ours: Ours) -> Sender | None:
    """The customer whom it is about: who sent it, or to whom the company wrote."""
    if kind == "echo":
        return contacts.recipient(element, ours)
    # A call may be one that we have made.
    is_theirs = kind in {"message", "preference"} or (
        kind == "call" and element.get("direction") != "BUSINESS_INITIATED"
    )
    return contacts.sender(element) if is_theirs else None


def _key(kind: str, element: Any, entry: dict[str, Any], change: dict[str, Any]) -> str:
    given = element.get("id") if isinstance(element, dict) else None
    has_id = isinstance(given, str | int) and not isinstance(given, bool) and str(given).strip()
    if kind in {"message", "status", "echo", "call"} and has_id:
        if kind in {"message", "echo"}:
            return f"{kind}:{plain(str(given))}"
        # One message has many statuses, in a group one of each for every member.
        names = ("event", "status", "timestamp", "recipient_participant_id", "recipient_participant_user_id")
        parts = [str(given), *(str(element.get(name, "")) for name in names)]
        return f"{kind}:{plain('/'.join(parts))}"
    about = _text([entry.get("id"), entry.get("time"), change.get("field"), element])
    return f"{kind}:{hashlib.sha256(about.encode()).hexdigest()}"


def _whole(kind: str, content: Any) -> Item:
    # The key is made of what came: two bodies that differ in what is masked are two.
    digest = hashlib.sha256(_text({"element": content}).encode()).hexdigest()
    return Item(key=f"{kind}:{digest}", kind=kind, sender=None, raw=_text(_masked({"element": content})))


def _masked(value: Any, name: str = "") -> Any:
    """The value with account numbers masked in every text and name."""
    if isinstance(value, str):
        is_user = (name in _IDS or name.endswith("_id")) and _USER_ID.fullmatch(value)
        return value if is_user else mask_accounts(value)
    if isinstance(value, dict):
        return {mask_accounts(key): _masked(part, key) for key, part in value.items()}
    return [_masked(part, name) for part in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), sort_keys=True)


def _dicts(value: Any) -> list[Any]:
    """A list as it is; a single object as a list of one; anything else as it is, if it is anything."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


class _Contacts:
    """The contacts beside the messages of one change."""

    def __init__(self, raw: Any) -> None:
        self._all = [_contact(one) for one in _dicts(raw) if isinstance(one, dict)]
        self._by_user = {one.user_id: one for one in self._all if one.user_id}
        self._by_number = {one.number: one for one in self._all if one.number}

    def sender(self, element: dict[str, Any]) -> Sender | None:
        """Who sent it: what the element itself says, completed from the contact that it names."""
        user_id = user_id_of(element.get("from_user_id") or element.get("user_id"))
        number = number_of(element.get("from") if "from" in element else element.get("wa_id"))
        if user_id is None and number is None:
            user_id = user_id_of(element.get("from"))
        if user_id is None and number is None:
            user_id, number = _before(element)
        return self._completed(user_id, number)

    def recipient(self, element: dict[str, Any], ours: Ours) -> Sender | None:
        """To whom the company wrote from its own telephone."""
        to = number_of(element.get("to"))
        if to is not None and to == ours.number:
            # Said the other way round, as of a message that comes in.
            to = number_of(element.get("from"))
        return self._completed(user_id_of(element.get("to_user_id")), to)

    def _completed(self, user_id: str | None, number: str | None) -> Sender | None:
        contact = self._by_user.get(user_id) or self._by_number.get(number)
        if contact is None and user_id is None and number is None and len(self._all) == 1:
            contact = self._all[0]
        if contact is not None:
            user_id, number = user_id or contact.user_id, number or contact.number
        if user_id is None and number is None:
            return None
        return Sender(user_id=user_id, number=number, name=contact.name if contact else None)


def _before(element: dict[str, Any]) -> tuple[str | None, str | None]:
    """Whom a notice about another user id is about, where only the notice itself says it: user id, number."""
    system = element.get("system")
    if not isinstance(system, dict):
        return None, None
    before = system.get("previous_user_id")
    body = system.get("body")
    found = _CHANGED.fullmatch(body.strip()) if isinstance(body, str) else None
    if before is None and found is not None and found[2] in (system.get("user_id"), system.get("wa_id")):
        before = found[1]
    return (None, number_of(before)) if number_of(before) else (user_id_of(before), None)


def _contact(raw: dict[str, Any]) -> Sender:
    profile = raw.get("profile")
    name = profile.get("name") if isinstance(profile, dict) else None
    return Sender(
        user_id=user_id_of(raw.get("user_id")),
        number=number_of(raw.get("wa_id")),
        name=name[:200] if isinstance(name, str) else None,
    )


def _flattened(body: bytes) -> bytes:
    """The body with everything deeper than `_DEPTH` replaced by null.

    Raises:
        ValueError: it never comes back up.
    """
    kept: list[bytes] = []
    depth, start = 0, 0
    for token in _spans(body):
        opens = token.group() in b"[{"
        closes = token.group() in b"]}"
        if opens and depth == _DEPTH:
            kept.append(body[start : token.start()])
        depth += opens - closes
        if closes and depth == _DEPTH:
            kept.append(b"null")
            start = token.end()
    if depth > _DEPTH:
        raise ValueError("brackets without an end")
    return b"".join([*kept, body[start:]])


def _spans(body: bytes) -> Iterable[re.Match[bytes]]:
    return (token for token in _TOKENS.finditer(body) if len(token.group()) == 1)
