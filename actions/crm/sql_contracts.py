"""Tariffs, orders and the end of contracts on SQL.

Guarantee: each write is one transaction with its letter and the row that remembers its key, so a repeated call finds
what the first one made. `CrmRejected` leaves nothing behind.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import RowMapping, Select, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm import addresses, queries, rows
from actions.crm.contract_models import CancelledContract, Letter, NewOrder, PlacedOrder, Tariff
from actions.crm.done_requests import done_before, keep_done
from actions.crm.due import BERLIN
from actions.crm.errors import CrmRejected
from actions.crm.lookup import customer_by_number, storable, with_address
from actions.crm.models import Address, Fact
from actions.crm.posting import post
from actions.crm.sql_part import SqlPart
from actions.crm.tables import contract, customer_order, premises
from actions.crm.tables_contracts import network, order_detail, tariff

WITHDRAWAL = timedelta(days=14)  # § 355 BGB
_UNFINISHED = ("received", "checking", "construction", "scheduled", "shipped")
_FIRST_ORDER = 400_000


class SqlContracts(SqlPart):
    """See `ContractVerbs`; contact data is in `sql_contacts`."""

    async def tariffs_at(self, address: Address) -> list[Fact[Tariff]]:
        async def work(connection: AsyncConnection) -> list[Fact[Tariff]]:
            house = (await connection.execute(_house_at(address))).mappings().first()
            if house is None:
                return []
            here = select(network.c.technology).where(network.c.postcode == house["postcode"])
            reaches = [
                (tariff.c.technology == "dsl") & (tariff.c.down_mbit <= max(house["max_down_mbit"], 50)),
                tariff.c.technology.in_(here),
            ]
            if house["fiber_state"] == "available":
                reaches.append(tariff.c.technology == "fiber")
            query = select(tariff).where(or_(*reaches)).order_by(tariff.c.price_cents, tariff.c.name)
            found = (await connection.execute(query)).mappings().all()
            return [self._fact(rows.plain(Tariff, row), row["name"]) for row in found]

        return await self._database.read("tariffs_at", work)

    async def place_order(self, new: NewOrder, letter: Letter, *, idempotency_key: str) -> PlacedOrder:
        async def work(connection: AsyncConnection) -> PlacedOrder:
            known = await done_before(connection, "place_order", idempotency_key)
            if known is not None:
                return await self._placed(connection, known, created=True)
            owned = await _own_contract(connection, "place_order", new.contract_number, new.customer_number)
            already = await _unfinished(connection, new)
            if already is not None:
                return await self._placed(connection, already, created=False)
            number = await _insert_order(connection, new, owned, self._today())
            await keep_done(connection, "place_order", idempotency_key, number)
            await self._write_to(connection, new.customer_number, letter)
            return await self._placed(connection, number, created=True)

        return await self._database.write("place_order", work)

    async def withdraw_order(
        self, number: str, customer_number: str, letter: Letter, *, idempotency_key: str
    ) -> PlacedOrder:
        async def work(connection: AsyncConnection) -> PlacedOrder:
            row = (await connection.execute(_order(number))).mappings().first()
            if row is None or row["customer_number"] != customer_number:
                raise CrmRejected("withdraw_order", "no such order of this customer")
            if placed := await self._withdraw(connection, "withdraw_order", row, idempotency_key):
                return placed
            await self._write_to(connection, customer_number, letter)
            return await self._placed(connection, number, created=True)

        return await self._database.write("withdraw_order", work)

    async def withdraw_open_order(
        self, number: str, postcode: str, house_number: str, email: str | None, letter: Letter, *, idempotency_key: str
    ) -> PlacedOrder:
        async def work(connection: AsyncConnection) -> PlacedOrder:
            row = (await connection.execute(_order(number))).mappings().first()
            if row is None or row["customer_number"] is not None or not _is_at(row, postcode, house_number):
                raise CrmRejected("withdraw_open_order", "no such order without an account at this place")
            if placed := await self._withdraw(connection, "withdraw_open_order", row, idempotency_key):
                return placed
            await post(connection, email, None, letter, self._clock())
            return await self._placed(connection, number, created=True)

        return await self._database.write("withdraw_open_order", work)

    async def _withdraw(
        self, connection: AsyncConnection, verb: str, row: RowMapping, idempotency_key: str
    ) -> PlacedOrder | None:
        """Cancel the order; what there is to tell if that was done before."""
        number = row["number"]
        if await done_before(connection, verb, idempotency_key) is not None:
            return await self._placed(connection, number, created=True)
        if row["status"] == "cancelled":
            return await self._placed(connection, number, created=False)
        # For a device the 14 days begin when it has arrived.
        on_its_way = row["kind"] == "device" and row["status"] != "done"
        if row["withdrawal_until"] < self._today() and not on_its_way:
            raise CrmRejected(verb, "the right of withdrawal is over")
        statement = update(customer_order).where(customer_order.c.number == number)
        await connection.execute(statement.values(status="cancelled", expected_on=None))
        await keep_done(connection, verb, idempotency_key, number)
        return None

    async def cancel_contract(
        self, number: str, customer_number: str, ends: date, letter: Letter, *, idempotency_key: str
    ) -> CancelledContract:
        async def work(connection: AsyncConnection) -> CancelledContract:
            known = await done_before(connection, "cancel_contract", idempotency_key)
            row = await _own_contract(connection, "cancel_contract", number, customer_number)
            if known is not None or row["status"] == "cancelled":
                return await self._ended(connection, number, created=known is not None)
            statement = update(contract).where(contract.c.number == number)
            await connection.execute(statement.values(status="cancelled", term_end=ends, notice_until=None))
            await keep_done(connection, "cancel_contract", idempotency_key, number)
            await self._write_to(connection, customer_number, letter)
            return await self._ended(connection, number, created=True)

        return await self._database.write("cancel_contract", work)

    def _today(self) -> date:
        return self._clock().astimezone(BERLIN).date()

    async def _write_to(self, connection: AsyncConnection, customer_number: str, letter: Letter) -> None:
        person = await customer_by_number(connection, customer_number)
        if person is not None:
            await post(connection, person.email, person.phone, letter, self._clock())

    async def _placed(self, connection: AsyncConnection, number: str, *, created: bool) -> PlacedOrder:
        row = (await connection.execute(_order(number))).mappings().one()
        return PlacedOrder(order=self._fact(rows.order(row), number), created=created)

    async def _ended(self, connection: AsyncConnection, number: str, *, created: bool) -> CancelledContract:
        query = with_address(contract).where(contract.c.number == number)
        row = (await connection.execute(query)).mappings().one()
        return CancelledContract(contract=self._fact(rows.contract(row), number), created=created)


def _house_at(address: Address) -> Select[tuple[object, ...]]:
    return select(premises).where(
        queries.same_street(premises, address),
        premises.c.number_key == addresses.number_key(address.house_number),
    )


def _order(number: str) -> Select[tuple[object, ...]]:
    return with_address(customer_order).where(customer_order.c.number == number)


def _is_at(row: RowMapping, postcode: str, house_number: str) -> bool:
    same_house = addresses.number_key(row["house_number"]) == addresses.number_key(house_number)
    return row["postcode"] == postcode and same_house


async def _own_contract(connection: AsyncConnection, verb: str, number: str, customer_number: str) -> RowMapping:
    row = (await connection.execute(select(contract).where(contract.c.number == number))).mappings().first()
    if row is None or row["customer_number"] != customer_number:
        raise CrmRejected(verb, "no such contract of this customer")
    return row


async def _unfinished(connection: AsyncConnection, new: NewOrder) -> str | None:
    """The open order of the same kind for the same contract."""
    query = (
        select(customer_order.c.number)
        .join(order_detail, order_detail.c.order_number == customer_order.c.number)
        .where(
            order_detail.c.contract_number == new.contract_number,
            customer_order.c.kind == new.kind,
            customer_order.c.status.in_(_UNFINISHED),
        )
    )
    return (await connection.execute(query.limit(1))).scalar_one_or_none()


async def _insert_order(connection: AsyncConnection, new: NewOrder, owned: RowMapping, today: date) -> str:
    """Insert under the next number. Two at once cannot get the same one: writes run as if alone."""
    key = new.address_key or owned["premises_key"]
    if (await connection.execute(select(premises.c.key).where(premises.c.key == key))).first() is None:
        raise CrmRejected("place_order", "the address is not on record")
    last = (await connection.execute(select(func.max(customer_order.c.number)))).scalar_one()
    # All numbers have six digits, so the greatest text is the greatest number.
    number = f"B-{max(int(last[2:]) if last else 0, _FIRST_ORDER) + 1}"
    await connection.execute(
        insert(customer_order).values(
            number=number,
            customer_number=new.customer_number,
            premises_key=key,
            kind=new.kind,
            product=storable(new.product)[:80],
            status="received",
            ordered_on=today,
            expected_on=new.expected_on,
            withdrawal_until=today + WITHDRAWAL,
            next_step_de=storable(new.next_step.de),
            next_step_en=storable(new.next_step.en),
        )
    )
    await connection.execute(
        insert(order_detail).values(order_number=number, contract_number=new.contract_number, note=storable(new.note))
    )
    return number
