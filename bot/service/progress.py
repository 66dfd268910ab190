"""How far a build-out is, in words: the same in a conversation and in a mail. Pure."""

from __future__ import annotations

from collections.abc import Callable

from actions.crm.models import BuildArea
from bot.transparency.format import day
from bot.transparency.wording import Language


def progress_lines(say: Callable[..., str], area: BuildArea, address: str, language: Language) -> list[str]:
    """Phase, next milestone with its date, delay and note. `say` gives a text in `language` by its key."""
    lines = [say("progress_head", address=address, area=area.name, phase=say(f"build_phase_{area.phase}"))]
    if area.next_milestone is not None:
        milestone = say(f"milestone_{area.next_milestone}")
        if area.milestone_on is None:
            lines.append(say("progress_next_undated", milestone=milestone))
        else:
            lines.append(say("progress_next", milestone=milestone, day=day(area.milestone_on, language)))
    if area.delayed_from is not None:
        lines.append(say("progress_delayed", day=day(area.delayed_from, language)))
    lines.append(say("progress_note", note=area.note.say(language), day=day(area.updated_on, language)))
    return lines
