"""`klartext export`, `klartext erase` and `klartext erasures`: a customer's conversations, on request."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bot.commands.console import complete, fail, out
from bot.settings import Settings

app = typer.Typer()


@app.command()
def export(
    conversation: Annotated[str | None, typer.Argument(help="A conversation's identifier.")] = None,
    customer: Annotated[str | None, typer.Option(help="Every conversation of this customer number.")] = None,
    phone: Annotated[
        str | None, typer.Option(help="Every conversation from this phone, such as +4915112345678.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where the files go.")] = Path(),
    lang: Annotated[str, typer.Option(help="de or en")] = "de",
) -> None:
    """Write everything that is stored about conversations, notes of the team included, as JSON and as a page."""
    from bot.commands.record_work import export as write

    for path in complete(write(Settings.from_environment(), _chosen(conversation, customer, phone), folder, lang)):
        out.print(str(path), soft_wrap=True)


@app.command()
def erase(
    conversation: Annotated[str | None, typer.Argument(help="A conversation's identifier.")] = None,
    customer: Annotated[str | None, typer.Option(help="Every conversation of this customer number.")] = None,
    phone: Annotated[
        str | None, typer.Option(help="Every conversation from this phone, such as +4915112345678.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase what was said in conversations, everywhere. That they took place, and the erasure, stays on record."""
    from bot.commands.record_work import chosen
    from bot.commands.record_work import erase as do_erase

    settings, which = Settings.from_environment(), _chosen(conversation, customer, phone)
    found = complete(chosen(settings, which))
    if not found:
        fail("there is no such conversation")
    if not yes and not typer.confirm(f"Erase {len(found)} conversations? This cannot be undone."):
        raise typer.Exit(1)
    done = complete(do_erase(settings, found))
    out.print(f"{done} of {len(found)} conversations erased, the others were before.")
    _say_owed(settings, found)


@app.command()
def erasures() -> None:
    """What erasures still owe elsewhere: the brain's memory, freed space, transcripts in the ticket system."""
    if not _say_owed(Settings.from_environment()):
        out.print("Nothing is owed.")


def _say_owed(settings: Settings, only: list[str] | None = None) -> bool:
    from bot.commands.record_work import still_owed

    lines = [line for line in complete(still_owed(settings)) if only is None or line.partition(" ")[0] in only]
    for line in lines:
        out.print(f"Still owed: {line}")
    return bool(lines)


def _chosen(conversation: str | None, customer: str | None, phone: str | None) -> Any:
    from bot.commands.record_work import Choice

    if [conversation, customer, phone].count(None) != 2:
        fail("name a conversation, or --customer, or --phone")
    return Choice(conversation=conversation, customer=customer, phone=phone)
