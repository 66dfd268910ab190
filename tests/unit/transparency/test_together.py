"""What stays on one line, and that nothing of a page but its texts is touched."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.transparency.together import PATTERN, kept_together


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("per E-Mail.", ["E-Mail"]),
        ("die E-Mail-Adresse", ["E-Mail-"]),
        ("alle E-Mails", ["E-Mails"]),
        ("am 1. Dezember 2026 um 14:03 Uhr", ["1. Dezember", "14:03 Uhr"]),
        ("on 21 November, 8 am", ["21 November", "8 am"]),
        ("39,90 € im Monat, 1.039,90 €.", ["39,90 €", "1.039,90 €"]),
        ("100 Mbit/s statt 250 Mbit/s", ["100 Mbit/s", "250 Mbit/s"]),
        ("3 von 4, 24 Stunden, 365 days", ["3 von 4", "24 Stunden", "365 days"]),
        ("030 23125000 oder +49 345 123456", ["030 23125000", "+49 345 123456"]),
        ("Rechnung R-2026-11-216904", ["R-2026-11-216904"]),
        ("Mo 23.11. 08–10 Uhr, 2,4 MB", ["10 Uhr", "2,4 MB"]),
        ("nach § 56 und § 312k", ["§ 56", "§ 312k"]),
        ("06108 Halle, im Jahr 2026 Der", []),
        ("X-1", []),
    ],
)
def test_what_belongs_together(text: str, found: list[str]) -> None:
    assert re.findall(PATTERN, text) == found


def test_nothing_of_a_page_but_its_texts_is_touched() -> None:
    page = (
        '<title>1. Mai</title><p title="39,90 €">39,90 €</p><textarea>\n5 Tage</textarea>'
        '<a href="mailto:x?subject=E-Mail">E-Mail</a><style>a{b:1 ms}</style>'
    )
    assert kept_together(page) == (
        '<title>1. Mai</title><p title="39,90 €"><span class="together">39,90 €</span></p><textarea>\n5 Tage</textarea>'
        '<a href="mailto:x?subject=E-Mail"><span class="together">E-Mail</span></a><style>a{b:1 ms}</style>'
    )


@given(st.text(alphabet="aE-Mail0123 .,€UhrTg+/"))
def test_a_text_stays_the_same_whatever_it_is(text: str) -> None:
    assert re.sub(r"</?span[^>]*>", "", kept_together(text)) == text
    # For the narrowest line: 320 CSS pixels with large type.
    assert all(len(found[0]) <= 19 for found in re.finditer(PATTERN, text))
