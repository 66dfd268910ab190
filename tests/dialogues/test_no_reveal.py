"""Nobody can find out from the assistant who is a customer: a known and an unknown identifier get the same answers."""

from __future__ import annotations

import re

import pytest

from bot.transparency.wording import LANGUAGES, Language
from tests.dialogues.conftest import Systems
from tests.dialogues.customers import Heard
from tests.dialogues.player import Player
from tests.dialogues.script import Dialogue, Step

ASKED = {"de": "Ich möchte meine letzte Rechnung sehen", "en": "I want to see my latest invoice"}
NEW_CODE = {"de": "Ich habe keinen Code bekommen", "en": "No code arrived"}
# Known and unknown, of each kind.
PAIRS = {
    "number": ("2169047", "2999999"),
    "email": ("stefan.reuter@example.org", "niemand.da@example.org"),
    "mobile": ("0171 3920012", "0171 3920099"),
    "landline": ("030 23125101", "030 23125199"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", PAIRS)
async def test_known_and_unknown_are_answered_alike(kind: str, language: Language, systems: Systems) -> None:
    system = await systems.get("sql")
    heard = []
    for identifier in PAIRS[kind]:
        # 000000 may be the code once in a million times.
        lines = [ASKED[language], identifier, "000000", NEW_CODE[language], "000000", "000000", "000000"]
        player = Player(system, Dialogue(dialogue=kind, steps=[Step(both=line) for line in lines]), language)
        player.may_be_handed_over()
        heard.append([_seen(message) for message in await player.play() if message.author != "customer"])
    assert heard[0] == heard[1]
    assert len(heard[0]) > 5


def _seen(heard: Heard) -> tuple[object, ...]:
    """What a customer can see of a message, without the moments."""
    event = heard.as_it_came
    return event["author"], event["kind"], event["holder"], re.sub(r"\d\d:\d\d", "", heard.text), heard.titles
