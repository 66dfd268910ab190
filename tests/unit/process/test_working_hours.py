"""Working hours: read as written, counted without holidays, true across changes of the clock."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.service.working_hours import HoursUnreadable, WorkingHours, spans, written
from bot.transparency.wording import LANGUAGES, wording

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = WorkingHours.parse("Mo-Fr 08:00-18:00", "ST", BERLIN)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(timezone.utc))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-20T09:00", 10, "2026-11-23T09:00"),
        ("2026-11-20T08:00", 10, "2026-11-20T18:00"),
        ("2026-11-21T12:00", 1, "2026-11-23T09:00"),
        # Reformation Day and Epiphany are holidays in Saxony-Anhalt.
        ("2025-10-30T17:00", 2, "2025-11-03T09:00"),
        ("2026-01-05T17:00", 2, "2026-01-07T09:00"),
        # The clock changes between Friday and Monday.
        ("2026-03-27T17:00", 2, "2026-03-30T09:00"),
    ],
)
def test_working_time_passes_only_while_the_team_works(start: str, hours: int, end: str) -> None:
    assert WEEK.after(at(start), timedelta(hours=hours)) == at(end)


@given(moments, st.timedeltas(timedelta(minutes=1), timedelta(hours=60)))
def test_a_due_time_lies_in_working_hours_and_grows_with_the_amount(start: datetime, amount: timedelta) -> None:
    due = WEEK.after(start, amount)
    assert due >= start + amount
    assert WEEK.is_open(due - timedelta(seconds=1))
    assert WEEK.after(start, amount + timedelta(minutes=1)) > due


@given(moments)
def test_the_next_opening_is_open_and_nothing_before_it_is(moment: datetime) -> None:
    opens = WEEK.next_opening(moment)
    assert WEEK.is_open(opens)
    if opens > moment:
        assert not WEEK.is_open(moment)
        assert not WEEK.is_open(opens - timedelta(seconds=1))


def test_hours_may_differ_by_day_and_be_written_in_german() -> None:
    hours = WorkingHours.parse("Mo-Do 08:00-20:00; Fr 08:00-18:00; Sa 09:00-13:00", "BY", BERLIN)
    assert hours.is_open(at("2026-11-21T10:00"))
    assert not hours.is_open(at("2026-11-21T14:00"))
    assert not hours.is_open(at("2026-11-22T10:00"))


def test_a_day_may_have_a_break() -> None:
    hours = WorkingHours.parse("Mo-Fr 13:00-18:00, 08:00-12:00", "ST", BERLIN)
    assert [hours.is_open(at(f"2026-11-20T{clock}")) for clock in ("08:00", "11:59", "12:00", "12:30", "13:00")] == [
        *(True, True, False, False, True)
    ]
    assert hours.next_opening(at("2026-11-20T12:30")) == at("2026-11-20T13:00")
    assert hours.after(at("2026-11-20T11:00"), timedelta(hours=2)) == at("2026-11-20T14:00")
    assert written(hours.week[0]) == ["08:00-12:00", "13:00-18:00"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("08:00-12:00,11:00-13:00", "overlap"),
        ("08:00-12:00,12:00-13:00", "overlap"),
        ("08:00-12:00,", "unreadable"),
        ("12:00-08:00", "backwards"),
    ],
)
def test_times_of_a_special_day_that_cannot_be_meant_are_refused(text: str, problem: str) -> None:
    with pytest.raises(HoursUnreadable) as refused:
        spans(text)
    assert refused.value.problem == problem


def test_a_special_day_may_have_a_break_or_be_closed() -> None:
    assert written(spans("13:00-16:00, 08:00-12:00")) == ["08:00-12:00", "13:00-16:00"]
    assert spans(" ") == ()


def test_round_the_clock_is_always_open() -> None:
    always = WorkingHours.parse("24/7", "ST", BERLIN)
    moment = at("2026-12-25T03:00")
    assert always.is_open(moment)
    assert always.next_opening(moment) == moment
    assert always.after(moment, timedelta(hours=10)) == moment + timedelta(hours=10)


@pytest.mark.parametrize(
    ("text", "problem", "part"),
    [
        ("", "empty", ""),
        ("Mo", "unreadable", "Mo"),
        ("Sa 09:00-13:00; Mo-Fr", "unreadable", "Mo-Fr"),
        ("Mo-Fr 08:00-25:00", "unreadable", "Mo-Fr 08:00-25:00"),
        ("Mo-Fr 18:00-08:00", "backwards", "Mo-Fr 18:00-08:00"),
        ("Mo 08:00-12:00,11:00-18:00", "overlap", "Mo 08:00-12:00,11:00-18:00"),
        ("Xx 08:00-18:00", "weekday", "Xx"),
        ("Fr-Mo 08:00-18:00", "order", "Fr-Mo"),
    ],
)
def test_hours_that_cannot_be_read_are_refused_with_why(text: str, problem: str, part: str) -> None:
    with pytest.raises(HoursUnreadable) as refused:
        WorkingHours.parse(text, "ST", BERLIN)
    assert (refused.value.problem, refused.value.part) == (problem, part)
    for language in LANGUAGES:
        assert part in wording().say(f"desk_error_hours_{problem}", language, part=part)


def test_an_unknown_federal_state_is_refused() -> None:
    with pytest.raises(ValueError, match="federal state"):
        WorkingHours.parse("24/7", "XX", BERLIN)
