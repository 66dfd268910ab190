"""`python -m tests.fuzz.whatsapp --seconds 600`: mutated webhooks against the real endpoint of a real edge.

Each round takes one of our own bodies, damages its bytes or its structure, puts a sound message beside the damage and
posts it, signed. What must hold: the answer is 200, the sound neighbour is in the database, nothing stays unapplied.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import hashlib
import hmac
import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa
from aiohttp.test_utils import TestServer

from bot.settings import Settings
from bot.store.whatsapp_tables import item as item_table
from connectors.edge import SERVICES, create_app
from connectors.whatsapp.channel import PATH
from tests.fakes.brain import FakeBrain
from tests.integration.whatsapp.later_payloads import EVERY_CASE
from tests.integration.whatsapp.payloads import message

_SECRET = "fuzz"
# So many looks, ten in a second, may find as many items waiting as the one before.
_PATIENCE = 600
_ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        2**70,
        1e308,
        "",
        "\x00",
        "\ud800",
        "🙂" * 50,
        "x" * 5000,
        10**60,
        float("inf"),
        "DE.1",
        "2147483648",
    ),
    *([], {}, [[]], {"": {}}, ["a", {"b": None}], {"id": {"id": []}}),
)


def mutated(dice: random.Random, tree: Any) -> Any:
    """The structure with one to four places changed."""
    tree = copy.deepcopy(tree)
    for _ in range(dice.randint(1, 4)):
        places = list(_places(tree))
        if not places:
            break
        parent, key = dice.choice(places)
        action = dice.randrange(4)
        if action == 0:
            parent[key] = copy.deepcopy(dice.choice(_ODD))
        elif action == 1 and isinstance(parent, dict):
            del parent[key]
        elif action == 2 and isinstance(parent, list):
            parent.append(copy.deepcopy(parent[key]))
        else:
            other, other_key = dice.choice(places)
            parent[key] = copy.deepcopy(other[other_key])
    return tree


def damaged(dice: random.Random, body: bytes) -> bytes:
    """The bytes with some changed, removed or doubled."""
    content = bytearray(body)
    for _ in range(dice.randint(1, 5)):
        place = dice.randrange(len(content) + 1)
        action = dice.randrange(3)
        if action == 0 and place < len(content):
            content[place] = dice.randrange(256)
        elif action == 1:
            del content[place : place + dice.randint(1, 20)]
        else:
            content[place:place] = content[place : place + dice.randint(1, 40)]
    return bytes(content)


def _places(tree: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting and len(found) < 2000:
        node = waiting.pop()
        pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, value in list(pairs):
            found.append((node, key))
            waiting.append(value)
    return found


async def fuzz(
    seed: int, folder: Path, *, seconds: float = 600, most: int = 10**9, database_url: str | None = None
) -> tuple[int, int]:
    """Post for so long, or so many; how many requests that were, and how many sound neighbours were in them. Without a
    database one is made in the folder.

    Raises:
        AssertionError: naming the seed and the round.
    """
    brain = FakeBrain()
    await brain.start()
    app = create_app(
        Settings(
            var=folder,
            demo=False,
            database_url=database_url or f"sqlite+aiosqlite:///{folder / 'fuzz.db'}",
            crm_url=f"sqlite+aiosqlite:///{folder / 'crm.db'}",
            brain_url=brain.url,
            whatsapp_app_secrets=(_SECRET,),
        )
    )
    server = TestServer(app)
    await server.start_server()
    try:
        async with aiohttp.ClientSession() as session:
            rounds, neighbours = await _rounds(session, str(server.make_url(PATH)), seconds, seed, most)
        async with app[SERVICES].store.read() as unit:
            found = await unit.connection.execute(
                sa.select(sa.func.count()).where(item_table.c.key.like("message:sound.%"))
            )
            assert found.scalar_one() == neighbours, f"seed {seed}: a neighbour is missing"
        await _applied(app[SERVICES].store, seed)
    finally:
        await server.close()
        await brain.close()
    return rounds, neighbours


async def _rounds(
    session: aiohttp.ClientSession, address: str, seconds: float, seed: int, most: int
) -> tuple[int, int]:
    dice, ends = random.Random(seed), time.monotonic() + seconds
    bodies = [case.body for case in EVERY_CASE.values() if len(case.body) < 20_000]
    rounds = neighbours = 0
    while rounds < most and time.monotonic() < ends:
        body = dice.choice(bodies)
        try:
            tree = json.loads(body)
        except (ValueError, RecursionError):
            tree = None
        if isinstance(tree, dict) and isinstance(tree.get("entry"), list) and dice.random() < 0.7:
            sound = {"field": "messages", "value": {"messages": [message(provider_id=f"sound.{neighbours}")]}}
            entries = mutated(dice, tree["entry"])
            entries.insert(dice.randrange(len(entries) + 1), {"id": "1", "changes": [sound]})
            body = json.dumps({**tree, "entry": entries}).encode()
            neighbours += 1
        else:
            body = damaged(dice, body)
        signature = hmac.new(_SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={signature}"}
        async with session.post(address, data=body, headers=headers) as response:
            assert response.status == 200, f"seed {seed}, round {rounds}: {response.status} for {body!r}"
        rounds += 1
    return rounds, neighbours


async def _applied(store: Any, seed: int) -> None:
    """Wait until nothing waits, as long as something is worked off; nothing may be left as it came."""
    left, patience = -1, _PATIENCE
    while patience > 0:
        async with store.read() as unit:
            found = await unit.connection.execute(sa.select(item_table.c.state, sa.func.count()).group_by("state"))
            states = dict(tuple(row) for row in found)
        assert "dead" not in states, f"seed {seed}: {states}"
        if "new" not in states:
            return
        patience = patience - 1 if states["new"] == left else _PATIENCE
        left = states["new"]
        await asyncio.sleep(0.1)
    raise AssertionError(f"seed {seed}: {states}, and nothing is worked off any more")


def main() -> None:
    """Run and print what was done."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rounds, neighbours = asyncio.run(fuzz(arguments.seed, Path(folder), seconds=arguments.seconds))
    print(f"seed {arguments.seed}: {rounds} requests, {neighbours} neighbours, none lost")  # noqa: T201


if __name__ == "__main__":
    main()
