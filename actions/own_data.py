"""The customer's own conversation: to read and take along, and to erase.

Both are done by the edge, behind buttons that it issues itself; the assistant only says what will happen. Nothing is
erased by a sentence that was understood: it takes the press of a button that says so.
"""

from __future__ import annotations

from actions.base import KlartextAction, leave_forms
from actions.catalogue import OWN_DATA
from actions.turn import Event, Turn

# The edge's own commands, as payloads that the brain may name (`bot/service/turns.py`).
RECORD, ERASE = "/show_record", "/erase_conversation"


class OwnData(KlartextAction):
    """Say what the customer can do with the record of this conversation, and offer it."""

    action_name = "action_own_data"
    identity = "none"

    async def act(self, turn: Turn) -> list[Event]:
        if turn.intent not in OWN_DATA:
            raise ValueError(f"nothing is offered here for the intent {turn.intent!r}")
        erase = [turn.button("button_erase", ERASE)] if turn.intent == "data_erase" else []
        turn.say(f"own_{turn.intent}", buttons=[*erase, turn.button("button_record", RECORD), turn.person()])
        return leave_forms(turn)
