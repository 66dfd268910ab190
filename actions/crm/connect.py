"""From an address to an adapter: the only place that knows which one serves which.

Guarantee: nothing is opened here; a system that is away shows as `CrmUnavailable` of the first verb.
"""

from __future__ import annotations

from actions.crm.repository import CrmRepository
from actions.crm.routed import RoutedTickets
from actions.crm.tickets import TicketSystem


def connect(url: str, *, token: str = "", tickets: TicketSystem | None = None) -> CrmRepository:
    """The repository at an address, with its tickets in a ticket system of their own if one is given.

    `sqlite+aiosqlite:///file` and `postgresql+asyncpg://…` are databases, `http(s)://…` speaks the HTTP contract with
    `token`. Closing the repository closes `tickets` too.
    """
    crm = _adapter(url, token)
    return crm if tickets is None else RoutedTickets(crm, tickets)


def _adapter(url: str, token: str) -> CrmRepository:
    # Deferred: who speaks HTTP needs no database driver, and the other way round.
    if url.startswith(("http://", "https://")):
        from actions.crm.http_api.client import HttpCrm

        return HttpCrm.at(url, token)
    from actions.crm.sql import connect as connect_sql

    return connect_sql(url)
