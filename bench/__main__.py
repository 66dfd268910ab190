"""`python -m bench`: Klartext beside stock Rasa, on this machine, in one run."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import report, stock
from bench.machine import Machine
from bench.plan import FULL, TINY, Name
from bench.results import rows
from bench.run import Run
from bot.brain.train import train_if_changed
from bot.settings import ROOT

DOCUMENT = ROOT / "docs" / "performance.md"
_BUSY = "The machine was busy with other work: a quiet one gives better figures."
console = Console(highlight=False)


def main(
    only: Annotated[list[Name] | None, typer.Option(help="Measure only this; may be repeated.")] = None,
    skip_stock: Annotated[bool, typer.Option(help="Leave stock Rasa out.")] = False,
    stock_epochs: Annotated[int | None, typer.Option(help="Train it less than 100 epochs: worse, not faster.")] = None,
    tiny: Annotated[bool, typer.Option(help="Few of everything, for trying the harness out.")] = False,
    write: Annotated[bool, typer.Option(help=f"Put the table into {DOCUMENT.relative_to(ROOT)}.")] = False,
    although_busy: Annotated[bool, typer.Option(help="Write also what was measured on a busy machine.")] = False,
) -> None:
    """Measure Klartext and stock Rasa, and say which goals are met."""
    machine = Machine.look()
    console.print(machine.describe())
    if write and (only or skip_stock or tiny):
        _fail("the document gets whole runs only")
    if machine.is_busy:
        if write and not although_busy:
            _fail(
                "this machine is busy with something else; wait, or say --although-busy and the table will say so too"
            )
        console.print("[yellow]This machine is busy with something else: the figures will be worse than they are.[/]")
    plan = TINY if tiny else FULL
    chosen = frozenset(only or Name)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        say = progress.console.print
        run = Run(plan, chosen, progress)
        trained = None
        if not skip_stock:
            stock.prepare(say)
            trained = stock.train(stock_epochs, machine.load, say)
        model = train_if_changed(ROOT, ROOT / "models")
        uvloop.install()
        ours = asyncio.run(run.klartext(model))
        theirs = asyncio.run(run.stock(trained)) if trained is not None else None
    lines = list(rows(ours, theirs, plan.growth_window))
    console.print(report.as_table(lines))
    if write and trained is not None:
        notes = [f"Stock Rasa was trained at a load average of {trained.load:.2f}."]
        if machine.is_busy:
            notes.append(
                "**The machine was busy with other work during this run: the figures are worse than they are.**"
            )
        report.write(DOCUMENT, lines, machine, notes, sys.argv[1:])
        console.print(f"Written into {DOCUMENT}.")


def _fail(message: str) -> None:
    console.print(f"[red]bench:[/red] {message}")
    sys.exit(1)


if __name__ == "__main__":
    typer.run(main)
