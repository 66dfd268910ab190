"""What a channel must implement to reach people through the edge.

A channel translates between its provider and the services: it stores what comes in through `Conversations.receive` and
acknowledges only what that returned. A channel that pushes also has a sender, which the delivery calls; a channel whose
clients fetch, like the widget, has none. Channels do not know each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from aiohttp import web

from bot.bootstrap import Job, Services
from bot.service.delivery import Sender


class Channel(Protocol):
    """One way to reach the assistant."""

    # The name stored with each conversation, such as `widget`.
    name: str

    @property
    def sender(self) -> Sender | None:
        """For channels that push; None where the client fetches."""
        ...

    def register(self, app: web.Application) -> None:
        """Add the channel's routes. Called once, before the edge starts."""
        ...

    def start(self, services: Services) -> None:
        """The services are there: begin to work."""
        ...

    def jobs(self) -> Sequence[Job]:
        """Work of the channel's own that runs wherever workers run. Asked for after `start`."""
        ...

    async def stop(self) -> None:
        """Close every connection, saying that the server restarts."""
        ...

    async def close(self) -> None:
        """The workers have ended: close what they worked with."""
        ...
