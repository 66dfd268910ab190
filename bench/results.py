"""What one run found, and the table made of it. A figure that was not measured has no row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from bench import plan
from bench.idle import Idle
from bench.load import Speed, percentile
from bench.processes import Memory


@dataclass
class Found:
    """One assistant's figures. Durations are seconds."""

    # By number of customers.
    fixed: dict[int, Speed] = field(default_factory=dict)
    crm: dict[int, Speed] = field(default_factory=dict)
    # For each repetition, how long each answer of one conversation took.
    conversations: list[list[float]] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    trainings: list[float] = field(default_factory=list)
    training_note: str = ""
    memory: dict[str, Memory] = field(default_factory=dict)
    handovers: list[float] = field(default_factory=list)
    idle: Idle | None = None


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    klartext: str
    stock: str
    goal: str = ""
    # None where nothing was aimed at.
    is_met: bool | None = None

    @property
    def verdict(self) -> str:
        """Whether the goal is met, in a word."""
        return "" if self.is_met is None else "met" if self.is_met else "**not met**"


def growth(waits: list[float], window: int) -> float:
    """How many times longer the last answers of a conversation took than those around the tenth message."""
    return median(waits[-window:]) / median(waits[10 - min(10, window // 2) : 10 + window // 2])


def rows(klartext: Found, stock: Found | None, window: int) -> Iterator[Row]:
    """The table, line by line."""
    other = stock or Found()
    yield from _speed_rows(klartext, other)
    if klartext.conversations:
        ours = [growth(waits, window) for waits in klartext.conversations]
        theirs = [growth(waits, window) for waits in other.conversations]
        yield Row(
            f"message {len(klartext.conversations[0])} / message 10 of one conversation",
            f"{median(ours):.2f} ×",
            f"{median(theirs):.1f} × at {len(other.conversations[0])}" if theirs else "",
            f"≤ {plan.GROWTH}",
            round(median(ours), 2) <= plan.GROWTH,
        )
    if klartext.trainings:
        seconds = median(klartext.trainings)
        theirs = f"{median(other.trainings):.0f} s{other.training_note}" if other.trainings else ""
        yield Row("training, German + English", f"{seconds:.1f} s", theirs, "≤ 20 s", seconds <= plan.TRAINING)
    if klartext.starts:
        seconds = median(klartext.starts)
        theirs = f"{median(other.starts):.1f} s" if other.starts else ""
        yield Row("start to first answer", f"{seconds:.1f} s", theirs, "≤ 12 s", seconds <= plan.START)
    yield from _memory_rows(klartext, other)
    if klartext.handovers:
        p50, p99 = median(klartext.handovers), percentile(klartext.handovers, 99)
        yield Row("handover visible at the desk, p50", _ms(p50), "none")
        yield Row("handover visible at the desk, p99", _ms(p99), "none", "≤ 50 ms", p99 <= plan.HANDOVER_P99)
    yield from _idle_rows(klartext)


def _speed_rows(klartext: Found, other: Found) -> Iterator[Row]:
    if klartext.fixed:
        most = max(klartext.fixed)
        for customers, speed in klartext.fixed.items():
            stock = other.fixed.get(customers)
            aimed = customers == most == 32
            yield Row(
                f"answers per second, {_crowd(customers)}",
                f"{speed.rate:.0f}",
                f"{stock.rate:.0f}" if stock else "",
                f"≥ {plan.ANSWERS_PER_SECOND:.0f}" if aimed else "",
                speed.rate >= plan.ANSWERS_PER_SECOND if aimed else None,
            )
        for customers, speed in klartext.fixed.items():
            stock = other.fixed.get(customers)
            alone, crowded = customers == 1, customers == 32
            yield Row(
                f"p50, {_crowd(customers)}",
                _ms(speed.p50),
                _ms(stock.p50) if stock else "",
                "≤ 12 ms" if alone else "",
                speed.p50 <= plan.P50_ALONE if alone else None,
            )
            yield Row(
                f"p99, {_crowd(customers)}",
                _ms(speed.p99),
                _ms(stock.p99) if stock else "",
                "≤ 200 ms" if crowded else "",
                speed.p99 <= plan.P99_OF_32 if crowded else None,
            )
        stock = other.fixed.get(most)
        yield Row("processor time per answer", _effort(klartext.fixed[most]), _effort(stock) if stock else "")
    for customers, speed in klartext.crm.items():
        yield Row(f"answers from the customer system per second, {_crowd(customers)}", f"{speed.rate:.0f}", "none")
        yield Row(f"the same, p50 and p99, {_crowd(customers)}", f"{_ms(speed.p50)}, {_ms(speed.p99)}", "none")


def _memory_rows(klartext: Found, other: Found) -> Iterator[Row]:
    for name, memory in klartext.memory.items():
        aimed = name == "brain"
        theirs = "none"
        if aimed:
            theirs = _memory(other.memory["rasa"]) if "rasa" in other.memory else ""
        yield Row(
            f"memory of {'a brain' if aimed else 'the edge' if name == 'edge' else 'the actions'} after the load",
            _memory(memory),
            theirs,
            "≤ 0.5 GB" if aimed else "",
            memory.rss <= plan.BRAIN_MEMORY if aimed else None,
        )


def _idle_rows(klartext: Found) -> Iterator[Row]:
    idle = klartext.idle
    if idle is None:
        return
    yield Row(
        "idle widgets on one edge",
        f"{idle.connected:,} of {idle.asked:,}",
        "none",
        f"{plan.IDLE_WIDGETS:,}",
        idle.connected >= plan.IDLE_WIDGETS,
    )
    yield Row(
        "memory of the edge for each",
        f"{idle.rss_each / 1000:.1f} KB",
        "none",
        "≤ 25 KB",
        idle.rss_each <= plan.IDLE_BYTES,
    )
    yield Row("an answer meanwhile, p50 and p99", f"{_ms(idle.p50)}, {_ms(idle.p99)}", "none")


def _crowd(customers: int) -> str:
    return "alone" if customers == 1 else f"{customers} at once"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def _memory(memory: Memory) -> str:
    shared = "" if memory.pss is None else f" ({memory.pss / 1e6:.0f} MB PSS)"
    return f"{memory.rss / 1e6:.0f} MB{shared}"


def _effort(speed: Speed) -> str:
    return ", ".join(f"{name} {milliseconds:.1f} ms" for name, milliseconds in speed.effort.items())
