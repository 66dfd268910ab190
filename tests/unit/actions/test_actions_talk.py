"""Asking back, handing over, honest referrals, and the language to answer in."""

from __future__ import annotations

from typing import Any

import pytest
from action_talk import Talker, user_event
from rasa_sdk import Tracker

from actions.cancellation import ContractCancel
from actions.catalogue import HANDED_OVER, OWN_DATA, REFERRED
from actions.context import Context
from actions.crm.errors import CrmUnavailable
from actions.fallback import Fallback
from actions.identity import IdentityForm
from actions.own_data import ERASE, RECORD, OwnData
from actions.phrases import (
    addresses_in,
    code_in,
    fault_kind_in,
    has_nothing_at_hand,
    house_number_in,
    identifier_in,
    only_stops,
    wants_new_code,
    withdraws,
)
from actions.referral import HandOverRequest, Refer
from actions.talk import Goodbye
from actions.turn import spoken_language

ASKED_BACK = [
    user_event("blubb"),
    {"event": "action", "name": "action_fallback"},
    {"event": "action", "name": "action_listen"},
]


async def test_the_first_time_it_asks_back_with_the_best_readings_and_a_person(context: Context) -> None:
    outcome = await Talker(context).run(
        Fallback,
        "die Rechnung da",
        intent="nlu_fallback",
        ranking=["nlu_fallback", "greet", "invoice_show", "invoice_explain", "payment_change"],
        events=[user_event("die Rechnung da")],
    )
    assert outcome.payloads == ["/invoice_show", "/invoice_explain", "/talk_to_human"]
    assert outcome.report == {}


async def test_the_second_time_in_a_row_a_person_takes_over(context: Context) -> None:
    outcome = await Talker(context).run(
        Fallback, "blubb", intent="nlu_fallback", events=[*ASKED_BACK, user_event("blubb")], form="fault_form"
    )
    assert outcome.report["handover"]["reason"] == "not_understood"
    assert outcome.texts == []
    assert outcome.left_form


async def test_an_understood_turn_in_between_starts_anew(context: Context) -> None:
    understood = [user_event("Hallo"), {"event": "action", "name": "utter_greet"}]
    outcome = await Talker(context).run(
        Fallback, "blubb", intent="nlu_fallback", events=[*ASKED_BACK, *understood, user_event("blubb")]
    )
    assert outcome.report == {}
    assert outcome.payloads == ["/talk_to_human"]


async def test_the_second_of_two_requests_is_offered(context: Context) -> None:
    outcome = await Talker(context).run(Refer, "Umzug", intent="switch_channel", further="invoice_show")
    assert outcome.payloads[-1] == "/invoice_show"
    handed_over = await Talker(context).run(HandOverRequest, "", intent="insult", further="invoice_show")
    assert handed_over.payloads == []  # a person reads the whole message


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("intent", REFERRED)
async def test_a_referral_is_honest_and_offers_a_person(intent: str, language: str, context: Context) -> None:
    outcome = await Talker(context, language=language).run(Refer, "…", intent=intent, form="identity_form")
    assert outcome.texts
    assert outcome.payloads[-1] == "/talk_to_human"
    assert outcome.left_form


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("intent", OWN_DATA)
async def test_own_data_are_offered_and_nothing_is_erased_by_a_sentence(
    intent: str, language: str, context: Context
) -> None:
    outcome = await Talker(context, language=language).run(OwnData, "…", intent=intent, form="identity_form")
    assert outcome.payloads == [*([ERASE] if intent == "data_erase" else []), RECORD, "/talk_to_human"]
    assert outcome.left_form


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("intent", HANDED_OVER)
async def test_what_needs_a_person_goes_to_one(intent: str, language: str, context: Context) -> None:
    outcome = await Talker(context, language=language).run(HandOverRequest, "…", intent=intent)
    assert outcome.report["handover"] == {"reason": "sensitive", "detail": intent}
    assert len(outcome.texts) == 1


async def test_the_ways_to_cancel_are_named_although_the_system_is_away(context: Context) -> None:
    class Away:
        def __getattr__(self, verb: str) -> Any:
            async def away(*_: Any, **__: Any) -> None:
                raise CrmUnavailable(verb, "timeout")

            return away

    away = Context(wording=context.wording, settings=context.settings, connect=lambda url: Away())
    outcome = await Talker(away).run(ContractCancel, "…", intent="contract_cancel")
    assert "Textform" in outcome.texts[0]
    assert outcome.payloads == ["/talk_to_human", "/contract_cancel", "/make_case", "/talk_to_human"]


async def test_a_form_says_that_the_system_is_away_and_stays(context: Context) -> None:
    class Away:
        async def proven_customer(self, *_: Any) -> None:
            raise CrmUnavailable("proven_customer", "timeout")

    away = Context(wording=context.wording, settings=context.settings, connect=lambda url: Away())
    outcome = await Talker(away).run(
        IdentityForm, "2169047", intent="inform", slots={"requested_slot": "identifier"}, form="identity_form"
    )
    assert outcome.payloads == ["/make_case", "/talk_to_human"]
    assert outcome.slots["requested_slot"] == "identifier"


async def test_a_farewell_leaves_the_form(context: Context) -> None:
    outcome = await Talker(context).run(Goodbye, "Tschüss", intent="goodbye", form="address_form")
    assert outcome.left_form


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("meine Kundennummer ist 2169047.", "number", "2169047"),
        ("0171 3920012", "phone", "0171 3920012"),
        ("+49 (0) 345 123456", "phone", "+49 (0) 345 123456"),
        ("Karl-Heinz.Boettcher@Example.org, bitte", "email", "karl-heinz.boettcher@example.org"),
    ],
)
def test_identifiers_in_free_text(text: str, kind: str, value: str) -> None:
    found = identifier_in(text)
    assert found is not None
    assert (found.kind, found.value) == (kind, value)


def test_no_identifier_where_there_is_none() -> None:
    texts = ("123456", "06217 Merseburg", "keine Ahnung", "am 12.10.2026")
    assert [identifier_in(text) for text in texts] == [None] * 4


def test_phrases() -> None:
    codes = {"123 456": "123456", "der Code ist 123456": "123456", "1234567": None, "12345": None}
    assert {text: code_in(text) for text in codes} == codes
    houses = {"12 a": "12a", "die 3": "3", "Hausnummer 7": "7", "06217 Merseburg": None}
    assert {text: house_number_in(text) for text in houses} == houses
    assert has_nothing_at_hand("I don't have any of these")
    assert wants_new_code("Es ist noch nichts angekommen")
    assert wants_new_code("da kommt nichts an")
    assert not wants_new_code("123456")
    assert fault_kind_in("irgendwas") == "other"
    assert only_stops("doch nicht, lassen wir es so") and not only_stops("doch nicht am Dienstag")
    assert addresses_in("Wie weit ist der Ausbau in der Geusar Strase 11?", "Merseburg") == [
        "Geusar Strase 11 Merseburg"
    ]
    assert addresses_in("Wie weit ist der Ausbau in Merseburg?") == []
    withdrawn = ("Ich widerrufe meine Bestellung", "I want to withdraw my order", "Widerruf meines Vertrags")
    others = ("Mandat widerrufen", "Ich widerrufe meine Einwilligung", "withdraw my consent", "Ich kündige")
    assert [withdraws(text) for text in (*withdrawn, *others)] == [True] * 3 + [False] * 4


def tracker(text: str, language: str, locale: str, events: list[dict[str, Any]]) -> Tracker:
    message = {"text": text, "language": language, "metadata": {"locale": locale}, "entities": [], "intent": {}}
    return Tracker("c", {}, message, events, False, None, {}, "action_listen")


@pytest.mark.parametrize(
    ("text", "named", "spoken"),
    [
        ("Reilstraße 12 in Halle", ["Reilstraße", "12", "Halle"], "en"),
        ("Reilstraße 12", ["Reilstraße", "12"], "en"),
        ("Rechnung vom Oktober", ["Oktober"], "de"),
        ("Ich wohne in der Reilstraße 12", ["Reilstraße", "12"], "de"),
    ],
)
def test_an_address_goes_on_in_the_language_last_written(text: str, named: list[str], spoken: str) -> None:
    said = tracker(text, "de", "de", [user_event("I am moving home", "en", "de")])
    spans = [{"entity": "x", "start": text.index(part), "end": text.index(part) + len(part)} for part in named]
    said.latest_message["entities"] = spans
    assert spoken_language(said) == spoken


@pytest.mark.parametrize(
    ("text", "language", "locale", "before", "spoken"),
    [
        ("my internet is down", "en", "de", [], "en"),
        ("123456", "de", "de", [user_event("my internet is down", "en", "de")], "en"),
        ("/help", "de", "de", [user_event("my internet is down", "en", "de")], "en"),
        ("/help", "de", "en", [user_event("Hallo", "de", "de")], "en"),
        ("123456", "de", "en", [], "en"),
        # German words in an address, a letter in a number: neither is a word of the customer's.
        ("niemand.da@example.org", "de", "en", [], "en"),
        ("V-205193", "de", "de", [user_event("my internet is down", "en", "de")], "en"),
    ],
)
def test_numbers_and_buttons_go_on_in_the_language_last_written(
    text: str, language: str, locale: str, before: list[dict[str, Any]], spoken: str
) -> None:
    assert spoken_language(tracker(text, language, locale, before)) == spoken
