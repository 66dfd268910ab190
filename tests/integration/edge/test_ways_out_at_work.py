"""A running edge reaches nobody but its own parts: every connection that a conversation makes is looked at."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.integration.edge.conftest import Edge

_seen: list[tuple[str, object]] | None = None


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _seen is not None and event in {"socket.connect", "socket.sendto", "socket.sendmsg", "subprocess.Popen"}:
        _seen.append((event, arguments[1] if event.startswith("socket") else arguments[0]))


@pytest.fixture
def connections() -> Iterator[list[tuple[str, object]]]:
    """Where this process connects to; a hook of the interpreter itself, which no library can go around."""
    global _seen
    if not getattr(sys, "_klartext_hooked", False):
        sys.addaudithook(_hook)
        sys._klartext_hooked = True  # type: ignore[attr-defined]
    _seen = []
    yield _seen
    _seen = None


async def test_a_conversation_connects_to_nothing_but_the_brain(
    edge: Edge, connections: list[tuple[str, object]]
) -> None:
    own = {urlsplit(edge.base).port, urlsplit(edge.brain.url).port}
    async with edge.customer() as customer:
        await customer.hello()
        await customer.say("Hallo")
        await customer.event("Echo")
        await customer.say("Mensch", payload=customer.welcome["human"])
        await customer.event("Menschen")
        async with edge.agent() as agent:
            conversation = customer.welcome["conversation"]
            await agent.post(f"conversations/{conversation}/claim", {"epoch": 2})
            await agent.post(f"conversations/{conversation}/messages", {"client_id": "a", "text": "Guten Tag"})
            await customer.event("Guten Tag")
    reached = {address[1] for event, address in connections if event == "socket.connect" and isinstance(address, tuple)}
    assert urlsplit(edge.brain.url).port in reached, "the hook sees nothing"
    assert reached <= own
    assert [one for one in connections if one[0] != "socket.connect"] == []
