"""Measured against booked speed: reading a measurement, and what it says about a contract. Pure.

The comparison says where one measurement lies, never whether a claim exists: by the law only the campaign of the
Federal Network Agency proves that.
"""

from __future__ import annotations

import re
from typing import Literal

from actions.crm.product_sheets import ProductSheet
from actions.patterns import any_of

Verdict = Literal["below_min", "below_normal", "below_max", "fine", "unknown"]
How = Literal["cable", "wifi"]

# Above this nobody's line is: a number that is something else.
FASTEST = 10_000
# The share of the highest speed that counts as reaching it.
NEARLY = 0.9

_NUMBER = r"(\d{1,5}(?:[.,]\d{1,3})?)(?!\d|\s*(?:%|prozent|per ?cent))"
# "20 kommen an" and "40 gemessen" name no kilobits and no gigabits.
_UNIT = r"\s*(?:(k|m|g)(?=b|ilo|ega|iga|\b)\w*)?"
# The measured one of two numbers: "20 von 100", "12 statt 50", "pay 250 and get 40".
_LITTLE = r"nur|bloß|gerade mal|höchstens|maximal|only|just"
_ARRIVES = r"kommen|kommt|bekomme\w*|krieg\w*|gemessen\w*|messe\w*|zeigt|get|getting|measured?|shows?"
_MEASURED = (
    any_of(rf"{_NUMBER}{_UNIT}\S*\s*(?:von|statt|anstatt|of|instead of|out of)\s+(?:\w+ )?\d"),
    any_of(rf"\b(?:{_LITTLE}|{_ARRIVES})\b(?: \w+){{0,2}}? {_NUMBER}{_UNIT}"),
    any_of(rf"(?<![\w.,-]){_NUMBER}{_UNIT}"),
)
# What was ordered: "habe 250er gebucht", "250er Leitung", "I pay for 250". Never a measurement.
_SOLD = (
    r"gebucht\w*|bestellt\w*|versprochen\w*|zugesagt\w*|vertrag\w*|tarif\w*|bezahl\w*|zahl\w*"
    r"|booked|ordered|promised|contract|tariff|plan|pay(?:ing)?"
)
_BOOKED = any_of(
    rf"\b(?:{_SOLD})\b(?: (?!nur\b|only\b)[^\W\d]+){{0,3}}? {_NUMBER}(?:er)?{_UNIT}",
    rf"{_NUMBER}(?:er)?{_UNIT}(?:/s)?[- ](?:leitung|anschluss|line|connection)\b",
    rf"{_NUMBER}(?:er)?{_UNIT}(?:/s)?(?: [^\W\d]+){{0,2}}? (?:{_SOLD})\b",
)
# "MB/s" is bytes and "mb/s" is written for both: only what can be nothing else is taken for bytes.
_BYTES = re.compile(r"\s*(?i:[kmg](?:ilo|ega|iga)?)?-?(?:(?i:bytes?)\b|B(?:\s?/\s?[sS]|\s(?:pro|per|je)\s|ps\b))")
_ONLY_SPEED = re.compile(
    rf"^\W*(?:ca\.?|etwa|rund|so|about|around)?\s*{_NUMBER}\s*(?:[kmg](?=b|ilo|ega|iga|\b)\w*(?:/s)?)?\W*$",
    re.IGNORECASE,
)
_WIFI = any_of(r"\b(wlan|w-lan|wifi|wi-fi|wireless|funk|handy|tablet|smartphone|kabellos)\b")
_CABLE = any_of(r"\b(lan|lan-?kabel|netzwerkkabel|kabel|per kabel|mit kabel|ethernet|wired|cable)\b")
_NOT_MEASURED = any_of(
    r"\b(nicht|noch nicht|nie|kein\w*)\b.{0,25}\b(gemessen|messung|messen|getestet|test|speedtest|wert)\b",
    r"\bwie (messe|geht das|kann ich)\b",
    r"\bkeine ahnung\b",
    r"\bwei(ß|ss) (ich )?(es )?nicht\b",
    r"\b(not|never|haven'?t|didn'?t)\b.{0,20}\b(measure\w*|test\w*|yet)\b",
    r"\bdon'?t know\b",
    r"\bno idea\b",
    r"\bhow (do|can) i\b",
)


def measured_in(text: str) -> float | None:
    """The measured download in Mbit/s; of two numbers the one that arrived, not the booked one."""
    found = _measured(text)
    return None if found is None else _in_range(_scaled(found) * (8 if _is_bytes(found) else 1))


def megabytes_in(text: str) -> float | None:
    """The measured download in megabytes a second, if it was named in bytes, as downloads show it."""
    found = _measured(text)
    return _in_range(_scaled(found)) if found is not None and _is_bytes(found) else None


def is_only_speed(text: str) -> bool:
    """Whether the message is a number and perhaps a unit, nothing else: "60", "ca. 60 Mbit/s"."""
    return bool(_ONLY_SPEED.match(text)) and measured_in(text) is not None


def _measured(text: str) -> re.Match[str] | None:
    *named, any_number = _MEASURED
    found = next((match for pattern in named if (match := pattern.search(text))), None)
    return found or any_number.search(_BOOKED.sub(" ", text))


def _scaled(found: re.Match[str]) -> float:
    """In millions, whatever of."""
    return float(found[1].replace(",", ".")) * {"k": 0.001, "g": 1000.0}.get((found[2] or "m").lower(), 1.0)


def _is_bytes(found: re.Match[str]) -> bool:
    return _BYTES.match(found.string, found.end(1)) is not None


def _in_range(value: float) -> float | None:
    return value if 0 < value <= FASTEST else None


def says_not_measured(text: str) -> bool:
    """Whether there is no measurement yet."""
    return bool(_NOT_MEASURED.search(text))


def how_in(text: str) -> How | None:
    """Whether it was measured by cable or over Wi-Fi; "WLAN" is no "LAN"."""
    if _WIFI.search(text):
        return "wifi"
    return "cable" if _CABLE.search(text) else None


def verdict(measured: float, sheet: ProductSheet | None) -> Verdict:
    """Where the measurement lies between the speeds that the product information sheet names."""
    if sheet is None:
        return "unknown"
    if measured < sheet.min_mbit:
        return "below_min"
    if measured < sheet.normal_mbit:
        return "below_normal"
    return "below_max" if measured < NEARLY * sheet.max_mbit else "fine"
