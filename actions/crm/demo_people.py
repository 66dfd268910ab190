"""The hand-made demo customers: each one is a situation worth trying.

Guarantee: constants only. Mail addresses lie in example.org and telephone numbers in the ranges that the Federal
Network Agency keeps free for film and television, so nobody real is ever reached.
"""

from __future__ import annotations

import msgspec

from actions.crm.models import Address, Language


class DemoCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer to try the assistant with."""

    number: str
    name: str
    email: str | None
    phone: str
    situation_de: str
    situation_en: str


class DemoAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address where nobody is a customer yet, to ask for fibre with."""

    address: Address
    situation_de: str
    situation_en: str


class Person(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    first_name: str
    last_name: str
    phone: str
    postcode: str
    street: str
    house_number: str
    contracts: tuple[tuple[str, str], ...]  # contract number, tariff
    situation_de: str
    situation_en: str
    email: str | None = None
    language: Language = "de"
    blocked: bool = False

    def shown(self) -> DemoCustomer:
        return DemoCustomer(
            number=self.number,
            name=f"{self.first_name} {self.last_name}",
            email=self.email,
            phone=self.phone,
            situation_de=self.situation_de,
            situation_en=self.situation_en,
        )


OUTAGE, TWO, NONE, BLOCKED, ZERO, OPEN = "2048173", "2051926", "2063381", "2070542", "2081135", "2092467"
TOMORROW, TICKET, ENGLISH, ORDER, PLANNED = "2103958", "2114620", "2125793", "2136054", "2147286"
SMS_ONLY, QUIET = "2158419", "2169047"

PEOPLE: tuple[Person, ...] = (
    Person(
        number=OUTAGE,
        first_name="Martina",
        last_name="Vogel",
        email="martina.vogel@example.org",
        phone="+493023125101",
        postcode="06217",
        street="Lindenstraße",
        house_number="5",
        contracts=(("V-204817", "DSL 100"),),
        situation_de="An ihrer Adresse ist eine Störung bekannt: Ein Kabel wurde bei Bauarbeiten beschädigt.",
        situation_en="There is a known outage at her address: building works damaged a cable.",
    ),
    Person(
        number=TWO,
        first_name="Jens",
        last_name="Albrecht",
        email="jens.albrecht@example.org",
        phone="+491713920002",
        postcode="06114",
        street="Reilstraße",
        house_number="12",
        contracts=(("V-205192", "Kabel 500"), ("V-205193", "Glas 300")),
        situation_de="Er hat zwei Verträge, einen Kabelanschluss zu Hause und einen Glasfaseranschluss im Büro.",
        situation_en="He has two contracts, a cable line at home and a fibre line at his office.",
    ),
    Person(
        number=NONE,
        first_name="Sabine",
        last_name="Kröger",
        email="sabine.kroeger@example.org",
        phone="+494066969103",
        postcode="06295",
        street="Lutherstraße",
        house_number="8",
        contracts=(),
        situation_de="Sie ist im System, hat aber zurzeit keinen Vertrag.",
        situation_en="She is on file but has no contract at present.",
    ),
    Person(
        number=BLOCKED,
        first_name="Uwe",
        last_name="Petzold",
        email="uwe.petzold@example.org",
        phone="+493023125104",
        postcode="06667",
        street="Nikolaistraße",
        house_number="3",
        blocked=True,
        contracts=(("V-207054", "DSL 50"),),
        situation_de="Sein Kundenkonto ist gesperrt, drei Rechnungen sind offen.",
        situation_en="His account is blocked, three bills are unpaid.",
    ),
    Person(
        number=ZERO,
        first_name="Aylin",
        last_name="Demir",
        email="aylin.demir@example.org",
        phone="+491713920005",
        postcode="06120",
        street="Heideallee",
        house_number="7",
        contracts=(("V-208113", "Kabel 250"),),
        situation_de="Ihre letzte Rechnung beträgt null Euro, weil eine Gutschrift sie ausgleicht.",
        situation_en="Her latest invoice is zero because a credit balances it.",
    ),
    Person(
        number=OPEN,
        first_name="Thomas",
        last_name="Hübner",
        email="thomas.huebner@example.org",
        phone="+494066969106",
        postcode="06188",
        street="Hallesche Straße",
        house_number="9",
        contracts=(("V-209246", "DSL 100"),),
        situation_de="Eine Rechnung ist überfällig, die folgende enthält Mahnkosten.",
        situation_en="One invoice is overdue, and the next one has a dunning fee.",
    ),
    Person(
        number=TOMORROW,
        first_name="Petra",
        last_name="Lorenz",
        email="petra.lorenz@example.org",
        phone="+493023125107",
        postcode="06618",
        street="Jakobsstraße",
        house_number="4",
        contracts=(("V-210395", "DSL 100"),),
        situation_de="Am ersten Werktag nach dem Anlegen der Demo kommt zwischen 10 und 12 Uhr die Technik zu ihr.",
        situation_en="A technician visits her between 10 and 12 on the first working day after the demo was created.",
    ),
    Person(
        number=TICKET,
        first_name="Karl-Heinz",
        last_name="Böttcher",
        email="karl-heinz.boettcher@example.org",
        phone="+491713920008",
        postcode="06237",
        street="Spergauer Straße",
        house_number="6",
        contracts=(("V-211462", "DSL 50"),),
        situation_de="Seine Störungsmeldung T-104817 ist in Arbeit. Seine letzte Rechnung wurde doppelt abgebucht.",
        situation_en="His fault ticket T-104817 is being worked on. His latest invoice was debited twice.",
    ),
    Person(
        number=ENGLISH,
        first_name="Emily",
        last_name="Carter",
        email="emily.carter@example.org",
        phone="+491713920009",
        postcode="06108",
        street="Geiststraße",
        house_number="10",
        language="en",
        contracts=(("V-212579", "Glas 500"),),
        situation_de="Sie spricht Englisch und hat einen Glasfaseranschluss, alles ist in Ordnung.",
        situation_en="She speaks English and has a fibre line, all is well.",
    ),
    Person(
        number=ORDER,
        first_name="Minh Anh",
        last_name="Nguyen",
        email="minhanh.nguyen@example.org",
        phone="+494066969110",
        postcode="06217",
        street="Geusaer Straße",
        house_number="11",
        contracts=(("V-213605", "DSL 50"),),
        situation_de="Der bestellte Glasfaseranschluss (B-213605) ist im Bau, der Ausbau verzögert sich.",
        situation_en="The fibre connection on order (B-213605) is being built, and the works are delayed.",
    ),
    Person(
        number=PLANNED,
        first_name="Ronny",
        last_name="Schäfer",
        email="ronny.schaefer@example.org",
        phone="+493023125111",
        postcode="06618",
        street="Kösener Straße",
        house_number="2",
        contracts=(("V-214728", "Kabel 250"),),
        situation_de="An seiner Adresse sind Wartungsarbeiten angekündigt.",
        situation_en="Maintenance is announced at his address.",
    ),
    Person(
        number=SMS_ONLY,
        first_name="Ingrid",
        last_name="Weiß",
        phone="+491713920012",
        postcode="06231",
        street="Kurallee",
        house_number="14",
        contracts=(("V-215841", "DSL 50"),),
        situation_de="Von ihr ist keine E-Mail-Adresse bekannt, der Code kommt per SMS.",
        situation_en="No mail address of hers is known, the code comes as a text message.",
    ),
    Person(
        number=QUIET,
        first_name="Stefan",
        last_name="Reuter",
        email="stefan.reuter@example.org",
        phone="+494066969113",
        postcode="06258",
        street="Schulweg",
        house_number="1",
        contracts=(("V-216904", "Kabel 250"),),
        situation_de="Sein Vertrag läuft seit Jahren, die Mindestlaufzeit ist vorbei, nichts ist offen.",
        situation_en="His contract is years old, its first term is over, and nothing is open.",
    ),
)


def _address(street: str, house_number: str, postcode: str, place: str, de: str, en: str) -> DemoAddress:
    address = Address(street=street, house_number=house_number, postcode=postcode, place=place)
    return DemoAddress(address=address, situation_de=de, situation_en=en)


ADDRESSES: tuple[DemoAddress, ...] = (
    _address("Große Ulrichstraße", "12", "06108", "Halle (Saale)", "Glasfaser ist da.", "Fibre is available."),
    _address("Händelstraße", "6", "06114", "Halle (Saale)", "Hausanschlüsse im Bau.", "Houses are connected."),
    _address("Weiße Mauer", "3", "06217", "Merseburg", "Der Bau verzögert sich.", "The works are delayed."),
    _address("Lindenstraße", "9", "06618", "Naumburg", "Das Netz wird eingeschaltet.", "The network is switched on."),
    _address("Kapellenweg", "2", "06188", "Landsberg", "Interessierte werden gesucht.", "Signing up decides."),
    _address("Fährstraße", "5", "06231", "Bad Dürrenberg", "Der Bau ruht ohne Termin.", "Works paused, no date."),
    _address("Burgring", "4", "06268", "Querfurt", "Hausanschlüsse und eine Störung.", "Connections, and an outage."),
    _address("Nebraer Straße", "7", "06268", "Querfurt", "Kein Ausbau geplant.", "No build-out is planned."),
)


def demo_addresses() -> list[DemoAddress]:
    """Addresses worth trying for people who are not customers yet."""
    return list(ADDRESSES)


def demo_customers() -> list[DemoCustomer]:
    """The customers worth trying, each with its situation."""
    return [person.shown() for person in PEOPLE]
