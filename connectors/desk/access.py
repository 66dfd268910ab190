"""Who may use which route: the one place where it is decided.

Every route under `/desk/api` is a `Route` with the role that it needs; there is no other way to add one. The guard in
front of a handler checks, in this order: that a change comes from our own page, that there is a session, that the
account has the second factor where one is required, that the role suffices. What a route `records` is on record in the
audit log before its handler runs, so nothing is seen or done that is not written down.

The header cannot be sent by another website's form, and the cookie is not sent for it: a foreign page can do nothing
in an agent's name.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from bot.bootstrap import Services
from bot.conversation.limits import TEXT_LIMIT, TextRefused
from bot.conversation.roles import Role
from bot.service.outcomes import Refused
from bot.store.audit import Actor, record, was_recorded
from bot.store.errors import UnknownConversation
from bot.store.sessions import DeskSession
from bot.store.tokens import Agent
from connectors.desk.refusals import refusal
from connectors.frames import ApiError, address_of, is_same_origin

COOKIE = "klartext_desk"
_HEADER = "X-Klartext-Desk"
# Looking at the same conversation again within this time is the same look: pages fetch it anew with each change.
_SAME_LOOK = timedelta(minutes=10)

AgentHandler = Callable[[web.Request, Agent], Awaitable[web.StreamResponse]]
Body = TypeVar("Body")
# A character that no database keeps, as JSON writes it: not one that only looks so behind a backslash.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_SESSION: web.RequestKey[DeskSession] = web.RequestKey("desk_session", DeskSession)


@dataclass(frozen=True)
class Content:
    """An answer that is no JSON."""

    media_types: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Route:
    """A route under `/desk/api` and who may use it."""

    method: str
    path: str
    role: Role
    handler: AgentHandler
    # The audit log's word for it; its subject is the `{id}` of the path. None where the service itself records what it
    # changes, in the same transaction, or where the route shows nothing of a customer.
    records: str | None = None
    # What an answer is: a type, or content of these media types. There is no route without.
    answer: type | Content
    # The type of the body, whether it comes as a form with a file, and the types of the query's parameters by name.
    body: type | None = None
    form: bool = False
    query: Mapping[str, Any] = field(default_factory=dict)
    # Open also to an account that still has to set up the second factor that it needs.
    before_second_factor: bool = False


class Guard:
    """Stands in front of every route of the desk."""

    def __init__(self, services: Callable[[], Services]) -> None:
        self._services = services

    def register(self, app: web.Application, route: Route) -> None:
        """Add a guarded route."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            check_readable(request)
            session = await self._admit(request, route)
            request[_SESSION] = session
            await self._record(request, route)
            try:
                return await route.handler(request, session.agent)
            except UnknownConversation as error:
                problem: ApiError = ApiError(404, "not_found", "error_not_found")
                problem.__cause__ = error
            except TextRefused as error:
                problem = ApiError(422, error.code, f"error_{error.code}", limit=str(TEXT_LIMIT))
                problem.__cause__ = error
            except Refused as error:
                problem = refusal(error, request, self._services().words)
                problem.__cause__ = error
            except ApiError as error:
                problem = error
            await self._record_refusal(request, route, problem.code)
            raise problem

        app.router.add_route(route.method, f"/desk/api{route.path}", guarded)

    async def session(self, request: web.Request) -> DeskSession | None:
        """The session of whoever asks, or none."""
        token = request.cookies.get(COOKIE)
        return await self._services().agents.session_of(token) if token else None

    async def may_work(self, session: DeskSession) -> bool:
        """Whether nothing is missing before this session may see anything: the second factor where it is required."""
        return session.second_factor or not await self._services().agents.second_factor_required()

    async def _admit(self, request: web.Request, route: Route) -> DeskSession:
        if request.method != "GET":
            check_own_page(request)
        session = await self.session(request)
        if session is None:
            raise ApiError(401, "unauthenticated", "desk_error_unauthenticated")
        if not route.before_second_factor and not await self.may_work(session):
            raise ApiError(403, "second_factor_needed", "desk_error_second_factor_needed")
        if not session.agent.role.may(route.role):
            raise ApiError(403, "role", "desk_error_role")
        return session

    async def _record(self, request: web.Request, route: Route) -> None:
        if route.records is None:
            return
        actor, subject = actor_of(request, self._services()), _subject(request)
        async with self._services().store.write() as unit:
            if request.method != "GET" or not await was_recorded(unit, actor, route.records, subject, _SAME_LOOK):
                await record(unit, actor, route.records, subject)

    async def _record_refusal(self, request: web.Request, route: Route, code: str) -> None:
        if route.records is None:
            return
        async with self._services().store.write() as unit:
            actor = actor_of(request, self._services())
            await record(unit, actor, f"{route.records}.refused", _subject(request), code=code)


def session_in(request: web.Request) -> DeskSession:
    """The session that the guard let in."""
    return request[_SESSION]


def actor_of(request: web.Request, services: Services) -> Actor:
    """Who asks, for the audit log."""
    agent = session_in(request).agent
    return Actor(id=agent.id, name=agent.name, address=address_of(request, services.settings.proxies))


def check_own_page(request: web.Request) -> None:
    """Raises `ApiError` unless the request was made by our own page."""
    if _HEADER not in request.headers or not is_same_origin(request):
        raise ApiError(403, "origin", "desk_error_origin")


def check_readable(request: web.Request) -> None:
    """Raises `ApiError` for an address that names nothing which could be stored: with NUL, or half a character."""
    if not all(map(_is_storable, request.match_info.values())):
        raise ApiError(404, "not_found", "error_not_found")
    if not all(map(_is_storable, request.query.values())):
        raise ApiError(400, "bad_request", "error_bad_frame")


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


async def decoded(request: web.Request, kind: type[Body]) -> Body:
    """The request's body as this type, without NUL characters; raises `ApiError` where it is none."""
    try:
        return msgspec.json.decode(_NUL.sub(rb"\1", await request.read()) or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ApiError(400, "bad_request", "error_bad_frame") from error


def _subject(request: web.Request) -> str:
    return next(iter(request.match_info.values()), "")
