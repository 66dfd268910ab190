"""`klartext agents …`: who works at the desk."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy.exc import IntegrityError

from bot.commands.console import complete, fail, out
from bot.settings import Settings

app = typer.Typer(no_args_is_help=True, help="People who work at the desk.")


@app.command("add")
def add(
    login: Annotated[str, typer.Argument(help="What the agent types to log in.")],
    name: Annotated[str, typer.Argument(help="First and last name, as customers see it.")],
    role: Annotated[str, typer.Option(help="agent, supervisor or administrator")] = "agent",
) -> None:
    """Create an account and print its random password, once."""
    from bot.bootstrap import open_services
    from bot.service.agents import new_password

    if role not in {"agent", "supervisor", "administrator"}:
        fail(f"--role: expected agent, supervisor or administrator, found {role!r}")
    if not login.strip() or len(name.split()) < 2:
        fail("a login and a first and last name are needed")
    password = new_password()

    async def add() -> None:
        async with open_services(Settings.from_environment()) as services:
            await services.agents.add(login.strip().lower(), name.strip(), role, password)

    try:
        complete(add())
    except IntegrityError:
        fail(f"the login {login!r} is taken")
    except ValueError as error:
        fail(str(error))
    out.print(f"Login {login.strip().lower()}  password {password}  (shown only now)")


@app.command("password")
def password(login: Annotated[str, typer.Argument()]) -> None:
    """Give an account a new random password, unlock it and print the password, once."""
    from bot.bootstrap import open_services
    from bot.service.agents import new_password

    password = new_password()

    async def replace() -> bool:
        async with open_services(Settings.from_environment()) as services:
            return await services.agents.set_password(login.strip().lower(), password)

    if not complete(replace()):
        fail(f"there is no login {login!r}")
    out.print(f"Login {login.strip().lower()}  password {password}  (shown only now)")


@app.command("drop-second-factor")
def drop_second_factor(login: Annotated[str, typer.Argument()]) -> None:
    """Take a lost second factor away: the login then needs the password alone."""
    from bot.bootstrap import open_services

    async def drop() -> bool:
        async with open_services(Settings.from_environment()) as services:
            return await services.agents.drop_second_factor(login.strip().lower())

    if not complete(drop()):
        fail(f"there is no login {login!r}")
    out.print(f"{login.strip().lower()} has no second factor any more.")
