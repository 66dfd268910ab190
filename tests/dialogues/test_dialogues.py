"""Every dialogue of this folder, in every language it is written in, through edge, brain, actions and customer data."""

from __future__ import annotations

import pytest

from bot.transparency.wording import Language
from tests.dialogues.conftest import Systems
from tests.dialogues.player import Player
from tests.dialogues.script import Dialogue, dialogues

ALL = [
    pytest.param(dialogue, language, id=f"{topic}: {dialogue.dialogue} ({language})")
    for topic, dialogue in dialogues()
    for language in dialogue.languages
]


@pytest.mark.parametrize(("dialogue", "language"), ALL)
async def test_a_dialogue_goes_as_it_is_written(dialogue: Dialogue, language: Language, systems: Systems) -> None:
    await Player(await systems.get(dialogue.crm), dialogue, language).play()
