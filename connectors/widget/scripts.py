"""The widget's file at its addresses, and the tag for websites.

`/widget/klartext.<version>.js` stands for the same bytes for ever: a page that pins them with an integrity value goes
on working after an update of the server, for every file that this server ever offered is kept in `var/widget`. Several
servers share that folder, or a page may ask one that does not know its version (404, and the page has no chat).
`/widget/klartext.js` is always the newest. `/widget/tag` shows both to whoever runs a website.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from aiohttp import web

from bot.bootstrap import Services
from connectors.widget.bundle import Script, script_of, widget_script

_FOR_EVER = "public, max-age=31536000, immutable"
_NAME = re.compile(r"klartext\.([0-9a-f]{16})\.js")


class Scripts:
    """What this server offers and has offered."""

    def __init__(self) -> None:
        self._services: Services | None = None
        self._newest: Script | None = None
        self._known: dict[str, Script] = {}

    def register(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/widget/klartext.js", self._get_newest)
        app.router.add_get("/widget/klartext.{version:[0-9a-f]{16}}.js", self._get_version)
        app.router.add_get("/widget/tag", self._tag)

    def start(self, services: Services) -> None:
        """Make the file of this version and keep it beside those of earlier ones."""
        self._services = services
        self._newest = widget_script(services.words)
        folder = services.settings.var / "widget"
        folder.mkdir(parents=True, exist_ok=True)
        _keep(folder, self._newest)
        self._known = _kept(folder)

    @property
    def newest(self) -> Script:
        """The file of this server's version."""
        assert self._newest is not None
        return self._newest

    async def _get_newest(self, request: web.Request) -> web.Response:
        return _answer(request, self.newest, "no-cache")

    async def _get_version(self, request: web.Request) -> web.Response:
        script = self._known.get(request.match_info["version"])
        if script is None:
            raise web.HTTPNotFound
        return _answer(request, script, _FOR_EVER)

    async def _tag(self, request: web.Request) -> web.Response:
        assert self._services is not None
        base = self._services.settings.public_url.rstrip("/")
        text = tag(base, self.newest)
        return web.Response(text=text, content_type="text/plain", headers={"Cache-Control": "no-store"})


def tag(base: str, script: Script) -> str:
    """What a website's owner copies: the tag, and the two directives that a strict policy needs."""
    socket = re.sub(r"^http", "ws", base)
    return (
        f'<script async src="{base}/widget/klartext.{script.version}.js"\n'
        f'        integrity="{script.integrity}" crossorigin="anonymous"></script>\n'
        f'<noscript><a href="{base}/widget/form">Chat</a></noscript>\n\n'
        f"Content-Security-Policy: script-src {base}; connect-src {base} {socket}\n"
    )


def _answer(request: web.Request, script: Script, cache: str) -> web.Response:
    # Anybody may read the program; an integrity value is only checked of what a page may read.
    headers = {"Cache-Control": cache, "ETag": f'"{script.version}"', "Access-Control-Allow-Origin": "*"}
    headers["Vary"] = "Accept-Encoding"
    if any(known.value == script.version for known in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    if packed:
        headers["Content-Encoding"] = "gzip"
    body = script.packed if packed else script.body
    return web.Response(body=body, content_type="text/javascript", charset="utf-8", headers=headers)


def _keep(folder: Path, script: Script) -> None:
    target = folder / f"klartext.{script.version}.js"
    if not target.exists():
        # Another process may do the same at the same time, with the same bytes.
        draft = target.with_suffix(f".{os.getpid()}")
        draft.write_bytes(script.body)
        draft.replace(target)


def _kept(folder: Path) -> dict[str, Script]:
    """Every file whose content is what its name says."""
    found: dict[str, Script] = {}
    for path in folder.iterdir():
        if name := _NAME.fullmatch(path.name):
            script = script_of(path.read_bytes())
            if script.version == name[1]:
                found[script.version] = script
    return found
