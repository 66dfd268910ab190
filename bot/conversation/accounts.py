"""Bank account numbers that customers write although nobody asked: masked before anything is stored.

Guarantee: pure, any text. A German IBAN is masked also when digits are missing or wrong, because a mistyped number is
as private as a right one; another country's when its check digits are right. What is left is the country and the last
four characters.
"""

from __future__ import annotations

import re

_FLAGS = re.IGNORECASE
# Not in the middle of an id such as 709d-de11-….
_GERMAN = re.compile(r"(?<![\w-])DE[\s.-]?\d{2}(?:[\s.-]?\d){8,18}(?!\d)", _FLAGS)
_OTHER = re.compile(r"(?<![\w-])[A-Z]{2}\d{2}(?:[\s-]?[A-Z0-9]{4}){2,7}(?:[\s-]?[A-Z0-9]{1,3})?\b", _FLAGS)
_MASKED = re.compile(r"\b[A-Z]{2}\*\* \*\*\*\* \w{4}\b")
# Words behind a number, which look like its last groups: "AT61 1904 3002 3457 3201 bitte".
_WORDS_BEHIND = re.compile(r"(?:[\s-]+[A-Z]+)+$", _FLAGS)
_SEPARATORS = re.compile(r"[\s.-]")


def mask_accounts(text: str) -> str:
    """The text with every account number unreadable."""
    text = _GERMAN.sub(lambda found: _mask(found[0]), text)
    return _OTHER.sub(lambda found: _mask_foreign(found[0]), text)


def names_account(text: str) -> bool:
    """Whether an account number was masked in this text."""
    return _MASKED.search(text) is not None


def _mask_foreign(found: str) -> str:
    for iban in (found, _WORDS_BEHIND.sub("", found)):
        if _checks(iban):
            return _mask(iban) + found[len(iban) :]
    return found


def _mask(iban: str) -> str:
    compact = _SEPARATORS.sub("", iban).upper()
    return f"{compact[:2]}** **** {compact[-4:]}"


def _checks(iban: str) -> bool:
    """The check digits of ISO 13616: rearranged and read as a number, the rest by 97 is 1."""
    compact = _SEPARATORS.sub("", iban).upper()
    return len(compact) >= 15 and int("".join(str(int(sign, 36)) for sign in compact[4:] + compact[:4])) % 97 == 1
