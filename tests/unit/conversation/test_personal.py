"""Masking: what tells who somebody is goes, what the system is known by stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.model import new_id
from bot.conversation.personal import mask_personal, mask_within


@pytest.mark.parametrize(
    "secret",
    [
        "+49 345 1234567",
        "0345 / 12 34 56 7",
        "0151-12345678",
        "(0345) 1234567",
        "0049 151 12345678",
        "4915112345678",
        "roswitha.zimtblatt@example.org",
        "r+z@mail.example.de",
        "DE89 3704 0044 0532 0130 00",
        "DE89370400440532013000",
        "AT61 1904 3002 3457 3201",
        "2048173",
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "Meine Nummer: {}.", "Rückruf {} bitte", "({})", '{{"value": "{}"}}', "x={}, y"]
)
def test_what_tells_who_somebody_is_cannot_be_read(secret: str, around: str) -> None:
    masked = mask_personal(around.format(secret))
    assert secret not in masked
    digits = "".join(filter(str.isdigit, secret))
    if digits:
        assert digits not in "".join(filter(str.isdigit, masked))
    assert secret[:6] not in masked


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22 01:52:55,123 INFO bot.service.turns took 12.3456789 s",
        "am 01.12.2026 08:00 bis 12:00 Uhr, 06217 Merseburg, Große Ritterstraße 4",
        "Rechnung R-2026-10-204817 über 1.234,56 €, Vertrag V-204817, Vorgang KT-26-000123",
        "http://127.0.0.1:8080/healthz 200 in 1024 ms",
        "wamid and turn ids such as 01a20101-a19c-7689-8e84-26169b95ecfa stay",
        "ohne Zahl",
        "",
    ],
)
def test_what_the_system_is_known_by_stays(text: str) -> None:
    assert mask_personal(text) == text


def test_ids_stay() -> None:
    for _ in range(2000):
        one = new_id()
        assert mask_personal(f"conversation={one} failed") == f"conversation={one} failed"


def test_values_of_traces_are_masked_at_any_depth_and_keys_stay() -> None:
    value = {"entities": [{"entity": "phone", "value": "+49 345 1234567", "start": 3}], "ok": True, "n": 2048173}
    assert mask_within(value) == {
        "entities": [{"entity": "phone", "value": "***67", "start": 3}],
        "ok": True,
        "n": 2048173,
    }


@given(st.text(max_size=300))
def test_any_text_is_masked_and_masking_twice_changes_nothing(text: str) -> None:
    once = mask_personal(text)
    assert mask_personal(once) == once
