"""Product information sheets on SQL."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from actions.crm import rows
from actions.crm.models import Fact
from actions.crm.product_sheets import ProductSheet
from actions.crm.sql_part import SqlPart
from actions.crm.tables_service import product_sheet


class SqlProductSheets(SqlPart):
    """See `ProductSheetVerbs`."""

    async def product_sheet(self, tariff: str) -> Fact[ProductSheet] | None:
        query = select(product_sheet, product_sheet.c.tariff.label("number")).where(product_sheet.c.tariff == tariff)
        return await self._one("product_sheet", query, partial(rows.plain, ProductSheet))
