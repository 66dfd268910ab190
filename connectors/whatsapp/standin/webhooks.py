"""Events on their way to the webhook: signed over the bytes that are sent, and sent again until they are taken."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import Any

import aiohttp
import msgspec

_AGAIN = 0.2
# The business's number, as people read it.
DISPLAYED = "4939100000"


class Webhooks:
    """Posts events to one address, as the provider does."""

    def __init__(self, secret: str, phone_number_id: str) -> None:
        self._secret = secret
        self._phone_number_id = phone_number_id
        # Where events go; set it before the first one.
        self.address = ""
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def post(self, *, field: str = "messages", ours: str | None = None, **value: Any) -> None:
        """One event in the usual envelope, repeated until it is answered with 200. `ours`: the business's number that
        it is about, by its id; else the first."""
        around = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": DISPLAYED, "phone_number_id": ours or self._phone_number_id},
        }
        change = {"field": field, "value": {**around, **value}}
        await self.deliver(
            msgspec.json.encode(
                {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": [change]}]}
            )
        )

    async def deliver(self, body: bytes) -> None:
        """Send these bytes until they are taken."""
        while True:
            if await self.attempt(body) == 200:
                return
            await asyncio.sleep(_AGAIN)

    async def attempt(self, body: bytes) -> int | None:
        """Send these bytes once; the answer's status, or None without one."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        signature = hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}
        try:
            async with self._session.post(self.address, data=body, headers=headers) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, asyncio.TimeoutError):
            return None
