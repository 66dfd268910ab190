"""The widget's routes and the register of who is connected to this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aiohttp import web

from bot.bootstrap import Job, Services
from bot.service.delivery import Sender
from bot.store.wakeup import Hint
from connectors.closing import all_gone
from connectors.frames import ApiError, address_of, is_same_origin, request_language
from connectors.widget.allowance import Beginnings
from connectors.widget.file_line import FileLine
from connectors.widget.form import FormPage
from connectors.widget.http_line import HttpLine
from connectors.widget.leave_line import LeaveLine
from connectors.widget.protocol import RESTART
from connectors.widget.scripts import Scripts
from connectors.widget.socket import Socket
from connectors.widget.why_line import WhyLine

# Largest frame read at all, in bytes; one between this and the message limit gets an explanation, a larger one a close.
_READ_LIMIT = 1024 * 1024


class Widget:
    """The chat on a website."""

    name = "widget"
    sender: Sender | None = None

    def __init__(self) -> None:
        self._services: Services | None = None
        # Of most conversations there is one.
        self._sockets: dict[str, tuple[Socket, ...]] = {}
        self._beginnings = Beginnings()
        self._http = HttpLine(self._check_origin, self._may_begin)
        self._files = FileLine(self._http)
        self._leave = LeaveLine(self._http)
        self._why = WhyLine(self._http)
        self._scripts = Scripts()
        self._form = FormPage(self._check_origin)
        self._forget: Callable[[], None] | None = None

    @property
    def services(self) -> Services:
        """The services, once started."""
        assert self._services is not None
        return self._services

    def register(self, app: web.Application) -> None:
        """Add the routes under `/widget`."""
        app.router.add_get("/widget/ws", self._socket)
        app.on_response_prepare.append(self._let_embedding_pages_read)
        for part in (self._http, self._files, self._leave, self._why, self._scripts, self._form):
            part.register(app)

    def start(self, services: Services) -> None:
        """Begin to listen for changes."""
        self._services = services
        self._http.start(services)
        self._scripts.start(services)
        self._form.start(services)
        self._forget = services.store.wakeup.subscribe(self._on_hint)

    def jobs(self) -> Sequence[Job]:
        """None: everything is asked for by clients."""
        return ()

    async def stop(self) -> None:
        """Close every socket; clients come back by themselves."""
        if self._forget is not None:
            self._forget()
        for sockets in tuple(self._sockets.values()):
            for socket in sockets:
                socket.closing.request(RESTART, b"restart")
        await all_gone(lambda: bool(self._sockets))

    async def close(self) -> None:
        """Nothing: no worker works for it."""

    def _on_hint(self, hint: Hint) -> None:
        for socket in self._sockets.get(hint.conversation_id, ()):
            socket.notify(hint)
        self._http.notify(hint)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        self._check_origin(request)
        # No compression: its buffers would be most of an idle connection's memory.
        ws = web.WebSocketResponse(heartbeat=30, max_msg_size=_READ_LIMIT, compress=False)
        await ws.prepare(request)
        # They are sent, and would be kept as long as the socket is open.
        ws.headers.clear()
        socket = Socket(self.services, ws, request_language(request), lambda: self._may_begin(request))
        try:
            if await socket.greet() and (conversation_id := socket.conversation_id) is not None:
                self._sockets[conversation_id] = (*self._sockets.get(conversation_id, ()), socket)
                await socket.serve()
        finally:
            left = tuple(one for one in self._sockets.get(socket.conversation_id or "", ()) if one is not socket)
            if left:
                self._sockets[socket.conversation_id or ""] = left
            else:
                self._sockets.pop(socket.conversation_id or "", None)
        return ws

    async def _let_embedding_pages_read(self, request: web.Request, response: web.StreamResponse) -> None:
        """Answers are for our own pages and those that may embed the widget; the browser keeps them from others."""
        origin = request.headers.get("Origin")
        if request.path.startswith("/widget/") and origin in self.services.settings.widget_origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Vary"] = "Origin"

    def _may_begin(self, request: web.Request) -> bool:
        return self._beginnings.take(address_of(request, self.services.settings.proxies))

    def _check_origin(self, request: web.Request) -> None:
        if not is_same_origin(request, self.services.settings.widget_origins):
            raise ApiError(403, "origin", "error_origin")
