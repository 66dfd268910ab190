"""The edge: the server that the world sees.

It runs without Rasa. A failure inside a request is logged with its trace and told to the reader in one sentence; no
stack trace leaves the process. Every answer carries a strict Content-Security-Policy.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from bot.bootstrap import Services, background, open_services
from bot.settings import Settings
from bot.store.errors import StoreUnavailable
from connectors.channel import Channel
from connectors.demo import register_demo
from connectors.desk import Desk
from connectors.frames import ApiError
from connectors.health import register_health
from connectors.record import register_record
from connectors.transparency import register_transparency
from connectors.updates import register_updates
from connectors.whatsapp import WhatsApp
from connectors.whatsapp.demo import PhoneDemo
from connectors.widget import Widget

log = structlog.get_logger(__name__)

SERVICES: web.AppKey[Services] = web.AppKey("services", Services)

_CONTENT_SECURITY_POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    # Files are asked for again each time and mostly answered with 304, so that no two versions of a page mix.
    "Cache-Control": "no-cache",
    "Server": "Klartext",
}
# Largest request body, in bytes; a larger one is refused before it is read.
_BODY_LIMIT = 1024 * 1024

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def channels(settings: Settings) -> Sequence[Channel]:
    """The channels that these settings ask for."""
    return (Widget(), Desk(), *([WhatsApp(settings)] if settings.whatsapp else []))


@asynccontextmanager
async def working(
    settings: Settings, parts: Sequence[Channel], *, workers: bool, follows: bool
) -> AsyncIterator[Services]:
    """Services and channels, connected, with what works in the background, until the block ends."""
    senders = {channel.name: channel.sender for channel in parts if channel.sender is not None}
    async with open_services(settings, senders, patient=True) as services:
        for channel in parts:
            channel.start(services)
        more = [job for channel in parts for job in channel.jobs()]
        try:
            async with background(services, workers=workers, follows=follows, more=more):
                yield services
        finally:
            # Only now: what the workers were sending when they were told to stop goes out.
            for channel in parts:
                await channel.close()


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    words = request.app[SERVICES].words
    try:
        return await handler(request)
    except ApiError as error:
        return error.response(words, request)
    except StoreUnavailable as error:
        log.warning("the database is away", path=request.path, error=str(error))
        key = "error_unavailable" if request.method == "GET" else "error_not_saved"
        return ApiError(503, "unavailable", key).response(words, request)
    except web.HTTPNotFound:
        return ApiError(404, "not_found", "error_not_found").response(words, request)
    except web.HTTPRequestEntityTooLarge:
        return ApiError(413, "too_large", "error_too_long", limit=str(_BODY_LIMIT)).response(words, request)
    except web.HTTPException:
        raise
    except ConnectionResetError:
        # Who asked is gone: nobody reads the answer, and nothing went wrong here.
        return web.Response(status=400)
    except Exception:
        log.exception("a request failed", path=request.path)
        return ApiError(500, "internal", "error_internal").response(words, request)


async def _security_headers(_request: web.Request, response: web.StreamResponse) -> None:
    if isinstance(response, web.WebSocketResponse):
        # Nothing that a browser shows; kept as long as the socket is open.
        return
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)


def create_app(settings: Settings, *, workers: bool = True) -> web.Application:
    """The edge as an aiohttp application, with its workers in the same process unless told otherwise."""
    app = web.Application(middlewares=[_errors], client_max_size=_BODY_LIMIT)
    app.on_response_prepare.append(_security_headers)
    phone = PhoneDemo(settings) if settings.demo and not settings.whatsapp else None
    if phone is not None:
        settings = phone.settings
    parts = channels(settings)

    async def connected(app: web.Application) -> AsyncIterator[None]:
        async with working(settings, parts, workers=workers, follows=True) as services:
            app[SERVICES] = services
            yield

    async def leave(_app: web.Application) -> None:
        for channel in parts:
            await channel.stop()

    app.cleanup_ctx.append(connected)
    app.on_shutdown.append(leave)
    for channel in parts:
        channel.register(app)
    register_health(app, SERVICES)
    register_transparency(app, SERVICES)
    register_record(app, SERVICES)
    register_updates(app, SERVICES)
    if settings.demo:
        register_demo(app, SERVICES)
    if phone is not None:
        phone.register(app, SERVICES)
    return app
