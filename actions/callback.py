"""A callback in a window that the customer chooses, within business hours.

Nobody has to prove who they are to be called; a customer who has can take the number on file. The callback is a ticket
that is due at the end of its window, opened after the customer has confirmed it, once per turn.
"""

from __future__ import annotations

from datetime import timezone

from rasa_sdk.events import SlotSet

from actions.base import Service
from actions.callback_form import CALLBACK_SLOTS, CONFIRM, PHONE, WINDOW
from actions.callback_times import Window
from actions.choices import YES
from actions.crm.models import NewTicket
from actions.turn import Event, Turn
from bot.transparency.format import spoken_phone, window

LONGEST_WORDS = 300


class CallbackRequest(Service):
    """Opens the ticket that has somebody call."""

    action_name = "action_callback_request"
    identity = "none"
    intent = "callback_request"
    tried_again = True

    async def serve(self, turn: Turn) -> list[Event]:
        if self.resumed(turn) and turn.slot(CONFIRM) == YES:
            return await self._book(turn)
        words = None if turn.from_button else turn.text[:LONGEST_WORDS]
        begin = [SlotSet(name, None) for name in CALLBACK_SLOTS]
        return [*begin, SlotSet("callback_words", words), *self.ask_with("callback_form")]

    async def _book(self, turn: Turn) -> list[Event]:
        forgotten = [SlotSet(name, None) for name in CALLBACK_SLOTS]
        chosen = Window.of_key(turn.slot(WINDOW) or "")
        if chosen is None:
            return [*forgotten, *self.ask_with("callback_form")]
        customer = await turn.proven_customer()
        phone = spoken_phone(turn.slot(PHONE) or "")
        # The team reads German, whatever the customer speaks.
        told = turn.context.wording.say(
            "callback_ticket",
            "de",
            phone=phone,
            window=window(chosen.starts, chosen.ends, "de"),
            words=turn.slot("callback_words") or "–",
        )
        opened = await turn.crm.open_ticket(
            NewTicket(
                kind="callback",
                description=told,
                customer_number=None if customer is None else customer.record,
                due_at=chosen.ends.astimezone(timezone.utc),
            ),
            idempotency_key=turn.write_key,
        )
        turn.say(
            "callback_booked",
            number=opened.ticket.record,
            phone=phone,
            window=window(chosen.starts, chosen.ends, turn.language),
            sources=[turn.source("ticket", opened.ticket)],
        )
        return forgotten
