"""Workers that are killed while they apply items, on both databases: what is stored in the end is the same."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import replace

import msgspec
import pytest

from bot.conversation.model import AuthorKind
from bot.settings import Settings
from bot.store.whatsapp_items import add_items
from connectors.whatsapp.envelope import items
from connectors.whatsapp.intake import Intake
from tests.fakes.brain import FakeBrain
from tests.integration.whatsapp.conftest import Rig, rig_of
from tests.integration.whatsapp.payloads import message, post
from tests.invariants import assert_sound

_PEOPLE, _EACH = 3, 8


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_dies_on_the_way_each_message_is_stored_once(
    settings: Settings, brain: FakeBrain, seed: int
) -> None:
    dice = random.Random(seed)
    async with rig_of(replace(settings, whatsapp_access_token=None), brain) as rig:
        bodies = [
            post(message(provider_id=f"wamid.{who}.{number}", sender=f"4915100{who:06d}", text={"body": f"{number}"}))
            for who in range(_PEOPLE)
            for number in range(_EACH)
        ]
        bodies += dice.sample(bodies, 10)
        dice.shuffle(bodies)
        workers = [_intake(rig) for _ in range(3)]
        for body in bodies:
            async with rig.services.store.write() as unit:
                await add_items(unit, [msgspec.structs.asdict(item) for item in items(body)])
            doomed = [asyncio.create_task(worker.apply_waiting()) for worker in workers]
            await asyncio.sleep(dice.choice((0.0, 0.0, 0.002, 0.01)))
            for task in doomed:
                task.cancel()
            for task in doomed:
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await rig.answered()
        logs = (await rig.logs()).values()
        said = [sorted(entry.text for entry in log if entry.author.kind is AuthorKind.CUSTOMER) for log in logs]
        assert said == [sorted(str(number) for number in range(_EACH))] * _PEOPLE
        assert {(item.state, item.outcome) for item in await rig.items()} == {("applied", "message")}
        await assert_sound(rig.services.store)


def _intake(rig: Rig) -> Intake:
    services = rig.services
    return Intake(
        services.store, services.conversations, services.words, numbers=(), public_url="http://x", file_days=1
    )
