"""A person asked for, the truth asked for: recall on composed and on freely written wordings, false alarms on others.

guarded.tsv was written before the guards, their threshold and most of their training data; no miss in it was read
to improve them. Its limits here are what was measured, less chance: floors, not goals (docs/understanding.md).
"""

from __future__ import annotations

import pytest
from composed_wordings import CHALLENGE_DE, CHALLENGE_EN, PERSON_DE, PERSON_EN, composed, statements
from labelled_tables import table

from bot.nlu.guards import GUARDED
from bot.nlu.text import wording

COUNT = 150
UNSEEN = table("guarded.tsv")


def unseen(intent: str, language: str) -> list[str]:
    """Returns the freely written wordings of one kind; "neither" mentions people or machines, or is a near request."""
    return [text for named, spoken, text in UNSEEN if (named, spoken) == (intent, language)]


@pytest.mark.parametrize(
    ("parts", "intent", "least"),
    [
        (PERSON_DE, "talk_to_human", 0.98),
        (PERSON_EN, "talk_to_human", 0.98),
        (CHALLENGE_DE, "bot_challenge", 0.99),
        (CHALLENGE_EN, "bot_challenge", 0.99),
    ],
    ids=["person-de", "person-en", "challenge-de", "challenge-en"],
)
def test_recall(understanding, parts, intent, least):
    texts = composed(parts, COUNT)
    assert len(set(texts)) == COUNT
    missed = [text for text in texts if understanding.read(text).intent != intent]
    assert 1 - len(missed) / COUNT >= least, missed


def test_statements_raise_no_alarm(understanding):
    texts = statements()
    alarms = [text for text in texts if understanding.read(text).intent in ("talk_to_human", "bot_challenge")]
    assert len(alarms) / len(texts) < 0.03, alarms


def test_no_unseen_wording_stands_in_the_training_data(examples):
    known = {wording(text) for text in examples.texts}
    assert [text for _, _, text in UNSEEN if wording(text) in known] == []


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("intent", sorted(GUARDED))
def test_recall_on_unseen_wordings(understanding, intent, language):
    texts = unseen(intent, language)
    assert len(texts) >= 120
    missed = [text for text in texts if understanding.read(text).intent != intent]
    assert 1 - len(missed) / len(texts) >= 0.84, missed


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_missed_wish_for_a_person_is_asked_back(understanding, language):
    """Asking back always offers a person, so that only the others meet a dead end or a wrong answer."""
    readings = {text: understanding.read(text) for text in unseen("talk_to_human", language)}
    lost = [text for text, one in readings.items() if one.intent not in GUARDED and one.decision != "ask"]
    assert len(lost) / len(readings) <= 0.03, lost


def test_unseen_neighbours_raise_few_alarms(understanding):
    texts = [*unseen("neither", "de"), *unseen("neither", "en")]
    assert len(texts) >= 140
    alarms = [text for text in texts if understanding.read(text).intent in GUARDED]
    assert len(alarms) / len(texts) < 0.08, alarms
