"""Tariffs, orders, the end of contracts and contact data over HTTP."""

from __future__ import annotations

from datetime import date

from actions.crm.contract_models import (
    CancelledContract,
    ContactCode,
    ContactResult,
    Letter,
    NewOrder,
    PlacedOrder,
    Tariff,
)
from actions.crm.http_api.caller import HttpCaller
from actions.crm.models import Address, Fact, Identifier


class HttpContracts(HttpCaller):
    """See `ContractVerbs`."""

    async def tariffs_at(self, address: Address) -> list[Fact[Tariff]]:
        found: list[Fact[Tariff]] = await self._call("tariffs_at", address=address)
        return found

    async def place_order(self, new: NewOrder, letter: Letter, *, idempotency_key: str) -> PlacedOrder:
        placed: PlacedOrder = await self._call("place_order", new=new, letter=letter, idempotency_key=idempotency_key)
        return placed

    async def withdraw_order(
        self, number: str, customer_number: str, letter: Letter, *, idempotency_key: str
    ) -> PlacedOrder:
        placed: PlacedOrder = await self._call(
            "withdraw_order",
            number=number,
            customer_number=customer_number,
            letter=letter,
            idempotency_key=idempotency_key,
        )
        return placed

    async def withdraw_open_order(
        self, number: str, postcode: str, house_number: str, email: str | None, letter: Letter, *, idempotency_key: str
    ) -> PlacedOrder:
        placed: PlacedOrder = await self._call(
            "withdraw_open_order",
            number=number,
            postcode=postcode,
            house_number=house_number,
            email=email,
            letter=letter,
            idempotency_key=idempotency_key,
        )
        return placed

    async def cancel_contract(
        self, number: str, customer_number: str, ends: date, letter: Letter, *, idempotency_key: str
    ) -> CancelledContract:
        cancelled: CancelledContract = await self._call(
            "cancel_contract",
            number=number,
            customer_number=customer_number,
            ends=ends,
            letter=letter,
            idempotency_key=idempotency_key,
        )
        return cancelled

    async def start_contact_change(
        self, customer_number: str, new: Identifier, letter: Letter, *, idempotency_key: str
    ) -> ContactCode:
        started: ContactCode = await self._call(
            "start_contact_change",
            customer_number=customer_number,
            new=new,
            letter=letter,
            idempotency_key=idempotency_key,
        )
        return started

    async def confirm_contact_change(
        self, customer_number: str, code: str, letter: Letter, *, attempt: str
    ) -> ContactResult:
        result: ContactResult = await self._call(
            "confirm_contact_change", customer_number=customer_number, code=code, letter=letter, attempt=attempt
        )
        return result
