"""Orders, the end of contracts and contact data: every adapter writes once per key, checks the owner, and writes to
the customer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from crm_bench import TODAY, Bench
from sqlalchemy import Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm import tables, tables_contracts
from actions.crm.contract_models import ContactChanged, Letter, NewOrder
from actions.crm.demo_people import QUIET, SMS_ONLY, TWO
from actions.crm.errors import CrmRejected
from actions.crm.models import Address, Bilingual, Expired, Identifier, Locked, Wrong

LETTER = Letter(subject="Betreff", body="Text {code}")
NEW = NewOrder(
    kind="tariff_change",
    product="Kabel 500",
    customer_number=QUIET,
    contract_number="V-216904",
    expected_on=TODAY + timedelta(days=10),
    note="as wished",
    next_step=Bilingual(de="Wir stellen um.", en="We will switch."),
)
NEW_MAIL = Identifier(kind="email", value="Stefan.Neu@Example.org")


@pytest.fixture(autouse=True)
async def put_back(bench: Bench) -> AsyncIterator[None]:
    """Contracts and customers as they were, afterwards."""
    saved: dict[Table, list[Any]] = {}

    async def save(connection: AsyncConnection) -> None:
        for table in (tables.contract, tables.customer):
            query = select(table).where(_key(table).in_([QUIET, SMS_ONLY, TWO]))
            saved[table] = [dict(row) for row in (await connection.execute(query)).mappings()]

    async def restore(connection: AsyncConnection) -> None:
        for table, rows in saved.items():
            for row in rows:
                key = table.primary_key.columns.values()[0]
                await connection.execute(table.update().where(key == row[key.name]).values(**row))
        for table in (tables_contracts.order_detail, tables_contracts.contact_change):
            await connection.execute(delete(table))

    await bench.database.write("save", save)
    yield
    await bench.database.write("restore", restore)


def _key(table: Table) -> Any:
    return table.c.customer_number if table is tables.contract else table.c.number


async def letters(bench: Bench) -> list[tuple[str, str, str]]:
    return [(sent.medium, sent.to, sent.body) for sent in await bench.crm.notifications()]


async def test_tariffs_by_what_reaches_the_house(bench: Bench) -> None:
    async def names(street: str, number: str, postcode: str, place: str) -> list[str]:
        at = Address(street=street, house_number=number, postcode=postcode, place=place)
        return [fact.value.name for fact in await bench.crm.tariffs_at(at)]

    fibre = await names("Große Ulrichstraße", "12", "06108", "Halle (Saale)")
    assert {"Glas 1000", "Kabel 500", "DSL 50"} <= set(fibre)
    rural = await names("Nebraer Straße", "7", "06268", "Querfurt")
    assert "DSL 50" in rural
    assert not any(name.startswith(("Glas", "Kabel")) for name in rural)
    assert await names("Nirgendsweg", "1", "06268", "Querfurt") == []
    at = Address(street="Große Ulrichstraße", house_number="12", postcode="06108", place="Halle (Saale)")
    prices = [fact.value.price_cents for fact in await bench.crm.tariffs_at(at)]
    assert prices == sorted(prices)


async def test_an_order_is_placed_once_and_confirmed_in_writing(bench: Bench) -> None:
    first = await bench.crm.place_order(NEW, LETTER, idempotency_key="k-1")
    again = await bench.crm.place_order(NEW, LETTER, idempotency_key="k-1")
    other = await bench.crm.place_order(NEW, LETTER, idempotency_key="k-2")
    assert first.created and again.created and not other.created
    assert first.order.record == again.order.record == other.order.record == "B-400001"
    order = first.order.value
    assert (order.kind, order.product, order.status, order.ordered_on) == (
        "tariff_change",
        "Kabel 500",
        "received",
        TODAY,
    )
    assert order.withdrawal_until == TODAY + timedelta(days=14)
    assert order.next_step.say("en") == "We will switch."
    assert await letters(bench) == [("mail", "stefan.reuter@example.org", "Text {code}")]
    assert "B-400001" in {fact.record for fact in await bench.crm.orders(QUIET)}


async def test_the_same_order_from_several_places_at_once_is_one(bench: Bench) -> None:
    placed = await asyncio.gather(*(bench.crm.place_order(NEW, LETTER, idempotency_key=f"k-{i}") for i in range(6)))
    assert {each.order.record for each in placed} == {"B-400001"}
    assert sum(each.created for each in placed) == 1
    assert len(await letters(bench)) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"contract_number": "V-205192"}, {"contract_number": "V-999999"}, {"address_key": "A-99999"}],
)
async def test_a_foreign_contract_or_an_unknown_address_is_rejected(bench: Bench, wrong: dict[str, str]) -> None:
    with pytest.raises(CrmRejected):
        await bench.crm.place_order(msgspec.structs.replace(NEW, **wrong), LETTER, idempotency_key="k-1")
    assert await letters(bench) == []


async def test_an_order_is_withdrawn_within_fourteen_days_only(bench: Bench) -> None:
    number = (await bench.crm.place_order(NEW, LETTER, idempotency_key="k-1")).order.record
    with pytest.raises(CrmRejected):
        await bench.crm.withdraw_order(number, TWO, LETTER, idempotency_key="k-2")
    bench.clock.advance(days=14)
    withdrawn = await bench.crm.withdraw_order(number, QUIET, LETTER, idempotency_key="k-3")
    again = await bench.crm.withdraw_order(number, QUIET, LETTER, idempotency_key="k-3")
    assert withdrawn.created and again.created
    assert withdrawn.order.value.status == again.order.value.status == "cancelled"
    assert len(await letters(bench)) == 2
    later = await bench.crm.place_order(NEW, LETTER, idempotency_key="k-4")
    assert later.created
    bench.clock.advance(days=15)
    with pytest.raises(CrmRejected):
        await bench.crm.withdraw_order(later.order.record, QUIET, LETTER, idempotency_key="k-5")


async def test_an_order_without_an_account_is_withdrawn_by_whoever_knows_its_place(bench: Bench) -> None:
    async def ordered_by(customer: str | None) -> str:
        number = (await bench.crm.place_order(NEW, LETTER, idempotency_key="k-1")).order.record
        orders = tables.customer_order

        async def change(connection: AsyncConnection) -> None:
            statement = orders.update().where(orders.c.number == number)
            await connection.execute(statement.values(customer_number=customer))

        await bench.database.write("change", change)
        return number

    number = await ordered_by(None)
    found = await bench.crm.order(number)
    assert found is not None
    place = found.value.address
    at, mail = (place.postcode, place.house_number), "neu@example.org"
    for wrong in ((at[0], "999"), ("99999", at[1])):
        with pytest.raises(CrmRejected):
            await bench.crm.withdraw_open_order(number, *wrong, mail, LETTER, idempotency_key="k-2")
    await ordered_by(QUIET)
    with pytest.raises(CrmRejected):
        await bench.crm.withdraw_open_order(number, *at, mail, LETTER, idempotency_key="k-2")
    await ordered_by(None)
    for _ in range(2):
        withdrawn = await bench.crm.withdraw_open_order(number, *at, mail, LETTER, idempotency_key="k-3")
        assert withdrawn.created and withdrawn.order.value.status == "cancelled"
    assert [to for _, to, _ in await letters(bench)].count(mail) == 1


async def test_for_a_device_the_days_begin_when_it_has_arrived(bench: Bench) -> None:
    new = msgspec.structs.replace(NEW, kind="device", product="FritzBox 7590")
    number = (await bench.crm.place_order(new, LETTER, idempotency_key="k-1")).order.record
    bench.clock.advance(days=40)
    withdrawn = await bench.crm.withdraw_order(number, QUIET, LETTER, idempotency_key="k-2")
    assert withdrawn.order.value.status == "cancelled"


async def test_a_contract_is_cancelled_once_by_its_owner(bench: Bench) -> None:
    ends = date(2026, 12, 21)
    with pytest.raises(CrmRejected):
        await bench.crm.cancel_contract("V-216904", TWO, ends, LETTER, idempotency_key="k-1")
    first = await bench.crm.cancel_contract("V-216904", QUIET, ends, LETTER, idempotency_key="k-2")
    again = await bench.crm.cancel_contract("V-216904", QUIET, ends, LETTER, idempotency_key="k-2")
    later = await bench.crm.cancel_contract("V-216904", QUIET, date(2027, 5, 1), LETTER, idempotency_key="k-3")
    assert [each.created for each in (first, again, later)] == [True, True, False]
    for each in (first, again, later):
        assert (each.contract.value.status, each.contract.value.term_end) == ("cancelled", ends)
    assert len(await letters(bench)) == 1


async def test_who_has_no_mail_address_gets_a_text_message(bench: Bench) -> None:
    await bench.crm.cancel_contract("V-215841", SMS_ONLY, date(2026, 12, 21), LETTER, idempotency_key="k-1")
    assert await letters(bench) == [("sms", "+491713920012", "Text {code}")]


async def code_of(bench: Bench) -> str:
    found = re.search(r"\d{6}", (await bench.crm.notifications(1))[0].body)
    assert found is not None
    return found.group()


async def test_contact_data_change_only_with_the_code_that_went_to_the_new_address(bench: Bench) -> None:
    crm = bench.crm
    started = await crm.start_contact_change(QUIET, NEW_MAIL, LETTER, idempotency_key="k-1")
    assert started.result == "sent"
    assert (await crm.start_contact_change(QUIET, NEW_MAIL, LETTER, idempotency_key="k-1")).result == "sent"
    [(medium, to, _)] = await letters(bench)
    assert (medium, to) == ("mail", "stefan.neu@example.org")
    code = await code_of(bench)
    wrong = await crm.confirm_contact_change(QUIET, bench.wrong(code), LETTER, attempt="t-1")
    assert wrong == await crm.confirm_contact_change(QUIET, bench.wrong(code), LETTER, attempt="t-1")
    assert wrong == Wrong(attempts_left=2)
    assert (await crm.find_customer(Identifier(kind="number", value=QUIET))).value.email == "stefan.reuter@example.org"
    changed = await crm.confirm_contact_change(QUIET, code, LETTER, attempt="t-2")
    assert isinstance(changed, ContactChanged)
    assert changed.customer.value.email == "Stefan.Neu@Example.org"
    assert isinstance(await crm.confirm_contact_change(QUIET, code, LETTER, attempt="t-2"), ContactChanged)
    assert [to for _, to, _ in await letters(bench)] == ["stefan.reuter@example.org", "stefan.neu@example.org"]
    assert (await crm.find_customer(NEW_MAIL)).record == QUIET


async def test_three_wrong_codes_lock_the_change_and_codes_expire(bench: Bench) -> None:
    crm = bench.crm
    assert await crm.confirm_contact_change(QUIET, "123456", LETTER, attempt="t-0") == Expired()
    await crm.start_contact_change(QUIET, NEW_MAIL, LETTER, idempotency_key="k-1")
    code = await code_of(bench)
    results = [await crm.confirm_contact_change(QUIET, bench.wrong(code), LETTER, attempt=f"t-{i}") for i in range(3)]
    assert results[2] == Locked()
    assert await crm.confirm_contact_change(QUIET, code, LETTER, attempt="t-9") == Locked()
    await crm.start_contact_change(QUIET, NEW_MAIL, LETTER, idempotency_key="k-2")
    bench.clock.advance(minutes=11)
    assert await crm.confirm_contact_change(QUIET, await code_of(bench), LETTER, attempt="t-10") == Expired()


async def test_at_most_five_codes_an_hour_and_nobody_else_s_address(bench: Bench) -> None:
    for given in (
        Identifier(kind="email", value="jens.albrecht@example.org"),
        Identifier(kind="phone", value="keine"),
        Identifier(kind="number", value="1234567"),
        Identifier(kind="phone", value="0345 1234567"),  # no text message reaches a landline
    ):
        with pytest.raises(CrmRejected):
            await bench.crm.start_contact_change(QUIET, given, LETTER, idempotency_key=f"r-{given.value}")
    for index in range(5):
        await bench.crm.start_contact_change(QUIET, NEW_MAIL, LETTER, idempotency_key=f"k-{index}")
    limited = await bench.crm.start_contact_change(QUIET, NEW_MAIL, LETTER, idempotency_key="k-6")
    assert limited.result == "limited"
    assert len(await letters(bench)) == 5
