"""What tells who somebody is, made unreadable: for logs and traces, which many may read and which are kept in files.

Guarantee: pure, any text, any JSON value. Phone numbers, mail addresses, bank account numbers and customer numbers
become unreadable but for their last characters, by which two lines about one customer can still be told to belong
together. Ids of the system stay. It masks rather too much than too little; what has no such form (a name, a street) it
does not know: texts of customers do not belong into a log at all.
"""

from __future__ import annotations

import re
from typing import Any

import phonenumbers

from bot.conversation.accounts import mask_accounts

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,24}\b", re.IGNORECASE)
# As people write them: with a plus or a zero in front; and as messengers do: country and number, digits only.
_PHONE = re.compile(r"(?<![\w.,:-])(?:\+|00|\(?0)\d?[\d\s/().-]{5,22}\d(?![\w-])")
_DIGITS = re.compile(r"(?<![\w.,:-])49\d{9,12}(?![\w-])")
# Seven digits that stand alone. Ids have letters or hyphens around them, durations a point.
_CUSTOMER = re.compile(r"(?<![\w.,:/-])\d{7}(?![\w.,:-]\d|[\w-])")


def mask_personal(text: str) -> str:
    """The text with everything by which a customer is known unreadable."""
    if not any(character.isdigit() or character == "@" for character in text):
        return text
    text = mask_accounts(text)
    text = _MAIL.sub(lambda found: f"***@{found[0].rpartition('@')[2][-4:]}", text)
    text = _PHONE.sub(lambda found: _ending(found[0]) if _is_phone(found[0]) else found[0], text)
    text = _DIGITS.sub(lambda found: _ending(found[0]), text)
    return _CUSTOMER.sub(lambda found: _ending(found[0]), text)


def mask_within(value: Any) -> Any:
    """A JSON value with every text in it masked, keys excepted."""
    if isinstance(value, str):
        return mask_personal(value)
    if isinstance(value, dict):
        return {key: mask_within(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask_within(part) for part in value]
    return value


def _ending(found: str) -> str:
    return f"***{re.sub(r'[^0-9]', '', found)[-2:]}"


def _is_phone(found: str) -> bool:
    """A number that could be dialled, so that dates and amounts stay readable."""
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(found, "DE")) and not _is_date(found)
    except phonenumbers.NumberParseException:
        return False


def _is_date(found: str) -> bool:
    return re.match(r"\d{1,2}\.\d{1,2}\.\d{2,4}\b", found) is not None
