"""The demo's rows: about 220 customers and everything they have, from a seed and a day.

Guarantee: pure and deterministic; the same day and seed give the same rows in the same order. Every reference between
rows holds, and every invoice amount is the sum of its lines.
"""

from __future__ import annotations

import random
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Table

from actions.crm import demo_areas, demo_outages, demo_payments, demo_people, tables, tables_contracts
from actions.crm.addresses import number_key, plain
from actions.crm.demo_people import Person
from actions.crm.demo_places import FIRST_NAMES, LAST_NAMES, PLACES, streets_of
from actions.crm.demo_tickets import TicketDesk
from actions.crm.tables_service import product_sheet

Row = dict[str, Any]
Rows = dict[Table, list[Row]]

GENERATED = 210

# name: technology, down, up, cents per month
TARIFFS: dict[str, tuple[str, int, int, int]] = {
    "DSL 50": ("dsl", 50, 10, 3490),
    "DSL 100": ("dsl", 100, 40, 3990),
    "Kabel 250": ("cable", 250, 25, 3790),
    "Kabel 500": ("cable", 500, 50, 4490),
    "Glas 150": ("fiber", 150, 75, 3990),
    "Glas 300": ("fiber", 300, 150, 4490),
    "Glas 500": ("fiber", 500, 250, 5490),
    "Glas 1000": ("fiber", 1000, 500, 6990),
}
# What a line of each technology promises, as shares of its highest speed: normally available, and at least.
PROMISED: dict[str, tuple[float, float]] = {"dsl": (0.83, 0.54), "cable": (0.85, 0.6), "fiber": (0.9, 0.7)}
_CABLE = {"06108", "06110", "06114", "06120", "06217", "06258", "06618"}
_BUSY = "Leipziger Straße"  # where the second line of the customer with two contracts ends


def build(today: date, seed: int) -> Rows:
    """All rows by table, in an order that respects the references."""
    return _Builder(today, random.Random(seed)).build()  # noqa: S311 - a demo's dice, no secret


def months_back(today: date, count: int) -> Iterator[date]:
    """The first days of the latest `count` months whose invoice is out, newest first."""
    year, month = today.year, today.month
    if today.day < 5:
        month -= 1
    for _ in range(count):
        if month < 1:
            year, month = year - 1, month + 12
        yield date(year, month, 1)
        month -= 1


def add_months(day: date, count: int) -> date:
    """The same day `count` months on, or the month's last."""
    month = day.month - 1 + count
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


class _Builder:
    def __init__(self, today: date, dice: random.Random) -> None:
        self.today = today
        self.dice = dice
        self.rows: Rows = {table: [] for table in tables.metadata.sorted_tables}
        self.house: dict[tuple[str, str, str], Row] = {}  # by postcode, street, number

    def build(self) -> Rows:
        self._company()
        self._network()
        self._houses()
        taken = {(p.postcode, p.street, p.house_number) for p in demo_people.PEOPLE}
        taken |= {(a.address.postcode, a.address.street, a.address.house_number) for a in demo_people.ADDRESSES}
        taken.add(("06108", _BUSY, "14"))
        for person in demo_people.PEOPLE:
            self._person(person)
        self._generated(taken)
        self._orders(taken)
        desk = TicketDesk(self.today, self.dice, self.rows)
        desk.appointments()
        desk.tickets()
        demo_payments.add(self.rows)
        self._tariffs()
        return self.rows

    # --- the company and its network ---

    def _company(self) -> None:
        self.rows[tables.company].append(
            {
                "id": 1,
                "name": "Saalenetz",
                "phone": "+493023125000",
                "hours_de": "Montag bis Freitag 8 bis 20 Uhr, Samstag 9 bis 16 Uhr",
                "hours_en": "Monday to Friday 8 am to 8 pm, Saturday 9 am to 4 pm",
                "mail": "service@saalenetz.example",
                "street": "Große Ulrichstraße",
                "house_number": "1",
                "postcode": "06108",
                "place": "Halle (Saale)",
                "web": "https://saalenetz.example",
            }
        )

        for tariff, (technology, down, _, _) in TARIFFS.items():
            normal, least = (int(down * share) for share in PROMISED[technology])
            sheet = {"tariff": tariff, "max_mbit": down, "normal_mbit": normal, "min_mbit": least}
            self.rows[product_sheet].append({**sheet, "issued": self.today.replace(month=1, day=1)})

    def _network(self) -> None:
        for area in demo_areas.build_areas(self.today):
            self.rows[tables.build_area].append(area)
            for street in area["streets"]:
                row = {"postcode": area["postcodes"][0], "street_key": plain(street), "area_number": area["number"]}
                self.rows[tables.build_area_street].append(row)
        for outage in demo_outages.outages(self.today):
            self.rows[tables.outage].append(outage)
            for street in outage["streets"] or [""]:
                reach = {"outage_number": outage["number"], "postcode": outage["postcodes"][0]}
                self.rows[tables.outage_reach].append({**reach, "street_key": plain(street)})

    def _houses(self) -> None:
        phases = {area["number"]: area["phase"] for area in self.rows[tables.build_area]}
        areas = {
            (row["postcode"], row["street_key"]): phases[row["area_number"]]
            for row in self.rows[tables.build_area_street]
        }
        for postcode, place, own in PLACES:
            for street in streets_of(postcode, own):
                phase = areas.get((postcode, plain(street)))
                state = demo_areas.FIBER_BY_PHASE[phase] if phase else "not_planned"
                copper = self.dice.choice((50, 100, 100, 250))
                speed = 1000 if state == "available" else 500 if postcode in _CABLE else copper
                numbers = [str(n) for n in range(1, self.dice.randint(16, 28))]
                numbers += [f"{self.dice.randint(2, 15)}a"]
                for number in numbers:
                    self._house(postcode, place, street, number, state, speed)

    def _house(self, postcode: str, place: str, street: str, number: str, state: str, speed: int) -> None:
        row = {
            "key": f"A-{len(self.house) + 1:05d}",
            "street": street,
            "house_number": number,
            "postcode": postcode,
            "place": place,
            "street_key": plain(street),
            "number_key": number_key(number),
            "fiber_state": state,
            "max_down_mbit": speed,
        }
        self.house[postcode, street, number] = row
        self.rows[tables.premises].append(row)

    def _tariffs(self) -> None:
        for name, (technology, down, up, cents) in TARIFFS.items():
            row = {"name": name, "technology": technology, "down_mbit": down, "up_mbit": up, "price_cents": cents}
            self.rows[tables_contracts.tariff].append({**row, "setup_cents": 4990, "term_months": 24})
        for postcode in sorted(_CABLE):
            self.rows[tables_contracts.network].append({"postcode": postcode, "technology": "cable"})

    # --- people ---

    def _person(self, person: Person) -> None:
        house = self.house[person.postcode, person.street, person.house_number]
        self.rows[tables.customer].append(
            {
                "number": person.number,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "premises_key": house["key"],
                "email": person.email,
                "email_key": person.email,
                "phone": person.phone,
                "language": person.language,
                "blocked": person.blocked,
            }
        )
        for index, (number, tariff) in enumerate(person.contracts):
            place = house if index == 0 else self.house["06108", _BUSY, "14"]
            months = 50 if person.number == demo_people.QUIET else 14 + 3 * index
            contract = self._contract(number, person.number, tariff, place, add_months(self.today, -months))
            for month, period in enumerate(months_back(self.today, 12)):
                extra, unpaid = _special(person.number, month, contract["price_cents"])
                self._invoice(contract, period, extra, unpaid, prompt=True)
        if person.number == demo_people.ORDER:
            self._order("B-213605", person.number, house, "Glas 300", "construction", 75)

    def _generated(self, taken: set[tuple[str, str, str]]) -> None:
        free = [house for place, house in self.house.items() if place not in taken]
        houses = self.dice.sample(free, GENERATED)
        numbers = self.dice.sample(range(220_000, 900_000), GENERATED * 2)
        lines = [f"+493023125{n}" for n in range(200, 1000)] + [f"+494066969{n}" for n in range(200, 1000)]
        mobiles = [f"+4917139200{n}" for n in range(20, 100)] + [f"+4917604069{n:03d}" for n in range(100)]
        phones = self.dice.sample(lines, GENERATED - 80) + self.dice.sample(mobiles, 80)
        for index, house in enumerate(houses):
            first, last = self.dice.choice(FIRST_NAMES), self.dice.choice(LAST_NAMES)
            number = f"{numbers[index]}{self.dice.randint(0, 9)}"
            mail = f"{plain(first)}.{plain(last)}.{number[-4:]}@example.org"
            self.rows[tables.customer].append(
                {
                    "number": number,
                    "first_name": first,
                    "last_name": last,
                    "premises_key": house["key"],
                    "email": mail,
                    "email_key": mail,
                    "phone": phones[index],
                    "language": "en" if self.dice.random() < 0.06 else "de",
                    "blocked": self.dice.random() < 0.02,
                }
            )
            for contract_number in (numbers[index], numbers[GENERATED + index])[: self._how_many()]:
                self._random_contract(f"V-{contract_number}", number, house)

    def _how_many(self) -> int:
        roll = self.dice.random()
        return 0 if roll < 0.03 else 2 if roll > 0.94 else 1

    def _random_contract(self, number: str, customer_number: str, house: Row) -> None:
        fitting = [
            name
            for name, (technology, down, _, _) in TARIFFS.items()
            if down <= max(house["max_down_mbit"], 50)
            and (technology != "fiber" or house["fiber_state"] == "available")
            and (technology != "cable" or house["postcode"] in _CABLE)
        ]
        started = self.today - timedelta(days=self.dice.randint(20, 2600))
        contract = self._contract(number, customer_number, self.dice.choice(fitting), house, started)
        late = self.dice.random() < 0.05
        rent = self.dice.random() < 0.5
        for month, period in enumerate(months_back(self.today, 12)):
            if add_months(period, 1) <= started:
                break  # not a customer yet
            extra: list[Row] = []
            if rent:
                extra.append(_line("device_rent", "Miete Router", "Router rental", 499))
            if self.dice.random() < 0.15:
                cents = self.dice.randint(60, 1450)
                extra.append(_line("calls", "Gespräche ins Ausland", "Calls abroad", cents))
            if period <= started:
                extra.append(_line("setup_fee", "Einrichtung", "Set-up", 4990))
            self._invoice(contract, period, extra, late and month == 1)

    # --- what they have ---

    def _contract(self, number: str, customer_number: str, tariff: str, house: Row, started: date) -> Row:
        technology, down, up, cents = TARIFFS[tariff]
        first_term = add_months(started, 24) - timedelta(days=1)
        bound = first_term > self.today
        row = {
            "number": number,
            "customer_number": customer_number,
            "premises_key": house["key"],
            "tariff": tariff,
            "technology": technology,
            "status": "active",
            "down_mbit": down,
            "up_mbit": up,
            "price_cents": cents,
            "started": started,
            "term_end": first_term if bound else None,
            "notice_until": add_months(first_term, -1) if bound else None,
        }
        self.rows[tables.contract].append(row)
        return row

    def _invoice(self, contract: Row, period: date, extra: list[Row], unpaid: bool, *, prompt: bool = False) -> None:
        """`prompt`: paid on the day of issue, so that nothing is open by accident."""
        tariff = contract["tariff"]
        lines = [_line("monthly_fee", f"Grundpreis {tariff}", f"Monthly fee {tariff}", contract["price_cents"]), *extra]
        issued = period.replace(day=5)
        due = issued + timedelta(days=14)
        amount = sum(line["cents"] for line in lines)
        settled = issued if prompt or amount == 0 else due
        paid = None if unpaid or settled > self.today else settled
        self.rows[tables.invoice].append(
            {
                "number": f"R-{period:%Y-%m}-{contract['number'][2:]}",
                "customer_number": contract["customer_number"],
                "contract_number": contract["number"],
                "period": period,
                "issued": issued,
                "amount_cents": amount,
                "due": due,
                "paid_at": paid,
                "lines": lines,
            }
        )

    def _orders(self, taken: set[tuple[str, str, str]]) -> None:
        """Fibre on order: by customers with another line, and by people who are not customers yet."""
        homes = {row["premises_key"]: row["number"] for row in self.rows[tables.customer]}
        building = [house for house in self.house.values() if house["fiber_state"] == "building"]
        building = [h for h in building if (h["postcode"], h["street"], h["house_number"]) not in taken]
        for index, house in enumerate(self.dice.sample(building, 14)):
            status = self.dice.choice(("received", "checking", "construction", "scheduled"))
            number, days = f"B-{300_100 + 7 * index}", self.dice.randint(20, 150)
            self._order(
                number, homes.get(house["key"]), house, self.dice.choice(("Glas 300", "Glas 500")), status, days
            )

    def _order(
        self, number: str, customer_number: str | None, house: Row, product: str, status: str, days: int
    ) -> None:
        step_de, step_en = _NEXT_STEP[status]
        ordered = self.today - timedelta(days=days)
        expected = {"construction": 130, "scheduled": 16}.get(status)
        self.rows[tables.customer_order].append(
            {
                "number": number,
                "customer_number": customer_number,
                "premises_key": house["key"],
                "kind": "fiber_connection",
                "product": product,
                "status": status,
                "ordered_on": ordered,
                "expected_on": self.today + timedelta(days=expected) if expected else None,
                "withdrawal_until": ordered + timedelta(days=14),
                "next_step_de": step_de,
                "next_step_en": step_en,
            }
        )


_NEXT_STEP = {
    "received": ("Wir prüfen Ihre Bestellung.", "We are checking your order."),
    "checking": ("Wir vereinbaren mit Ihnen eine Hausbegehung.", "We will arrange a survey of the house with you."),
    "construction": (
        "Die Glasfaser wird bis zu Ihrem Haus gelegt. Danach vereinbaren wir einen Termin für den Anschluss im Haus.",
        "The fibre is being laid to your house. After that we will arrange an appointment for the connection inside.",
    ),
    "scheduled": (
        "Der Anschluss im Haus ist geplant, den Termin bestätigen wir Ihnen schriftlich.",
        "The connection inside is planned; we will confirm the appointment in writing.",
    ),
}


def _line(kind: str, de: str, en: str, cents: int) -> Row:
    return {"kind": kind, "label": {"de": de, "en": en}, "cents": cents}


def _special(number: str, month: int, price_cents: int) -> tuple[list[Row], bool]:
    """Lines and unpaid mark that make a hand-made customer's situation; `month` 0 is the latest invoice."""
    if number == demo_people.ZERO and month == 0:
        credit = "Gutschrift für den Ausfall im Vormonat", "Credit for last month's outage"
        return [_line("credit", *credit, -price_cents)], False
    if number == demo_people.OPEN:
        fee = [_line("dunning_fee", "Mahnkosten", "Dunning fee", 120)] if month == 0 else []
        return fee, month == 1
    if number == demo_people.BLOCKED:
        return [], month in (1, 2, 3)
    return [], False
