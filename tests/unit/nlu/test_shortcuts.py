"""What is a bare value, with the few words that people put around one, and what is a request of its own."""

from __future__ import annotations

from datetime import date

import pytest

from bot.nlu.dates import find_dates
from bot.nlu.found import readable
from bot.nlu.shortcuts import is_bare_value

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("und die vom letzten Monat?", True),
        ("was ist mit Oktober?", True),
        ("What about last month?", True),
        ("what about october", True),
        ("was kostet es ab Oktober?", False),
        ("warum war der Oktober so teuer", False),
    ],
)
def test_a_month_with_words_that_only_go_on_is_a_bare_value(text: str, bare: bool) -> None:
    found = [{"entity": one.entity, "start": one.start, "end": one.end} for one in find_dates(readable(text), TODAY)]
    assert found and is_bare_value(text, found) is bare
