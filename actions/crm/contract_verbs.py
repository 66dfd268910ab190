"""What the assistant may order and change for a proven customer; a part of `CrmRepository`.

Every writing verb takes what the customer has confirmed, and a key: the same key is the same write, however often it
comes. Where it takes a letter, that is sent in the same transaction, once.
"""

from __future__ import annotations

from datetime import date
from typing import Protocol

from actions.crm.contract_models import (
    CancelledContract,
    ContactCode,
    ContactResult,
    Letter,
    NewOrder,
    PlacedOrder,
    Tariff,
)
from actions.crm.models import Address, Fact, Identifier


class ContractVerbs(Protocol):
    """Tariffs, orders, the end of a contract, contact data."""

    async def tariffs_at(self, address: Address) -> list[Fact[Tariff]]:
        """Tariffs that can be ordered at an address, the cheapest first; none for an address that is not on record."""
        ...

    async def place_order(self, new: NewOrder, letter: Letter, *, idempotency_key: str) -> PlacedOrder:
        """Place an order once per key (at most 200 characters).

        An open order of the same kind for the same contract is returned instead of a second one.

        Raises:
            CrmRejected: the contract is not this customer's, or the address is not on record.
        """
        ...

    async def withdraw_order(
        self, number: str, customer_number: str, letter: Letter, *, idempotency_key: str
    ) -> PlacedOrder:
        """Cancel an order within its right of withdrawal; `created` is False when another call had done so.

        Raises:
            CrmRejected: no such order of this customer, or the right of withdrawal is over.
        """
        ...

    async def withdraw_open_order(
        self, number: str, postcode: str, house_number: str, email: str | None, letter: Letter, *, idempotency_key: str
    ) -> PlacedOrder:
        """Cancel an order that runs without a customer account, for whoever knows where it was ordered for.

        The letter goes to `email`, nowhere without one. `created` is False when another call had done so.

        Raises:
            CrmRejected: no such order without an account at this place, or the right of withdrawal is over.
        """
        ...

    async def cancel_contract(
        self, number: str, customer_number: str, ends: date, letter: Letter, *, idempotency_key: str
    ) -> CancelledContract:
        """Enter the end of a contract that the customer has given notice for.

        Raises:
            CrmRejected: the contract is not this customer's.
        """
        ...

    async def start_contact_change(
        self, customer_number: str, new: Identifier, letter: Letter, *, idempotency_key: str
    ) -> ContactCode:
        """Send a six-digit code to a new mail address or phone; `{code}` in the letter stands for it.

        Nothing is changed yet. At most five codes per hour and customer ("limited").

        Raises:
            CrmRejected: it is neither a mail address nor a phone number, or another customer's.
        """
        ...

    async def confirm_contact_change(
        self, customer_number: str, code: str, letter: Letter, *, attempt: str
    ) -> ContactResult:
        """Compare a typed code with the customer's latest one, and change the contact data if it is right.

        The letter goes to the old address, so that a change that was not theirs is noticed. An `attempt` counts once.
        """
        ...
