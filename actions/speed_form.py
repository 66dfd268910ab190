"""The form for slow internet: which line, what was measured and how, and whether to report it.

The measurement is set beside the speeds of the contract's product information sheet, with the way to prove a deviation
by law. Nothing is reported before the customer has confirmed it.
"""

from __future__ import annotations

from typing import Any

from actions import law
from actions.choices import SUMMARY, YES, agreed, button, choice, new_summary, yes_and_no
from actions.crm.models import Contract, Fact
from actions.form import Ask, Done, Form, Step
from actions.lines import ask_line, line, line_named, lines_of_customer
from actions.phrases import does_not_know
from actions.speeds import how_in, is_only_speed, measured_in, megabytes_in, says_not_measured, verdict
from actions.turn import Turn
from bot.transparency.format import number

LINE, VALUE, HOW, CONFIRM = "speed_line", "speed_value", "speed_how", "speed_confirm"
NOT_MEASURED = "not_measured"


class SpeedForm(Form):
    """Line, measurement, how it was measured, yes or no."""

    action_name = "validate_speed_form"
    slots = (LINE, VALUE, HOW, CONFIRM)
    own_intents = frozenset({"slow_internet", "report_fault", "router_help"})

    async def open(self, turn: Turn) -> Step:
        contracts = await lines_of_customer(turn)
        if not contracts:  # the proof of identity has run out: the service asks for it again
            return Done(serve=True)
        if len(contracts) > 1 and turn.slot(LINE) not in {fact.record for fact in contracts}:
            ask_line(turn, contracts)
            return Ask(LINE)
        return await self._go_on(turn, contracts, {LINE: line(contracts, turn.slot(LINE)).record})

    def is_plain_answer(self, turn: Turn, slot: str) -> bool:
        if slot != LINE and _names_value(turn):
            return True
        if slot == CONFIRM:
            return agreed(turn) is not None
        if slot == VALUE:
            return _not_yet(turn)
        return slot == HOW and how_in(turn.text) is not None

    async def take(self, turn: Turn, slot: str) -> Step | None:
        contracts = await lines_of_customer(turn)
        if not contracts:
            return Done(serve=True)
        if slot == LINE:
            named = line_named(turn, contracts)
            return None if named is None else await self._go_on(turn, contracts, {LINE: named.record})
        if slot == VALUE or _names_value(turn):  # also as a correction, later
            return await self._take_value(turn, contracts)
        if slot == HOW:
            how = choice(turn) or (None if turn.from_button else how_in(turn.text))
            return None if how not in {"cable", "wifi"} else await self._go_on(turn, contracts, {HOW: how})
        answer = agreed(turn)
        if answer is None:
            return None
        if answer:
            return Done(serve=True, memory={CONFIRM: YES})
        turn.say("speed_not_reported", buttons=[turn.person()])
        return Done(serve=False, memory=self._forgotten())

    def ask(self, turn: Turn, slot: str) -> None:
        if slot == VALUE:
            turn.say("speed_ask_value", buttons=[button(turn, "button_not_measured", NOT_MEASURED), turn.person()])
        elif slot == HOW:
            ways = [button(turn, "button_by_cable", "cable"), button(turn, "button_by_wifi", "wifi")]
            turn.say("speed_ask_how", buttons=[*ways, turn.person()])
        elif slot == CONFIRM:
            turn.say("speed_confirm", buttons=yes_and_no(turn, turn.slot(SUMMARY) or ""))
        else:
            turn.say("fault_line_again", buttons=[turn.person()])

    def explain(self, turn: Turn, slot: str) -> None:
        if slot == VALUE:
            turn.say("speed_value_unclear", buttons=[button(turn, "button_not_measured", NOT_MEASURED), turn.person()])
        else:
            self.ask(turn, slot)

    async def _take_value(self, turn: Turn, contracts: list[Fact[Contract]]) -> Step | None:
        if choice(turn) == NOT_MEASURED or (not turn.from_button and _not_yet(turn)):
            turn.say(
                "speed_how_to_measure",
                sources=[turn.source_reviewed("measurement")],
                buttons=[turn.button("button_measured_now", "/slow_internet"), turn.person()],
            )
            return Done(serve=False, memory=self._forgotten())
        value = None if turn.from_button else measured_in(turn.text)
        if value is None:
            return None
        tell_bytes(turn)
        return await self._go_on(turn, contracts, {VALUE: f"{value:g}", HOW: how_in(turn.text) or turn.slot(HOW)})

    async def _go_on(self, turn: Turn, contracts: list[Fact[Contract]], memory: dict[str, Any]) -> Step:
        """The next thing that is missing; with everything there, the comparison and the question."""
        known = {name: memory.get(name) or turn.slot(name) for name in (LINE, VALUE, HOW)}
        for slot in (VALUE, HOW):
            if known[slot] is None:
                self.ask(turn, slot)
                return Ask(slot, memory)
        contract = line(contracts, known[LINE])
        return await self._compare(turn, contract, float(known[VALUE] or 0), known[HOW] or "cable", memory)

    async def _compare(
        self, turn: Turn, contract: Fact[Contract], measured: float, how: str, memory: dict[str, Any]
    ) -> Step:
        language = turn.language
        sheet = await turn.crm.product_sheet(contract.value.tariff)
        found = verdict(measured, None if sheet is None else sheet.value)
        sources = [turn.source("contract", contract)]
        parts = [
            turn.wording(
                "speed_booked",
                number=contract.record,
                tariff=contract.value.tariff,
                down=number(contract.value.down_mbit, language),
                measured=spoken_speed(measured, language),
            )
        ]
        if sheet is not None:
            sources.append(turn.source("product_sheet", sheet))
            parts.append(turn.wording("speed_sheet", normal=sheet.value.normal_mbit, least=sheet.value.min_mbit))
        parts.append(turn.wording(f"speed_{found}"))
        if how == "wifi":
            parts.append(turn.wording("speed_over_wifi"))
        turn.say_text("\n".join(parts), sources=sources)
        if found == "fine":
            turn.say(
                "speed_tips",
                sources=[turn.source_reviewed("devices")],
                buttons=[turn.button("intent_title_router_help", "/router_help"), turn.person()],
            )
            return Done(serve=False, memory=self._forgotten())
        law.say(turn, "law_57_speed", sources=[turn.source_reviewed("measurement")])
        shown = new_summary(turn)
        turn.say("speed_confirm", buttons=yes_and_no(turn, shown))
        return Ask(CONFIRM, {**memory, SUMMARY: shown})


def _names_value(turn: Turn) -> bool:
    """Whether the message holds a speed, or is nothing but a number."""
    return turn.entity("speed") is not None or (not turn.from_button and is_only_speed(turn.text))


def _not_yet(turn: Turn) -> bool:
    return says_not_measured(turn.text) or does_not_know(turn.text)


def tell_bytes(turn: Turn) -> None:
    """Say how a measurement in bytes was read, so that it can be corrected."""
    megabytes = megabytes_in(turn.text)
    if megabytes is not None:
        named, read = (spoken_speed(value, turn.language) for value in (megabytes, 8 * megabytes))
        turn.say("speed_from_bytes", megabytes=named, measured=read)


def spoken_speed(megabits: float, language: str) -> str:
    """Mbit/s as they are read: "20", "12,5", "12.5"."""
    text = f"{megabits:g}"
    return text.replace(".", ",") if language == "de" else text
