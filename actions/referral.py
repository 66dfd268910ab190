"""Requests that the assistant does not do itself: it says so honestly and shows the way on.

Most get a sentence, what may help instead, and a person one click away. Anger and threats go straight to a person.
"""

from __future__ import annotations

from actions.base import KlartextAction, leave_forms
from actions.catalogue import HANDED_OVER, REFERRED
from actions.turn import Event, Turn


class Refer(KlartextAction):
    """Say what cannot be done here yet, and offer a way on."""

    action_name = "action_refer"
    identity = "none"

    async def act(self, turn: Turn) -> list[Event]:
        intent = turn.intent if turn.intent in REFERRED else None
        if intent is None:
            raise ValueError(f"no referral is written for the intent {turn.intent!r}")
        instead = [turn.button(f"intent_title_{other}", f"/{other}") for other in REFERRED[intent]]
        turn.say(f"refer_{intent}", buttons=[*instead, turn.person()])
        return leave_forms(turn)


class HandOverRequest(KlartextAction):
    """Say the one thing the customer should know, and ask for a person."""

    action_name = "action_hand_over_request"
    identity = "none"

    async def act(self, turn: Turn) -> list[Event]:
        if turn.intent not in HANDED_OVER:
            raise ValueError(f"no handover is written for the intent {turn.intent!r}")
        turn.say(f"hand_over_{turn.intent}")
        turn.hand_over("sensitive", turn.intent)
        return leave_forms(turn)
