"""What services on account data share: how many records are shown, a ticket in words, today."""

from __future__ import annotations

from datetime import date, datetime, timezone

from actions.crm.models import Ticket
from actions.turn import Turn
from bot.transparency.format import REGION, moment

# How many records of one kind are shown at once; one answer stays readable on a phone.
SHOWN = 3


def describe_ticket(turn: Turn, ticket: Ticket) -> str:
    """Number, subject, state, due time and the team's latest word."""
    language = turn.language
    parts = [
        turn.wording(
            "ticket_head",
            number=ticket.number,
            kind=turn.wording(f"ticket_kind_{ticket.kind}"),
            status=turn.wording(f"ticket_status_{ticket.status}"),
            opened=moment(ticket.opened_at, language),
        )
    ]
    if ticket.status not in {"solved", "closed"}:
        late = ticket.due_at < datetime.now(timezone.utc)
        parts.append(turn.wording("ticket_late" if late else "ticket_due", due=moment(ticket.due_at, language)))
    if ticket.last_note is not None and ticket.noted_at is not None:
        parts.append(
            turn.wording("ticket_note", at=moment(ticket.noted_at, language), note=ticket.last_note.say(language))
        )
    return "\n".join(parts)


def today() -> date:
    """The calendar day where the customers live."""
    return datetime.now(REGION).date()
