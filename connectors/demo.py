"""Pages of the demonstration, present only with `KLARTEXT_DEMO=1`: the provider's website with its customer portal,
where anybody may be any demo customer, and its outgoing mail."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from aiohttp import web

from actions.crm.demo_people import demo_customers
from bot.bootstrap import Services
from bot.service.portal import sign
from bot.transparency.together import kept_together
from connectors.frames import json_response
from connectors.widget.bundle import widget_script

_FOLDER = Path(__file__).parent / "widget" / "demo"


def register_demo(app: web.Application, services_key: web.AppKey[Services]) -> None:
    """Add `/`, `/demo/outbox`, the portal's two answers and their files."""

    async def home(request: web.Request) -> web.Response:
        name = "index.en.html" if request.query.get("lang") == "en" else "index.html"
        # With the tag that any website would have: this version of the chat, and its integrity value.
        script = widget_script(request.app[services_key].words)
        page = (_FOLDER / name).read_text(encoding="utf-8")
        page = page.replace("{version}", script.version).replace("{integrity}", script.integrity)
        return web.Response(text=kept_together(page), content_type="text/html", headers={"Cache-Control": "no-cache"})

    async def outbox_page(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(_FOLDER / "outbox.html")

    async def outbox(request: web.Request) -> web.Response:
        return json_response(await request.app[services_key].crm.notifications())

    async def customers(_request: web.Request) -> web.Response:
        return json_response(demo_customers())

    async def signature(request: web.Request) -> web.Response:
        number = request.match_info["number"]
        if number not in {customer.number for customer in demo_customers()}:
            raise web.HTTPNotFound
        secret = request.app[services_key].settings.identify_secret
        return web.Response(text=sign(secret, number, datetime.now(timezone.utc)))

    app.router.add_get("/", home)
    app.router.add_get("/demo/outbox", outbox_page)
    app.router.add_get("/demo/outbox.json", outbox)
    app.router.add_get("/demo/customers.json", customers)
    app.router.add_get("/demo/portal/{number}", signature)
    app.router.add_static("/demo/static", _FOLDER / "static")
