"""What `python -m bench` measures, how often, and what was aimed at.

The numbers of a plan only decide how steady the figures are and how long the run takes; the goals never change with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Name(str, Enum):
    """A measurement, as named on the command line. In the order in which they run."""

    TRAINING = "training"
    START = "start"
    SPEED = "speed"
    GROWTH = "growth"
    HANDOVER = "handover"
    MEMORY = "memory"
    IDLE = "idle"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Sizes of one run. Counts are answers unless the name says otherwise."""

    # Customers at the same time, and how many answers they get together in one repetition.
    crowds: tuple[tuple[int, int], ...] = ((1, 400), (8, 1600), (32, 3200))
    stock_crowds: tuple[tuple[int, int], ...] = ((1, 200), (8, 400), (32, 600))
    # Answers after which a customer begins a new conversation.
    conversation: int = 10
    # Median of so many.
    repeats: int = 3
    # Answers before anything counts.
    warm_up: int = 60
    growth: int = 500
    stock_growth: int = 300
    # Messages around the early and the late place whose median is compared.
    growth_window: int = 20
    starts: int = 3
    handovers: int = 200
    memory_after: int = 1000
    idle_widgets: int = 10_000
    idle_clients: int = 4
    idle_answers: int = 100


FULL = Plan()
# For trying the harness out; its figures mean nothing.
TINY = Plan(
    crowds=((1, 10), (4, 20)),
    stock_crowds=((1, 5), (4, 10)),
    conversation=5,
    repeats=1,
    warm_up=2,
    growth=30,
    stock_growth=20,
    growth_window=5,
    starts=1,
    handovers=5,
    memory_after=10,
    idle_widgets=40,
    idle_clients=2,
    idle_answers=3,
)

# The goals: a value that is reached or not, in the unit of the measurement.
ANSWERS_PER_SECOND = 260.0
P99_OF_32 = 0.2
P50_ALONE = 0.012
GROWTH = 1.1
TRAINING = 20.0
START = 12.0
BRAIN_MEMORY = 0.5e9
HANDOVER_P99 = 0.05
IDLE_WIDGETS = 10_000
IDLE_BYTES = 25_000

# What customers say, in both languages: answers that are fixed texts in Klartext and in the stock assistant.
FIXED: tuple[tuple[str, str], ...] = (
    ("de", "Hallo"),
    ("de", "Guten Morgen"),
    ("de", "Vielen Dank"),
    ("de", "Sind Sie ein Mensch oder ein Bot?"),
    ("de", "Auf Wiedersehen"),
    ("en", "hello there"),
    ("en", "good morning"),
    ("en", "thank you"),
    ("en", "are you a human or a bot?"),
    ("en", "goodbye"),
)
# Answers from the customer system; the stock assistant has none.
FROM_THE_CRM: tuple[tuple[str, str], ...] = (
    ("de", "Wie ist Ihre Telefonnummer?"),
    ("de", "Gibt es in 06618 eine Störung?"),
    ("en", "What is your phone number?"),
    ("en", "Is there an outage in 06618?"),
)
# Intents of the fixed texts, which the stock assistant gets a response for.
FIXED_INTENTS = ("greet", "thank", "bot_challenge", "goodbye", "affirm", "deny")
