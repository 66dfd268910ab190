"""Requests that the assistant does not do itself: it says so honestly and shows the way on.

Most get a sentence, what may help instead, and a person one click away. Cancelling, payment trouble and complaints go
straight to a person; cancelling is never argued with, and the legal way is named first.
"""

from __future__ import annotations

from actions.base import KlartextAction, leave_forms
from actions.catalogue import HANDED_OVER, REFERRED
from actions.crm.errors import CrmUnavailable
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
        if turn.intent == "contract_cancel":
            await self._name_the_way(turn)
        else:
            turn.say(f"hand_over_{turn.intent}")
        turn.hand_over("sensitive", turn.intent)
        return leave_forms(turn)

    @staticmethod
    async def _name_the_way(turn: Turn) -> None:
        """How to cancel in writing; without the contact data, the law alone."""
        try:
            contact = await turn.crm.contact_info()
        except CrmUnavailable:
            contact = None
        if contact is None:
            turn.say("hand_over_contract_cancel")
            return
        turn.say(
            "hand_over_contract_cancel_by_mail", mail=contact.value.mail, sources=[turn.source("company", contact)]
        )
