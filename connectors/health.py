"""Health and figures for operators. Every figure is counted in the database, so it is true for all nodes together."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from bot.bootstrap import Services
from bot.conversation.model import utc_now
from bot.store import schema
from bot.store.errors import StoreUnavailable
from bot.store.tables import inbox, message, outbox, tenure, trace
from bot.store.whatsapp_items import UNKNOWN_NUMBER
from bot.store.whatsapp_tables import item
from bot.store.whatsapp_tables import template_state as template
from connectors.frames import json_response


def register_health(app: web.Application, services_key: web.AppKey[Services]) -> None:
    """Add `/healthz` (the process runs), `/readyz` (it can do its work) and `/metrics`."""

    async def healthz(_request: web.Request) -> web.Response:
        return json_response({"status": "ok"})

    async def readyz(request: web.Request) -> web.Response:
        services = request.app[services_key]
        try:
            database = "ok" if await schema.is_current(services.store.database) else "schema is not current"
        except StoreUnavailable:
            database = "away"
        # Without its brain the edge still keeps every message and hands over: that is for the operator to know.
        brain = "ok" if await services.brain.is_ready() else "away"
        return json_response({"database": database, "brain": brain}, 200 if database == "ok" else 503)

    async def metrics(request: web.Request) -> web.Response:
        body = generate_latest(await _figures(request.app[services_key]))
        return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)


async def _figures(services: Services) -> CollectorRegistry:
    registry = CollectorRegistry()
    counts = (
        ("klartext_messages", "Entries of all logs", message, message.c.author_kind, None),
        ("klartext_holders", "Conversations by who holds them", tenure, tenure.c.holder, tenure.c.ended_at.is_(None)),
        ("klartext_turns", "Turns of the bot by outcome", trace, trace.c.outcome, None),
        ("klartext_inbox", "Customers' messages by outcome", inbox, sa.func.coalesce(inbox.c.outcome, "open"), None),
        ("klartext_outbox", "Messages to channels that push, by state", outbox, outbox.c.state, None),
        (
            "klartext_whatsapp_templates",
            "Templates by the provider's word",
            template,
            template.c.state,
            None,
        ),
        (
            "klartext_whatsapp_items",
            "What came in over WhatsApp, by state, and to a number that is not set",
            item,
            sa.case((item.c.outcome == UNKNOWN_NUMBER, UNKNOWN_NUMBER), else_=item.c.state),
            None,
        ),
    )
    async with services.store.report() as unit:
        for name, help_text, table, label, condition in counts:
            gauge = Gauge(name, help_text, ["kind"], registry=registry)
            query = sa.select(label, sa.func.count()).select_from(table).group_by(label)
            if condition is not None:
                query = query.where(condition)
            for kind, count in await unit.connection.execute(query):
                gauge.labels(kind).set(count)
        failing: Counter[str] = Counter()
        for error, count in await unit.connection.execute(
            sa.select(outbox.c.error, sa.func.count())
            .where(outbox.c.state.in_(("pending", "uncertain", "dead")), outbox.c.error.is_not(None))
            .group_by(outbox.c.error)
            .limit(1000)
        ):
            failing[error.partition(":")[0][:20]] += count
        oldest = await unit.connection.execute(
            sa.select(sa.func.min(message.c.at))
            .join(inbox, inbox.c.message_id == message.c.id)
            .where(inbox.c.state == "open")
        )
        waiting_since = oldest.scalar_one()
    errors = Gauge("klartext_outbox_errors", "Messages that wait or failed, by class", ["kind"], registry=registry)
    for kind, count in failing.items():
        errors.labels(kind).set(count)
    age = Gauge("klartext_inbox_oldest_seconds", "Age of the oldest message without an outcome", registry=registry)
    age.set(0 if waiting_since is None else (utc_now() - waiting_since).total_seconds())
    return registry
