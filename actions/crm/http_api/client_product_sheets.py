"""Product information sheets over HTTP."""

from __future__ import annotations

from actions.crm.http_api.caller import HttpCaller
from actions.crm.models import Fact
from actions.crm.product_sheets import ProductSheet


class HttpProductSheets(HttpCaller):
    """See `ProductSheetVerbs`."""

    async def product_sheet(self, tariff: str) -> Fact[ProductSheet] | None:
        found: Fact[ProductSheet] | None = await self._call("product_sheet", tariff=tariff)
        return found
