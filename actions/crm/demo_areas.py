"""The demo's build areas, dated relative to the day of creation.

Guarantee: pure; the same day gives the same data. Every date is in the future or past as its text says on that day.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]

# Which state a build phase gives to the houses of its streets.
FIBER_BY_PHASE = {
    "complete": "available",
    "activation": "building",
    "house_connections": "building",
    "civil_works": "building",
    "permits": "planned",
    "planning": "planned",
    "interest": "planned",
    "paused": "planned",
}


def build_areas(today: date) -> list[Row]:
    """Areas in every phase; two delayed, one paused without a date."""

    def area(
        number: str,
        name: str,
        place: str,
        postcode: str,
        streets: tuple[str, ...],
        phase: str,
        step: tuple[str, int] | None,
        note: tuple[str, str],
        delayed: int | None = None,
    ) -> Row:
        return {
            "number": number,
            "name": name,
            "place": place,
            "postcodes": [postcode],
            "streets": list(streets),
            "phase": phase,
            "next_milestone": step[0] if step else None,
            "milestone_on": today + timedelta(days=step[1]) if step else None,
            "delayed_from": today + timedelta(days=delayed) if delayed is not None else None,
            "note_de": note[0],
            "note_en": note[1],
            "updated_on": today - timedelta(days=3),
        }

    done = ("Der Ausbau ist abgeschlossen.", "The build-out is complete.")
    on_time = (
        "Die Arbeiten liegen im Plan. Frost kann den Termin verschieben.",
        "The works are on schedule. Frost may move the date.",
    )
    return [
        area(
            "G-01",
            "Halle Innenstadt",
            "Halle (Saale)",
            "06108",
            ("Geiststraße", "Große Ulrichstraße", "Kleine Klausstraße", "Leipziger Straße"),
            "complete",
            None,
            done,
        ),
        area(
            "G-02",
            "Halle Süd",
            "Halle (Saale)",
            "06110",
            ("Merseburger Straße", "Liebenauer Straße", "Ringstraße"),
            "civil_works",
            ("works_end", 70),
            on_time,
        ),
        area(
            "G-03",
            "Halle Paulusviertel",
            "Halle (Saale)",
            "06114",
            ("Händelstraße", "Mozartstraße", "Richard-Wagner-Straße"),
            "house_connections",
            ("connections_done", 35),
            on_time,
        ),
        area(
            "G-04",
            "Merseburg West",
            "Merseburg",
            "06217",
            ("Geusaer Straße", "Weiße Mauer", "Gartenstraße"),
            "civil_works",
            ("works_end", 120),
            (
                "Der Tiefbau hat sich verzögert, weil eine Gasleitung anders lag als im Plan. Der neue Termin ist eine "
                "Schätzung der Baufirma und nicht sicher.",
                "The digging is late because a gas pipe lay elsewhere than planned. The new date is the contractor's "
                "estimate and not certain.",
            ),
            delayed=-45,
        ),
        area(
            "G-05",
            "Leuna Nord",
            "Leuna",
            "06237",
            ("Kirchgasse", "Lindenstraße", "Schillerstraße"),
            "permits",
            ("permits_granted", 50),
            (
                "Die Genehmigung ist beantragt. Wann sie kommt, entscheidet die Stadt, der Termin ist nur erwartet.",
                "The permit has been applied for. The town decides when it comes; the date is what we expect.",
            ),
        ),
        area(
            "G-06",
            "Weißenfels Altstadt",
            "Weißenfels",
            "06667",
            ("Große Kalandstraße", "Jüdenstraße", "Nikolaistraße"),
            "planning",
            ("plan_ready", 80),
            (
                "Das Gebiet wird geplant. Einen Termin für den Baubeginn gibt es noch nicht.",
                "The area is being planned. There is no date yet for the start of works.",
            ),
        ),
        area(
            "G-07",
            "Naumburg Bürgergarten",
            "Naumburg",
            "06618",
            ("Bürgergartenstraße", "Lindenstraße", "Schillerstraße"),
            "activation",
            ("network_live", 12),
            (
                "Alle Häuser sind angeschlossen, das Netz wird gemessen und eingeschaltet.",
                "All houses are connected; the network is being measured and switched on.",
            ),
        ),
        area(
            "G-08",
            "Landsberg Süd",
            "Landsberg",
            "06188",
            ("Gartenstraße", "Kapellenweg", "Ringstraße"),
            "interest",
            ("decision", 60),
            (
                "Gebaut wird nur, wenn sich ein Drittel der Haushalte dafür meldet. Bisher ist es ein Fünftel.",
                "We build only if a third of the households sign up. So far it is a fifth.",
            ),
        ),
        area(
            "G-09",
            "Schkopau Mitte",
            "Schkopau",
            "06258",
            ("Am Elsterufer", "Hohendorfer Straße", "Lindenstraße"),
            "complete",
            None,
            done,
        ),
        area(
            "G-10",
            "Bad Dürrenberg Altstadt",
            "Bad Dürrenberg",
            "06231",
            ("Fährstraße", "Ostrauer Straße"),
            "paused",
            None,
            (
                "Der Bau ruht, weil die Baufirma aufgegeben hat. Eine neue Firma ist noch nicht gefunden, einen Termin "
                "können wir nicht nennen.",
                "The works are paused because the contractor has given up. No new one has been found, and we cannot "
                "name a date.",
            ),
            delayed=-90,
        ),
        area(
            "G-11",
            "Querfurt Burg",
            "Querfurt",
            "06268",
            ("Burgring", "Klosterstraße"),
            "house_connections",
            ("connections_done", 21),
            on_time,
        ),
        area(
            "G-12",
            "Eisleben Markt",
            "Lutherstadt Eisleben",
            "06295",
            ("Freistraße", "Plan"),
            "permits",
            ("permits_granted", 95),
            (
                "Der Denkmalschutz prüft die Trasse länger als erwartet. Der Termin kann sich noch ändern.",
                "Monument protection is taking longer than expected to check the route. The date may change again.",
            ),
            delayed=-20,
        ),
    ]
