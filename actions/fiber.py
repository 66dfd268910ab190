"""Fibre: what can be ordered at an address, and how far the build-out is. Public, also for people not yet customers.

A date is told only when the build-out has one, always as planned and never as promised; a date that was missed is
named together with the new one.
"""

from __future__ import annotations

from abc import abstractmethod

from rasa_sdk.events import SlotSet

from actions.base import Service
from actions.crm.models import Address, AddressHit, FiberAvailability
from actions.details import Confirm, Detailed
from actions.interest import WISHES, EmailField, begun, register, summary, wish_button
from actions.turn import Event, Turn
from bot.service.progress import progress_lines
from bot.transparency.format import number

# Entities that name an address in the customer's own words.
ADDRESS_ENTITIES = ("street", "house_number", "postcode", "place")
# Payload value of the button that asks for another address than the one remembered.
OTHER_ADDRESS = "other"


class AddressService(Service):
    """A service on one address: named in this message, remembered from before, or asked for by the form."""

    async def serve(self, turn: Turn) -> list[Event]:
        hit = await self.address(turn)
        if hit is None:
            return [SlotSet("address_key", None), *self.ask_with("address_form")]
        await self.serve_address(turn, hit.address)
        return [SlotSet("address_key", hit.key)]

    @abstractmethod
    async def serve_address(self, turn: Turn, address: Address) -> None:
        """Answer for this address."""

    async def address(self, turn: Turn) -> AddressHit | None:
        """The address this is about, if it is known already."""
        if self.resumed(turn):
            key = turn.slot("address_key")
        elif any(turn.entity(name) for name in ADDRESS_ENTITIES):
            key = None  # words are matched by the form, which can ask back
        else:
            key = turn.entity("address_key") or turn.slot("address_key")
        return await turn.crm.address(key) if key and key != OTHER_ADDRESS else None

    def other_address(self, turn: Turn) -> dict[str, str]:
        return turn.button("button_other_address", f'/{self.intent}{{"address_key": "{OTHER_ADDRESS}"}}')


class FiberAvailabilityShow(AddressService):
    """Whether fibre can be ordered at an address, and what can be had there today."""

    action_name = "action_fiber_availability"
    identity = "none"
    intent = "fiber_availability"

    async def serve_address(self, turn: Turn, address: Address) -> None:
        found = await turn.crm.fiber_availability(address)
        if found is None:
            turn.say(
                "fiber_unknown",
                address=address.line,
                sources=[turn.source_now("addresses")],
                buttons=[self.other_address(turn), turn.person()],
            )
            return
        buttons = [self.other_address(turn), turn.person()]
        if found.value.area is not None and found.value.state in {"planned", "building"}:
            progress = turn.button("intent_title_fiber_progress", "/fiber_progress")
            buttons = [progress, wish_button(turn, "updates"), *buttons]
        elif found.value.max_down_mbit > 0:
            buttons.insert(0, wish_button(turn, "offer"))
        turn.say_text(self._describe(turn, found.value), sources=[turn.source("availability", found)], buttons=buttons)

    @staticmethod
    def _describe(turn: Turn, found: FiberAvailability) -> str:
        parts = [turn.wording(f"fiber_{found.state}", address=found.address.line)]
        if found.max_down_mbit > 0:
            parts.append(turn.wording("fiber_today", down=number(found.max_down_mbit, turn.language)))
        else:
            parts.append(turn.wording("fiber_today_nothing"))
        return "\n".join(parts)


class FiberProgress(AddressService, Detailed):
    """How far the build-out at an address is: phase, next milestone, its date, and any delay; and who wants to hear
    when it moves."""

    action_name = "action_fiber_progress"
    identity = "none"
    intent = "fiber_progress"
    fields = (EmailField(), Confirm("updates_confirm_{wish}", summary))

    async def serve(self, turn: Turn) -> list[Event]:
        if (details := self.given(turn)) is not None:
            await register(turn, details, self.key(turn))
            return self.done()
        wish, hit = turn.entity("wish"), await self.address(turn)
        if hit is not None and wish in WISHES:
            return self.ask_for(begun(hit, wish))
        return await super().serve(turn)

    async def serve_address(self, turn: Turn, address: Address) -> None:
        buttons = [self.other_address(turn), turn.person()]
        found = await turn.crm.build_area(address)
        if found is None:
            availability = turn.button("intent_title_fiber_availability", "/fiber_availability")
            turn.say(
                "progress_no_area",
                address=address.line,
                sources=[turn.source_now("build_areas")],
                buttons=[availability, *buttons],
            )
            return
        if found.value.phase != "complete":
            buttons.insert(0, wish_button(turn, "updates"))
        lines = progress_lines(turn.wording, found.value, address.line, turn.language)
        turn.say_text("\n".join(lines), sources=[turn.source("build_area", found)], buttons=buttons)
