"""The whole reading of a text by a model trained on the real data."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from bot.nlu.entities import EntityFinder
from bot.nlu.model import IntentModel
from bot.nlu.text import wording

# "intent | text"; the first part, down to the empty line, holds no text that stands in the training data.
NATURAL = """
report_fault | Seit gestern Abend funktioniert mein Internet nicht mehr
report_fault | bei mir geht das internet nicht
report_fault | Hallo, unser Internet ist komplett ausgefallen
report_fault | my internet has stopped working
outage_info | Gibt es aktuell eine Störung in 06110 Halle?
outage_info | Ist in Merseburg gerade ein Ausfall bekannt?
outage_info | is there currently an outage in 06217
invoice_show | Zeigen Sie mir meine letzte Rechnung bitte
invoice_show | Wie hoch ist meine letzte Rechnung?
invoice_show | please show me my last invoice
contract_show | Was für einen Vertrag habe ich bei Ihnen?
contract_show | Wie lange läuft mein Vertrag eigentlich noch?
contract_show | what contract do I have with you
fiber_availability | Gibt es Glasfaser in der Lindenstraße 12 in Halle?
fiber_availability | Ist an meiner Adresse Glasfaser verfügbar?
fiber_availability | is fibre available at Lindenstraße 3, 06217
fiber_progress | Wie weit ist der Glasfaserausbau bei mir?
fiber_progress | Wann wird mein Glasfaseranschluss fertig?
fiber_progress | when will my fibre be built
appointment_show | Wann kommt denn der Techniker zu mir?
appointment_show | when is the technician coming to me
ticket_status | Was ist mit meinem Ticket T-104817?
ticket_status | what is the status of my ticket T-104817
contact_info | Wie kann ich Sie telefonisch erreichen?
contact_info | Welche Telefonnummer hat Ihr Kundenservice?
contact_info | what is the phone number of your hotline
bot_challenge | Sag mal, bist du ein Mensch?
bot_challenge | are you actually human
talk_to_human | Ich möchte jetzt bitte mit einem Menschen sprechen
talk_to_human | I want to speak with a human please

inform | Meine Kundennummer lautet 2048199
inform | 06231
inform | Gartenstraße 17, 06217 Merseburg
affirm | Ja!
deny | Nein.
thank | Danke!!
greet | HALLO
""".strip().splitlines()

FINDER = EntityFinder()


def read(trained, text):
    found = FINDER.find(text, "de", date(2026, 11, 21))
    entities = [{"entity": entity.entity, "start": entity.start, "end": entity.end} for entity in found]
    return trained.classifier.read(text, entities)


@pytest.mark.parametrize("line", [line for line in NATURAL if line])
def test_natural_wordings_are_answered(trained, line):
    expected, _, text = line.partition(" | ")
    intent, ranking, decision = read(trained, text)
    assert (intent["name"], decision) == (expected, "answer"), ranking[:3]


def test_natural_wordings_are_not_in_the_training_data(examples):
    known = {wording(text) for text in examples.texts}
    new = [line.partition(" | ")[2] for line in NATURAL[: NATURAL.index("")]]
    assert [text for text in new if wording(text) in known] == []


def test_held_out_figures_keep_a_floor(trained):
    assert trained.bands.accuracy > 0.85
    assert trained.bands.answered > 0.50
    assert trained.bands.wrong <= 0.03


def test_probabilities_are_calibrated(trained):
    confidence = trained.held_out.probabilities.max(axis=1)
    right = trained.held_out.probabilities.argmax(axis=1) == trained.held_out.truth
    bins = np.minimum((confidence * 15).astype(int), 14)
    error = sum(abs(confidence[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in set(bins))
    assert error < 0.05


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "😀😀😀",
        "\u200b\u200d",
        "?!",
        "asdf jklö",
        "Привет, как дела?",
        "مرحبا كيف حالك",
        "/restart",
        '/greet{"a":1}',
        "Schreibe mir ein Gedicht über den Herbst",
        "wie wird das wetter morgen",
        "der Bot von gestern war nett",
    ],
)
def test_nothing_is_answered_by_accident(trained, text):
    intent, _, decision = read(trained, text)
    assert intent["name"] == "nlu_fallback"
    assert decision != "answer"


@pytest.mark.parametrize("text", ["x" * 100_000, "Rechnung " * 12_000, "1" * 100_000, "\n" * 100_000])
def test_huge_texts_end_in_a_decision(trained, text):
    assert read(trained, text)[2] in ("answer", "ask", "handover")


def test_ranking_has_real_readings_only_and_falls(trained):
    _, ranking, _ = read(trained, "Irgendwas mit meiner Rechnung")
    names = [reading["name"] for reading in ranking]
    assert not {"out_of_scope", "nlu_fallback"} & set(names)
    confidences = [reading["confidence"] for reading in ranking]
    assert confidences == sorted(confidences, reverse=True)


def test_saved_model_says_the_same(trained, tmp_path):
    model = trained.classifier._model
    model.save(tmp_path)
    texts = ["Mein Internet geht nicht", "show my bill", ""]
    again = IntentModel.load(tmp_path).probabilities(texts)
    np.testing.assert_allclose(again, model.probabilities(texts), atol=5e-3)


def test_training_needs_two_intents():
    with pytest.raises(ValueError, match="two intents"):
        IntentModel().fit(["a", "b"], ["greet", "greet"])
