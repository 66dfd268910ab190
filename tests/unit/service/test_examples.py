"""Sentences that become training examples: what gets in, what does not, and the file they are written to."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import yaml

from bot.service.examples import FILE, NotWritable, TrainingData, checked, intents, masked
from bot.service.outcomes import Refused

NAME = "Roswitha Zimtblatt"


@pytest.mark.parametrize(
    ("said", "draft"),
    [
        ("Meine Kundennummer ist 2169047, wo ist die Rechnung?", "Meine Kundennummer ist ***, wo ist die Rechnung?"),
        ("Vertrag V-216904 läuft wie lange?", "Vertrag *** läuft wie lange?"),
        ("Rufen Sie mich an: 0151 23456789", "Rufen Sie mich an: ***"),
        ("Konto DE89370400440532013000, mail a.b@example.org", "Konto ***, mail ***"),
        ("Ich wohne Goethestraße 21", "Ich wohne Goethestraße ***"),
        ("ich heiße Roswitha Zimtblatt und ziehe um", "ich heiße *** und ziehe um"),
        ("Hier ZIMTBLATT,\nich ziehe um", "Hier ***, ich ziehe um"),
        ("Mein Internet ist am 12.03.2026 ausgefallen", "Mein Internet ist am 12.03.2026 ausgefallen"),
    ],
)
def test_a_draft_names_nobody(said: str, draft: str) -> None:
    assert masked(said, NAME) == draft
    if "***" in draft:
        for sentence in (said, draft):
            with pytest.raises(Refused, match="example_personal"):
                checked(sentence, NAME)
    else:
        assert checked(said, NAME) == said


@pytest.mark.parametrize("sentence", ["", "  ", "12", "?!", "a" * 301, "[Rechnung](invoice)", "{x}", "a\n- b [c]"])
def test_what_is_no_sentence_is_no_example(sentence: str) -> None:
    with pytest.raises(Refused, match="example_form"):
        checked(sentence, None)


def test_a_sentence_of_two_lines_becomes_one_that_the_file_cannot_take_for_two() -> None:
    assert checked("wo ist\n- intent: greet", None) == "wo ist - intent: greet"


def test_what_the_bot_can_be_taught_is_what_it_knows() -> None:
    known = intents()
    assert {"invoice_show", "out_of_scope", "talk_to_human"} <= set(known)
    assert "nlu_fallback" not in known


def test_the_file_holds_each_wording_once_and_keeps_what_it_held(tmp_path: Path) -> None:
    (tmp_path / "service.yml").write_text('version: "3.1"\nnlu:\n- intent: help\n  examples: |\n    - Was kannst du?\n')
    data = TrainingData(tmp_path)
    assert data.add([("invoice_show", "Wo finde ich die Rechnung"), ("greet", "Gruß: 'Tach' # dort")]) == 2
    assert data.add([("invoice_explain", "wo finde ich die RECHNUNG?"), ("greet", "Grüezi mitenand")]) == 1
    read = yaml.safe_load((tmp_path / FILE).read_text())
    assert read["version"] == "3.1"
    assert {part["intent"]: part["examples"].splitlines() for part in read["nlu"]} == {
        "greet": ["- Gruß: 'Tach' # dort", "- Grüezi mitenand"],
        "invoice_show": ["- Wo finde ich die Rechnung"],
    }
    assert [data.intent_of(one) for one in ("was kannst DU", "Grüezi, mitenand", "Etwas anderes")] == [
        "help",
        "greet",
        None,
    ]
    assert sorted(one.name for one in tmp_path.iterdir()) == [FILE, "service.yml"]


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    """Each has its own eyes on the folder, as processes have."""
    writers = [
        threading.Thread(target=lambda n=n: TrainingData(tmp_path).add([("greet", f"Hallo {'a' * n} b")]))  # type: ignore[misc]
        for n in range(2)
    ] + [
        threading.Thread(target=lambda n=n: TrainingData(tmp_path).add([("help", f"Wort{n} bitte")])) for n in range(20)
    ]  # type: ignore[misc]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert TrainingData(tmp_path).add([("help", f"Wort{n} bitte") for n in range(20)]) == 0


def test_a_folder_that_is_not_there_or_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    away = TrainingData(tmp_path / "away")
    with pytest.raises(NotWritable, match="away"):
        away.check_writable()
    with pytest.raises(NotWritable, match="away"):
        away.add([("greet", "Hallo")])
    assert away.intent_of("Hallo") is None
    (tmp_path / FILE).write_text("nlu: [broken")
    before = (tmp_path / FILE).read_text()
    with pytest.raises(NotWritable):
        TrainingData(tmp_path).add([("greet", "Hallo")])
    assert (tmp_path / FILE).read_text() == before
