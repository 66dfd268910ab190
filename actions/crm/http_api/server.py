"""Reference server of the HTTP contract, over any `CrmRepository`; run by itself, over the SQL adapter.

Guarantee: only callers with the token are served, and comparing it takes the same time for every wrong one. Arguments
that do not fit their types, unknown ones included, are refused with 400 and reach no repository. Every error is
`application/problem+json`; none holds customer data or a trace. Run it with

    KLARTEXT_CRM_TOKEN=… python -m actions.crm.http_api.server --database sqlite+aiosqlite:///var/crm.db --port 8090
"""

from __future__ import annotations

import argparse
import hmac
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from actions.crm.errors import CrmRejected, CrmUnavailable
from actions.crm.http_api import openapi
from actions.crm.http_api.contract import OPERATIONS, REJECTED, Operation, Problem
from actions.crm.repository import CrmRepository

log = structlog.get_logger(__name__)

DEFAULT_PORT = 8090
_MAX_BODY = 2**20  # bytes
_MAX_BODIES = {"add_ticket_file": 24 * 2**20}  # the largest file that a ticket may get, as base64


def create_app(crm: CrmRepository, token: str) -> web.Application:
    """The application; it closes `crm` when it ends.

    Raises:
        ValueError: the token is empty.
    """
    if not token:
        raise ValueError("a server of customer data needs a token")
    app = web.Application(middlewares=[_problems, _guard(token)])
    described = openapi.text()

    async def description(_request: web.Request) -> web.Response:
        return web.Response(text=described, content_type="application/json")

    async def closing(_app: web.Application) -> AsyncIterator[None]:
        yield
        await crm.close()

    app.router.add_get("/openapi.json", description)
    for operation in OPERATIONS.values():
        app.router.add_post(operation.path, _handler(crm, operation))
    app.cleanup_ctx.append(closing)
    return app


def _handler(crm: CrmRepository, operation: Operation) -> Callable[[web.Request], Awaitable[web.Response]]:
    verb = getattr(crm, operation.verb)
    decoder = msgspec.json.Decoder(operation.arguments)
    most = _MAX_BODIES.get(operation.verb, _MAX_BODY)

    async def handle(request: web.Request) -> web.Response:
        try:
            given = decoder.decode(await request.clone(client_max_size=most).read())
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return _problem(400, "The arguments do not fit", str(error)[:200])
        arguments = {name: getattr(given, name) for name in given.__struct_fields__}
        return web.Response(body=msgspec.json.encode(await verb(**arguments)), content_type="application/json")

    return handle


@web.middleware
async def _problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except CrmRejected as error:
        return _problem(422, "Rejected", error.cause, kind=REJECTED)
    except CrmUnavailable as error:
        return _problem(503, "Not available", error.cause)
    except web.HTTPException as error:
        return _problem(error.status, error.reason)
    except Exception:
        log.exception("a request to the customer data system failed", path=request.path)
        return _problem(500, "Internal error")


def _guard(token: str) -> Middleware:
    expected = f"Bearer {token}".encode()

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, expected):
            response = _problem(401, "A valid token is needed")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        return await handler(request)

    return guard


def _problem(status: int, title: str, detail: str = "", *, kind: str = "about:blank") -> web.Response:
    problem = Problem(type=kind, title=title, status=status, detail=detail)
    return web.Response(
        status=status, body=msgspec.json.encode(problem), headers={"Content-Type": "application/problem+json"}
    )


def serve(database: str, token: str, host: str, port: int) -> None:
    """Serve the SQL database at `database` until interrupted."""
    from actions.crm.sql import connect  # deferred: a server over another repository needs no database driver

    web.run_app(create_app(connect(database), token), host=host, port=port, print=None, access_log=None)


def main(arguments: list[str] | None = None) -> None:
    """Command line of the reference server. It stands for another company's system, so it reads its own token."""
    parser = argparse.ArgumentParser(prog="python -m actions.crm.http_api.server", description="Serve customer data.")
    parser.add_argument("--database", required=True, help="sqlite+aiosqlite:///file or postgresql+asyncpg://…")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    given = parser.parse_args(arguments)
    token = os.environ.get("KLARTEXT_CRM_TOKEN", "").strip()
    if not token:
        sys.exit("KLARTEXT_CRM_TOKEN: a token is needed to serve customer data")
    serve(given.database, token, given.host, given.port)


if __name__ == "__main__":
    main()
