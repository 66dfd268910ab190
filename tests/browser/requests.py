"""What customers ask for in these tests: three or more everyday phrasings of each request, and what must come back.

Pure data. The phrasings are nobody's training data. `answer` is a part of the answer that only the right record gives.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.transparency.wording import Language


@dataclass(frozen=True)
class Asked:
    """A customer's words, and a part of the right answer."""

    words: str
    answer: str


PUBLIC: dict[str, dict[Language, tuple[Asked, ...]]] = {
    "outage_info": {
        "de": (
            Asked("Gibt es in 06217 gerade eine Störung?", "Merseburg Mitte"),
            Asked("Ist bei euch in 06110 was ausgefallen?", "Halle Süd"),
            Asked("Sind im Bereich 06258 Ausfälle bekannt?", "Schkopau"),
            Asked("Meine Nachbarn in der 06217 haben auch kein Netz, wissen Sie da etwas?", "S-1042"),
        ),
        "en": (
            Asked("Is there an outage in 06217 right now?", "Merseburg Mitte"),
            Asked("Any known problems with the network in 06110?", "Halle Süd"),
            Asked("Are there disruptions around postcode 06258?", "Schkopau"),
            Asked("The whole street in 06217 is offline, do you know anything about it?", "S-1042"),
        ),
    },
    "fiber_availability": {
        "de": (
            Asked("Kann ich in der Großen Ulrichstraße 12 in Halle Glasfaser bekommen?", "ist verfügbar"),
            Asked("Ist Glasfaser in der Nebraer Straße 7 in Querfurt verfügbar?", "nicht geplant"),
            Asked("Gibt es am Kapellenweg 2 in Landsberg schon Glasfaser?", "geplant"),
        ),
        "en": (
            Asked("Can I get fibre at Große Ulrichstraße 12 in Halle?", "fibre is available"),
            Asked("Is fiber available at Nebraer Straße 7, Querfurt?", "not planned"),
            Asked("Do you offer fibre at Kapellenweg 2, 06188 Landsberg yet?", "planned"),
        ),
    },
    "fiber_progress": {
        "de": (
            Asked("Wie weit ist der Glasfaserausbau in der Weißen Mauer 3 in Merseburg?", "verspätet"),
            Asked("Wann wird in der Händelstraße 6 in Halle die Glasfaser fertig gebaut?", "Hausanschlüsse"),
            Asked(
                "Ich bin noch kein Kunde. Wie weit ist der Ausbau in der Fährstraße 5, Bad Dürrenberg?", "unterbrochen"
            ),
        ),
        "en": (
            Asked("How far along is the fibre build-out at Weiße Mauer 3 in Merseburg?", "is late"),
            Asked("When will the fibre construction at Händelstraße 6 in Halle be done?", "house connections"),
            Asked("I am not a customer yet. How far is the build-out at Fährstraße 5, Bad Dürrenberg?", "paused"),
        ),
    },
    "contact_info": {
        "de": (
            Asked("Wie kann ich Sie telefonisch erreichen?", "Telefon:"),
            Asked("Welche E-Mail-Adresse hat Saalenetz?", "E-Mail:"),
            Asked("Wann ist Ihre Hotline besetzt?", "Telefon:"),
        ),
        "en": (
            Asked("What is your phone number?", "Phone:"),
            Asked("Which e-mail address can I write to?", "E-mail:"),
            Asked("What are your opening hours?", "Phone:"),
        ),
    },
}

BOT_CHALLENGE: dict[Language, tuple[str, ...]] = {
    "de": ("Sind Sie ein echter Mensch?", "Schreibe ich hier mit einem Computer?", "Bist du ein Roboter?"),
    "en": ("Are you a real person?", "Am I chatting with a machine?", "Are you a bot or what?"),
}

TALK_TO_HUMAN: dict[Language, tuple[str, ...]] = {
    "de": (
        "Ich will mit einem Menschen sprechen",
        "Kann ich bitte einen Mitarbeiter haben?",
        "Verbinden Sie mich mit jemandem vom Kundenservice",
        "Keine Lust auf einen Automaten, geben Sie mir eine richtige Person",
    ),
    "en": (
        "I want to talk to a human",
        "Could I speak to one of your colleagues please?",
        "Put me through to customer service",
        "No more robots, give me a real person",
    ),
}

# Nothing that an internet provider's assistant could place.
OUT_OF_PLACE: dict[Language, tuple[str, str]] = {
    "de": ("Wie backe ich einen Käsekuchen ohne Boden?", "Wer hat die Schlacht bei Roßbach gewonnen?"),
    "en": ("How do I bake a cheesecake without a crust?", "Who won the battle of Rossbach?"),
}


@dataclass(frozen=True)
class Account:
    """A request on account data: who asks it, in which words, and what must come back each time."""

    customer: str
    recipient: str
    asked: tuple[Asked, ...]


# Different customers, because the CRM sends no more than five codes to one customer in an hour.
ACCOUNT: dict[str, dict[Language, Account]] = {
    "report_fault": {
        "de": Account(
            "2048173",
            "martina.vogel@example.org",
            (
                Asked("Mein Internet geht seit gestern Abend nicht mehr", "Merseburg Mitte"),
                Asked("Ich möchte eine Störung melden", "S-1042"),
                Asked("Bei mir ist die Leitung komplett tot", "beschädigtes Kabel"),
            ),
        ),
        "en": Account(
            "2048173",
            "martina.vogel@example.org",
            (
                Asked("My internet has been down since last night", "Merseburg Mitte"),
                Asked("I would like to report a fault", "S-1042"),
                Asked("My line is completely dead", "damaged cable"),
            ),
        ),
    },
    "invoice_show": {
        "de": Account(
            "2092467",
            "thomas.huebner@example.org",
            (
                Asked("Ich möchte meine letzte Rechnung sehen", "Ihre Rechnung R-"),
                Asked("Wie hoch ist meine aktuelle Rechnung?", "Ihre Rechnung R-"),
                Asked("Was muss ich diesen Monat bezahlen?", "Ihre Rechnung R-"),
            ),
        ),
        "en": Account(
            "2081135",
            "aylin.demir@example.org",
            (
                Asked("Please show me my latest bill", "Your invoice R-"),
                Asked("How much is my current invoice?", "Your invoice R-"),
                Asked("What do I have to pay this month?", "Your invoice R-"),
            ),
        ),
    },
    "contract_show": {
        "de": Account(
            "2051926",
            "jens.albrecht@example.org",
            (
                Asked("Welchen Vertrag habe ich bei Ihnen?", "V-205192"),
                Asked("Wie lange läuft mein Vertrag noch?", "V-205192"),
                Asked("Zeigen Sie mir bitte meine Vertragsdaten", "V-205192"),
            ),
        ),
        "en": Account(
            "2125793",
            "emily.carter@example.org",
            (
                Asked("Which contract do I have with you?", "V-212579"),
                Asked("How long does my contract still run?", "V-212579"),
                Asked("Please show me my contract details", "V-212579"),
            ),
        ),
    },
    "appointment_show": {
        "de": Account(
            "2103958",
            "petra.lorenz@example.org",
            (
                Asked("Wann kommt der Techniker zu mir?", "TM-210395"),
                Asked("Um wie viel Uhr ist mein Termin?", "TM-210395"),
                Asked("Habe ich morgen einen Termin mit Ihnen?", "TM-210395"),
            ),
        ),
        "en": Account(
            "2103958",
            "petra.lorenz@example.org",
            (
                Asked("When is the technician coming?", "TM-210395"),
                Asked("What time is my appointment?", "TM-210395"),
                Asked("Do I have an appointment with you tomorrow?", "TM-210395"),
            ),
        ),
    },
    "ticket_status": {
        "de": Account(
            "2114620",
            "karl-heinz.boettcher@example.org",
            (
                Asked("Was ist mit meiner Störungsmeldung T-104817?", "T-104817"),
                Asked("Wie ist der Stand meines Vorgangs?", "T-104817"),
                Asked("Gibt es etwas Neues zu meinem Ticket?", "T-104817"),
            ),
        ),
        "en": Account(
            "2114620",
            "karl-heinz.boettcher@example.org",
            (
                Asked("What about my fault ticket T-104817?", "T-104817"),
                Asked("What is the status of my case?", "T-104817"),
                Asked("Any news on my ticket?", "T-104817"),
            ),
        ),
    },
}
