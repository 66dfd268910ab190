"""The provider's Graph API over HTTP. A request has one of three outcomes: done, certainly not done, or unknown."""

from __future__ import annotations

import asyncio
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp
import msgspec

from connectors.whatsapp.envelope import load
from connectors.whatsapp.errors import ApiError

_TIMEOUT = 20.0
# More pages of a list than this are none of ours.
_MOST_PAGES = 50
# Longest answer to a request that is read, in bytes.
_LONGEST_ANSWER = 1024 * 1024


class NotReached(Exception):
    """The request certainly did not get to the provider."""


class Unanswered(Exception):
    """The request went out and no clear answer came back."""


class MediaRefused(Exception):
    """A file will not be fetched: `gone` or `refused`, and why."""

    def __init__(self, state: Literal["gone", "refused"], reason: str) -> None:
        super().__init__(reason)
        self.state: Literal["gone", "refused"] = state


class GraphClient:
    """Speaks to the provider for an account. `ours` is the id of the number of the account that speaks."""

    def __init__(self, base: str, token: str, *, timeout: float = _TIMEOUT) -> None:
        self._base = base.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=min(timeout, 5.0))
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def send(self, ours: str, body: dict[str, Any]) -> str:
        """Send a message; the provider's id of it.

        Raises:
            ApiError, NotReached: it was certainly not sent.
            Unanswered: it may have been sent.
        """
        answer = await self._post(ours, body)
        messages = answer.get("messages") if isinstance(answer, dict) else None
        first = messages[0] if isinstance(messages, list) and messages else None
        if not isinstance(first, dict) or not isinstance(first.get("id"), str):
            raise Unanswered("an answer without an id")
        return str(first["id"])[:200]

    async def upload(self, ours: str, content: bytes, media_type: str, file_name: str) -> str:
        """Hand a file to the provider; the id under which messages of this number can name it for 30 days.

        Raises:
            ApiError, NotReached, Unanswered: another try does no harm, an upload that nobody names is dropped.
        """
        form = aiohttp.FormData()
        form.add_field("messaging_product", "whatsapp")
        form.add_field("type", media_type)
        form.add_field("file", content, content_type=media_type, filename=file_name)
        answer = await self._request("POST", f"{self._base}/{ours}/media", form)
        media_id = answer.get("id") if isinstance(answer, dict) else None
        if not isinstance(media_id, str | int):
            raise Unanswered("an answer without an id")
        return str(media_id)[:200]

    async def mark_read(self, ours: str, provider_id: str, *, typing: bool) -> None:
        """Show the customer that the message is read, and with `typing` that an answer is being made.

        Raises:
            ApiError, NotReached, Unanswered: it is not shown, or perhaps not.
        """
        body: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": provider_id}
        if typing:
            body["typing_indicator"] = {"type": "text"}
        await self._post(ours, body)

    async def templates(self, account_id: str) -> list[Any]:
        """Every template of the business account, as the provider tells them.

        Raises:
            ApiError, NotReached, Unanswered: it does not tell them all.
        """
        found: list[Any] = []
        after = ""
        for _ in range(_MOST_PAGES):
            query = {"fields": "name,language,status,components", "limit": "100", **({"after": after} if after else {})}
            page = await self._request("GET", f"{self._base}/{account_id}/message_templates?{urlencode(query)}", None)
            listed = page.get("data") if isinstance(page, dict) else None
            if not isinstance(listed, list):
                raise Unanswered("an answer without templates")
            found += listed
            paging = page.get("paging")
            cursors = paging.get("cursors") if isinstance(paging, dict) and paging.get("next") else None
            after = str(cursors.get("after") or "") if isinstance(cursors, dict) else ""
            if not after:
                return found
        raise Unanswered("a list of templates without an end")

    async def number_state(self, ours: str) -> str:
        """What the provider says of the number: CONNECTED when messages can be sent from it.

        Raises:
            ApiError, NotReached, Unanswered: it does not say.
        """
        found = await self._request("GET", f"{self._base}/{ours}?fields=status", None)
        state = found.get("status") if isinstance(found, dict) else None
        return state if isinstance(state, str) else "UNKNOWN"

    async def is_subscribed(self, account_id: str) -> bool:
        """Whether the account sends its webhooks to any app.

        Raises:
            ApiError, NotReached, Unanswered: the provider does not say.
        """
        found = await self._request("GET", f"{self._base}/{account_id}/subscribed_apps", None)
        return bool(found.get("data")) if isinstance(found, dict) else False

    async def media(self, media_id: str, limit: int) -> bytes:
        """The content of a file that a customer sent.

        Raises:
            MediaRefused: it is gone, or larger than `limit` bytes.
            ApiError, NotReached, Unanswered: another try may help.
        """
        found = await self._request("GET", f"{self._base}/{media_id}", None)
        url = found.get("url") if isinstance(found, dict) else None
        if not isinstance(url, str) or not url.startswith(("https://", self._base.partition("://")[0] + "://")):
            raise MediaRefused("gone", "the provider names no address for it")
        declared = found.get("file_size")
        if isinstance(declared, int) and declared > limit:
            raise MediaRefused("refused", f"{declared} bytes are more than {limit}")
        return await self._download(url, limit)

    async def _download(self, url: str, limit: int) -> bytes:
        content = bytearray()
        try:
            async with self._open().get(url, headers=self._headers, allow_redirects=False) as response:
                if response.status in {404, 410}:
                    raise MediaRefused("gone", "the provider no longer has it")
                if response.status != 200:
                    raise ApiError(None, response.status, "a file could not be fetched")
                async for chunk in response.content.iter_chunked(64 * 1024):
                    content += chunk
                    if len(content) > limit:
                        raise MediaRefused("refused", f"more than {limit} bytes")
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise Unanswered(str(error) or "no answer in time") from error
        return bytes(content)

    async def _post(self, ours: str, body: dict[str, Any]) -> Any:
        return await self._request("POST", f"{self._base}/{ours}/messages", body)

    async def _request(self, method: str, url: str, body: dict[str, Any] | aiohttp.FormData | None) -> Any:
        headers = dict(self._headers)
        data: bytes | aiohttp.FormData | None = None
        if isinstance(body, aiohttp.FormData):
            data = body
        elif body is not None:
            data = msgspec.json.encode(body)
            headers["Content-Type"] = "application/json"
        try:
            async with self._open().request(method, url, data=data, headers=headers) as response:
                raw = await response.content.read(_LONGEST_ANSWER)
                status = response.status
        except aiohttp.ClientConnectorError as error:
            raise NotReached(str(error)) from error
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise Unanswered(str(error) or "no answer in time") from error
        return _checked(status, raw)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        return self._session


def _checked(status: int, raw: bytes) -> Any:
    try:
        answer = load(raw)
    except (ValueError, RecursionError):
        answer = None
    error = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(error, dict):
        code = error.get("code")
        details = error.get("error_data")
        words = (details.get("details") if isinstance(details, dict) else None) or error.get("message") or ""
        raise ApiError(code if isinstance(code, int) else None, status, str(words)[:200])
    if 200 <= status < 300:
        return answer
    if 400 <= status < 500:
        raise ApiError(None, status, f"HTTP {status}")
    # A gateway on the way gave up: the provider may have it.
    raise Unanswered(f"HTTP {status}")
