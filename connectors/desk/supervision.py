"""The supervisors' routes: the board of this moment, and how the work went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from aiohttp import web

from bot.bootstrap import Services
from bot.conversation.roles import Role
from bot.service.history import LONGEST, Board, History, as_csv, board, history
from bot.store.tokens import Agent
from bot.transparency.format import REGION
from connectors.desk.access import Content, Route
from connectors.frames import ApiError, json_response, request_language

_QUERY = {"first": date, "last": date, "channel": str}


class SupervisionRoutes:
    """Open to supervisors and administrators."""

    def __init__(self, services: Callable[[], Services]) -> None:
        self._services = services

    def routes(self) -> Sequence[Route]:
        """None of them shows anything of a single customer."""
        see = Role.SUPERVISOR
        return (
            Route(method="GET", path="/supervisor/board", role=see, handler=self._board, answer=Board),
            Route(
                method="GET", path="/supervisor/history", role=see, handler=self._history, answer=History, query=_QUERY
            ),
            Route(
                method="GET",
                path="/supervisor/history.csv",
                role=see,
                handler=self._csv,
                answer=Content(("text/csv",)),
                query=_QUERY,
            ),
        )

    async def _board(self, request: web.Request, _agent: Agent) -> web.Response:
        async with self._services().store.report() as unit:
            return json_response(await board(unit, request_language(request)))

    async def _history(self, request: web.Request, _agent: Agent) -> web.Response:
        return json_response(await self._counted(request))

    async def _csv(self, request: web.Request, _agent: Agent) -> web.Response:
        found = await self._counted(request)
        name = f"klartext-{found.first.isoformat()}-{found.last.isoformat()}.csv"
        return web.Response(
            # With the mark by which spreadsheets recognise the encoding.
            body=as_csv(found).encode("utf-8-sig"),
            content_type="text/csv",
            charset="utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )

    async def _counted(self, request: web.Request) -> History:
        async with self._services().store.report() as unit:
            today = unit.now.astimezone(REGION).date()
            try:
                last = date.fromisoformat(request.query.get("last") or today.isoformat())
                first = date.fromisoformat(request.query.get("first") or (last - timedelta(days=6)).isoformat())
                return await history(unit, first, last, request.query.get("channel") or None)
            except (ValueError, OverflowError) as error:
                raise ApiError(422, "span", "desk_error_span", n=str(LONGEST)) from error
