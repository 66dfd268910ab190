"""A closed loop: so many customers at once, each says the next thing as soon as the answer to the last is there."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from bench.assistants import Assistant

Texts = Sequence[tuple[str, str]]


@dataclass
class Speed:
    """Answers to a crowd of customers: one entry in `rates` for each repetition, every answer in `waits`."""

    customers: int
    # Answers per second.
    rates: list[float] = field(default_factory=list)
    # Seconds.
    waits: list[float] = field(default_factory=list)
    # Milliseconds of processor time per answer, by process.
    effort: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Answers per second: the median of the repetitions."""
        return median(self.rates)

    @property
    def p50(self) -> float:
        """Half of the answers came within this, in seconds."""
        return median(self.waits)

    @property
    def p99(self) -> float:
        """99 of 100 answers came within this, in seconds."""
        return percentile(self.waits, 99)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many of a hundred do not exceed."""
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


async def serve_crowd(
    assistant: Assistant,
    customers: int,
    answers: int,
    texts: Texts,
    *,
    conversation: int,
    repeats: int,
    on_answer: Callable[[], None],
) -> Speed:
    """Let a crowd talk until it has `answers` answers, `repeats` times."""
    speed = Speed(customers)
    before = {name: process.processor_seconds() for name, process in assistant.processes.items()}
    for _ in range(repeats):
        began = time.perf_counter()
        speed.waits += await _crowd(assistant, customers, answers, texts, conversation, on_answer)
        speed.rates.append(answers / (time.perf_counter() - began))
    for name, process in assistant.processes.items():
        process.check()
        used = process.processor_seconds() - before[name]
        speed.effort[name] = used * 1000 / (answers * repeats)
    return speed


async def talk(
    assistant: Assistant, answers: int, text: str, language: str, on_answer: Callable[[], None]
) -> list[float]:
    """One customer, one long conversation; how long each answer took, in seconds."""
    waits: list[float] = []
    customer = assistant.customer()
    try:
        await customer.begin(language)
        for _ in range(answers):
            began = time.perf_counter()
            await customer.say(text)
            waits.append(time.perf_counter() - began)
            on_answer()
    finally:
        await customer.leave()
    return waits


async def _crowd(
    assistant: Assistant,
    customers: int,
    answers: int,
    texts: Texts,
    conversation: int,
    on_answer: Callable[[], None],
) -> list[float]:
    waits: list[float] = []
    left = iter(range(answers))

    async def one(number: int) -> None:
        customer = assistant.customer()
        # By language: nobody changes it within a conversation.
        languages = itertools.cycle(("de", "en") if number % 2 else ("en", "de"))
        try:
            for said in itertools.count():
                if next(left, None) is None:
                    return
                if said % conversation == 0:
                    language = next(languages)
                    mine = [text for spoken, text in texts if spoken == language]
                    await customer.begin(language)
                began = time.perf_counter()
                await customer.say(mine[(number + said) % len(mine)])
                waits.append(time.perf_counter() - began)
                on_answer()
        finally:
            await customer.leave()

    await asyncio.gather(*(one(number) for number in range(customers)))
    return waits
