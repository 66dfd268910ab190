"""A customer data system behind HTTP that can be made to fail: the reference server over the real demo data, with a
door in front. Guarantee: with the door open (`well`) nothing stands between; else no call reaches the data.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler

from actions.crm.http_api.server import create_app
from actions.crm.sql import connect

TOKEN = "a token for dialogues"
# Longer than any verb may take, in seconds.
_SLOW = 5.0
# JSON, but nothing that any verb answers with.
_WRONG = '{"value": {"amount_cents": "many"}, "record": 7}'

State = Literal["well", "away", "slow", "wrong"]


class CrmServer:
    """The running server. `state` says how it answers from now on."""

    def __init__(self, file: Path) -> None:
        self.state: State = "well"
        app = create_app(connect(f"sqlite+aiosqlite:///{file}"), TOKEN)
        app.middlewares.insert(0, self._door())
        self._server = TestServer(app, host="127.0.0.1")

    async def start(self) -> str:
        """Start on a free port; the address."""
        await self._server.start_server()
        return str(self._server.make_url("")).rstrip("/")

    async def stop(self) -> None:
        """Close every connection."""
        await self._server.close()

    def _door(self) -> web.middleware:
        @web.middleware
        async def door(request: web.Request, handler: Handler) -> web.StreamResponse:
            if self.state == "away" and request.transport is not None:
                request.transport.abort()
            if self.state == "slow":
                await asyncio.sleep(_SLOW)
            if self.state == "well":
                return await handler(request)
            return web.Response(text=_WRONG, content_type="application/json")

        return door
