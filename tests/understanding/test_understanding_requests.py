"""Sentences that no training example paraphrases: what is read, what is answered, and how often that is wrong.

These wordings are chosen to be unusual, so they are a shift away from the training data: the bound is proven for
wordings like the training data, and the limit here only guards against getting worse.
"""

from __future__ import annotations

import pytest
from labelled_tables import table

from bot.nlu.text import wording

REQUESTS = table("requests.tsv")
OUTSIDE = "out_of_scope"


def test_no_sentence_stands_in_the_training_data(examples):
    known = {wording(text) for text in examples.texts}
    assert [text for _, text in REQUESTS if wording(text) in known] == CONTACT_WISH


# Asked for word for word by a user.
CONTACT_WISH = ["contact details please"]


def test_every_intent_is_asked_for(examples):
    assert {intent for intent, _ in REQUESTS} | {"inform"} == set(examples.intents)


def test_unusual_wordings_are_read_right(understanding):
    inside = [(intent, understanding.read(text)) for intent, text in REQUESTS if intent != OUTSIDE]
    right = sum(reading.best == intent for intent, reading in inside) / len(inside)
    offered = sum(intent in reading.offered for intent, reading in inside) / len(inside)
    assert right > 0.80
    assert offered > 0.92


def test_unusual_wordings_are_rarely_answered_wrong(understanding):
    given = [
        (intent, reading.best)
        for intent, reading in ((intent, understanding.read(text)) for intent, text in REQUESTS)
        if reading.decision == "answer"
    ]
    wrong = [pair for pair in given if pair[0] != pair[1]]
    assert len(given) > 0.35 * len(REQUESTS)
    assert len(wrong) / len(given) < 0.06, wrong


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("contact details please", "contact_info"),
        ("how far is the fibre build-out in Halle?", "fiber_progress"),
        ("Wie weit ist der Glasfaserausbau in Merseburg?", "fiber_progress"),
        ("Rechnung", "invoice_show"),
        ("Termin?", "appointment_show"),
        ("Du Vollidiot", "insult"),
        ("Ich zünde euer Büro an", "threat"),
        ("internet down at Lindenstraße 5, Merseburg", "report_fault"),
        ("Störung in der Lindenstraße 5, nichts geht mehr", "report_fault"),
        ("immer noch nicht", "deny"),
        ("Danke, tschüss", "goodbye"),
        ("Problem mit Zahlung, doppelt abgebucht", "payment_problem"),
        ("Am I dealing with a human?", "bot_challenge"),
        ("am I talking to a real person", "bot_challenge"),
        ("spreche ich mit einem Menschen", "bot_challenge"),
    ],
)
def test_wishes_of_users_are_answered(understanding, text, intent):
    reading = understanding.read(text)
    assert (reading.best, reading.decision) == (intent, "answer")


def test_a_word_that_can_mean_two_things_is_asked_back(understanding):
    reading = understanding.read("Störung")
    assert reading.decision in ("ask", "answer")
    assert {"report_fault", "outage_info"} <= set(reading.offered)


TWO = [
    ("Mein Internet geht nicht und ich will meine Rechnung sehen", ["report_fault", "invoice_show"]),
    ("My internet is down and I want to see my bill", ["report_fault", "invoice_show"]),
    (
        "Ich möchte meine Rechnung sehen. Außerdem möchte ich meinen Termin verschieben.",
        ["invoice_show", "appointment_change"],
    ),
]


@pytest.mark.parametrize(("text", "intents"), TWO)
def test_two_requests_are_both_seen(understanding, text, intents):
    assert [request["intent"] for request in understanding.classifier.requests(text)] == intents


@pytest.mark.parametrize(
    "text",
    [
        "Mein Internet geht nicht",
        "Telefon und Internet gehen nicht",
        "Hallo und guten Tag",
        "Mein Internet geht nicht und mein Telefon geht nicht",
    ],
)
def test_one_request_is_not_two(understanding, text):
    assert understanding.classifier.requests(text) == []
