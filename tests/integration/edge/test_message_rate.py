"""How fast a customer may write is a setting: ten seconds' worth at once, then so many a second."""

from __future__ import annotations

from dataclasses import replace

import aiohttp
import pytest

from bot.settings import Settings
from tests.fakes.brain import FakeBrain
from tests.integration.edge.conftest import running


@pytest.mark.parametrize(("rate", "accepted"), [(0.2, 2), (1000.0, 30)])
async def test_the_rate_of_messages_is_a_setting(
    settings: Settings, brain: FakeBrain, rate: float, accepted: int
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
        assert answers == ["ack"] * accepted + ["error"] * (30 - accepted)


async def test_the_rate_holds_over_http_too(settings: Settings, brain: FakeBrain) -> None:
    async with running(replace(settings, message_rate=0.2), brain) as edge, edge.customer() as customer:
        headers = {"Authorization": f"Bearer {(await customer.hello())['token']}"}
        answers: list[int] = []
        async with aiohttp.ClientSession(headers=headers) as session:
            for number in range(5):
                body = {"client_id": f"h{number}", "text": "x"}
                async with session.post(f"{edge.base}/widget/messages", json=body) as response:
                    answers.append(response.status)
        assert answers == [200, 200, 429, 429, 429]
