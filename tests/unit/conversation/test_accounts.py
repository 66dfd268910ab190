"""Bank account numbers: unreadable however they are written, and nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.accounts import mask_accounts, names_account

WRITTEN = st.sampled_from(["", " ", "-", "."])


@given(st.integers(0, 10**18 - 1), st.integers(0, 99), WRITTEN, st.text("abc ,", max_size=8))
def test_a_german_number_is_unreadable_however_it_is_grouped(account: int, check: int, gap: str, around: str) -> None:
    digits = f"{check:02d}{account:018d}"
    written = "DE" + digits[:2] + "".join(gap + digits[i : i + 4] for i in range(2, 20, 4))
    masked = mask_accounts(f"{around} {written} {around}")
    assert names_account(masked)
    assert written not in masked
    assert sum(character.isdigit() for character in masked) <= 4
    assert mask_accounts(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "Kundennummer 2048173, Rechnung R-2026-10-204817",
        "0345 123456 und +49 30 23125000",
        "de 5 Häuser, DE 06217 Merseburg",
        "GB00 WEST 1234 5698 7654 32",  # wrong check digits of another country
        "",
    ],
)
def test_what_is_no_account_number_stays_as_it_is(text: str) -> None:
    assert mask_accounts(text) == text
    assert not names_account(text)


def test_another_country_s_number_and_a_mistyped_german_one() -> None:
    assert mask_accounts("AT61 1904 3002 3457 3201.") == "AT** **** 3201."
    assert mask_accounts("DE8937040044053201300") == "DE** **** 1300"
