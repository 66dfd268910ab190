"""A person asked for, the truth asked for: recall on composed wordings, false alarms on statements."""

from __future__ import annotations

import pytest
from composed_wordings import CHALLENGE_DE, CHALLENGE_EN, PERSON_DE, PERSON_EN, composed, statements

COUNT = 150


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
