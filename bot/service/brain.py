"""The edge's side of the brain link: one question, one answer or one error. It never retries by itself.

Any failure, a late answer included, is `BrainUnavailable`; what to do about it is decided by the turn.
"""

from __future__ import annotations

import asyncio

import aiohttp
import msgspec

from bot.service.brain_protocol import Failure, HandoverReason, TurnRequest, TurnResponse

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(TurnResponse)
_failures = msgspec.json.Decoder(Failure)


class BrainUnavailable(Exception):
    """The brain did not answer, answered too late, with an error, or with nothing to say.

    `reason` is why a person is needed if asking again does not help.
    """

    def __init__(self, what: str, reason: HandoverReason = "assistant_unavailable") -> None:
        super().__init__(what)
        self.reason = reason


def _failure(status: int, body: bytes) -> BrainUnavailable:
    try:
        failure = _failures.decode(body)
    except msgspec.DecodeError:
        return BrainUnavailable(f"HTTP {status}: {body[:300].decode(errors='replace')}")
    return BrainUnavailable(f"HTTP {status}: {failure.error}", failure.reason)


class BrainClient:
    """Asks the brain over HTTP, with connections kept open."""

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=min(timeout, 2.0))
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, request: TurnRequest) -> TurnResponse:
        """What the brain suggests to say.

        Raises:
            BrainUnavailable: no usable answer within the timeout (seconds).
        """
        try:
            async with self._open().post(
                f"{self._url}/webhooks/klartext/turn",
                data=_encoder.encode(request),
                headers={"Content-Type": "application/json"},
            ) as response:
                body = await response.read()
                if response.status != 200:
                    raise _failure(response.status, body)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            raise BrainUnavailable(f"{type(error).__name__}: {error}") from error
        try:
            answer = _decoder.decode(body)
        except msgspec.DecodeError as error:
            raise BrainUnavailable(f"unreadable answer: {error}") from error
        if answer.says_nothing:
            raise BrainUnavailable("an empty answer")
        return answer

    async def is_ready(self) -> bool:
        """Whether a model is loaded."""
        try:
            async with self._open().get(
                f"{self._url}/webhooks/klartext/ready", timeout=aiohttp.ClientTimeout(total=2)
            ) as response:
                return response.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            return False

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
            self._session = aiohttp.ClientSession(timeout=self._timeout, connector=connector)
        return self._session
