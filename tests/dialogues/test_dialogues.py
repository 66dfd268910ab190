"""Every dialogue of this folder, in every language and every way it is written for, through edge, brain, actions and
customer data."""

from __future__ import annotations

import pytest

from bot.transparency.wording import Language
from tests.dialogues.conftest import Systems
from tests.dialogues.player import Player
from tests.dialogues.script import Channel, Crm, Dialogue, dialogues


def _named(channel: Channel, crm: Crm) -> list[str]:
    """What is out of the ordinary of a way."""
    return [name for name in (channel, crm) if name not in {"widget", "sql"}]


def _fails(named: tuple[str, Dialogue]) -> bool:
    """Whether the customer data system fails in it: these come last, for after failures it is given a rest."""
    return any(step.system for step in named[1].steps)


ALL = [
    pytest.param(
        dialogue,
        language,
        channel,
        crm,
        id=f"{topic}: {dialogue.dialogue} ({', '.join([language, *_named(channel, crm)])})",
    )
    for topic, dialogue in sorted(dialogues(), key=_fails)
    for language in dialogue.languages
    for channel, crm in dialogue.ways
]


@pytest.mark.parametrize(("dialogue", "language", "channel", "crm"), ALL)
async def test_a_dialogue_goes_as_it_is_written(
    dialogue: Dialogue, language: Language, channel: Channel, crm: Crm, systems: Systems
) -> None:
    await Player(await systems.get(crm), dialogue, language, channel).play()
