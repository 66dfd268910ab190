"""Requests with a day in them hold on every day of the year: in weeks with holidays, around the turn of the year and
when the clocks change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.callback_times import is_possible, offered, wished
from actions.context import Context
from actions.crm import visit_windows
from actions.crm.models import Fact
from actions.details_form import DetailsForm
from actions.fields import names_no_year
from actions.free_days import why_closed, wished_from
from actions.turn import Turn
from actions.visit_form import _LOOKED_AT
from actions.visit_times import spoken_span, to_offer
from bot.nlu.dates import find_dates, find_times
from bot.nlu.found import readable, without_overlaps
from bot.service.working_hours import WorkingHours
from bot.settings import Settings
from bot.transparency.format import REGION
from bot.transparency.wording import LANGUAGES, Language
from tests.dialogues.script import workday
from tests.unit.actions.action_talk import Talker

HOURS = WorkingHours.parse(Settings.callback_hours, Settings.federal_state, REGION)
ASKED = {"de": "am {workday} zwischen 10 und 12 Uhr", "en": "on {workday} between 10 am and 12 pm"}


def days() -> Iterator[date]:
    """Four years, a leap year among them."""
    day = date(2026, 1, 1)
    while day < date(2030, 1, 1):
        yield day
        day += timedelta(days=1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_next_working_day_by_its_name_can_be_had_on_every_day_of_the_year(language: Language) -> None:
    for today in days():
        text = readable(ASKED[language].replace("{workday}", workday(language, today)))
        named = {one.entity: one.value for one in without_overlaps([*find_dates(text, today), *find_times(text)])}
        meant = wished(date.fromisoformat(named["date"]), named["time_span"])
        assert meant is not None
        for hour in (0, 9, 23):
            now = datetime.combine(today, time(hour), tzinfo=REGION)
            assert is_possible(meant, HOURS, now), (today, text, meant)


def test_windows_are_offered_on_every_day_of_the_year_also_when_the_clocks_change() -> None:
    for today in days():
        now = datetime.combine(today, time(12, 30), tzinfo=REGION)
        shown = offered(HOURS, now)
        assert len(shown) == 4
        assert all(window.ends - window.starts == timedelta(hours=2) for window in shown)
        assert all(window.starts.hour >= 8 and window.ends.hour <= 20 for window in shown)


def said(context: Context, text: str, language: Language = "de") -> Turn:
    """A message as an action sees it."""
    message = {"text": text, "language": language, "metadata": {"locale": language}}
    tracker = Tracker("c-1", {}, message, [], False, None, {}, "action_listen")
    return Turn(CollectingDispatcher(), tracker, context)


def test_visits_are_offered_on_every_day_of_the_year_and_every_one_can_be_found_again() -> None:
    for today in days():
        now = datetime.combine(today, time(12, 30), tzinfo=REGION)
        free = [Fact(value=slot, record=slot.key, as_of=now) for slot in visit_windows.windows("062", now)]
        assert len(free) <= _LOOKED_AT
        shown, fit = to_offer(free, None, None, None)
        assert len(shown) == 4 and fit == "wish", today
        # A day of the week to come is free, or said not to be; an hour at which nobody comes is answered with others.
        for ahead in range(1, 8):
            day = today + timedelta(days=ahead)
            shown, fit = to_offer(free, day, None, None)
            on_it = {fact.value.starts.astimezone(REGION).date() for fact in shown} == {day}
            assert shown and (fit == "wish") is on_it is visit_windows.is_workday(day)
            assert to_offer(free, day, (time(20), time(20)), None)[1] == ("other_hours" if on_it else "other_day")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("10 to 12", "10:00-12:00"),
        ("make it 14 to 16 instead", "14:00-16:00"),
        ("8-10", "08:00-10:00"),
        ("zwischen 9 und 11", "09:00-11:00"),
        ("12 bis 10", None),
        ("am 3. und 4.", None),
        ("0345 2312510", None),
        ("2.-4.12.", None),
    ],
)
def test_two_bare_hours_are_a_time_where_one_is_asked_for(text: str, span: str | None, context: Context) -> None:
    assert spoken_span(said(context, text)) == span


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_closed_day_is_named_with_its_reason(language: Language, context: Context) -> None:
    turn = said(context, "", language)
    assert (
        why_closed(turn, date(2026, 12, 25))
        == {
            "de": "Freitag, 25. Dezember 2026 ist ein Feiertag (Erster Weihnachtstag).",
            "en": "Friday 25 December 2026 is a public holiday (Christmas Day).",
        }[language]
    )
    assert "Saturday" in (why_closed(turn, date(2026, 12, 5)) or "") or language == "de"
    assert why_closed(turn, date(2026, 12, 24)) is None


@pytest.mark.parametrize(
    ("text", "today", "first"),
    [
        ("lieber im neuen Jahr", date(2026, 12, 23), date(2027, 1, 2)),
        ("nach den Feiertagen", date(2026, 12, 23), date(2026, 12, 27)),
        ("after Christmas please", date(2026, 12, 20), date(2026, 12, 27)),
        ("in the new year", date(2026, 12, 20), date(2027, 1, 2)),
        ("nach Weihnachten", date(2026, 12, 29), date(2026, 12, 30)),
        ("vormittags", date(2026, 12, 23), None),
    ],
)
def test_what_lies_behind_the_holidays(text: str, today: date, first: date | None, context: Context) -> None:
    assert wished_from(said(context, text), today) == first


@pytest.mark.parametrize(
    ("text", "found", "yearless"),
    [
        ("zum 1. Juli", date(2026, 7, 1), True),
        ("ab 1.7.", date(2026, 7, 1), True),
        ("am 01.07. dann", date(2026, 7, 1), True),
        ("1st of July please", date(2026, 7, 1), True),
        ("July 1st", date(2026, 7, 1), True),
        ("am 26.7.", date(2026, 7, 26), True),
        ("zum 1. Juli 2026", date(2026, 7, 1), False),
        ("am 1.7.2026", date(2026, 7, 1), False),
        ("am 1.7.26", date(2026, 7, 1), False),
        ("July 1, 2026", date(2026, 7, 1), False),
        ("gestern", date(2026, 11, 29), False),
        ("vor 3 Tagen", date(2026, 11, 27), False),
    ],
)
def test_a_day_without_a_year_is_told_from_one_with_it(text: str, found: date, yearless: bool) -> None:
    assert names_no_year(text, found) is yearless


@pytest.mark.parametrize("ahead", [-180, -1, 0, 1, 180])
async def test_a_day_of_the_year_to_come_is_taken(ahead: int, context: Context) -> None:
    day = datetime.now(REGION).date() + timedelta(days=ahead)
    # The reading takes the nearest day of that name, which half of the year is one that is over.
    said = {"entities": {"date": day.isoformat()}, "form": "details_form", "intent": "inform"}
    slots = {
        "requested_slot": "detail",
        "pending": "action_move_home",
        "details": json.dumps(
            {"contract_number": "V-216904", "tariff": "Kabel 250", "address_key": "x", "address": "y"}
        ),
    }
    outcome = await Talker(context).run(DetailsForm, f"zum {day.day}.{day.month}.", slots=slots, **said)
    taken = date.fromisoformat(json.loads(outcome.slots["details"])["day"])
    assert (taken.day, taken.month) == (day.day, day.month) or day.month == 2
    assert datetime.now(REGION).date() <= taken <= datetime.now(REGION).date() + timedelta(days=366)
