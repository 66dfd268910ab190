"""What the customers of the kill test do: ask, ask three times at once, press buttons, want a person, lose the line.

Each customer is one conversation and follows dice of its own, so a run with the same seed plays the same customers;
what happens to them still depends on the kills.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import aiohttp

from bench.chaos.widget import Record, WidgetClient

QUESTIONS = {
    "de": (
        "Gibt es in Naumburg eine Störung?",
        "Mein Internet geht nicht",
        "Ich brauche meine letzte Rechnung",
        "Wann läuft mein Vertrag aus?",
        "Gibt es bei mir Glasfaser?",
        "Welche Nummer hat die Hotline?",
        "Wie lange dauert der Anschluss noch?",
        "Was ist mit meinem Ticket T-104817?",
        "Warum diese Antwort?",
        "Sind Sie ein Mensch oder ein Bot?",
        "Was speichern Sie über mich?",
        "Die Leuchte am Router blinkt rot",
        "06618",
        "Danke",
        "qwertz asdf 17",
    ),
    "en": (
        "Is there an outage in Naumburg?",
        "My internet is down",
        "I need my last invoice",
        "When does my contract end?",
        "Can I get fibre at my place?",
        "What is your phone number?",
        "Are you a human?",
        "What data do you keep about me?",
        "thanks",
        "colourless green ideas",
    ),
}
PERSON = {"de": "Ich möchte mit einem Menschen sprechen", "en": "I want to talk to a person"}


@dataclass(frozen=True)
class Manner:
    """How customers behave. Seconds where not said otherwise."""

    fewest_steps: int = 2
    most_steps: int = 5
    thinks: float = 0.6
    # Longest wait for a word after a message before the customer goes on anyway.
    patience: float = 6.0
    # Longest wait for the last acknowledgement before the customer looks in again at the very end.
    settles: float = 90.0
    # Whether each text carries a mark of its own, by which the audit finds it again in the answers.
    marks: bool = True


async def play(
    http: aiohttp.ClientSession, edges: Sequence[str], number: int, seed: int, manner: Manner
) -> tuple[WidgetClient, Record]:
    """One customer from hello to the last acknowledgement."""
    dice = random.Random(f"{seed}/{number}")  # noqa: S311
    locale = "en" if dice.random() < 0.2 else "de"
    client = WidgetClient(http, edges, dice, locale=locale)
    connected = asyncio.create_task(client.run())
    try:
        await client.until(lambda: client.token is not None, manner.settles)
        for step in range(dice.randint(manner.fewest_steps, manner.most_steps)):
            await asyncio.sleep(dice.uniform(0, 2 * manner.thinks))
            last = await _step(client, dice, locale, f" [{number}.{step}]" if manner.marks else "")
            if dice.random() < 0.75:
                await client.until(partial(client.heard_after, last), manner.patience)
        await client.until(client.is_settled, manner.settles)
    finally:
        connected.cancel()
        await asyncio.gather(connected, return_exceptions=True)
    return client, client.record


async def _step(client: WidgetClient, dice: random.Random, locale: str, mark: str) -> str:
    roll = dice.random()
    buttons = client.buttons()
    if roll < 0.12:
        # Three quick messages.
        for part in range(3):
            last = await client.say(f"{dice.choice(QUESTIONS[locale])}{mark}{part or ''}")
            await asyncio.sleep(dice.uniform(0, 0.15))
        return last
    if roll < 0.24 and buttons:
        button = dice.choice(buttons)
        return await client.say(button["title"], payload=button["id"])
    if roll < 0.34:
        return await client.say(f"{PERSON[locale]}{mark}")
    if roll < 0.40:
        return await client.say(PERSON[locale], payload="human")
    last = await client.say(f"{dice.choice(QUESTIONS[locale])}{mark}")
    if roll < 0.48:
        await client.hang_up()
    elif roll < 0.55:
        await client.offer_twice(last)
    elif roll < 0.62 and client.token is not None:
        await client.offer_over_http(last)
    return last


async def settle(client: WidgetClient, seconds: float) -> None:
    """A customer with unsent messages comes back, with everything running again, and gets rid of them."""
    if client.is_settled():
        return
    connected = asyncio.create_task(client.run())
    try:
        if not await client.until(client.is_settled, seconds):
            client.record.faults.append("messages stayed without an acknowledgement")
    finally:
        connected.cancel()
        await asyncio.gather(connected, return_exceptions=True)


async def finish(client: WidgetClient, head: int, seconds: float) -> None:
    """The customer looks in once more and gets what was written meanwhile, up to `head`."""
    connected = asyncio.create_task(client.run())
    try:
        await client.until(lambda: client.last_seq >= head, seconds)
    finally:
        connected.cancel()
        await asyncio.gather(connected, return_exceptions=True)
