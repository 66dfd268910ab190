"""The command line: `klartext …`. An error that a person can put right is one line and a non-zero exit, no trace."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from bot.commands import agents, audit, customer_data, demo, examples, records
from bot.commands.console import complete, fail, log_as_text, out
from bot.settings import Settings, SettingsError
from bot.store.errors import StoreUnavailable

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Klartext: customer service that never pretends.")
db_app = typer.Typer(no_args_is_help=True, help="The database.")
app.add_typer(agents.app, name="agents")
app.add_typer(db_app, name="db")
app.add_typer(audit.app, name="audit")
app.add_typer(customer_data.app, name="crm")
app.add_typer(demo.app, name="demo")
app.add_typer(examples.app, name="examples")
app.add_typer(records.app)


def main() -> None:
    """Entry point of the `klartext` command."""
    try:
        app()
    except SettingsError as error:
        fail(str(error))
    except StoreUnavailable as error:
        fail(f"the database cannot be reached: {error}")


@app.command()
def run() -> None:
    """Set up what is missing, start everything on this machine, and keep it running."""
    from bot.brain.train import train_if_changed
    from bot.run import CannotStart
    from bot.run import run as run_all

    settings = Settings.from_environment()
    try:
        with out.status("Checking the model, training if data or configuration changed …"):
            model = train_if_changed(settings.root, settings.models, settings.error_bound)
        asyncio.run(run_all(settings, out, model))
    except CannotStart as error:
        fail(str(error))


@app.command()
def edge(
    workers: Annotated[
        bool, typer.Option(help="Also work off turns, deliveries and deadlines in this process.")
    ] = True,
) -> None:
    """Serve customers and agents."""
    from aiohttp import web

    from bot.loop import new_loop, settle
    from connectors.edge import create_app

    log_as_text()
    settings = Settings.from_environment()
    app = create_app(settings, workers=workers)
    app.on_startup.append(settle)
    web.run_app(
        app,
        host=settings.host,
        port=settings.port,
        print=None,
        shutdown_timeout=5,
        access_log=None,
        loop=new_loop(),
    )


@app.command()
def worker() -> None:
    """Work off turns, deliveries and deadlines, without serving anybody."""
    import signal

    from connectors.edge import channels, working

    async def work() -> None:
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
        settings = Settings.from_environment()
        parts = channels(settings)
        async with working(settings, parts, workers=True, follows=False):
            await stopped.wait()
            for channel in parts:
                await channel.stop()

    log_as_text()
    complete(work())


@app.command()
def train() -> None:
    """Train the assistant if data or configuration changed."""
    from bot.brain.train import train_if_changed

    settings = Settings.from_environment()
    out.print(str(train_if_changed(settings.root, settings.models, settings.error_bound)))


@app.command()
def parse(
    texts: Annotated[list[str] | None, typer.Argument(help="Texts; without any, lines of standard input.")] = None,
    lang: Annotated[str | None, typer.Option(help="de or en; recognised from the text when left out.")] = None,
) -> None:
    """What the assistant understands, one JSON object a line."""
    import msgspec

    from bot.brain import lean
    from bot.nlu.parse import run_parse

    if lang not in {None, "de", "en"}:
        fail(f"--lang: expected de or en, found {lang!r}")
    settings = Settings.from_environment()
    if lean.does_without(settings.root / "config.yml"):
        lean.leave_out()
    lines = texts if texts else (line.rstrip("\n") for line in sys.stdin)
    for parsed in run_parse(lines, lang, settings.models):
        sys.stdout.write(msgspec.json.encode(parsed).decode() + "\n")
        sys.stdout.flush()


@app.command()
def doctor() -> None:
    """Say what is missing or wrong on this machine."""
    from bot.doctor import examine

    async def look() -> int:
        problems = 0
        async for finding in examine():
            if finding.problem is None:
                out.print(f"[green]ok[/green]       {finding.what}")
            else:
                problems += 1
                out.print(f"[red]problem[/red]  {finding.what}: {finding.problem}", soft_wrap=True)
        return problems

    if complete(look()):
        raise typer.Exit(1)


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the current schema."""
    from bot.store import schema
    from bot.store.engine import Database

    async def upgrade() -> None:
        database = Database.connect(Settings.from_environment().database_url)
        try:
            await schema.upgrade(database)
        finally:
            await database.close()

    complete(upgrade())
    out.print("The database is current.")


if __name__ == "__main__":
    main()
