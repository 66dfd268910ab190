"""Another company's website, on an origin of its own, that embeds the chat with the tag that the server gives out.

Its pages allow nothing but what the chat's documentation asks for, so whatever else the chat tried would be refused by
the browser and fail the test.
"""

from __future__ import annotations

from html import escape

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

TITLE = "Stadtwerke Musterstadt"


class Site:
    """A website with one page. `attributes` of the script tag and its integrity can be changed for each visit."""

    def __init__(self) -> None:
        app = web.Application()
        app.router.add_get("/", self._page)
        self._server = TestServer(app)
        self.chat = ""
        self.attributes: dict[str, str] = {}
        self.integrity: str | None = None

    @property
    def origin(self) -> str:
        """As the browser names it."""
        return str(self._server.make_url("")).rstrip("/")

    async def start(self) -> None:
        """Open a port."""
        await self._server.start_server()

    async def stop(self) -> None:
        """Close it."""
        await self._server.close()

    async def _page(self, _request: web.Request) -> web.Response:
        async with ClientSession() as session, session.get(f"{self.chat}/widget/tag") as answer:
            tag, _, policy = (await answer.text()).partition("\n\n")
        given = "".join(f' {name}="{escape(value)}"' for name, value in self.attributes.items())
        tag = tag.replace("<script async", f"<script async{given}")
        if self.integrity is not None:
            before, _, rest = tag.partition('integrity="')
            tag = f'{before}integrity="{self.integrity}"{rest[rest.index(chr(34)) + 1 :]}'
        name, _, directives = policy.strip().partition(": ")
        page = f"<!doctype html><html lang='de'><title>{TITLE}</title><body><h1>{TITLE}</h1>{tag}</body></html>"
        strict = {name: f"default-src 'none'; base-uri 'none'; form-action 'none'; {directives}"}
        return web.Response(text=page, content_type="text/html", headers=strict)
