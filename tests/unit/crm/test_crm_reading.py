"""Reading verbs, over SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest
from crm_bench import Bench

from actions.crm.demo import demo_addresses
from actions.crm.models import Identifier, IdentifierKind

LINDENSTRASSE = "Lindenstraße 5, 06217 Merseburg"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "2048173"),
        ("number", "20 48 173"),
        ("email", " Martina.Vogel@Example.org "),
        ("phone", "030 23125101"),
        ("phone", "+49 30 23125-101"),
        ("phone", "0049 30 23125101"),
    ],
)
async def test_a_customer_is_found_by_what_is_at_hand(bench: Bench, kind: IdentifierKind, value: str) -> None:
    found = await bench.crm.find_customer(Identifier(kind=kind, value=value))
    assert found.record == found.value.number == "2048173"
    assert found.value.name == "Martina Vogel"
    assert found.value.address.line == LINDENSTRASSE
    assert found.as_of == bench.clock.now


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "9999999"),
        ("number", ""),
        ("number", "V-204817"),
        ("email", "x"),
        ("phone", "abc"),
        ("phone", "%"),
        ("email", "a\x00@\ud800"),
    ],
)
async def test_an_identifier_of_nobody_finds_nobody(bench: Bench, kind: IdentifierKind, value: str) -> None:
    assert await bench.crm.find_customer(Identifier(kind=kind, value=value)) is None


async def test_contracts_come_with_number_address_and_terms(bench: Bench) -> None:
    facts = await bench.crm.contracts("2051926")
    assert {fact.record for fact in facts} == {"V-205192", "V-205193"}
    assert {fact.value.technology for fact in facts} == {"cable", "fiber"}
    assert all(fact.value.notice_until < fact.value.term_end for fact in facts)
    assert await bench.crm.contracts("2063381") == []
    assert await bench.crm.contract("V-000000") is None
    old = await bench.crm.contract("V-216904")
    assert old.value.term_end is None and old.value.notice_until is None


async def test_twelve_invoices_newest_first_and_each_adds_up(bench: Bench) -> None:
    facts = await bench.crm.invoices("2048173")
    periods = [fact.value.period for fact in facts]
    assert len(periods) == 12
    assert periods == sorted(periods, reverse=True)
    assert periods[0] == date(2026, 11, 1)
    assert facts[0].record == "R-2026-11-204817"
    assert all(sum(line.cents for line in fact.value.lines) == fact.value.amount_cents for fact in facts)
    assert (await bench.crm.invoice("R-2026-10-204817")).value == facts[1].value
    assert [fact.value for fact in await bench.crm.invoices("2048173", limit=1)] == [facts[0].value]


async def test_invoice_of_zero_is_paid_and_an_overdue_one_is_open(bench: Bench) -> None:
    zero = (await bench.crm.invoices("2081135"))[0].value
    assert (zero.amount_cents, zero.paid_at) == (0, zero.issued)
    newest, overdue, *_ = (fact.value for fact in await bench.crm.invoices("2092467"))
    assert "dunning_fee" in {line.kind for line in newest.lines}
    assert overdue.paid_at is None and overdue.due < date(2026, 11, 21)


async def test_an_outage_reaches_its_streets_only(bench: Bench) -> None:
    vogel = (await bench.crm.find_customer(Identifier(kind="number", value="2048173"))).value
    nguyen = (await bench.crm.find_customer(Identifier(kind="number", value="2136054"))).value
    (at_vogel,) = await bench.crm.outages_at_address(vogel.address)
    assert at_vogel.record == "S-1042"
    assert at_vogel.value.cause == "cable_damage"
    assert at_vogel.value.since.tzinfo is not None and at_vogel.value.since < bench.clock.now
    assert await bench.crm.outages_at_address(nguyen.address) == []
    assert [fact.record for fact in await bench.crm.outages_at_postcode("06217")] == ["S-1042"]


async def test_outages_by_state(bench: Bench) -> None:
    assert [fact.value.state for fact in await bench.crm.outages_at_postcode("06618")] == ["planned"]
    assert await bench.crm.outages_at_postcode("06618", ("active",)) == []
    assert await bench.crm.outages_at_postcode("06237") == []
    assert [fact.record for fact in await bench.crm.outages_at_postcode("06237", ["solved"])] == ["S-1039"]
    assert await bench.crm.outages_at_postcode("99999") == []
    (whole,) = await bench.crm.outages_at_postcode("06268")
    burgring = (await bench.crm.find_addresses("Burgring 4 Querfurt"))[0].address
    assert (await bench.crm.outages_at_address(burgring))[0].value == whole.value


@pytest.mark.parametrize(
    "text",
    [
        LINDENSTRASSE,
        "Lindenstr. 5 Merseburg",
        "lindenstrase 5 in merseburg",
        "Linden Str 5, 06217",
        "06217 lindenstraße 5",
        "LINDENSTRASSE 5 MERSEBURG",
        "ich wohne in der Lindenstr. 5 in Merseburg",
    ],
)
async def test_one_address_in_many_spellings(bench: Bench, text: str) -> None:
    (hit,) = await bench.crm.find_addresses(text)
    assert hit.address.line == LINDENSTRASSE
    assert hit.complete
    assert (await bench.crm.address(hit.key)).address == hit.address


async def test_a_street_of_several_places_gives_several_hits(bench: Bench) -> None:
    hits = await bench.crm.find_addresses("Lindenstr. 5")
    assert {hit.address.place for hit in hits} >= {"Merseburg", "Leuna", "Naumburg", "Schkopau"}
    (one,) = await bench.crm.find_addresses("Lindenstr. 5", place="merseburg")
    assert one.address.line == LINDENSTRASSE
    assert [hit.address.line for hit in await bench.crm.find_addresses("Lindenstr. 5", postcode="06217")] == [
        LINDENSTRASSE
    ]
    assert len(await bench.crm.find_addresses("Lindenstr. 5", limit=2)) == 2


@pytest.mark.parametrize("text", ["Geusaer Straße", "Geusaer Straße 999"])
async def test_without_a_house_on_record_only_the_street_is_known(bench: Bench, text: str) -> None:
    (hit,) = await bench.crm.find_addresses(text)
    assert (hit.complete, hit.key, hit.address.house_number) == (False, "", "")


@pytest.mark.parametrize(
    "text", ["", "5", "Straße", "qwertz 7", "' OR 1=1 --", "🙂" * 500, "\x00\ud800 3", "x" * 100_000]
)
async def test_nothing_alike_finds_nothing(bench: Bench, text: str) -> None:
    assert await bench.crm.find_addresses(text) == []


async def test_fibre_at_every_address_worth_trying(bench: Bench) -> None:
    states = {}
    for demo in demo_addresses():
        fact = await bench.crm.fiber_availability(demo.address)
        area = await bench.crm.build_area(demo.address)
        assert fact.record.startswith("A-")
        assert fact.value.area == (area.value if area else None)
        states[demo.address.street] = (fact.value.state, area and area.value.phase)
    assert states == {
        "Große Ulrichstraße": ("available", "complete"),
        "Händelstraße": ("building", "house_connections"),
        "Weiße Mauer": ("building", "civil_works"),
        "Lindenstraße": ("building", "activation"),
        "Kapellenweg": ("planned", "interest"),
        "Fährstraße": ("planned", "paused"),
        "Burgring": ("building", "house_connections"),
        "Nebraer Straße": ("not_planned", None),
    }


async def test_a_delayed_area_says_so(bench: Bench) -> None:
    (fact,) = await bench.crm.build_areas_at_postcode("06217")
    assert fact.record == "G-04"
    assert fact.value.delayed_from < fact.value.milestone_on
    assert fact.value.note.say("en") != fact.value.note.say("de")
    assert await bench.crm.build_areas_at_postcode("00000") == []


async def test_appointments_to_come_and_past(bench: Bench) -> None:
    (fact,) = await bench.crm.appointments("2103958")
    assert fact.record == "TM-210395"
    assert fact.value.starts == datetime(2026, 11, 23, 9, 0, tzinfo=timezone.utc)  # Monday, 10 o'clock in Germany
    bench.clock.advance(days=3)
    assert await bench.crm.appointments("2103958") == []
    assert len(await bench.crm.appointments("2103958", upcoming=False)) == 1


async def test_order_and_ticket_by_number(bench: Bench) -> None:
    order = await bench.crm.order("B-213605")
    assert (order.value.status, order.value.customer_number) == ("construction", "2136054")
    assert [fact.value for fact in await bench.crm.orders("2136054")] == [order.value]
    ticket = await bench.crm.ticket("T-104817")
    assert (ticket.value.status, ticket.value.customer_number) == ("in_progress", "2114620")
    assert [fact.value for fact in await bench.crm.tickets("2114620")] == [ticket.value]
    assert await bench.crm.order("B-000000") is None
    assert await bench.crm.ticket("T-000000") is None


async def test_contact_info_is_complete(bench: Bench) -> None:
    fact = await bench.crm.contact_info()
    assert fact.value.company == "Saalenetz"
    assert fact.value.hours.say("en").startswith("Monday")
    await bench.crm.ping()


async def test_overview_shows_what_an_agent_needs(bench: Bench) -> None:
    vogel = (await bench.crm.overview("2048173")).value
    assert vogel.outage.number == "S-1042" and vogel.open_invoice is None
    assert (await bench.crm.overview("2092467")).value.open_invoice.number == "R-2026-10-209246"
    assert (await bench.crm.overview("2103958")).value.next_appointment.number == "TM-210395"
    assert [ticket.number for ticket in (await bench.crm.overview("2114620")).value.tickets] == ["T-104817"]
    assert (await bench.crm.overview("2147286")).value.outage is None  # only planned
    empty = (await bench.crm.overview("2063381")).value
    assert (empty.contracts, empty.open_invoice, empty.next_appointment, empty.tickets) == ((), None, None, ())
    assert (await bench.crm.overview("2070542")).value.customer.blocked
    assert await bench.crm.overview("0000000") is None
