"""What changed from one invoice to the next, line by line. Pure.

Guarantee: the changes add up to the difference of the two amounts; lines of the same kind and name count together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from actions.crm.models import Bilingual, Invoice


@dataclass(frozen=True)
class Change:
    """One item that costs something else than before. Amounts are cents."""

    label: Bilingual
    state: Literal["new", "gone", "other"]
    now_cents: int
    before_cents: int


def changes(now: Invoice, before: Invoice) -> list[Change]:
    """The items that differ, the largest difference first."""
    labels: dict[tuple[str, str], Bilingual] = {}
    totals: dict[tuple[str, str], list[int]] = {}
    for index, invoice in enumerate((now, before)):
        for line in invoice.lines:
            item = (line.kind, line.label.de)
            labels.setdefault(item, line.label)
            totals.setdefault(item, [0, 0])[index] += line.cents
    present = [{(line.kind, line.label.de) for line in invoice.lines} for invoice in (now, before)]
    found = [
        Change(
            label=labels[item],
            state="gone" if item not in present[0] else "new" if item not in present[1] else "other",
            now_cents=cents[0],
            before_cents=cents[1],
        )
        for item, cents in totals.items()
        if cents[0] != cents[1]
    ]
    return sorted(found, key=lambda change: -abs(change.now_cents - change.before_cents))
