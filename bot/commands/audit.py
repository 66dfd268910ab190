"""`klartext audit …`: what was said, and that it still is what was said."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.commands.console import complete, fail, out
from bot.settings import Settings

app = typer.Typer(no_args_is_help=True, help="What was said, and that it still is what was said.")


@app.callback()
def audit() -> None:
    """What was said, and that it still is what was said."""


@app.command("verify")
def verify(
    conversations: Annotated[list[str] | None, typer.Argument(help="Conversations; all when left out.")] = None,
    witness: Annotated[
        Path | None, typer.Option(help="Ends of the chains as kept elsewhere; the file of this machine when left out.")
    ] = None,
) -> None:
    """Find each message, tenure and erasure that was changed, removed, inserted or moved since it was written."""
    from bot.bootstrap import open_services
    from bot.service.audit import audit as walk
    from bot.service.witness import WitnessBroken

    async def look() -> tuple[int, int]:
        settings, seen, wrong = Settings.from_environment(), 0, 0
        async with open_services(settings) as services:
            async for _, findings in walk(services.store, witness or settings.witness, conversations or None):
                seen, wrong = seen + 1, wrong + bool(findings)
                for finding in findings:
                    out.print(f"[red]{finding.what}[/red]  {finding}", soft_wrap=True)
        return seen, wrong

    try:
        seen, wrong = complete(look())
    except WitnessBroken as error:
        fail(str(error))
    out.print(f"{seen} conversations looked at, {wrong} of them not as they were written.")
    if wrong:
        raise typer.Exit(1)
