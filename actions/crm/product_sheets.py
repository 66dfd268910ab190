"""Product information sheets: the speeds that a tariff promises by law. Part of `CrmRepository`."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from actions.crm.models import Fact, Model


class ProductSheet(Model, frozen=True, kw_only=True):
    """The download speeds of a tariff, in Mbit/s, as the sheet given at the contract's conclusion names them."""

    tariff: str
    max_mbit: int
    normal_mbit: int  # normally available
    min_mbit: int
    issued: date


class ProductSheetVerbs(Protocol):
    """What may be asked about product information sheets."""

    async def product_sheet(self, tariff: str) -> Fact[ProductSheet] | None:
        """The sheet of a tariff; the record is the tariff's name. None: none is on record, and nobody may guess."""
        ...
