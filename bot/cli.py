"""The command line: `klartext …`. An error that a person can put right is one line and a non-zero exit, no trace."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Coroutine
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

import structlog
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import IntegrityError

from bot.example_commands import app as examples_app
from bot.settings import Settings, SettingsError, database_address
from bot.store.errors import StoreUnavailable

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Klartext: customer service that never pretends.")
agents_app = typer.Typer(no_args_is_help=True, help="People who work at the desk.")
db_app = typer.Typer(no_args_is_help=True, help="The database.")
demo_app = typer.Typer(no_args_is_help=True, help="The demonstration.")
audit_app = typer.Typer(no_args_is_help=True, help="What was said, and that it still is what was said.")
crm_app = typer.Typer(no_args_is_help=True, help="The customer data system.")
app.add_typer(agents_app, name="agents")
app.add_typer(db_app, name="db")
app.add_typer(audit_app, name="audit")
app.add_typer(crm_app, name="crm")
app.add_typer(demo_app, name="demo")
app.add_typer(examples_app, name="examples")

out, err = Console(highlight=False), Console(stderr=True, highlight=False)
Result = TypeVar("Result")


def main() -> None:
    """Entry point of the `klartext` command."""
    try:
        app()
    except SettingsError as error:
        _fail(str(error))
    except StoreUnavailable as error:
        _fail(f"the database cannot be reached: {error}")


def _fail(message: str) -> None:
    err.print(f"[red]klartext:[/red] {message}", soft_wrap=True)
    sys.exit(1)


def _log_as_text() -> None:
    from bot.logs import mask_output

    mask_output()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


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
        _fail(str(error))


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

    _log_as_text()
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

    _log_as_text()
    _run(work())


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

    from bot.nlu.parse import run_parse

    if lang not in {None, "de", "en"}:
        _fail(f"--lang: expected de or en, found {lang!r}")
    settings = Settings.from_environment()
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

    if _run(look()):
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

    _run(upgrade())
    out.print("The database is current.")


@audit_app.callback()
def audit() -> None:
    """What was said, and that it still is what was said."""


@audit_app.command("verify")
def audit_verify(
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
        seen, wrong = _run(look())
    except WitnessBroken as error:
        _fail(str(error))
    out.print(f"{seen} conversations looked at, {wrong} of them not as they were written.")
    if wrong:
        raise typer.Exit(1)


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
    from bot.record_commands import export as write

    for path in _run(write(Settings.from_environment(), _chosen(conversation, customer, phone), folder, lang)):
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
    from bot.record_commands import chosen
    from bot.record_commands import erase as do_erase

    settings, which = Settings.from_environment(), _chosen(conversation, customer, phone)
    found = _run(chosen(settings, which))
    if not found:
        _fail("there is no such conversation")
    if not yes and not typer.confirm(f"Erase {len(found)} conversations? This cannot be undone."):
        raise typer.Exit(1)
    done = _run(do_erase(settings, found))
    out.print(f"{done} of {len(found)} conversations erased, the others were before.")


def _chosen(conversation: str | None, customer: str | None, phone: str | None) -> Any:
    from bot.record_commands import Choice

    if [conversation, customer, phone].count(None) != 2:
        _fail("name a conversation, or --customer, or --phone")
    return Choice(conversation=conversation, customer=customer, phone=phone)


@crm_app.callback()
def crm() -> None:
    """The customer data system."""


@crm_app.command("serve")
def crm_serve(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8090,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    database: Annotated[
        str, typer.Option(help="sqlite:///file or postgresql://…; KLARTEXT_CRM_URL when left out.")
    ] = "",
) -> None:
    """Serve a customer database over the HTTP contract of docs/crm-openapi.json; KLARTEXT_CRM_TOKEN guards it."""
    from actions.crm.demo import create_demo
    from actions.crm.http_api.server import serve

    settings = Settings.from_environment()
    served = database_address("CRM_URL", database) if database else settings.crm_url
    if not settings.crm_token:
        _fail("KLARTEXT_CRM_TOKEN: a token is needed to serve customer data")
    if served.startswith("http"):
        _fail("KLARTEXT_CRM_URL: expected a database to serve; name one with --database")
    _log_as_text()
    if settings.demo and _run(create_demo(served, date.today())):
        out.print("Made the demo's customer data.")
    out.print(f"Customer data at http://{host}:{port}, described in /openapi.json")
    serve(served, settings.crm_token, host, port)


@demo_app.callback()
def demo() -> None:
    """The demonstration."""


@demo_app.command("customers")
def show_demo_customers(
    lang: Annotated[str, typer.Option(help="de or en")] = "de",
) -> None:
    """List the demo customers worth trying, each with what is true of them now."""
    from actions.crm.errors import CrmUnavailable
    from bot.demo import situations
    from bot.systems import customer_data
    from bot.transparency.wording import language_of, wording

    words, language = wording(), language_of(lang)

    async def read() -> list[Any]:
        crm = customer_data(Settings.from_environment())
        try:
            return await situations(crm, words, language)
        finally:
            await crm.close()

    try:
        found = _run(read())
    except CrmUnavailable as error:
        _fail(f"the customer data cannot be read ({error.cause}): `klartext run` makes the demo's")
    columns = [words.say(f"demo_column_{name}", language) for name in ("number", "name", "contact", "situation")]
    table = Table(title=words.say("demo_title", language), show_lines=True)
    for column in columns:
        table.add_column(column, overflow="fold")
    for one in found:
        known = one.customer
        table.add_row(known.number, known.name, known.email or known.phone, "\n".join(one.true_now))
    out.print(table)


@agents_app.command("add")
def agents_add(
    login: Annotated[str, typer.Argument(help="What the agent types to log in.")],
    name: Annotated[str, typer.Argument(help="First and last name, as customers see it.")],
    role: Annotated[str, typer.Option(help="agent, supervisor or administrator")] = "agent",
) -> None:
    """Create an account and print its random password, once."""
    from bot.bootstrap import open_services
    from bot.service.agents import new_password

    if role not in {"agent", "supervisor", "administrator"}:
        _fail(f"--role: expected agent, supervisor or administrator, found {role!r}")
    if not login.strip() or len(name.split()) < 2:
        _fail("a login and a first and last name are needed")
    password = new_password()

    async def add() -> None:
        async with open_services(Settings.from_environment()) as services:
            await services.agents.add(login.strip().lower(), name.strip(), role, password)

    try:
        _run(add())
    except IntegrityError:
        _fail(f"the login {login!r} is taken")
    except ValueError as error:
        _fail(str(error))
    out.print(f"Login {login.strip().lower()}  password {password}  (shown only now)")


@agents_app.command("password")
def agents_password(login: Annotated[str, typer.Argument()]) -> None:
    """Give an account a new random password, unlock it and print the password, once."""
    from bot.bootstrap import open_services
    from bot.service.agents import new_password

    password = new_password()

    async def replace() -> bool:
        async with open_services(Settings.from_environment()) as services:
            return await services.agents.set_password(login.strip().lower(), password)

    if not _run(replace()):
        _fail(f"there is no login {login!r}")
    out.print(f"Login {login.strip().lower()}  password {password}  (shown only now)")


@agents_app.command("drop-second-factor")
def agents_drop_second_factor(login: Annotated[str, typer.Argument()]) -> None:
    """Take a lost second factor away: the login then needs the password alone."""
    from bot.bootstrap import open_services

    async def drop() -> bool:
        async with open_services(Settings.from_environment()) as services:
            return await services.agents.drop_second_factor(login.strip().lower())

    if not _run(drop()):
        _fail(f"there is no login {login!r}")
    out.print(f"{login.strip().lower()} has no second factor any more.")


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


if __name__ == "__main__":
    main()
