"""The forms for public questions about a place: a postcode, or an address.

An address is looked up in the company's own directory: typing errors and short forms are understood, several hits are
offered as buttons, a missing house number is asked for. What is not on record is said to be unknown, never guessed.
"""

from __future__ import annotations

from actions.crm.addresses import read
from actions.crm.models import AddressHit
from actions.fiber import ADDRESS_ENTITIES, OTHER_ADDRESS
from actions.form import Ask, Done, Form, Step
from actions.phrases import addresses_in, house_number_in, postcode_in
from actions.turn import Turn

# Most addresses offered at once.
CHOICES = 4


class PostcodeForm(Form):
    """Five digits, or an address that has them on record."""

    action_name = "validate_postcode_form"
    slots = ("postcode",)
    own_intents = frozenset({"outage_info"})

    async def open(self, turn: Turn) -> Step:
        if postcode := turn.entity("postcode"):
            return Done(serve=True, memory={"postcode": postcode})
        self.ask(turn, "postcode")
        return Ask("postcode")

    def is_plain_answer(self, turn: Turn, slot: str) -> bool:
        return turn.text.strip(" .,") == postcode_in(turn.text)

    async def take(self, turn: Turn, slot: str) -> Step | None:
        postcode = turn.entity("postcode") or (None if turn.from_button else postcode_in(turn.text))
        if postcode is None and turn.entity("street"):
            hits = await turn.crm.find_addresses(spoken_address(turn), limit=CHOICES)
            found = {hit.address.postcode for hit in hits}
            postcode = found.pop() if len(found) == 1 else None
        return Done(serve=True, memory={"postcode": postcode}) if postcode else None

    def ask(self, turn: Turn, slot: str) -> None:
        turn.say("postcode_ask", buttons=[turn.person()])

    def explain(self, turn: Turn, slot: str) -> None:
        turn.say("postcode_unclear", buttons=[turn.person()])


# Words: "Platz der Freiheit 7, Halle" is one.
_LONGEST_ADDRESS = 6


class AddressForm(Form):
    """Street, house number and place, as the customer writes them."""

    action_name = "validate_address_form"
    slots = ("address_key",)
    own_intents = frozenset({"fiber_availability", "fiber_progress"})

    async def open(self, turn: Turn) -> Step:
        if any(turn.entity(name) for name in ADDRESS_ENTITIES):
            for words in _addresses(turn):
                if (step := await self._look_up(turn, words)) is not None:
                    return step
        if turn.entity("street"):
            self.explain(turn, "address_key")
        else:
            self.ask(turn, "address_key")
        return Ask("address_key", {"address_text": None})

    def is_plain_answer(self, turn: Turn, slot: str) -> bool:
        if turn.slot("address_text") is not None and house_number_in(turn.text) is not None:
            return True
        # Street and number, and nothing surely understood: an address, if one that nobody knows.
        named = turn.entity("street") is not None and turn.entity("house_number") is not None
        return named and turn.likeliest_reading is not None and len(turn.text.split()) <= _LONGEST_ADDRESS

    async def take(self, turn: Turn, slot: str) -> Step | None:
        key = turn.entity("address_key")
        if key == OTHER_ADDRESS:
            self.ask(turn, slot)
            return Ask(slot, {"address_text": None})
        if key is not None:
            return await self._chosen(turn, await turn.crm.address(key))
        if turn.from_button:
            return None
        begun = turn.slot("address_text")
        house_number = house_number_in(turn.text)
        if begun and house_number:
            street, _, rest = begun.partition(", ")
            return await self._look_up(turn, f"{street} {house_number}, {rest}")
        step = await self._look_up(turn, spoken_address(turn))
        if step is None and begun and (more := _more_of_address(turn)):
            step = await self._look_up(turn, f"{begun.partition(', ')[0]} {more}")
        return step

    def ask(self, turn: Turn, slot: str) -> None:
        if begun := turn.slot("address_text"):
            turn.say("address_ask_house_number", street=begun, buttons=[turn.person()])
        else:
            turn.say("address_ask", buttons=[turn.person()])

    def explain(self, turn: Turn, slot: str) -> None:
        turn.say("address_unclear", buttons=[turn.person()])

    async def _look_up(self, turn: Turn, text: str) -> Step | None:
        hits = await turn.crm.find_addresses(text, limit=CHOICES)
        if len(hits) == 1 or (hits and not hits[0].complete and _one_street(hits)):
            return await self._chosen(turn, hits[0])
        if not hits:
            return None
        choices = [{"title": hit.address.line, "payload": f'/inform{{"address_key": "{hit.key}"}}'} for hit in hits]
        turn.say("address_choose", buttons=[*choices, turn.person()])
        # "The one in Naumburg, number 9" says the rest of it.
        streets = {hit.address.street for hit in hits}
        return Ask("address_key", {"address_text": streets.pop() if len(streets) == 1 else None})

    async def _chosen(self, turn: Turn, hit: AddressHit | None) -> Step | None:
        if hit is None:
            return None
        if hit.complete:
            return Done(serve=True, memory={"address_key": hit.key, "address_text": None})
        turn.say("address_ask_house_number", street=hit.address.line, buttons=[turn.person()])
        return Ask("address_key", {"address_text": hit.address.line})


def _addresses(turn: Turn) -> list[str]:
    """What may be the address in a sentence: where no street was recognised, it may be one that is misspelt."""
    if turn.entity("street") is not None:
        return [spoken_address(turn)]
    place = " ".join(part for part in (turn.entity("postcode"), turn.entity("place")) if part)
    return [*addresses_in(turn.text, place), turn.text]


def _more_of_address(turn: Turn) -> str:
    """House number and place of a message that leaves out the street."""
    parts = (read(turn.text).house_number, turn.entity("postcode"), turn.entity("place"))
    return " ".join(part for part in parts if part)


def _one_street(hits: list[AddressHit]) -> bool:
    return len({(hit.address.street, hit.address.postcode) for hit in hits}) == 1


def spoken_address(turn: Turn) -> str:
    """The address alone, where it was recognised inside a sentence; else the customer's words as they are."""
    street = turn.entity("street")
    if street is None:
        return turn.text
    parts = (_adjective(turn), street, turn.entity("house_number"), turn.entity("postcode"), turn.entity("place"))
    return " ".join(part for part in parts if part)


def _adjective(turn: Turn) -> str | None:
    """The inflected first word of a street's name, which recognition leaves out: "in der Großen Ulrichstraße"."""
    entities = turn.message.get("entities") or ()
    start = next((found.get("start") for found in entities if found["entity"] == "street"), None)
    before = turn.text[: start or 0].split()
    return before[-1] if len(before) > 1 and before[-1].istitle() and before[-1].endswith("en") else None
