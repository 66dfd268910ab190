"""The WhatsApp channel: the webhook, and what works behind it.

A webhook is answered with 200 only after all of its items are committed; what they mean is worked out afterwards, from
the database, so that an item which is hard to apply never delays or costs another one.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
from collections.abc import Callable, Sequence

import msgspec
import structlog
from aiohttp import web

from bot.bootstrap import Job, Services
from bot.ending import end
from bot.service.templates import templates
from bot.settings import Settings
from bot.store.errors import StoreUnavailable
from bot.store.wakeup import Hint
from bot.store.whatsapp_items import add_items
from connectors.whatsapp.account_templates import TemplateCheck
from connectors.whatsapp.client import GraphClient
from connectors.whatsapp.entries import CHANNEL
from connectors.whatsapp.envelope import items
from connectors.whatsapp.intake import ITEMS, Intake
from connectors.whatsapp.media import MediaFetcher
from connectors.whatsapp.sender import WhatsAppSender

log = structlog.get_logger(__name__)

# Largest body, in bytes; the provider sends up to 3 MiB.
BODY_LIMIT = 4 * 1024 * 1024
PATH = "/webhooks/whatsapp"
_LONGEST_CHALLENGE = 1000
# A larger body, in bytes, is taken apart beside the loop.
_AT_ONCE = 64 * 1024


class WhatsApp:
    """WhatsApp Business, over the provider's Cloud API."""

    name = CHANNEL

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # A template that the provider would not take stops the start, and is named.
        templates()
        self._client = graph_client(settings)
        self.sender = WhatsAppSender(self._client, settings.whatsapp_numbers, per_second=settings.whatsapp_rate)
        self._services: Services | None = None
        self._forget: Callable[[], None] | None = None
        self._showing: set[asyncio.Task[None]] = set()

    def register(self, app: web.Application) -> None:
        """Add the webhook."""
        app.router.add_get(PATH, self._verify)
        app.router.add_post(PATH, self._receive)

    def start(self, services: Services) -> None:
        """Begin to show the customer that the bot works."""
        self._services = services
        self.sender.start(services.store, services.words)
        self._forget = services.store.wakeup.subscribe(self._on_hint)

    async def stop(self) -> None:
        """Show nobody anymore that the bot works."""
        if self._forget is not None:
            self._forget()
        await end(self._showing)

    async def close(self) -> None:
        """Close the connections to the provider."""
        if self._client is not None:
            await self._client.close()

    def jobs(self) -> Sequence[Job]:
        """Applying what came in, fetching files, and comparing the templates once."""
        services = self.services
        intake = Intake(
            services.store,
            services.conversations,
            services.words,
            numbers=self._settings.whatsapp_numbers,
            public_url=services.settings.public_url,
            file_days=self._settings.file_days,
        )
        fetcher = MediaFetcher(services.store, self._client, days=self._settings.file_days)
        account_id = self._settings.whatsapp_account_id
        if self._client is None or account_id is None:
            return [intake.run, fetcher.run]
        return [intake.run, fetcher.run, TemplateCheck(services.store, self._client, account_id).run]

    @property
    def services(self) -> Services:
        """The services, once started."""
        assert self._services is not None
        return self._services

    def _on_hint(self, hint: Hint) -> None:
        if hint.typing_to == "customer" and hint.typing_by == "bot":
            task = asyncio.create_task(self._show_typing(hint.conversation_id))
            self._showing.add(task)
            task.add_done_callback(self._showing.discard)

    async def _show_typing(self, conversation_id: str) -> None:
        with contextlib.suppress(StoreUnavailable):
            await self.sender.show_read(conversation_id, typing=True)

    async def _verify(self, request: web.Request) -> web.Response:
        """The provider asks whether this address is ours."""
        expected = self._settings.whatsapp_verify_token or ""
        given = request.query.get("hub.verify_token", "")
        right = hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())
        if not expected or not right or request.query.get("hub.mode") != "subscribe":
            return web.Response(status=403, text="the verify token is another one")
        return web.Response(text=request.query.get("hub.challenge", "")[:_LONGEST_CHALLENGE])

    async def _receive(self, request: web.Request) -> web.Response:
        """Store everything, then acknowledge."""
        try:
            body = await request.clone(client_max_size=BODY_LIMIT).read()
        except web.RequestPayloadError:
            return web.Response(status=400, text="the body cannot be read")
        # Where there are several, nobody could say which one counts.
        signatures = request.headers.getall("X-Hub-Signature-256", [])
        if len(signatures) != 1 or not is_signed(body, signatures[0], self._settings.whatsapp_app_secrets):
            return web.Response(status=401, text="the signature is missing or wrong")
        if len(body) <= _AT_ONCE:
            found = items(body)
        else:
            found = await asyncio.get_running_loop().run_in_executor(None, items, body)
        async with self.services.store.write(urgent=True) as unit:
            await add_items(unit, [msgspec.structs.asdict(item) for item in found])
            unit.hint(Hint(conversation_id=ITEMS))
        return web.Response(text="stored")


def graph_client(settings: Settings) -> GraphClient | None:
    """A client, or None while number or token are missing."""
    token = settings.whatsapp_access_token
    if not settings.whatsapp_numbers or not token:
        return None
    return GraphClient(settings.whatsapp_api_base, token)


def is_signed(body: bytes, header: str, secrets: Sequence[str]) -> bool:
    """Whether the body was signed with one of the app's secrets. All of them are compared, in constant time."""
    given = header.encode("utf-8", "surrogatepass")
    right = False
    for secret in secrets:
        expected = b"sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
        right |= hmac.compare_digest(expected, given)
    return right
