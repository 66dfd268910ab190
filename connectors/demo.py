"""Pages of the demonstration, present only with `KLARTEXT_DEMO=1`: the provider's website and its outgoing mail."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from bot.bootstrap import Services
from connectors.frames import json_response

_FOLDER = Path(__file__).parent / "widget" / "demo"


def register_demo(app: web.Application, services_key: web.AppKey[Services]) -> None:
    """Add `/`, `/demo/outbox` and their files."""

    async def home(request: web.Request) -> web.FileResponse:
        name = "index.en.html" if request.query.get("lang") == "en" else "index.html"
        return web.FileResponse(_FOLDER / name)

    async def outbox_page(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(_FOLDER / "outbox.html")

    async def outbox(request: web.Request) -> web.Response:
        return json_response(await request.app[services_key].crm.notifications())

    app.router.add_get("/", home)
    app.router.add_get("/demo/outbox", outbox_page)
    app.router.add_get("/demo/outbox.json", outbox)
    app.router.add_static("/demo/static", _FOLDER / "static")
