"""Details that several requests ask for: an address, a day."""

from __future__ import annotations

import re
from datetime import date

from babel.dates import format_date

from actions.account import today
from actions.details import Details, Field
from actions.places import CHOICES, spoken_address
from actions.turn import Turn


def names_no_year(text: str, found: date) -> bool:
    """Whether the text names this day by day and month alone: "am 1. Juli", "zum 1.7.", "July 1st"."""
    day = rf"\b0?{found.day}"
    months = "|".join(
        re.escape(format_date(found, width, locale=locale).rstrip("."))
        for locale in ("de", "en")
        for width in ("MMMM", "LLLL", "MMM", "LLL")
    )
    ways = (
        rf"{day}\.\s?0?{found.month}\.(?!\s?\d)",
        rf"{day}(?:\.|st|nd|rd|th)?(?: of)?\s?(?:{months})\b(?!\.?,?\s?\d{{4}})",
        rf"\b(?:{months})\.?\s0?{found.day}(?:st|nd|rd|th)?\b(?!,?\s?\d{{4}})",
    )
    return any(re.search(way, text, re.IGNORECASE) for way in ways)


def _next_year(found: date) -> date:
    """The same day in the year to come; who means 29 February means the end of that month."""
    try:
        return found.replace(year=found.year + 1)
    except ValueError:
        return found.replace(year=found.year + 1, day=28)


class AddressField(Field):
    """A house on record, found as the customer writes it; several hits are buttons. Its key is the value, its line
    is kept beside it."""

    name = "address_key"

    def __init__(self, question: str) -> None:
        self._question = question

    async def prepare(self, turn: Turn, details: Details) -> None:
        if turn.entity("street"):
            await self._look_up(turn, details)

    def ask(self, turn: Turn, details: Details) -> None:
        choices = [
            {"title": line, "payload": f'/inform{{"address_key": "{key}"}}'}
            for key, line in details.get("address_choices", {}).items()
        ]
        if choices:
            turn.say("address_choose", buttons=[*choices, turn.person()])
        elif street := details.get("street_only"):
            turn.say("address_ask_house_number", street=street, buttons=[turn.person()])
        else:
            turn.say(self._question, buttons=[turn.person()])

    async def take(self, turn: Turn, details: Details) -> bool:
        if key := turn.entity("address_key"):
            hit = await turn.crm.address(key)
            if hit is not None:
                self._keep(details, hit.key, hit.address.line)
            return hit is not None
        if turn.from_button:
            return False
        return await self._look_up(turn, details)

    def explain(self, turn: Turn, details: Details) -> None:
        turn.say("address_unclear", buttons=[turn.person()])

    def is_plain_answer(self, turn: Turn, details: Details) -> bool:
        return turn.entity("street") is not None

    async def _look_up(self, turn: Turn, details: Details) -> bool:
        """Whether the words led further: to the house, to a choice, or to the question for its number."""
        street = details.pop("street_only", None)
        details.pop("address_choices", None)
        text = turn.text if street is None else f"{street.partition(',')[0]} {turn.text}, {street.partition(',')[2]}"
        hits = await turn.crm.find_addresses(text if street else spoken_address(turn), limit=CHOICES)
        complete = [hit for hit in hits if hit.complete]
        if len(complete) == 1:
            self._keep(details, complete[0].key, complete[0].address.line)
        elif complete:
            details["address_choices"] = {hit.key: hit.address.line for hit in complete}
        elif len({(hit.address.street, hit.address.postcode) for hit in hits}) == 1:
            details["street_only"] = hits[0].address.line
        else:
            return False
        return True

    def _keep(self, details: Details, key: str, line: str) -> None:
        details[self.name] = key
        details["address"] = line
        details.pop("address_choices", None)
        details.pop("street_only", None)


class DayField(Field):
    """A day from today on, by date or in words. Who names no year means the next such day."""

    name = "day"

    def __init__(self, question: str) -> None:
        self._question = question

    async def prepare(self, turn: Turn, details: Details) -> None:
        self._read(turn, details)

    def ask(self, turn: Turn, details: Details) -> None:
        turn.say(self._question, buttons=[turn.person()])

    async def take(self, turn: Turn, details: Details) -> bool:
        self._read(turn, details)
        return self.name in details

    def explain(self, turn: Turn, details: Details) -> None:
        turn.say("day_unclear", buttons=[turn.person()])

    def is_plain_answer(self, turn: Turn, details: Details) -> bool:
        return turn.entity("date") is not None

    def _read(self, turn: Turn, details: Details) -> None:
        said = turn.entity("date") or ""
        try:
            found = date.fromisoformat(said)
        except ValueError:
            return  # a month alone is no day
        if found < today() and names_no_year(turn.text, found):
            found = _next_year(found)
        if found >= today():
            details[self.name] = found.isoformat()
