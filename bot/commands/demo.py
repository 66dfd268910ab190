"""`klartext demo …`: what there is to try."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from bot.commands.console import complete, fail, out
from bot.settings import Settings

app = typer.Typer(no_args_is_help=True, help="The demonstration.")


@app.callback()
def demo() -> None:
    """The demonstration."""


@app.command("customers")
def show_demo_customers(
    lang: Annotated[str, typer.Option(help="de or en")] = "de",
) -> None:
    """List the demo's customers and addresses, each with what is true now and what to write to see it."""
    from actions.crm.errors import CrmUnavailable
    from bot.demo import places, situations
    from bot.systems import customer_data
    from bot.transparency.wording import language_of, wording

    words, language, settings = wording(), language_of(lang), Settings.from_environment()

    async def read() -> Any:
        crm = customer_data(settings)
        try:
            return await situations(crm, words, language), await places(crm, words, language)
        finally:
            await crm.close()

    try:
        customers, addresses = complete(read())
    except CrmUnavailable as error:
        fail(f"the customer data cannot be read ({error.cause}): `klartext run` makes the demo's")

    def table(title: str, first: str) -> Table:
        made = Table(title=words.say(title, language), title_justify="left", leading=0)
        for key, share in ((first, 4), ("demo_column_situation", 5), ("demo_column_try", 5)):
            made.add_column(words.say(key, language), ratio=share, overflow="fold")
        return made

    def add(to: Table, who: str, reasons: Sequence[Any]) -> None:
        for index, reason in enumerate(reasons):
            last = index == len(reasons) - 1
            to.add_row("" if index else who, reason.true_now, reason.to_write, end_section=last)

    shown = table("demo_title", "demo_column_who")
    for one in customers:
        known = one.customer
        code = words.say("demo_code_to", language, contact=known.email or known.phone)
        add(shown, f"[bold]{known.number}[/bold] {known.name}\n{code}", one.reasons)
    out.print(shown)
    shown = table("demo_title_places", "demo_column_address")
    for place in addresses:
        add(shown, place.place.address.line, place.reasons)
    out.print(shown)
    out.print(words.say("demo_where", language, url=settings.public_url), soft_wrap=True)
