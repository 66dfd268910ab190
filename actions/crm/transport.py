"""One way to call a system over HTTP: bounded in time, repeated where that is safe, and spared when it is down.

Guarantee: `call` returns an answer of the system (below 500, not 429) or raises `CrmUnavailable`, within its time limit
whatever the system does. Only calls marked repeatable are repeated, at most twice and after a random pause. After
`TRIP_AFTER` failures in a row nothing is sent for `rest` seconds; then the next call tries the system again, and its
outcome decides. Neither addresses nor bodies are logged, so no customer data is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
import structlog
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.messages.base import Event
from purgatory.domain.model import HALF_OPENED, OPENED, OpenedState
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    retry_if_not_exception_type,
    stop_after_attempt,
    wait_random,
)

from actions.crm.errors import CrmUnavailable

log = structlog.get_logger(__name__)

TIME_LIMIT = 2.0  # seconds for one verb, repetitions included
ATTEMPTS = 3
TRIP_AFTER = 5  # failures in a row
REST = 10.0  # seconds
_MAX_ANSWER = 16 * 2**20  # bytes; more is no answer to any of our questions


@dataclass(frozen=True)
class Answer:
    """What the system said. Its body is not yet looked at."""

    status: int
    body: bytes


class _Failed(Exception):
    """One attempt failed in a way that says the system is down or overloaded."""


class _Slow(_Failed):
    """The time is used up; there is none left for another attempt."""


class HttpTransport:
    """Calls one system; connections are kept and shared. One per process and system."""

    def __init__(
        self,
        name: str,
        base: str,
        headers: Mapping[str, str],
        *,
        time_limit: float = TIME_LIMIT,
        rest: float = REST,
        auth: aiohttp.BasicAuth | None = None,
    ) -> None:
        """`name` is for the log; `base` is the address that paths are appended to."""
        self._name = name
        self._base = base.rstrip("/")
        self._headers = dict(headers)
        self._auth = auth
        self._limit = time_limit
        self._session: aiohttp.ClientSession | None = None
        # A call that its caller gave up says nothing about the system.
        self._breakers = AsyncCircuitBreakerFactory(TRIP_AFTER, rest, exclude=[asyncio.CancelledError])
        self._breakers.add_listener(self._tell)

    async def call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        repeatable: bool,
        body: bytes | None = None,
        params: Mapping[str, str] | None = None,
        time_limit: float | None = None,
    ) -> Answer:
        """Send one request, again if it failed and is repeatable.

        Raises:
            CrmUnavailable: no answer in time, a server's error, or the breaker is open.
        """
        limit = time_limit or self._limit
        deadline = asyncio.get_running_loop().time() + limit
        retrying = AsyncRetrying(
            stop=stop_after_attempt(ATTEMPTS if repeatable else 1),
            wait=wait_random(0.02, 0.2),
            retry=retry_if_exception_type(_Failed) & retry_if_not_exception_type(_Slow),
            reraise=True,
        )
        try:
            return await retrying(self._attempt, method, path, body, params, deadline)
        except OpenedState as error:
            error.with_traceback(None)  # the breaker raises one object again and again; it would collect our frames
            raise CrmUnavailable(operation, "resting after failures") from None
        except _Slow as error:
            raise CrmUnavailable(operation, f"no answer within {limit:g} s") from error
        except _Failed as error:
            raise CrmUnavailable(operation, str(error)) from error

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def _attempt(
        self, method: str, path: str, body: bytes | None, params: Mapping[str, str] | None, deadline: float
    ) -> Answer:
        left = deadline - asyncio.get_running_loop().time()
        async with await self._breakers.get_breaker(self._name):
            try:
                return await asyncio.wait_for(self._send(method, path, body, params), left)
            except (asyncio.TimeoutError, TimeoutError) as error:
                raise _Slow from error
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise _Failed(type(error).__name__) from error

    async def _send(self, method: str, path: str, body: bytes | None, params: Mapping[str, str] | None) -> Answer:
        if self._session is None or self._session.closed:
            # Made on first use: a session belongs to the running event loop.
            self._session = aiohttp.ClientSession(
                headers=self._headers, auth=self._auth, connector=aiohttp.TCPConnector(limit=32, keepalive_timeout=30)
            )
        # Redirects are refused: a token must not travel to another address.
        async with self._session.request(
            method, self._base + path, data=body, params=params, allow_redirects=False
        ) as response:
            if response.status >= 500 or response.status == 429:
                raise _Failed(f"status {response.status}")
            content = await response.content.read(_MAX_ANSWER)
            if not response.content.at_eof():
                raise _Failed("answer too long")
            return Answer(response.status, content)

    def _tell(self, _circuit: str, kind: str, event: Event) -> None:
        if kind != "state_changed":
            return
        state = getattr(event, "state", None)
        if state == OPENED:
            log.warning("a system is given a rest after failures", system=self._name)
        elif state != HALF_OPENED:
            log.info("a system answers again", system=self._name)
