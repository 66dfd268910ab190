"""The provider's errors: each code with its class, and each class with what happens. See docs/whatsapp.md."""

from __future__ import annotations

import enum
from datetime import timedelta
from typing import Any


class ErrorClass(str, enum.Enum):
    """What an error means for the message."""

    # Again later, within the usual number of tries.
    TRY_AGAIN = "try_again"
    # Too many messages to this person, or from this number: a pause for all nodes, the order is kept.
    PAIR_LIMIT = "pair_limit"
    NUMBER_LIMIT = "number_limit"
    # The customer last wrote more than 24 hours ago: only a template may be sent.
    WINDOW = "window"
    # This person cannot be reached over WhatsApp, or not with this message.
    UNDELIVERABLE = "undeliverable"
    # The customer wants no such messages.
    STOPPED = "stopped"
    # Token expired or without the right: nothing is lost, everything waits for the operator.
    TOKEN = "token"  # noqa: S105 (a class of errors)
    # Account or number locked, not registered, unpaid: as with the token.
    ACCOUNT = "account"
    # The template is paused, disabled, unknown or was filled wrongly.
    TEMPLATE = "template"
    # The file could not be fetched or has a type or size that is not allowed.
    MEDIA = "media"
    # We sent something that the provider does not accept: a fault of ours.
    OURS = "ours"


# Classes after which another try cannot help this message.
FINAL = frozenset(
    {
        ErrorClass.WINDOW,
        ErrorClass.UNDELIVERABLE,
        ErrorClass.STOPPED,
        ErrorClass.TEMPLATE,
        ErrorClass.MEDIA,
        ErrorClass.OURS,
    }
)
# Classes that do not count as a try: what waits is as good as before.
WAITING = frozenset({ErrorClass.PAIR_LIMIT, ErrorClass.NUMBER_LIMIT, ErrorClass.TOKEN, ErrorClass.ACCOUNT})

# Classes that only an operator can do something about.
FOR_OPERATORS = frozenset({ErrorClass.TOKEN, ErrorClass.ACCOUNT})
# Classes that a message may be tried again after, when a status says that it failed.
PASSING = frozenset({ErrorClass.TRY_AGAIN}) | WAITING
# Pauses before these tries, in seconds: long enough for a status that says otherwise, and short against 24 hours.
_PAUSES_AFTER_FAILURE = (15, 60, 300, 1200)

_CODES: dict[ErrorClass, tuple[int, ...]] = {
    ErrorClass.TRY_AGAIN: (1, 2, 131000, 131016, 131057, 133004, 133016),
    ErrorClass.PAIR_LIMIT: (131056,),
    ErrorClass.NUMBER_LIMIT: (4, 17, 80007, 80008, 130429, 131048),
    ErrorClass.WINDOW: (470, 131047),
    # 137000: the recipient's identity key has changed. 131063, 130497: no messages to that country.
    ErrorClass.UNDELIVERABLE: (
        *(480, 130403, 130472, 130497, 131021, 131026, 131030, 131043, 131049),
        *(131060, 131062, 131063, 137000),
    ),
    ErrorClass.STOPPED: (131050,),
    ErrorClass.TOKEN: (0, 3, 10, 102, 190, *range(200, 300), 131005),
    ErrorClass.ACCOUNT: (
        *(33, 368, 131031, 131037, 131042, 131045, 131046, 131064),
        *(133000, *range(133005, 133011), 133015, 134011),
    ),
    # 134100 to 134102: the number or the account may not send such templates, or the template cannot be used for it.
    ErrorClass.TEMPLATE: (*range(132000, 133000), 134100, 134101, 134102),
    ErrorClass.MEDIA: (131052, 131053, 131054),
    ErrorClass.OURS: (100, 131001, 131002, 131006, 131008, 131009, 131051, 131055, 135000),
}
_CLASS_OF = {code: kind for kind, codes in _CODES.items() for code in codes}


def class_of(code: int | None, status: int = 400) -> ErrorClass:
    """The class of a code; of an unknown one by the HTTP status that came with it."""
    if code in _CLASS_OF:
        return _CLASS_OF[code]
    if status == 401:
        return ErrorClass.TOKEN
    if status == 429:
        return ErrorClass.NUMBER_LIMIT
    return ErrorClass.TRY_AGAIN if status >= 500 or code is None else ErrorClass.OURS


def pause_after_failure(code: int | None, attempt: int) -> timedelta | None:
    """How long to wait before another attempt at what failed after it was taken; None when none can help."""
    if class_of(code) not in PASSING or attempt >= len(_PAUSES_AFTER_FAILURE):
        return None
    return timedelta(seconds=_PAUSES_AFTER_FAILURE[attempt])


class ApiError(Exception):
    """The provider refused a request: it certainly did nothing."""

    def __init__(self, code: int | None, status: int, title: str) -> None:
        self.code = code
        self.kind = class_of(code, status)
        super().__init__(error_text(self.kind, code, title))


def error_text(kind: ErrorClass, code: int | None, title: str) -> str:
    """An error in one line: its class first, by which the desk explains it."""
    return f"{kind.value}: {'no code' if code is None else code} {title}".strip()[:300]


def first_error(value: Any) -> tuple[int | None, str]:
    """Code and words of the first error in a status."""
    first = value[0] if isinstance(value, list) and value else None
    if not isinstance(first, dict):
        return None, ""
    code = first.get("code")
    details = first.get("error_data")
    words = (details.get("details") if isinstance(details, dict) else None) or first.get("title") or ""
    return (code if isinstance(code, int) else None), str(words)[:200]
