"""Ways to reach somebody, as they write them: a mail address, a telephone number. Pure."""

from __future__ import annotations

import re
from typing import Literal

import phonenumbers

Way = Literal["mail", "phone", "whatsapp"]

_MAIL = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,190}\.[^\s@<>,;.]{2,24}")
_LONGEST = 200
_REGION = "DE"
# Fewer digits are an emergency or short number, where nobody can be called back.
_FEWEST_DIGITS = 6


def is_mail(contact: str) -> bool:
    """Whether it has the form of a mail address."""
    return len(contact) <= _LONGEST and _MAIL.fullmatch(contact) is not None


def is_phone(contact: str) -> bool:
    """Whether it can be called; numbers without a country are German ones."""
    if len(contact) > _LONGEST:
        return False
    try:
        number = phonenumbers.parse(contact, _REGION)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number) and len(str(number.national_number)) >= _FEWEST_DIGITS


def reaches(way: Way, contact: str) -> bool:
    """Whether somebody could be reached there this way."""
    return is_mail(contact) if way == "mail" else is_phone(contact)
