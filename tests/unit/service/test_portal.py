"""The portal's signature: only the portal's own, only for that user, only for a few minutes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.service.outcomes import Refused
from bot.service.portal import CLOCK_AHEAD, LIFETIME, check_signature, sign

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=timezone.utc)
SECRET = "a secret of the portal"


def refusal(user: str, signature: str, now: datetime = NOW, secret: str = SECRET) -> str | None:
    try:
        check_signature(secret, user, signature, now)
    except Refused as refused:
        return refused.code
    return None


@given(st.text(min_size=1, max_size=40), st.integers(-60, 300))
def test_the_portals_own_signature_is_good_for_a_few_minutes(user: str, age: int) -> None:
    assert refusal(user, sign(SECRET, user, NOW - timedelta(seconds=age))) is None


@pytest.mark.parametrize("at", [NOW - LIFETIME - timedelta(seconds=1), NOW + CLOCK_AHEAD + timedelta(seconds=1)])
def test_an_old_one_and_one_from_the_future_are_not(at: datetime) -> None:
    assert refusal("2048173", sign(SECRET, "2048173", at)) == "identify_expired"


@given(st.text(max_size=40), st.text(max_size=90))
def test_nothing_else_is_a_signature(user: str, signature: str) -> None:
    assert refusal(user, signature) == "identify_signature"


def test_it_holds_for_one_user_one_time_and_one_secret() -> None:
    good = sign(SECRET, "2048173", NOW)
    seconds, mac = good.split(".")
    assert refusal("2048174", good) == "identify_signature"
    assert refusal("2048173", f"{int(seconds) + 60}.{mac}") == "identify_signature"
    assert refusal("2048173", f"{seconds}.{mac.upper()}") == "identify_signature"
    assert refusal("2048173", good, secret="another") == "identify_signature"
    # The time is part of what is signed, so nothing can be moved from one part to the other.
    assert refusal("1.2048173", f"{seconds}.{mac}") == "identify_signature"
