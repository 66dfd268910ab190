"""The demo's outages, dated relative to the day of creation.

Guarantee: pure; the same day gives the same data. Whatever began, began before that day; whatever is
announced lies after.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from actions.crm.due import BERLIN

Row = dict[str, Any]


def moment(today: date, days: int, hour: int, minute: int = 0) -> datetime:
    """A time in Germany, `days` from today, as UTC."""
    return datetime.combine(today + timedelta(days=days), time(hour, minute), tzinfo=BERLIN).astimezone(timezone.utc)


def outages(today: date) -> list[Row]:
    """Five active, two planned, three solved."""

    def row(
        number: str,
        area: str,
        postcode: str,
        streets: tuple[str, ...],
        technologies: tuple[str, ...],
        cause: str,
        state: str,
        since: datetime,
        until: datetime | None,
        news: tuple[str, str],
        updated: datetime,
        solved: datetime | None = None,
    ) -> Row:
        return {
            "number": number,
            "area": area,
            "postcodes": [postcode],
            "streets": list(streets),
            "technologies": list(technologies),
            "cause": cause,
            "state": state,
            "since": since,
            "expected_until": until,
            "solved_at": solved,
            "what_changed_de": news[0],
            "what_changed_en": news[1],
            "updated_at": updated,
        }

    everything = ("dsl", "cable", "fiber")
    fixed = ("Die Störung ist behoben.", "The fault is repaired.")
    announced = (
        "In dieser Zeit fällt der Anschluss bis zu 30 Minuten aus.",
        "During this time the line is down for up to 30 minutes.",
    )
    late = moment(today, -1, 23, 5)
    return [
        row(
            "S-1042",
            "Merseburg Mitte",
            "06217",
            ("Lindenstraße", "Bahnhofstraße", "Gartenstraße"),
            ("dsl",),
            "cable_damage",
            "active",
            moment(today, -1, 20, 40),
            moment(today, 1, 18),
            (
                "Die Stelle ist gefunden und freigelegt. Das Kabel wird gespleißt.",
                "The spot has been found and dug up. The cable is being spliced.",
            ),
            late,
        ),
        row(
            "S-1043",
            "Halle Süd",
            "06110",
            ("Merseburger Straße", "Liebenauer Straße"),
            everything,
            "power_failure",
            "active",
            moment(today, -1, 21, 15),
            moment(today, 1, 12),
            (
                "Der Strom ist beim Netzbetreiber ausgefallen. Unsere Technik läuft wieder, sobald er zurück ist.",
                "The power company has a failure. Our equipment runs again once power is back.",
            ),
            late,
        ),
        row(
            "S-1044",
            "Weißenfels Altstadt",
            "06667",
            ("Jüdenstraße", "Naumburger Straße", "Bahnhofstraße"),
            ("dsl",),
            "hardware_defect",
            "active",
            moment(today, -1, 19, 5),
            None,
            (
                "Eine Baugruppe ist defekt, das Ersatzteil ist bestellt. Wann es eintrifft, ist noch nicht bekannt.",
                "A module is broken and the spare part is on order. It is not known yet when it arrives.",
            ),
            late,
        ),
        row(
            "S-1045",
            "Querfurt",
            "06268",
            (),
            ("dsl", "fiber"),
            "water_damage",
            "active",
            moment(today, -2, 6, 30),
            moment(today, 2, 20),
            (
                "Der Schacht ist leergepumpt, die Technik wird getauscht.",
                "The shaft has been pumped dry, and the equipment is being replaced.",
            ),
            late,
        ),
        row(
            "S-1046",
            "Eisleben Markt",
            "06295",
            ("Freistraße", "Plan"),
            ("dsl",),
            "unknown",
            "active",
            moment(today, -1, 22, 20),
            None,
            ("Die Ursache wird gesucht.", "The cause is being looked for."),
            late,
        ),
        row(
            "S-1047",
            "Naumburg Domviertel",
            "06618",
            ("Kösener Straße", "Domplatz"),
            ("cable",),
            "maintenance",
            "planned",
            moment(today, 3, 0),
            moment(today, 3, 5),
            announced,
            moment(today, -4, 10),
        ),
        row(
            "S-1048",
            "Schkopau Mitte",
            "06258",
            ("Hohendorfer Straße", "Am Elsterufer"),
            ("fiber",),
            "maintenance",
            "planned",
            moment(today, 8, 1),
            moment(today, 8, 4),
            announced,
            moment(today, -4, 10, 20),
        ),
        row(
            "S-1039",
            "Leuna",
            "06237",
            (),
            everything,
            "software_fault",
            "solved",
            moment(today, -3, 8),
            None,
            fixed,
            moment(today, -3, 13, 40),
            moment(today, -3, 13, 30),
        ),
        row(
            "S-1040",
            "Bad Dürrenberg",
            "06231",
            ("Kurallee",),
            ("dsl",),
            "cable_damage",
            "solved",
            moment(today, -6, 9),
            None,
            fixed,
            moment(today, -5, 16),
            moment(today, -5, 15, 45),
        ),
        row(
            "S-1041",
            "Landsberg",
            "06188",
            (),
            ("dsl",),
            "power_failure",
            "solved",
            moment(today, -9, 14),
            None,
            fixed,
            moment(today, -9, 17, 10),
            moment(today, -9, 17),
        ),
    ]
