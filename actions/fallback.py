"""What the assistant does when it has not understood: ask back once, then hand over.

The first time, the best readings come back as buttons, if any is near, next to a person. The second time in a row a
person takes over. Whether it was in a row is read from the conversation itself, so any understood turn in between
starts anew. What makes sense only after the answer before is answered, not asked back (`follow_up`).
"""

from __future__ import annotations

from actions.account import today
from actions.base import KlartextAction, leave_forms, named_in
from actions.follow_up import follow_up
from actions.free_days import wished_from
from actions.payments import offer_safe_way
from actions.phrases import closes
from actions.turn import Button, Event, Turn
from bot.conversation.accounts import names_account

# Most buttons of readings; a person comes on top, and three buttons fit on every channel.
READINGS = 2
APPOINTMENT = "action_appointment_show"
# Requests only: nobody means "goodbye" when they are misunderstood, and nobody is asked whether it was an insult.
NOT_OFFERED = frozenset(
    {"talk_to_human", "nlu_fallback", "inform", "affirm", "deny", "greet", "goodbye", "thank", "insult", "threat"}
)


class Fallback(KlartextAction):
    """Answer what follows from the answer before, else ask back, or hand over."""

    action_name = "action_fallback"
    identity = "none"

    async def act(self, turn: Turn) -> list[Event]:
        if names_account(turn.text):
            offer_safe_way(turn)
            return []
        if (followed := await follow_up(turn)) is not None:
            return followed
        if closes(turn.text) and not turn.in_form:
            turn.say("goodbye")
            return []
        if self._asked_back_just_before(turn):
            turn.hand_over("not_understood")
            return leave_forms(turn)
        if self._speaks_of_the_visit(turn):
            turn.say("appointment_ask_back", buttons=[*self._visit_buttons(turn), turn.person()])
            return []
        named = named_in(turn)
        buttons = [turn.button(f"intent_title_{intent}", f"/{intent}{named}") for intent in self._best_readings(turn)]
        person = [] if turn.in_form else [turn.person()]
        turn.say("ask_back" if buttons else "ask_back_openly", buttons=[*buttons, *person])
        return []

    @staticmethod
    def _speaks_of_the_visit(turn: Turn) -> bool:
        """An appointment was just shown: what is near to no other request is most likely that it does not suit."""
        if turn.slot("last_service") != APPOINTMENT or not turn.slot("visit_about") or turn.in_form:
            return False
        near = turn.likeliest_reading in {None, "appointment_show", "appointment_change"}
        return near or wished_from(turn, today()) is not None

    @staticmethod
    def _visit_buttons(turn: Turn) -> list[Button]:
        wishes = {"button_move": "move", "button_cancel_visit": "cancel"}
        return [turn.button(key, f'/appointment_change{{"visit_wish": "{wish}"}}') for key, wish in wishes.items()]

    @staticmethod
    def _best_readings(turn: Turn) -> list[str]:
        if turn.likeliest_reading is None:
            return []  # nothing is near: readings would be guesses
        ranking = [str(reading.get("name")) for reading in turn.message.get("intent_ranking") or ()]
        titled = [name for name in ranking if turn.context.wording.has(f"intent_title_{name}")]
        return [name for name in titled if name not in NOT_OFFERED][:READINGS]

    def _asked_back_just_before(self, turn: Turn) -> bool:
        """Whether this action asked back about the customer's previous message, too."""
        users = 0
        for event in turn.events_backwards():
            if users == 1 and event.get("event") == "slot" and event.get("name") == "last_service":
                return False  # a service has answered
            if event.get("event") == "user":
                users += 1
                if users == 2:
                    return False
            elif users == 1 and event.get("event") == "action" and event.get("name") == self.action_name:
                return True
        return False
