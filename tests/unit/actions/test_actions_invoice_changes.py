"""What changed between two invoices adds up to the difference of their amounts."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from actions.crm.models import Bilingual, Invoice, InvoiceLine
from actions.invoice_changes import changes

NAMES = st.sampled_from(["Grundpreis", "Miete", "Gespräche"])
LINES = st.lists(
    st.builds(
        lambda name, cents: InvoiceLine(kind="calls", label=Bilingual(de=name, en=name), cents=cents),
        NAMES,
        st.integers(-5000, 5000),
    ),
    max_size=6,
)


def invoice(lines: list[InvoiceLine]) -> Invoice:
    return Invoice(
        number="R-2026-10-204817",
        customer_number="2048173",
        contract_number="V-204817",
        period=date(2026, 10, 1),
        issued=date(2026, 10, 5),
        amount_cents=sum(line.cents for line in lines),
        due=date(2026, 10, 19),
        paid_at=None,
        lines=tuple(lines),
    )


@given(LINES, LINES)
def test_the_changes_add_up(now: list[InvoiceLine], before: list[InvoiceLine]) -> None:
    later, earlier = invoice(now), invoice(before)
    found = changes(later, earlier)
    assert sum(c.now_cents - c.before_cents for c in found) == later.amount_cents - earlier.amount_cents
    names = [{line.label.de for line in lines} for lines in (now, before)]
    for change in found:
        expected = {(True, False): "new", (False, True): "gone", (True, True): "other"}
        assert change.state == expected[change.label.de in names[0], change.label.de in names[1]]
    sizes = [abs(change.now_cents - change.before_cents) for change in found]
    assert sizes == sorted(sizes, reverse=True)


@given(LINES)
def test_the_same_lines_in_another_order_are_no_change(lines: list[InvoiceLine]) -> None:
    assert changes(invoice(lines), invoice(lines[::-1])) == []
