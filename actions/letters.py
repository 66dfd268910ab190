"""What a customer gets in writing about what they ordered or changed."""

from __future__ import annotations

from actions.crm.contract_models import Letter
from actions.crm.models import Bilingual
from actions.turn import Turn
from bot.transparency import gate


def letter(turn: Turn, key: str, **values: object) -> Letter:
    """The texts `letter_<key>_subject` and `letter_<key>`, in the customer's language."""
    subject, body = turn.wording(f"letter_{key}_subject", **values), turn.wording(f"letter_{key}", **values)
    return gate.letter(subject, body, turn.context.wording, turn.language)


def bilingual(turn: Turn, key: str) -> Bilingual:
    """A text in both languages, for a record that is read in either."""
    words = turn.context.wording
    return Bilingual(de=words.say(key, "de"), en=words.say(key, "en"))
