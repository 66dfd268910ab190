"""What stands around a message says of who wrote it: the number, the language to greet in, when it was said. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
import phonenumbers

from bot.transparency.wording import Language

_LONGEST_DELAY = timedelta(days=7)
# No time in seconds is as large: it would be in the year 5138.
_MILLISECONDS = 10**11
# Country codes whose people are greeted in English (North America, Britain, Ireland, Australia, New Zealand); everybody
# else in German, until they write.
_ENGLISH = {1, 44, 353, 61, 64}


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who an item is about, and which of our numbers it came to: the provider's id of it, and its digits."""

    user_id: str | None = None
    number: str | None = None
    ours: str
    our_number: str | None = None

    @property
    def is_somebody(self) -> bool:
        """Whether it is known who."""
        return self.user_id is not None or self.number is not None


def verified_phone(number: str | None) -> str | None:
    """The number as E.164 if it is one that can exist: WhatsApp vouches that the writer holds it."""
    if number is None:
        return None
    try:
        parsed = phonenumbers.parse(f"+{number}")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def greeting_language(number: str | None) -> Language:
    """In which language somebody is greeted of whom only the number is known."""
    try:
        parsed = phonenumbers.parse(f"+{number}")
    except phonenumbers.NumberParseException:
        return "de"
    return "en" if parsed.country_code in _ENGLISH else "de"


def said_at(element: dict[str, Any], received_at: datetime) -> datetime:
    """When the provider says it was said; when it came, if it says nothing or nothing that can be true: it repeats a
    webhook for seven days at most."""
    given = element.get("timestamp")
    try:
        seconds = float(given)  # type: ignore[arg-type]
        # Seconds; in some payloads thousandths of them.
        said = datetime.fromtimestamp(seconds / 1000 if seconds > _MILLISECONDS else seconds, timezone.utc)
    except (TypeError, ValueError, OverflowError, OSError):
        return received_at
    return said if received_at - _LONGEST_DELAY < said < received_at else received_at
