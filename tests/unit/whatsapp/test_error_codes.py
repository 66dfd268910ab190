"""What operators read of the provider's error codes is what the code does with them."""

from __future__ import annotations

import re
from pathlib import Path

from connectors.whatsapp.errors import ErrorClass, class_of

DOCS = Path(__file__).parents[3] / "docs" / "whatsapp.md"
_ROW = re.compile(r"\| `(\w+)` \| ([^|]+) \|")
_CODES = re.compile(r"\b(\d{1,6})(?:–(\d{1,6}))?(?=,|$| )")
# Above every code that the provider gives to messages.
_ALL = 140_000


def _told() -> dict[int, str]:
    """The class of each code, as the table says it."""
    told: dict[int, str] = {}
    table = DOCS.read_text().partition("## What each error means")[2].partition("\n## ")[0]
    for kind, codes in _ROW.findall(table):
        listed = re.split(r";|HTTP", codes)[0]
        for first, last in _CODES.findall(listed):
            for code in range(int(first), int(last or first) + 1):
                assert code not in told, f"{code} stands there twice"
                told[code] = kind
    return told


def test_the_table_for_operators_says_of_each_code_what_happens() -> None:
    told = _told()
    done = {code: class_of(code).value for code in range(_ALL)}
    unknown = ErrorClass.OURS.value
    assert {code: kind for code, kind in told.items() if done[code] != kind} == {}
    assert {code for code, kind in done.items() if kind != unknown and code not in told} == set()
    assert set(told.values()) == {kind.value for kind in ErrorClass}
