"""Why the bot said something, over HTTP with the conversation's token: of this conversation, and of no other."""

from __future__ import annotations

from aiohttp import web

from bot.service.why import why
from connectors.frames import ApiError, json_response, request_language
from connectors.widget.http_line import HttpLine


class WhyLine:
    """The route that explains one message of the bot."""

    def __init__(self, http: HttpLine) -> None:
        self._http = http

    def register(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_route("OPTIONS", r"/widget/why/{seq:\d{1,9}}", self._http.preflight)
        app.router.add_get(r"/widget/why/{seq:\d{1,9}}", self._why)

    async def _why(self, request: web.Request) -> web.Response:
        opened = await self._http.admitted(request, counts=False)
        services = self._http.services
        async with services.store.read() as unit:
            found = await why(
                unit,
                services.words,
                request_language(request),
                opened.conversation_id,
                int(request.match_info["seq"]),
                services.settings.error_bound,
            )
        if found is None:
            raise ApiError(404, "no_answer", "error_no_answer")
        return json_response(found)
