"""`klartext crm …`: a customer database served to others."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from bot.commands.console import complete, fail, log_as_text, out
from bot.settings import Settings, database_address

app = typer.Typer(no_args_is_help=True, help="The customer data system.")


@app.callback()
def crm() -> None:
    """The customer data system."""


@app.command("serve")
def serve(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8090,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    database: Annotated[
        str, typer.Option(help="sqlite:///file or postgresql://…; KLARTEXT_CRM_URL when left out.")
    ] = "",
) -> None:
    """Serve a customer database over the HTTP contract of docs/crm-openapi.json; KLARTEXT_CRM_TOKEN guards it."""
    from actions.crm.demo import create_demo
    from actions.crm.http_api.server import serve as serve_database

    settings = Settings.from_environment()
    served = database_address("CRM_URL", database) if database else settings.crm_url
    if not settings.crm_token:
        fail("KLARTEXT_CRM_TOKEN: a token is needed to serve customer data")
    if served.startswith("http"):
        fail("KLARTEXT_CRM_URL: expected a database to serve; name one with --database")
    log_as_text()
    if settings.demo and complete(create_demo(served, date.today())):
        out.print("Made the demo's customer data.")
    out.print(f"Customer data at http://{host}:{port}, described in /openapi.json")
    serve_database(served, settings.crm_token, host, port)
