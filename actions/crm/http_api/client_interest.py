"""Contacts, leads and updates over HTTP."""

from __future__ import annotations

from actions.crm.contract_models import Letter
from actions.crm.http_api.caller import HttpCaller
from actions.crm.interest_models import Interest, NewInterest, UpdateDue
from actions.crm.models import Fact


class HttpInterest(HttpCaller):
    """See `InterestVerbs`."""

    async def register_interest(self, new: NewInterest, letter: Letter, *, idempotency_key: str) -> Fact[Interest]:
        found: Fact[Interest] = await self._call(
            "register_interest", new=new, letter=letter, idempotency_key=idempotency_key
        )
        return found

    async def interest_by_token(self, token: str) -> Fact[Interest] | None:
        found: Fact[Interest] | None = await self._call("interest_by_token", token=token)
        return found

    async def set_updates(self, token: str, wanted: bool) -> Fact[Interest] | None:
        found: Fact[Interest] | None = await self._call("set_updates", token=token, wanted=wanted)
        return found

    async def updates_due(self, limit: int = 50) -> list[UpdateDue]:
        found: list[UpdateDue] = await self._call("updates_due", limit=limit)
        return found

    async def send_update(self, number: str, state: str, letter: Letter) -> bool:
        sent: bool = await self._call("send_update", number=number, state=state, letter=letter)
        return sent
