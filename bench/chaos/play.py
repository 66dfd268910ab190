"""One kill test: customers and agents at work while processes die, then quiet, then the audit."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

import aiohttp
import sqlalchemy as sa

from bench.chaos import audit
from bench.chaos.agents import AgentClient, Shift
from bench.chaos.customers import Manner, finish, play, settle
from bench.chaos.scene import PASSWORD, Cast, Scene, open_scene
from bench.chaos.widget import Record, WidgetClient
from bot.store.engine import Database
from bot.store.tables import conversation, inbox

# Which process is killed how often, as shares.
# A process that has run for so long, in seconds, and answers is at work.
_SETTLED = 2.0
DEFAULT_MIX = {"edge": 45, "worker": 35, "actions": 12, "brain": 5, "redis": 3}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to happen."""

    cast: Cast
    conversations: int
    # At least; killing goes on while customers are there.
    kills: int
    # Conversations at the same time, and seconds between two kills on average.
    at_once: int
    seconds_between_kills: float
    mix: Mapping[str, int]
    manner: Manner = field(default_factory=Manner)
    # Processes that are held still for longer than a lease, and cuts of the line to PostgreSQL.
    freezes: int = 0
    cuts: int = 0
    seed: int = 1
    # Where the programs' logs are kept after the run; nowhere if none.
    keep_logs: Path | None = None


@dataclass
class Result:
    """What happened."""

    plan: Plan
    seconds: float
    findings: audit.Findings
    kills: Counter[str]
    freezes: int
    cuts: int
    crashes: list[str]
    # Counts by name, in the order of the table.
    counts: dict[str, int | float]

    @property
    def is_clean(self) -> bool:
        """Whether every guarantee held and nothing ended by itself."""
        return not self.findings.all() and not self.crashes


@dataclass
class Progress:
    """How far a run is."""

    conversations: int = 0
    kills: int = 0
    phase: str = "starting"


async def perform(plan: Plan, tell: Callable[[Progress], None] = lambda _: None) -> Result:
    """Play the plan through. Takes about `kills × seconds_between_kills`, or longer if the customers do."""
    began = time.monotonic()
    progress = Progress()
    async with (
        open_scene(plan.cast) as scene,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True)) as http,
    ):
        agents = [_agent(scene, login, plan) for login in scene.logins]
        await asyncio.gather(*(agent.log_in() for agent in agents))
        progress.phase = "killing"
        customers, records = await _work(plan, scene, agents, http, progress, tell)
        progress.phase = "settling"
        tell(progress)
        await _in_portions(customers, plan.at_once, lambda one: settle(one, plan.manner.settles))
        database = Database.connect(scene.database_url)
        try:
            await _quiet(database, plan)
            for agent in agents:
                await agent.close()
            stored = await audit.read_all(database)
            heads = {name: row["head_seq"] for name, row in stored.conversations.items()}
            await _in_portions(
                customers, plan.at_once, lambda one: finish(one, heads.get(one.record.conversation or "", 0), 20)
            )
        finally:
            await database.close()
        shifts = [agent.shift for agent in agents]
        progress.phase = "auditing"
        if plan.keep_logs is not None:
            _keep_logs(scene, plan.keep_logs / plan.cast.backend)
        tell(progress)
        marks = plan.manner.marks
        return Result(
            plan=plan,
            seconds=time.monotonic() - began,
            findings=audit.examine(stored, records, shifts, marks=marks),
            kills=Counter({kind: sum(one.kills for one in scene.of_kind(kind)) for kind in _kinds(scene)}),
            freezes=sum(program.freezes for program in scene.programs),
            cuts=scene.line.cuts if scene.line else 0,
            crashes=[f"{one.name} ended {one.crashes} times by itself" for one in scene.programs if one.crashes],
            counts=_counts(stored, records, shifts),
        )


async def _in_portions(
    customers: list[WidgetClient], at_once: int, visit: Callable[[WidgetClient], Awaitable[None]]
) -> None:
    for first in range(0, len(customers), at_once):
        await asyncio.gather(*(visit(one) for one in customers[first : first + at_once]))


def _keep_logs(scene: Scene, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for log in scene.folder.glob("*.log"):
        shutil.copy(log, folder)


def _kinds(scene: Scene) -> list[str]:
    return list(dict.fromkeys(program.kind for program in scene.programs))


def _agent(scene: Scene, login: str, plan: Plan) -> AgentClient:
    dice = random.Random(f"{plan.seed}/{login}")  # noqa: S311
    return AgentClient(scene.edges, login, PASSWORD, dice, absence=plan.cast.agent_deadline + 3)


async def _work(
    plan: Plan,
    scene: Scene,
    agents: list[AgentClient],
    http: aiohttp.ClientSession,
    progress: Progress,
    tell: Callable[[Progress], None],
) -> tuple[list[WidgetClient], list[Record]]:
    """Customers, agents and death at the same time; everything runs again at the end."""
    numbers = iter(range(plan.conversations))
    clients: list[WidgetClient] = []

    async def serve_customers() -> None:
        for number in numbers:
            client, _ = await play(http, scene.edges, number, plan.seed, plan.manner)
            clients.append(client)
            progress.conversations += 1
            tell(progress)

    shifts = [asyncio.create_task(agent.work()) for agent in agents]
    death = [asyncio.create_task(_kill(plan, scene, progress, tell))]
    death.append(asyncio.create_task(_freeze(plan, scene)))
    death.append(asyncio.create_task(_cut(plan, scene)))
    try:
        await asyncio.gather(*(serve_customers() for _ in range(plan.at_once)))
        await asyncio.gather(*death)
        await scene.wait_ready()
        for agent in agents:
            agent.leave()
        await asyncio.wait(shifts, timeout=60)
    finally:
        for task in (*death, *shifts):
            task.cancel()
        await asyncio.gather(*death, *shifts, return_exceptions=True)
    return clients, [client.record for client in clients]


async def _kill(plan: Plan, scene: Scene, progress: Progress, tell: Callable[[Progress], None]) -> None:
    dice = random.Random(f"{plan.seed}/kill")  # noqa: S311
    mix = {kind: share for kind, share in plan.mix.items() if scene.of_kind(kind)}
    # At least as many kills as planned, and on until almost every customer has gone home.
    while progress.kills < plan.kills or progress.conversations < 0.95 * plan.conversations:
        pause = plan.seconds_between_kills * (1 if progress.kills < plan.kills else 2)
        await asyncio.sleep(pause * dice.uniform(0.4, 1.6))
        (kind,) = dice.choices(list(mix), list(mix.values()))
        victim = dice.choice(scene.of_kind(kind))
        # Most die at work, some on their way up; a brain that never got to answer would be no test of anything.
        young = kind != "brain" and dice.random() < 0.2
        if not victim.is_alive or not (young or (victim.seconds_up > _SETTLED and await victim.is_ready())):
            continue
        victim.kill()
        progress.kills += 1
        tell(progress)


async def _freeze(plan: Plan, scene: Scene) -> None:
    """Hold workers and edges still for longer than a lease: what they do afterwards must be fenced off."""
    dice = random.Random(f"{plan.seed}/freeze")  # noqa: S311
    length = plan.kills * plan.seconds_between_kills
    for _ in range(plan.freezes):
        await asyncio.sleep(length / plan.freezes * dice.uniform(0.2, 0.8))
        victim = dice.choice([*scene.of_kind("worker"), *scene.of_kind("worker"), *scene.of_kind("edge")])
        if victim.is_alive:
            await victim.freeze(plan.cast.brain_timeout + 5 + dice.uniform(0.2, 1.0))


async def _cut(plan: Plan, scene: Scene) -> None:
    """Take the database away for a moment."""
    dice = random.Random(f"{plan.seed}/cut")  # noqa: S311
    length = plan.kills * plan.seconds_between_kills
    for number in range(plan.cuts if scene.line else 0):
        await asyncio.sleep(length / plan.cuts * dice.uniform(0.3, 0.9))
        assert scene.line is not None
        if number % 2:
            scene.line.hang()
            await asyncio.sleep(dice.uniform(1.0, 4.0))
            scene.line.resume()
        else:
            await scene.line.cut()
            await asyncio.sleep(dice.uniform(0.5, 3.0))
            await scene.line.mend()


async def _quiet(database: Database, plan: Plan) -> None:
    """Wait until nobody waits for anything: no open message, and the bot holds every conversation."""
    longest = plan.cast.turn_deadline + plan.cast.agent_deadline + plan.cast.queue_deadline
    until = time.monotonic() + 3 * longest + 30
    while time.monotonic() < until:
        async with database.read() as connection:
            owed = await connection.scalar(sa.select(sa.func.count()).where(inbox.c.state == "open"))
            held = await connection.scalar(sa.select(sa.func.count()).where(conversation.c.holder != "bot"))
        if not owed and not held:
            return
        await asyncio.sleep(0.5)


def _counts(stored: audit.Stored, records: list[Record], shifts: list[Shift]) -> dict[str, int | float]:
    sent = [one for record in records for one in record.sent.values()]
    entries = [entry for messages in stored.messages.values() for entry in messages]
    from_customers = [entry for entry in entries if entry["author_kind"] == "customer"]
    fates = Counter(audit.fate(entry, stored) for entry in from_customers)
    turns = Counter(one["outcome"] for traces in stored.traces.values() for one in traces)
    reasons = Counter(one["reason"] for tenures in stored.tenures.values() for one in tenures)
    waits = [
        (stored.outcomes[entry["id"]]["done_at"] - entry["at"]).total_seconds()
        for entry in from_customers
        if entry["id"] in stored.outcomes and stored.outcomes[entry["id"]]["done_at"] is not None
    ]
    replies = [reply for shift in shifts for reply in shift.replies.values()]
    return {
        "conversations": len(records),
        "messages sent": len(sent),
        "offered again": sum(max(0, one.offers - 1) for one in sent),
        "acknowledged": sum(bool(one.receipts) for one in sent),
        "stored": len(from_customers),
        "answered by the bot": fates["answered"],
        "handed to a person": fates["person"],
        "on a case": fates["case"],
        "withdrawn by the customer": fates["withdrawn"],
        "a rating of a person's help": fates["rated"],
        "events seen by customers": sum(len(record.seen) for record in records),
        "events seen by agents": sum(len(shift.seen) for shift in shifts),
        "connections made": sum(one.connections for one in records) + sum(one.connections for one in shifts),
        "agents' replies stored": sum(entry["author_kind"] == "human" for entry in entries),
        "agents' replies refused": sum(reply.refused is not None for reply in replies),
        "changes of holder": sum(len(tenures) - 1 for tenures in stored.tenures.values()),
        "takeovers from the bot": reasons["taken_over"],
        "agents gone": reasons["agent_gone"],
        "cases": sum(len(cases) for cases in stored.cases.values()),
        "turns committed": turns["committed"],
        "turns suppressed": turns["suppressed"],
        "turns failed and tried again": turns["failed"],
        "handovers because the bot was away": reasons["assistant_unavailable"],
        "outcome after, median (s)": round(quantiles(waits, n=100)[49], 2) if len(waits) > 1 else 0.0,
        "outcome after, p99 (s)": round(quantiles(waits, n=100)[98], 2) if len(waits) > 1 else 0.0,
        "outcome after, longest (s)": round(max(waits, default=0.0), 2),
    }
