"""German or English per message; the locale decides when the text does not."""

from __future__ import annotations

import pytest

from bot.nlu.language import recognise

GERMAN = """
Mein Internet geht nicht
mei Internet geht ned
stoerung melden
Rechnung bitte
wann kommt der techniker
ich will mit einem menschen reden
moin
Wo is mei Rechnung
Kündigung
danke
""".strip().splitlines()
ENGLISH = """
My internet is not working
show my bill
when does the technician come
I want to talk to a human
is fibre available at Lindenstraße 12
thanks
internet down since yesterday
are you a robot
slow broadband
where is my order
""".strip().splitlines()


@pytest.mark.parametrize("text", GERMAN)
def test_german(text):
    assert recognise(text, "en") == "de"


@pytest.mark.parametrize("text", ENGLISH)
def test_english(text):
    assert recognise(text, "de") == "en"


@pytest.mark.parametrize("text", ["", "😀", "2048173", "WLAN Router", "ok", "Привет", "\u200b", "V-204817"])
def test_locale_decides_when_the_text_does_not(text):
    assert recognise(text, "en") == "en"
    assert recognise(text, "de-DE") == "de"
    assert recognise(text, None) == "de"
    assert recognise(text, "fr") == "de"


def test_training_data_are_recognised(examples):
    from tests.unit.nlu.conftest import DATA

    blocks = [path.read_text(encoding="utf-8").split("- intent: ")[1:] for path in sorted(DATA.glob("*.yml"))]
    right = total = 0
    for file in blocks:
        seen: set[str] = set()
        for block in file:
            intent, *lines = block.splitlines()
            language = "en" if intent in seen else "de"
            seen.add(intent)
            texts = [line.strip().removeprefix("- ") for line in lines if line.startswith("    - ")]
            longer = [text for text in texts if len(text.split()) >= 4]
            right += sum(recognise(text, {"de": "en", "en": "de"}[language]) == language for text in longer)
            total += len(longer)
    assert right / total > 0.97
