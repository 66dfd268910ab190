"""How fast a customer may write is a setting: ten seconds' worth at once, then so many a second.

And from one address nobody begins conversations without end, over sockets, HTTP or both.
"""

from __future__ import annotations

from dataclasses import replace

import aiohttp
import pytest

from bot.settings import Settings
from connectors.widget.allowance import Beginnings
from tests.fakes.brain import FakeBrain
from tests.integration.edge.conftest import Edge, running


# A bucket fills while a slow machine works: that something is refused is certain, how much is not.
@pytest.mark.parametrize(("rate", "kinds"), [(0.1, ["ack", "error"]), (1000.0, ["ack"])])
async def test_the_rate_of_messages_is_a_setting(
    settings: Settings, brain: FakeBrain, rate: float, kinds: list[str]
) -> None:
    async with running(replace(settings, message_rate=rate), brain) as edge, edge.customer() as customer:
        await customer.hello()
        for number in range(30):
            await customer.send({"type": "msg", "client_id": f"c{number}", "text": "x"})
        answers: list[str] = []
        while len(answers) < 30:
            frame = await customer.frame()
            if frame["type"] in {"ack", "error"}:
                answers.append(frame["type"])
        assert answers[0] == "ack"
        assert sorted(set(answers)) == kinds


async def test_the_rate_holds_over_http_too(settings: Settings, brain: FakeBrain) -> None:
    async with running(replace(settings, message_rate=0.1), brain) as edge, edge.customer() as customer:
        headers = {"Authorization": f"Bearer {(await customer.hello())['token']}"}
        answers: list[int] = []
        async with aiohttp.ClientSession(headers=headers) as session:
            for number in range(5):
                body = {"client_id": f"h{number}", "text": "x"}
                async with session.post(f"{edge.base}/widget/messages", json=body) as response:
                    answers.append(response.status)
        assert answers[0] == 200
        assert set(answers) == {200, 429}


# Our own proxy says for whom it asks.
FROM = "X-Forwarded-For"
AT_ONCE = 100


async def test_one_address_begins_so_many_conversations_and_no_other_pays_for_it(edge: Edge) -> None:
    flood, neighbour = {FROM: "203.0.114.7"}, {FROM: "203.0.114.8"}
    async with aiohttp.ClientSession() as session:

        async def begin(headers: dict[str, str]) -> int:
            async with session.post(f"{edge.base}/widget/hello", json={}, headers=headers) as response:
                return response.status

        answers = [await begin(flood) for _ in range(AT_ONCE + 30)]
        assert answers[:AT_ONCE] == [200] * AT_ONCE
        assert 429 in answers
        assert await begin(neighbour) == 200
    # One may begin again after some seconds, but not two at once.
    async with edge.customer(**flood) as first, edge.customer(**flood) as second:
        for customer in (first, second):
            await customer.send({"type": "hello", "v": 1, "token": None})
        answered = [await customer.ws.receive() for customer in (first, second)]
        assert (aiohttp.WSMsgType.CLOSE, 4429) in [(one.type, one.data) for one in answered]
    async with edge.customer(**neighbour) as customer:
        token = (await customer.hello())["token"]
    # Whoever has a conversation comes back to it all the same.
    async with edge.customer(**flood) as customer:
        await customer.hello(token)


def test_a_customer_with_many_addresses_is_one_and_a_proxy_that_says_nothing_is_nobody() -> None:
    beginnings = Beginnings()
    assert all(beginnings.take(f"2a02:8109:1:2::{number:x}") for number in range(1, AT_ONCE + 1))
    assert not beginnings.take("2a02:8109:1:2:ffff::1")
    assert beginnings.take("2a02:8109:1:3::1")
    for inside in ("127.0.0.1", "10.0.0.2", "::1"):
        assert all(beginnings.take(inside) for _ in range(AT_ONCE + 1))
    assert [beginnings.take("unknown") for _ in range(AT_ONCE + 1)][-1] is False
