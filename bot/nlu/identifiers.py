"""Numbers that identify something: customers, contracts, invoices, tickets, orders, codes, phones, mail, bank
accounts.

Guarantee: pure and deterministic, any text; the value of an IBAN never carries more than its country and last four
digits. Formats: customer 2048173 · contract V-204817 · invoice R-2026-10-204817 · ticket T-104817 or KT-26-000123 ·
order B-204817 · one-time code 482913 · postcode 06110. A bare number is read by its length alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from bot.nlu.found import Found

_FLAGS = re.IGNORECASE
# A German IBAN also when digits are missing or wrong: a mistyped account number is as private as a right one.
_GERMAN_IBAN = re.compile(r"\bDE[\s.-]?\d{2}(?:[\s.-]?\d){8,18}(?!\d)", _FLAGS)
_OTHER_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[\s-]?[A-Z0-9]{4}){2,7}(?:[\s-]?[A-Z0-9]{1,3})?\b", _FLAGS)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,24}\b", _FLAGS)
_PHONE = re.compile(r"(?<![\w.,-])(?:\+|00|\(?0)\d?[\d\s/().-]{5,22}\d(?![\w-])")
_ALONE = r"(?<![\w+/.,-])"
_END = r"(?!\w|[-/.,]\d)"

_INVOICE = re.compile(r"\bR[\s-]{0,2}(20\d{2})[\s-]{0,2}(\d{2})[\s-]{0,2}(\d{6})\b", _FLAGS)
_CASE = re.compile(r"\bKT[\s-]{0,2}(\d{2})[\s-]{0,2}(\d{6})\b", _FLAGS)
_LETTERED = re.compile(r"\b([VTB])[\s-]{0,2}(\d{6})\b", _FLAGS)
_LETTER_MEANING = {"V": "contract_number", "T": "ticket_number", "B": "order_number"}
_GLUE = r"(?:\s*(?:nummer|nr|number|no|id)\b)?\.?\s*(?:ist|lautet|is|war|:|=|#|-)*\s*(?:die\s+)?"
_NAMED = (
    ("V", re.compile(rf"\b(?:vertrag(?:s-?(?:nummer|nr))?|contract){_GLUE}(\d{{6}}){_END}", _FLAGS)),
    ("T", re.compile(rf"\b(?:ticket-?(?:nummer|nr)?|vorgang(?:s-?(?:nummer|nr))?){_GLUE}(\d{{6}}){_END}", _FLAGS)),
    ("B", re.compile(rf"\b(?:(?:auftrag|bestell)(?:ung)?s?-?(?:nummer|nr)?|order){_GLUE}(\d{{6}}){_END}", _FLAGS)),
)
_CUSTOMER = re.compile(rf"\b(?:kunden-?(?:nummer|nr)|kd\.?\s?-?nr|customer){_GLUE}(\d(?:[ .-]?\d){{6}}){_END}", _FLAGS)
_CUSTOMER_ALONE = re.compile(rf"{_ALONE}(\d{{7}}){_END}")
_CODE_ALONE = re.compile(rf"{_ALONE}(\d{{6}}|\d{{3}}[ -]\d{{3}}){_END}")
_POSTCODE = re.compile(rf"(?<![\w+/.,])(?<!\d-)(?:D-)?(\d{{5}}){_END}(?!\s*(?:euro|eur|€|mbit|mb|kw))", re.IGNORECASE)
_SPEED = re.compile(
    r"(?<![\w.,])(?:(\d{1,5}(?:[.,]\d+)?)\s*(k|m|g)(?:ega|iga)?(?:bit|bits|b)"
    r"(?:\s?/\s?s(?:ec|ek)?|ps|\s(?:pro|per|je) \w+)?\b"
    r"|(\d{2,4})(?:er|'er)(?=\s*(?:leitung|tarif|anschluss|internet|glasfaser|dsl|[.,!?]|$))"
    r"|((?:ein(?:en)?|a|one)\s)?(gigabit|gbit)\b)",
    _FLAGS,
)


def find_identifiers(text: str) -> Iterator[Found]:
    """Yields findings, the surest first. `text` comes from `found.readable`."""
    yield from _ibans(text)
    for match in _EMAIL.finditer(text):
        yield Found("email", match.group().lower(), *match.span())
    for match in _INVOICE.finditer(text):
        yield Found("invoice_number", "R-{}-{}-{}".format(*match.groups()), *match.span())
    for match in _CASE.finditer(text):
        yield Found("ticket_number", "KT-{}-{}".format(*match.groups()), *match.span())
    for match in _LETTERED.finditer(text):
        letter = match[1].upper()
        yield Found(_LETTER_MEANING[letter], f"{letter}-{match[2]}", *match.span())
    for letter, pattern in _NAMED:
        for match in pattern.finditer(text):
            yield Found(_LETTER_MEANING[letter], f"{letter}-{match[1]}", *match.span(1))
    for match in _CUSTOMER.finditer(text):
        yield Found("customer_number", re.sub(r"\D", "", match[1]), *match.span(1))


def find_bare_numbers(text: str) -> Iterator[Found]:
    """Yields what only its form tells: phone numbers, speeds, and digits by their count."""
    yield from _phones(text)
    yield from _speeds(text)
    for pattern, entity in ((_POSTCODE, "postcode"), (_CUSTOMER_ALONE, "customer_number"), (_CODE_ALONE, "code")):
        for match in pattern.finditer(text):
            digits = re.sub(r"\D", "", match[1])
            if entity != "postcode" or "01001" <= digits <= "99998":
                yield Found(entity, digits, *match.span(1))


def mask_iban(iban: str) -> str:
    """Returns the form that may be shown and stored: country and last four characters."""
    compact = re.sub(r"[\s.-]", "", iban).upper()
    return f"{compact[:2]}** **** {compact[-4:]}"


def _ibans(text: str) -> Iterator[Found]:
    for match in _GERMAN_IBAN.finditer(text):
        yield Found("iban", mask_iban(match.group()), *match.span())
    for match in _OTHER_IBAN.finditer(text):
        if _checks(re.sub(r"[\s-]", "", match.group()).upper()):
            yield Found("iban", mask_iban(match.group()), *match.span())


def _checks(iban: str) -> bool:
    """The check digits of ISO 13616: rearranged and read as a number, the rest by 97 is 1."""
    return len(iban) >= 15 and int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1


def _phones(text: str) -> Iterator[Found]:
    for match in _PHONE.finditer(text):
        # A postcode and a customer number side by side also look like a long number. No postcode begins with 034.
        if re.fullmatch(r"(?!034)\d{5}[\s,]+\d{5,7}", match.group()):
            continue
        try:
            number = phonenumbers.parse(match.group(), "DE")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            if len(value) >= 10:
                yield Found("phone", value, *match.span())


def _speeds(text: str) -> Iterator[Found]:
    for match in _SPEED.finditer(text):
        amount, unit, hundreds, _, gigabit = match.groups()
        if gigabit:
            megabits = 1000.0
        elif hundreds:
            megabits = float(hundreds)
        else:
            megabits = float(amount.replace(",", ".")) * {"k": 0.001, "m": 1.0, "g": 1000.0}[unit.lower()]
        yield Found("speed", f"{megabits:g}", *match.span())
