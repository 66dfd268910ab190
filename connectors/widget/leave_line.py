"""How a customer who does not want to wait is answered elsewhere, over HTTP with the conversation's token."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from bot.conversation.contact import Way
from bot.conversation.limits import CLIENT_ID_LIMIT
from bot.service.outcomes import Refused
from bot.store.errors import UnknownConversation
from connectors.frames import ApiError, json_response
from connectors.widget.http_line import HttpLine, decoded


class Wish(msgspec.Struct):
    """Body: the way, and the address or number there."""

    client_id: Annotated[str, Meta(min_length=1, max_length=CLIENT_ID_LIMIT)]
    way: Way
    contact: Annotated[str, Meta(max_length=400)]


class LeaveLine:
    """The route. A wish is answered with 200 only after it is committed with its case."""

    def __init__(self, http: HttpLine) -> None:
        self._http = http

    def register(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_route("OPTIONS", "/widget/leave", self._http.preflight)
        app.router.add_post("/widget/leave", self._leave)

    async def _leave(self, request: web.Request) -> web.Response:
        opened = await self._http.admitted(request, counts=True)
        body = await decoded(request, Wish)
        try:
            receipt = await self._http.services.leaving.leave(
                opened.conversation_id, body.way, body.contact, client_id=body.client_id
            )
        except Refused as error:
            raise ApiError(422, error.code, f"error_leave_{error.code}") from error
        except UnknownConversation as error:
            raise ApiError(401, "expired", "error_expired") from error
        message = receipt.message
        return json_response({"client_id": body.client_id, "message_id": message.id, "seq": message.seq})
