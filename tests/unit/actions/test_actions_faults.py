"""The fault form, the check of the line, measurements and the words of appointments, cases and callbacks."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta, timezone

import pytest
from action_talk import Outcome, Talker
from hypothesis import given
from hypothesis import strategies as st

from actions import appointment_words, cases, line_check, router_help, speeds
from actions.appointments import AppointmentChange
from actions.callback_times import Window, is_possible, offered, windows, wished
from actions.case_form import CaseForm
from actions.context import Context
from actions.crm.demo_people import QUIET, TICKET, TOMORROW
from actions.crm.product_sheets import ProductSheet
from actions.crm.repository import CrmRepository
from actions.crm.visits import NewVisit
from actions.fault_form import FaultForm
from actions.phrases import fault_kind_in
from actions.visit_form import VisitForm
from bot.service.working_hours import WorkingHours
from bot.transparency.format import REGION, short_window

TECHNOLOGIES = ("dsl", "cable", "fiber")
KINDS = ("internet_out", "internet_drops", "phone", "tv", "other")
HOURS = WorkingHours.parse("Mo-Fr 08:00-20:00; Sa 09:00-16:00", "ST", REGION)
SHEET = ProductSheet(tariff="x", max_mbit=100, normal_mbit=83, min_mbit=54, issued=date(2026, 1, 1))


# --- the form ---


async def asked_in_form(
    context: Context, crm: CrmRepository, text: str, intent: str, entities: dict[str, str] | None = None
) -> Outcome:
    talker = Talker(context)
    await talker.prove(QUIET, crm)
    slots = {"requested_slot": "fault_kind", "pending": "action_report_fault", "fault_line": "V-216904"}
    return await talker.run(FaultForm, text, intent=intent, entities=entities, slots=slots, form="fault_form")


@pytest.mark.parametrize(
    ("text", "intent", "entities", "kind", "step"),
    [
        ('/inform{"choice": "tv"}', "inform", {"choice": "tv"}, "tv", "cable"),
        ("Das Festnetz ist tot", "nlu_fallback", {}, "phone", "lights"),
        ("the internet keeps dropping", "slow_internet", {}, "internet_drops", "devices"),
        ("Der Router blinkt rot", "router_help", {}, "internet_out", "devices"),
    ],
)
async def test_what_is_broken_leads_to_the_first_step(
    text: str, intent: str, entities: dict[str, str], kind: str, step: str, context: Context, crm: CrmRepository
) -> None:
    outcome = await asked_in_form(context, crm, text, intent, entities)
    assert (outcome.slots["fault_kind"], outcome.slots["fault_step"]) == (kind, step)
    assert outcome.slots["requested_slot"] == "fault_check"
    assert outcome.slots.get("fault_text") == (None if entities else text)


@pytest.mark.parametrize(
    ("text", "intent", "stopped"),
    [
        ("nein danke", "deny", True),
        ("bitte abbrechen", "nlu_fallback", True),
        ("es geht doch nicht", "report_fault", False),
        ("egal welcher Sender, alles schwarz", "nlu_fallback", False),
    ],
)
async def test_refusing_is_told_from_describing(
    text: str, intent: str, stopped: bool, context: Context, crm: CrmRepository
) -> None:
    outcome = await asked_in_form(context, crm, text, intent)
    assert (outcome.slots.get("next_step") == "listen") == stopped


async def test_a_proof_that_has_run_out_is_asked_for_again(context: Context) -> None:
    slots = {"requested_slot": "fault_check", "pending": "action_report_fault", "fault_step": "restart"}
    outcome = await Talker(context).run(FaultForm, "geht nicht", intent="inform", slots=slots, form="fault_form")
    assert outcome.slots["next_step"] == "action_report_fault"


# --- visits ---


async def test_a_window_taken_meanwhile_is_said_and_others_are_offered(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    await talker.prove(TOMORROW, crm)
    key = (await crm.visit_slots("V-210395"))[0].record
    # Somebody else in the region is faster.
    taken = NewVisit(contract_number="V-210395", kind="technician", slot_key=key)
    await crm.book_visit(taken, idempotency_key="faster")
    slots = {
        "next_step": "action_appointment_change",
        "visit_about": "TM-210395",
        "visit_wish": "move",
        "visit_slot": key,
        "visit_confirm": "yes",
    }
    outcome = await talker.run(AppointmentChange, "Ja", intent="affirm", slots=slots)
    assert "inzwischen vergeben" in outcome.text
    assert outcome.slots["next_step"] == "visit_form" and outcome.slots["visit_confirm"] is None
    before = next(fact for fact in await crm.appointments(TOMORROW, upcoming=False) if fact.record == "TM-210395")
    assert before.value.status == "confirmed"
    again = await talker.run(VisitForm, "Ja", intent="affirm", slots={**slots, **outcome.slots, "requested_slot": None})
    assert again.slots["requested_slot"] == "visit_slot" and key not in str(again.payloads)


async def test_an_old_yes_confirms_nothing(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    await talker.prove(TICKET, crm)
    slots = {"requested_slot": "case_text", "pending": "action_ticket_status", "case_number": "T-104817"}
    first = await talker.run(CaseForm, "erstens", intent="inform", slots=slots, form="case_form")
    old = next(payload for payload in first.payloads if payload.startswith("/affirm"))
    second = await talker.run(CaseForm, "zweitens", intent="inform", slots=slots, form="case_form", turn_id="t-2")
    slots |= {**second.slots, "requested_slot": "case_confirm"}
    said = {"confirm": json.loads(old.removeprefix("/affirm"))["confirm"]}
    refused = await talker.run(CaseForm, old, intent="affirm", entities=said, slots=slots, form="case_form")
    assert refused.slots["requested_slot"] == "case_confirm" and "zweitens" in refused.text
    said = {"confirm": slots["confirm_id"]}
    done = await talker.run(CaseForm, "/affirm", intent="affirm", entities=said, slots=slots, form="case_form")
    assert done.slots["next_step"] == "action_ticket_status"


# --- the check ---


@given(
    kind=st.sampled_from(KINDS),
    technology=st.sampled_from(TECHNOLOGIES),
    dice=st.randoms(use_true_random=False),
)
def test_every_check_ends_and_no_step_comes_twice(kind: str, technology: str, dice: object) -> None:
    answers: dict[str, str] = {}
    while (step := line_check.next_step(kind, technology, answers)) is not None:
        assert step not in answers and step in line_check.STEPS
        usual = line_check.QUESTIONS.get(step, (line_check.NO_HELP,))
        answers[step] = dice.choice((*usual, line_check.ALREADY))  # type: ignore[attr-defined]
    assert len(answers) <= 5


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("das habe ich alles schon gemacht", True),
        ("hab schon alles probiert", True),
        ("I already did all of that", True),
        ("I tried everything already", True),
        ("habe ich schon", False),
        ("alles schon gemacht, schickt jemanden", False),
    ],
)
def test_everything_done_before_is_every_step(text: str, every: bool) -> None:
    assert line_check.says_all_done(text) is every


def test_a_light_that_is_steady_needs_no_look_at_the_cable() -> None:
    steady = {"devices": "all", "lights": "steady"}
    assert line_check.next_step("internet_out", "dsl", steady) == "restart"
    assert not line_check.needs_technician(steady)
    assert line_check.next_step("internet_out", "dsl", {**steady, "lights": "off"}) == "power"
    assert line_check.needs_technician({**steady, "lights": "blinking"})
    assert line_check.next_step("internet_out", "dsl", {"devices": "skip"}) is None


@pytest.mark.parametrize(
    ("step", "text", "answer"),
    [
        ("restart", "geht wieder", "works"),
        ("restart", "es funktioniert jetzt wieder, danke", "works"),
        ("restart", "it works again", "works"),
        ("power", "Steckdose ist ok", "done"),
        ("cable", "alles fest", "done"),
        ("cable", "hm keine ahnung wo das kabel ist", "skip"),
        ("lights", "keine ahnung", "unknown"),
        ("power", "ist nicht in Ordnung", None),
        ("restart", "geht immer noch nicht", "no_help"),
        ("restart", "Das geht schon wieder nicht", "no_help"),
        ("restart", "still not working", "no_help"),
        ("restart", "das habe ich schon", "already"),
        ("restart", "Ich hab den schon zweimal neu gestartet, bringt nix", "already"),
        ("restart", "already did that", "already"),
        ("cable", "erledigt", "done"),
        ("cable", "Können Sie nicht einen Techniker schicken?", "skip"),
        ("cable", "please send an engineer", "skip"),
        ("cable", "Wo ist meine Rechnung?", None),
        ("lights", "blinkt rot", "blinking"),
        ("lights", "nichts leuchtet", "off"),
        ("lights", "it's off", "off"),
        ("lights", "leuchtet grün", "steady"),
        ("lights", "weiß nicht", "unknown"),
        ("lights", "habe ich schon geschaut", "already"),
        ("lights", "Schon geprüft", "already"),
        ("lights", "habe ich schon geschaut, die leuchtet grün", "steady"),
        ("lights", "schon alles aus und wieder an", "already"),
        ("devices", "habe ich schon alles geprüft", "already"),
        ("devices", "weiß ich nicht", "unknown"),
        ("lights", "hab ich alles schon gemacht, schickt endlich wen", "skip"),
        ("devices", "nur mein Laptop", "one"),
        ("devices", "all of them", "all"),
    ],
)
def test_an_answer_in_words(step: str, text: str, answer: str | None) -> None:
    assert line_check.read(step, text) == answer


@given(step=st.sampled_from(line_check.STEPS), text=st.text())
def test_no_text_breaks_the_reading(step: str, text: str) -> None:
    line_check.read(step, text)
    line_check.told_before(text)
    fault_kind_in(text)
    speeds.measured_in(text)
    router_help.topic_in(text)
    router_help.device_in(text)
    appointment_words.wish_in(text)
    cases.wish_in(text)


# --- measurements ---


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12 mbit", 12),
        ("kommt nur 20 an", 20),
        ("Mein Internet ist viel zu langsam, habe 250er gebucht", None),
        ("meine 100er Leitung ist langsam", None),
        ("I ordered 500 Mbit and it is slow", None),
        ("250 gebucht, 40 gemessen", 40),
        ("100 Mbit/s im Tarif, 20 kommen an", 20),
        ("es kommen 240 an, mit Kabel gemessen", 240),
        ("Es kommen nur 20 von 100 Mbit an", 20),
        ("ich bezahle 250 und bekomme nur 40 Mbit", 40),
        ("Speedtest zeigt nur 12 Mbit/s statt 100", 12),
        ("Trotz 1000er Leitung kommen nur 90 an", 90),
        ("I pay for 250 and only get 40", 40),
        ("12,5", 12.5),
        ("0.8 gbit", 800),
        ("nur 3 MB pro Sekunde", 24),
        ("Steam zeigt 2,5 MB/s", 20),
        ("3 Megabyte", 24),
        ("500 kByte", 4),
        ("3 mb", 3),
        ("50 mb/s", 50),
        ("50 MBit/s", 50),
        ("50 MB Leitung", None),
        ("auf meiner 50 MB Leitung kommen 12 an", 12),
        ("bin bei 20 Prozent", None),
        ("keine Ahnung", None),
        ("0", None),
    ],
)
def test_the_measured_value_and_not_the_booked_one(text: str, value: float | None) -> None:
    assert speeds.measured_in(text) == value


@given(st.floats(0.1, 200))
def test_a_faster_line_is_never_judged_worse(measured: float) -> None:
    order = ("below_min", "below_normal", "below_max", "fine")
    found = order.index(speeds.verdict(measured, SHEET))
    assert order.index(speeds.verdict(measured + 1, SHEET)) >= found
    assert speeds.verdict(measured, None) == "unknown"
    assert (found == 0) == (measured < SHEET.min_mbit)


def test_wifi_is_no_cable() -> None:
    assert [speeds.how_in(text) for text in ("per WLAN", "mit LAN-Kabel", "by cable", "über Nacht")] == [
        *("wifi", "cable", "cable", None)
    ]


# --- appointments, cases, devices ---


@pytest.mark.parametrize(
    ("text", "missed", "wish"),
    [
        ("Der Techniker ist nicht gekommen", True, None),
        ("Es kam niemand zum Termin", True, None),
        ("the technician didn't show up", True, None),
        ("Ich hab den Techniker verpasst, neuer Termin bitte", False, "move"),
        ("sage den Termin bitte ab", False, "cancel"),
        ("kann ich auf Dienstag verschieben", False, "move"),
        ("Wann kommt der Techniker?", False, None),
        ("nachmittags wäre mir lieber", False, "move"),
        ("am Dienstag kann ich leider nicht", False, "move"),
        ("da kann ich nicht, bitte absagen", False, "cancel"),
        ("I can't make it on Tuesday", False, "move"),
    ],
)
def test_words_about_an_appointment(text: str, missed: bool, wish: str | None) -> None:
    assert (appointment_words.says_missed(text), appointment_words.wish_in(text)) == (missed, wish)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Mein Internet bricht ständig ab", "internet_drops"),
        ("Internet fällt immer wieder aus", "internet_drops"),
        ("my wifi drops every few minutes", "internet_drops"),
        ("Mein Internet ist seit gestern ausgefallen", "internet_out"),
        ("Internet fällt seit heute früh aus", "internet_out"),
        ("Das Internet ist komplett weg", "internet_out"),
        ("Das Telefon und das Internet gehen seit gestern nicht", "internet_out"),
        ("no internet and no phone", "internet_out"),
        ("Internet und Fernsehen brechen ständig ab", "internet_drops"),
        ("Das Telefon geht nicht", "phone"),
        ("Internet geht, aber das Telefon nicht", "phone"),
        ("TV over the internet shows a black screen", "tv"),
    ],
)
def test_a_line_that_drops_is_told_from_one_that_is_down(text: str, kind: str) -> None:
    assert fault_kind_in(text) == kind


def test_a_line_that_drops_has_its_cable_checked_although_the_light_is_steady_now() -> None:
    steady = {"devices": "all", "lights": "steady"}
    assert line_check.next_step("internet_drops", "cable", steady) == "cable"


@pytest.mark.parametrize(("text", "speed"), [("60", True), ("ca. 60 Mbit/s", True), ("0", False), ("60 Jahre", False)])
def test_a_bare_number_is_a_measurement(text: str, speed: bool) -> None:
    assert speeds.is_only_speed(text) is speed


def test_words_about_a_case() -> None:
    said = (
        "Bitte wieder öffnen",
        "It has not been solved",
        "Ich will etwas ergänzen",
        "add a photo",
        "Wie ist der Stand?",
    )
    assert [cases.wish_in(text) for text in said] == ["reopen", "reopen", "note", "note", None]


def test_words_about_a_device() -> None:
    said = ("fritzbox zurücksetzen", "Was bedeuten die Lampen am ONT", "WLAN-Passwort vergessen", "blubb")
    found = [(router_help.topic_in(text), router_help.device_in(text)) for text in said]
    assert found == [("reset", "fritzbox"), ("lights", "ont"), ("wifi_password", None), (None, None)]


# --- callbacks ---

moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(timezone.utc))


@given(now=moments)
def test_offered_windows_lie_in_business_hours_and_ahead(now: datetime) -> None:
    shown = offered(HOURS, now)
    assert shown and shown == sorted(shown, key=lambda window: window.starts)
    for window in shown:
        assert is_possible(window, HOURS, now) and window.starts > now
        assert Window.of_key(window.key) == window
        assert all(len(short_window(window.starts, window.ends, language)) <= 20 for language in ("de", "en"))


def test_a_wish_outside_business_hours_is_not_possible() -> None:
    now = datetime(2026, 11, 21, 10, 0, tzinfo=timezone.utc)  # a Saturday
    monday, sunday = date(2026, 11, 23), date(2026, 11, 22)
    good = wished(monday, "10:00-12:00")
    assert good is not None and is_possible(good, HOURS, now)
    for day, span in (
        (sunday, "10:00-12:00"),
        (monday, "18:00-21:00"),
        (monday, "03:00"),
        (date(2026, 11, 20), "10:00"),
    ):
        bad = wished(day, span)
        assert bad is not None and not is_possible(bad, HOURS, now)
    assert wished(monday, "kaputt") is None and Window.of_key("x/y") is None
    assert wished(monday, "14:00-") == wished(monday, "14:00") == wished(monday, "-16:00")
    assert not list(windows(HOURS, now, sunday))
    assert time(8) <= offered(HOURS, now, monday)[0].starts.time() and timedelta(hours=2) == good.ends - good.starts
