"""`python -m bench.chaos`: the long kill test with the real brain.

Ends with 1 if anything was lost, doubled or out of turn.

Half of the conversations run on SQLite with one edge and one worker, half on PostgreSQL and Redis with two of each.
`--write` puts the table into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import asyncio
import shlex
import sys
import time
from pathlib import Path

import typer

from bench.chaos.customers import Manner
from bench.chaos.play import DEFAULT_MIX, Plan, Progress, Result, perform
from bench.chaos.report import table, write
from bench.chaos.scene import Cast, Missing
from bot.settings import ROOT, Settings

_PROGRESS_EVERY = 10.0


def main() -> int:
    """Run what the command line asks for; 0 when every guarantee held."""
    arguments = _arguments()
    model = None if arguments.light else _newest_model()
    results: list[Result] = []
    for backend in arguments.on:
        plan = _plan(arguments, backend, model)
        typer.echo(f"{backend}: {plan.conversations} conversations, {plan.kills} kills, seed {plan.seed}")
        try:
            results.append(asyncio.run(perform(plan, _Printer(plan))))
        except Missing as missing:
            typer.echo(f"{backend}: left out, {missing}")
            continue
        typer.echo(table(results[-1:]))
        for finding in (*results[-1].findings.all(), *results[-1].crashes):
            typer.echo(f"{backend}: {finding}")
    if not results:
        return 1
    if arguments.write:
        write(ROOT / "docs" / "reliability.md", results, f"python -m bench.chaos {shlex.join(sys.argv[1:])}".strip())
    return 0 if all(result.is_clean for result in results) else 1


class _Printer:
    """A line now and then on how far the run is."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._began = self._last = time.monotonic()
        self._phase = ""

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last < _PROGRESS_EVERY and progress.phase == self._phase:
            return
        self._last, self._phase = now, progress.phase
        done, killed = progress.conversations, progress.kills
        share = min(done / self._plan.conversations, killed / self._plan.kills)
        typer.echo(
            f"  {now - self._began:5.0f} s  {share:4.0%}  {done} conversations, {killed} kills, {progress.phase}",
        )


def _newest_model() -> Path:
    models = sorted(Settings().models.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not models:
        raise SystemExit("There is no trained model: run `klartext train`.")
    return models[-1]


def _plan(arguments: argparse.Namespace, backend: str, model: Path | None) -> Plan:
    nodes = 1 if backend == "sqlite" else 2
    cast = Cast(
        backend=backend,
        edges=nodes,
        workers=nodes,
        agents=5,
        model=model,
        # The real brain takes some ten seconds to start: some messages wait that long, and most do not.
        brain_timeout=3.0,
        turn_deadline=15.0,
        queue_deadline=6.0,
        agent_deadline=9.0,
        seed=arguments.seed,
    )
    return Plan(
        cast=cast,
        conversations=arguments.conversations,
        kills=arguments.kills,
        at_once=arguments.at_once,
        seconds_between_kills=arguments.pause,
        mix=DEFAULT_MIX,
        manner=Manner(marks=model is None, patience=4.0),
        freezes=max(1, arguments.kills // 12),
        cuts=max(1, arguments.kills // 12),
        seed=arguments.seed,
        keep_logs=Settings().var / "chaos",
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--on", nargs="+", choices=["sqlite", "postgresql"], default=["sqlite", "postgresql"])
    parser.add_argument("--conversations", type=int, default=1050, help="on each backend")
    parser.add_argument("--kills", type=int, default=105, help="on each backend")
    parser.add_argument("--pause", type=float, default=5.0, help="seconds between two kills, on average")
    parser.add_argument("--at-once", type=int, default=40, help="conversations at the same time")
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--light", action="store_true", help="a light brain instead of the real one")
    parser.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
