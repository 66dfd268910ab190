"""What is compared: an assistant that customers can talk to, from socket to socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bench.processes import Process


class Silence(Exception):
    """An assistant gave no answer, or refused; the message says what it did instead."""


class Customer(Protocol):
    """One customer's client. Used by one task at a time."""

    async def begin(self, language: str) -> None:
        """Leave the conversation, if there is one, and begin another."""

    async def say(self, text: str) -> str:
        """Say something; the first text of the answer.

        Raises:
            Silence: there is none.
        """

    async def leave(self) -> None:
        """Let go of the connection."""


class Assistant(Protocol):
    """A running assistant."""

    @property
    def processes(self) -> Mapping[str, Process]:
        """Its processes by name."""

    def customer(self) -> Customer:
        """A new customer's client."""
