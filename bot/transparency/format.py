"""Money, days and times as a customer reads them, in German or English.

Pure functions over Babel's locale data. Times are shown in the time of the company's region (Europe/Berlin); a naive
datetime is a programming error and raises ValueError, because its hour would be a guess.
"""

from __future__ import annotations

from datetime import date, datetime, time, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

REGION = ZoneInfo("Europe/Berlin")
_LOCALES = {"de": "de_DE", "en": "en_GB"}


def money(cents: int, language: str) -> str:
    """Integer cents in euros: "39,99 €", "€39.99"."""
    return format_currency(Decimal(cents) / 100, "EUR", locale=_LOCALES[language])


def number(value: int, language: str) -> str:
    """A whole number with its thousands apart: "1.000", "1,000"."""
    return format_decimal(value, locale=_LOCALES[language])


def certainty(share: float) -> int:
    """How sure an interpretation is, in whole percent: never quite."""
    return min(99, round(share * 100))


def day(value: date, language: str) -> str:
    """A calendar day: "5. Oktober 2026", "5 October 2026"."""
    return format_date(_as_date(value), format="long", locale=_LOCALES[language])


def weekday(value: date, language: str) -> str:
    """A calendar day with its weekday: "Montag, 5. Oktober 2026", "Monday 5 October 2026"."""
    pattern = "EEEE, d. MMMM y" if language == "de" else "EEEE d MMMM y"
    return format_date(_as_date(value), format=pattern, locale=_LOCALES[language])


def month(value: date, language: str) -> str:
    """A month: "Oktober 2026", "October 2026"."""
    return format_date(_as_date(value), format="LLLL y", locale=_LOCALES[language])


def clock(value: datetime, language: str) -> str:
    """The time of day in the region: "14:03 Uhr", "14:03"."""
    return format_datetime(_local(value), "HH:mm 'Uhr'" if language == "de" else "HH:mm", locale=_LOCALES[language])


def moment(value: datetime, language: str) -> str:
    """Day and time in the region: "5. Oktober 2026, 14:03 Uhr", "5 October 2026, 14:03"."""
    return f"{day(_local(value), language)}, {clock(value, language)}"


def as_of(value: datetime, language: str) -> str:
    """As of when a source is: day and time, or the day alone where no more is known (midnight in UTC)."""
    known_by_day = value.astimezone(timezone.utc).time() == time(0)
    return day(value, language) if known_by_day else moment(value, language)


def window(start: datetime, end: datetime, language: str) -> str:
    """A time window of one day: "Montag, 5. Oktober 2026, 08:00 bis 12:00 Uhr"."""
    first = format_datetime(_local(start), "HH:mm", locale=_LOCALES[language])
    between = "bis" if language == "de" else "to"
    return f"{weekday(_local(start), language)}, {first} {between} {clock(end, language)}"


def short_window(start: datetime, end: datetime, language: str) -> str:
    """A window that fits on a button of 20 characters: "Mo 23.11. 08–10 Uhr", "Mon 23 Nov 08–10"."""
    first, last = _hour(start, language), _hour(end, language)
    if language == "de":
        head = format_datetime(_local(start), "EEEEEE dd.MM.", locale=_LOCALES[language]).replace(".", "", 1)
        # With minutes there is no room for the word.
        return f"{head} {first}–{last}" + (" Uhr" if len(first) == len(last) == 2 else "")
    return f"{format_datetime(_local(start), 'EEE d MMM', locale=_LOCALES[language])} {first}–{last}"


def spoken_phone(phone: str) -> str:
    """An E.164 number in groups, as it is read aloud; any other text as it is."""
    try:
        parsed = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return phone
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _hour(value: datetime, language: str) -> str:
    local = _local(value)
    return format_datetime(local, "HH:mm" if local.minute else "HH", locale=_LOCALES[language])


def _local(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time without a time zone cannot be shown")
    return value.astimezone(REGION)


def _as_date(value: date) -> date:
    """A datetime is shown by its day in the region."""
    return _local(value).date() if isinstance(value, datetime) else value
