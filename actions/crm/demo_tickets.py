"""The demo's tickets and appointments.

Guarantee: deterministic in the dice it is given; appointments lie on days on which technicians are out, those to come
on the day after creation or later; tickets were opened before that day.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Table

from actions.crm import demo_people, tables
from actions.crm.demo_outages import moment
from actions.crm.due import due_at
from actions.crm.models import TicketKind
from actions.crm.visit_windows import is_workday

Row = dict[str, Any]

_FIRST_TICKET = 104_700
_STORIES: tuple[tuple[TicketKind, str, str, str], ...] = (
    (
        "fault",
        "Internet und Telefon gehen nicht, am Router blinkt die DSL-Leuchte.",
        "Die Leitung wird gemessen.",
        "The line is being measured.",
    ),
    (
        "slow_internet",
        "Abends nur ein Zehntel der gebuchten Geschwindigkeit.",
        "Die Auslastung des Verteilers wird geprüft.",
        "The load of the street cabinet is being checked.",
    ),
    (
        "invoice",
        "Auf der Rechnung stehen Gespräche, die ich nicht geführt habe.",
        "Der Einzelverbindungsnachweis ist angefordert.",
        "The itemised bill has been asked for.",
    ),
    (
        "appointment",
        "Der Techniker ist nicht gekommen.",
        "Die Einsatzplanung sucht einen neuen Termin.",
        "Scheduling is looking for a new appointment.",
    ),
    (
        "contract",
        "Bitte bestätigen Sie mir das Ende meiner Vertragslaufzeit schriftlich.",
        "Das Schreiben ist vorbereitet.",
        "The letter has been prepared.",
    ),
)
_WINDOWS = ((8, 10), (10, 12), (13, 15), (15, 17))


class TicketDesk:
    """Adds tickets and appointments to rows that hold customers and contracts already."""

    def __init__(self, today: date, dice: random.Random, rows: dict[Table, list[Row]]) -> None:
        self._today = today
        self._dice = dice
        self._rows = rows
        hand_made = {person.number for person in demo_people.PEOPLE}
        self._contracts = {row["customer_number"]: row for row in rows[tables.contract]}
        self._generated = [row for number, row in self._contracts.items() if number not in hand_made]

    def appointments(self) -> None:
        self._appointment(
            "TM-210395",
            self._contracts[demo_people.TOMORROW],
            "technician",
            "confirmed",
            self._to_a_workday(1),
            (10, 12),
        )
        for index, contract in enumerate(self._dice.sample(self._generated, 18)):
            past = index % 3 == 0
            days = self._to_a_workday(-self._dice.randint(5, 60) if past else self._dice.randint(2, 15))
            status = self._dice.choice(("done", "done", "missed")) if past else "confirmed"
            kind = self._dice.choice(("technician", "technician", "installation", "house_survey"))
            window = self._dice.choice(_WINDOWS)
            self._appointment(f"TM-{310_000 + 13 * index}", contract, kind, status, days, window)

    def _to_a_workday(self, days: int) -> int:
        """So many days from today, or some more, further from today, to a day on which technicians are out."""
        while not is_workday(self._today + timedelta(days=days)):
            days += -1 if days < 0 else 1
        return days

    def _appointment(
        self, number: str, contract: Row, kind: str, status: str, days: int, window: tuple[int, int]
    ) -> None:
        self._rows[tables.appointment].append(
            {
                "number": number,
                "customer_number": contract["customer_number"],
                "contract_number": contract["number"],
                "premises_key": contract["premises_key"],
                "kind": kind,
                "status": status,
                "starts": moment(self._today, days, window[0]),
                "ends": moment(self._today, days, window[1]),
            }
        )

    def tickets(self) -> None:
        for index, contract in enumerate(self._dice.sample(self._generated, 30)):
            story = self._dice.choice(_STORIES)
            solved = index % 3 != 0
            days = -self._dice.randint(6, 90) if solved else -1
            self._ticket(_FIRST_TICKET + 3 * index, contract, story, "solved" if solved else "in_progress", days)
        self._ticket(104_817, self._contracts[demo_people.TICKET], _STORIES[0], "in_progress", -1)

    def _ticket(
        self, number: int, contract: Row, story: tuple[TicketKind, str, str, str], status: str, days: int
    ) -> None:
        kind, description, note_de, note_en = story
        opened = moment(self._today, days, 9, 20)
        solved = status == "solved"
        self._rows[tables.ticket].append(
            {
                "id": number,
                "number": f"T-{number}",
                "customer_number": contract["customer_number"],
                "contract_number": contract["number"],
                "kind": kind,
                "status": status,
                "opened_at": opened,
                "due_at": due_at(kind, opened),
                "description": description,
                "last_note_de": "Das Anliegen ist gelöst." if solved else note_de,
                "last_note_en": "The request is solved." if solved else note_en,
                "noted_at": moment(self._today, days, 16, 45),
            }
        )
