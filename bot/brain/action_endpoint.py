"""The link to the action server, in place of the one that Rasa makes from `endpoints.yml`.

Guarantee: every call that did not end in a usable result is on the record of the turn, because Rasa itself
logs a failed action, loses its events and goes on. A rejection (HTTP 400 with the action's name: a form lets
another action answer) is normal and recorded as such. Nothing is tried twice here: an action may already have
written to another system, and the edge repeats the whole turn under its own deadline.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import msgspec
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from bot.brain.action_check import problem
from bot.brain.encoding import encode
from bot.brain.turn import ActionCall, ActionsAway, TurnFailed, current_turn

# Sanic closes an idle connection after 5 s; giving it up earlier avoids writing into a closing one.
IDLE_SECONDS = 3.0


class ActionEndpoint(EndpointConfig):
    """One kept HTTP session to the action server. `timeout_seconds` covers a whole call."""

    def __init__(self, url: str, timeout_seconds: float, **options: Any) -> None:
        super().__init__(url, **options)
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._kept: aiohttp.ClientSession | None = None

    @classmethod
    def in_place_of(cls, stock: EndpointConfig | None, url: str, timeout_seconds: float) -> ActionEndpoint:
        """Take over headers, parameters and options of the endpoint that `endpoints.yml` names."""
        if stock is None:
            return cls(url, timeout_seconds)
        return cls(
            url,
            timeout_seconds,
            params=stock.params,
            headers=stock.headers,
            basic_auth=stock.basic_auth,
            token=stock.token,
            token_name=stock.token_name,
            **stock.kwargs,
        )

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Call the action server once. Raises what Rasa expects: `ClientResponseError` or an aiohttp error."""
        body = kwargs["json"]
        action = str(body.get("next_action"))
        started = time.perf_counter()
        outcome, away = "given up", False
        try:
            result = await self._post(body)
            outcome = problem(result) or "ok"
        except ClientResponseError as error:
            outcome = "rejected" if _is_rejection(error) else f"HTTP {error.status}"
            raise
        except asyncio.TimeoutError as error:
            outcome, away = f"no answer within {self._timeout.total:g} s", True
            raise aiohttp.ServerTimeoutError(outcome) from error
        except (aiohttp.ClientError, msgspec.DecodeError) as error:
            outcome, away = f"{type(error).__name__}: {error}", isinstance(error, aiohttp.ClientConnectionError)
            raise
        finally:
            _record(action, outcome, away, (time.perf_counter() - started) * 1000)
        if outcome != "ok":
            raise aiohttp.ClientPayloadError(outcome)
        return result

    async def _post(self, body: Any) -> Any:
        if self._kept is None or self._kept.closed:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS)
            auth = aiohttp.BasicAuth(**self.basic_auth) if self.basic_auth else None
            self._kept = aiohttp.ClientSession(
                connector=connector, headers=self.headers, auth=auth, timeout=self._timeout
            )
        async with self._kept.post(
            self.url,
            data=encode(body),
            headers={"Content-Type": "application/json"},
            params=self.combine_parameters(),
        ) as response:
            content = await response.read()
            if response.status >= 400:
                raise ClientResponseError(response.status, response.reason or "", content.decode(errors="replace"))
            return msgspec.json.decode(content)

    async def close(self) -> None:
        """Close the kept connections."""
        if self._kept is not None:
            await self._kept.close()


def _record(action: str, outcome: str, away: bool, milliseconds: float) -> None:
    turn = current_turn()
    if turn is None:
        return
    turn.action_calls.append(ActionCall(action, outcome, milliseconds))
    if outcome not in {"ok", "rejected"}:
        turn.fail((ActionsAway if away else TurnFailed)(f"action {action}: {outcome}"))


def _is_rejection(error: ClientResponseError) -> bool:
    if error.status != 400:
        return False
    try:
        content = msgspec.json.decode(error.text)
    except msgspec.DecodeError:
        return False
    return isinstance(content, dict) and "action_name" in content
