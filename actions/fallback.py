"""What the assistant does when it has not understood: ask back once, then hand over.

The first time, the best readings come back as buttons, if any is near, next to a person. The second time in a row a
person takes over. Whether it was in a row is read from the conversation itself, so any understood turn in between
starts anew.
"""

from __future__ import annotations

from actions.base import KlartextAction, leave_forms, named_in
from actions.payments import offer_safe_way
from actions.turn import Event, Turn
from bot.conversation.accounts import names_account

# Most buttons of readings; a person comes on top, and three buttons fit on every channel.
READINGS = 2
# Requests only: nobody means "goodbye" when they are misunderstood, and nobody is asked whether it was an insult.
NOT_OFFERED = frozenset(
    {"talk_to_human", "nlu_fallback", "inform", "affirm", "deny", "greet", "goodbye", "thank", "insult", "threat"}
)


class Fallback(KlartextAction):
    """Ask back, or hand over."""

    action_name = "action_fallback"
    identity = "none"

    async def act(self, turn: Turn) -> list[Event]:
        if names_account(turn.text):
            offer_safe_way(turn)
            return []
        if self._asked_back_just_before(turn):
            turn.hand_over("not_understood")
            return leave_forms(turn)
        named = named_in(turn)
        buttons = [turn.button(f"intent_title_{intent}", f"/{intent}{named}") for intent in self._best_readings(turn)]
        person = [] if turn.in_form else [turn.person()]
        turn.say("ask_back" if buttons else "ask_back_openly", buttons=[*buttons, *person])
        return []

    @staticmethod
    def _best_readings(turn: Turn) -> list[str]:
        if turn.likeliest_reading is None:
            return []  # nothing is near: readings would be guesses
        ranking = [str(reading.get("name")) for reading in turn.message.get("intent_ranking") or ()]
        titled = [name for name in ranking if turn.context.wording.has(f"intent_title_{name}")]
        return [name for name in titled if name not in NOT_OFFERED][:READINGS]

    def _asked_back_just_before(self, turn: Turn) -> bool:
        """Whether this action answered the customer's previous message, too."""
        users = 0
        for event in turn.events_backwards():
            if event.get("event") == "user":
                users += 1
                if users == 2:
                    return False
            elif users == 1 and event.get("event") == "action" and event.get("name") == self.action_name:
                return True
        return False
