"""What a customer has: appointments and tickets.

Only for customers who have proven who they are. A record named by number is shown only if it belongs to that
customer; somebody else's record and a record that does not exist get the same answer.
"""

from __future__ import annotations

from datetime import date, datetime, timezone

from actions.base import AccountService
from actions.crm.models import Appointment, Customer, Fact, Ticket
from actions.turn import Event, Turn
from bot.transparency.format import REGION, day, moment, window

# How many records of one kind are shown at once; one answer stays readable on a phone.
SHOWN = 3


class AppointmentShow(AccountService):
    """The next appointments; if there is none, the last one and what became of it."""

    action_name = "action_appointment_show"
    intent = "appointment_show"

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        upcoming = await turn.crm.appointments(customer.record)
        for fact in upcoming[:SHOWN]:
            turn.say_text(self._describe(turn, fact.value), sources=[turn.source("appointment", fact)])
        if upcoming:
            return []
        past = await turn.crm.appointments(customer.record, upcoming=False)
        if not past:
            turn.say("appointment_none", sources=[turn.source("account", customer)], buttons=[turn.person()])
            return []
        last = past[0]
        turn.say(
            "appointment_only_past",
            kind=turn.wording(f"appointment_kind_{last.value.kind}"),
            day=day(last.value.starts, turn.language),
            status=turn.wording(f"appointment_status_{last.value.status}"),
            sources=[turn.source("appointment", last)],
            buttons=[turn.person()],
        )
        return []

    @staticmethod
    def _describe(turn: Turn, appointment: Appointment) -> str:
        return turn.wording(
            "appointment_next",
            number=appointment.number,
            kind=turn.wording(f"appointment_kind_{appointment.kind}"),
            window=window(appointment.starts, appointment.ends, turn.language),
            status=turn.wording(f"appointment_status_{appointment.status}"),
            address=appointment.address.line,
        )


class TicketStatus(AccountService):
    """The named ticket, or the latest ones."""

    action_name = "action_ticket_status"
    intent = "ticket_status"
    naming = ("ticket_number",)

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        named = self.named(turn)
        if named and named.startswith("KT-"):
            # Cases of this chat are kept by the edge, not by the customer data system.
            turn.say("ticket_is_case", number=named, buttons=[turn.person()])
            return []
        if named:
            found = await turn.crm.ticket(named)
            tickets = [found] if found is not None and found.value.customer_number == customer.record else []
        else:
            tickets = await turn.crm.tickets(customer.record)
        if not tickets:
            if named:
                turn.say(
                    "ticket_not_yours",
                    number=named,
                    sources=[turn.source("account", customer)],
                    buttons=[turn.person()],
                )
            else:
                turn.say(
                    "ticket_none",
                    sources=[turn.source("account", customer)],
                    buttons=[turn.button("intent_title_report_fault", "/report_fault"), turn.person()],
                )
            return []
        unfinished = [fact for fact in tickets if fact.value.status not in {"solved", "closed"}]
        for fact in (unfinished or tickets[:1])[:SHOWN]:
            turn.say_text(describe_ticket(turn, fact.value), sources=[turn.source("ticket", fact)])
        return []


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
