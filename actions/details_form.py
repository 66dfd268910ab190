"""The form that asks for the details of a request: one form for every service with fields."""

from __future__ import annotations

import json
from typing import Any

from actions.cancellation import ContractCancel
from actions.complaint import Complaint
from actions.contact_data import ContactChange
from actions.details import SLOT, Confirm, Declined, Detailed, Details, Field, load
from actions.fiber import FiberProgress
from actions.form import Ask, Done, Form, Step
from actions.move import MoveHome
from actions.orders import OrderStatus
from actions.porting import NumberPorting
from actions.tariffs import TariffChange
from actions.turn import Turn

SERVICES: dict[str, type[Detailed]] = {
    service.action_name: service
    for service in (
        *(Complaint, ContactChange, ContractCancel, FiberProgress, MoveHome),
        *(NumberPorting, OrderStatus, TariffChange),
    )
}
ASKED = "detail"
# A correction is short; more words are another request.
_FEW_WORDS = 6


class DetailsForm(Form):
    """Asks for the first field that is missing, until none is."""

    action_name = "validate_details_form"
    slots = (ASKED,)

    async def open(self, turn: Turn) -> Step:
        try:
            return await self._next(turn, load(turn))
        except Declined:
            return Done(serve=False, memory=self._forgotten())

    def is_plain_answer(self, turn: Turn, slot: str) -> bool:
        details = load(turn)
        return _asked(turn).is_plain_answer(turn, details) or _corrected(turn, details) is not None

    async def take(self, turn: Turn, slot: str) -> Step | None:
        details = load(turn)
        try:
            if await self._correct(turn, details) or await _asked(turn).take(turn, details):
                return await self._next(turn, details)
            return None
        except Declined:
            return Done(serve=False, memory=self._forgotten())

    def ask(self, turn: Turn, slot: str) -> None:
        _asked(turn).ask(turn, load(turn))

    def explain(self, turn: Turn, slot: str) -> None:
        _asked(turn).explain(turn, load(turn))

    @staticmethod
    async def _correct(turn: Turn, details: Details) -> bool:
        """Take "no, Kabel 500" to a summary as another answer to an earlier question; the summary is shown anew."""
        field = _corrected(turn, details)
        if field is None:
            return False
        before = details.pop(field.name)
        usable = await field.take(turn, details)
        if not usable:
            details[field.name] = before
        return usable and details.get(field.name) != before

    async def _next(self, turn: Turn, details: Details) -> Step:
        for field in _fields(turn):
            if field.is_open(details):
                await field.prepare(turn, details)
            if field.is_open(details):
                field.ask(turn, details)
                return Ask(ASKED, {SLOT: json.dumps(details)})
        return Done(serve=True, memory={SLOT: json.dumps(details)})

    def _is_something_else(self, turn: Turn, slot: str) -> bool:
        # A button of another request is never an answer.
        own = turn.intent in _asked(turn).own_intents and not turn.from_button
        return not own and super()._is_something_else(turn, slot)

    def _forgotten(self) -> dict[str, Any]:
        return {**super()._forgotten(), SLOT: None}


def _fields(turn: Turn) -> tuple[Field, ...]:
    return SERVICES[turn.slot("pending") or ""].fields


def _asked(turn: Turn) -> Field:
    details = load(turn)
    return next(field for field in _fields(turn) if field.is_open(details))


def _corrected(turn: Turn, details: Details) -> Field | None:
    """The field whose answer a few words to a summary change, if any."""
    if turn.from_button or not isinstance(_asked(turn), Confirm) or len(turn.text.split()) > _FEW_WORDS:
        return None
    answered = (
        field
        for field in _fields(turn)
        if field.applies(details) and field.name in details and not isinstance(field, Confirm)
    )
    return next((field for field in answered if field.is_plain_answer(turn, details)), None)
