"""What every command writes with, and how it fails: one line that a person can act on, and a non-zero exit."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import structlog
import typer
from rich.console import Console

out, err = Console(highlight=False), Console(stderr=True, highlight=False)
Result = TypeVar("Result")


def fail(message: str) -> NoReturn:
    """End the command with this message."""
    err.print(f"[red]klartext:[/red] {message}", soft_wrap=True)
    sys.exit(1)


def complete(work: Coroutine[Any, Any, Result]) -> Result:
    """Do this; an interrupt at the keyboard ends the command quietly."""
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def log_as_text() -> None:
    """Write the log of a long-running process as lines of text, with what identifies people masked."""
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
