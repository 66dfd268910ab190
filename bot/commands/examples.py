"""`klartext examples …`: what the desk accepted as training examples, on the machine that trains the bot."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from bot.commands.console import complete, fail, out
from bot.settings import Settings

app = typer.Typer(no_args_is_help=True, help="What the desk accepted as training examples.")


@app.callback()
def examples() -> None:
    """What the desk accepted as training examples."""


@app.command("list")
def list_open() -> None:
    """List the reported answers that wait for a decision."""
    from bot.bootstrap import open_services
    from bot.service.wrong_answers import Review

    async def read() -> Review:
        async with open_services(Settings.from_environment()) as services:
            return await services.wrong_answers.review("open")

    found = complete(read())
    table = Table(title=f"{found.open} wait for a decision", show_lines=True)
    for column in ("id", "the customer said", "understood", "right", "reported by"):
        table.add_column(column, overflow="fold")
    for one in found.reports:
        table.add_row(one.id, one.said, one.understood or "–", one.right_intent or "–", one.reported_by)
    out.print(table)


@app.command("accept")
def accept(
    report: Annotated[str, typer.Argument(help="The report's id, as `klartext examples list` shows it.")],
    intent: Annotated[str, typer.Argument(help="What the customer meant.")],
    example: Annotated[str, typer.Argument(help="The sentence, in words that name nobody.")],
) -> None:
    """Accept a reported answer's sentence as a training example, and write it into this machine's training data."""
    from bot.bootstrap import open_services
    from bot.service.outcomes import Refused
    from bot.service.wrong_answers import Accepted
    from bot.store.audit import OPERATOR

    async def write() -> Accepted:
        async with open_services(Settings.from_environment()) as services:
            return await services.wrong_answers.accept(OPERATOR, report, intent, example)

    try:
        accepted = complete(write())
    except Refused as error:
        fail(f"not accepted ({error.code}){''.join(f', {name}: {value}' for name, value in error.values.items())}")
    out.print(f"Accepted as {accepted.intent}: {accepted.example}", soft_wrap=True)
    if accepted.unwritable:
        fail(f"accepted, but not in this machine's training data: {accepted.unwritable}")


@app.command("export")
def export() -> None:
    """Write every accepted example that is not there yet into this machine's training data; then train."""
    from bot.bootstrap import open_services
    from bot.service.examples import NotWritable

    async def write() -> tuple[int, int]:
        async with open_services(Settings.from_environment()) as services:
            return await services.wrong_answers.export()

    try:
        added, known = complete(write())
    except NotWritable as error:
        fail(str(error))
    out.print(f"{added} of {known} accepted examples were new here. `klartext train` teaches them.")
