"""The company's systems as the settings name them. Edge, workers and actions all get them here.

Guarantee: nothing is opened here, so nothing fails here; a system that is away shows as `CrmUnavailable` of its first
verb. Whoever gets one closes it.
"""

from __future__ import annotations

from actions.crm.connect import connect
from actions.crm.repository import CrmRepository
from actions.crm.request_tracker import RequestTracker
from actions.crm.tickets import TicketSystem
from bot.settings import Settings


def ticket_system(settings: Settings) -> TicketSystem | None:
    """The ticket system, where one is configured."""
    if settings.rt_url is None:
        return None
    return RequestTracker.at(
        settings.rt_url,
        settings.rt_queue,
        user=settings.rt_user,
        password=settings.rt_password,
        token=settings.rt_token,
    )


def customer_data(settings: Settings) -> CrmRepository:
    """The customer data system, its tickets in the ticket system where one is configured."""
    return connect(settings.crm_url, token=settings.crm_token, tickets=ticket_system(settings))
