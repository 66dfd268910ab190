"""What the customer data system knows, as plain values.

Guarantee: every value here is immutable, typed and free of I/O; times are aware UTC datetimes, money is integer
cents, phone numbers are E.164. Whatever a customer reads is a code (translated by the wording files) or a
`Bilingual`. Nothing here can fail except by a wrong type at construction.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Generic, Literal, TypeVar

import msgspec

T = TypeVar("T")

Language = Literal["de", "en"]
Technology = Literal["dsl", "cable", "fiber"]
IdentifierKind = Literal["number", "phone", "email"]
ContractStatus = Literal["active", "cancelled", "ordered"]
LineKind = Literal["monthly_fee", "calls", "device_rent", "setup_fee", "credit", "dunning_fee"]
OutageState = Literal["active", "planned", "solved"]
OutageCause = Literal[
    "cable_damage", "power_failure", "hardware_defect", "maintenance", "software_fault", "water_damage", "unknown"
]
BuildPhase = Literal[
    "interest", "planning", "permits", "civil_works", "house_connections", "activation", "complete", "paused"
]
Milestone = Literal[
    "decision", "plan_ready", "permits_granted", "works_start", "works_end", "connections_done", "network_live"
]
FiberState = Literal["available", "planned", "building", "not_planned"]
AppointmentKind = Literal["technician", "installation", "house_survey"]
AppointmentStatus = Literal["confirmed", "moved", "done", "missed", "cancelled"]
TicketKind = Literal["fault", "slow_internet", "invoice", "contract", "appointment", "complaint", "callback", "other"]
TicketStatus = Literal["new", "in_progress", "waiting_for_customer", "solved", "closed"]
OrderKind = Literal["fiber_connection", "tariff_change", "device", "move_home", "number_porting"]
OrderStatus = Literal["received", "checking", "construction", "scheduled", "shipped", "done", "cancelled"]
Medium = Literal["mail", "sms"]
# How sure it is who speaks: nobody said so, somebody said so, it was shown.
IdentityLevel = Literal["none", "claimed", "proven"]


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all values: immutable, keyword-only."""


class Fact(Model, Generic[T], frozen=True, kw_only=True):
    """A value with its proof of origin: which record says so, and when it was read."""

    value: T
    record: str  # the record's own number, for instance "V-204817"
    as_of: datetime  # aware, UTC: when the customer data system said so


class Bilingual(Model, frozen=True, kw_only=True):
    """Free text in both languages."""

    de: str
    en: str

    def say(self, language: str) -> str:
        """The text in `language`; German for every language but English."""
        return self.en if language == "en" else self.de


class Address(Model, frozen=True, kw_only=True):
    street: str  # spelled out: "Lindenstraße"
    house_number: str  # "5", "12a"; empty when only the street is known
    postcode: str  # five digits
    place: str

    @property
    def line(self) -> str:
        """One line as on an envelope: "Lindenstraße 5, 06217 Merseburg"."""
        return f"{self.street} {self.house_number}".rstrip() + f", {self.postcode} {self.place}"


class AddressHit(Model, frozen=True, kw_only=True):
    """An address that a customer's words may mean."""

    key: str  # short and stable, for a button: "A-00412", see `CrmRepository.address`; empty unless complete
    address: Address
    score: float  # 0 to 100, likeness of street and place
    complete: bool  # False: the house number was not given or is not on record; ask for it


class Identifier(Model, frozen=True, kw_only=True):
    """What a customer has at hand to say who they are. It proves nothing."""

    kind: IdentifierKind
    value: str  # seven digits | phone in any usual spelling | mail address


class Customer(Model, frozen=True, kw_only=True):
    number: str  # seven digits
    first_name: str
    last_name: str
    address: Address
    email: str | None
    phone: str | None  # E.164
    language: Language
    blocked: bool  # the account is blocked (unpaid bills or misuse): a person has to help

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Contract(Model, frozen=True, kw_only=True):
    number: str  # "V-204817"
    customer_number: str
    tariff: str  # the product's name, the same in both languages
    technology: Technology
    status: ContractStatus
    down_mbit: int
    up_mbit: int
    price_cents: int  # per month, VAT included
    started: date  # for "ordered": the agreed first day
    term_end: date | None  # None: the first term is over, it runs month by month
    notice_until: date | None  # last day to give notice for `term_end`; None: at any time, one month ahead
    address: Address  # where the line ends


class InvoiceLine(Model, frozen=True, kw_only=True):
    kind: LineKind
    label: Bilingual
    cents: int  # negative for credits


class Invoice(Model, frozen=True, kw_only=True):
    number: str  # "R-2026-10-204817"
    customer_number: str
    contract_number: str
    period: date  # first day of the month billed
    issued: date
    amount_cents: int  # sum of the lines
    due: date
    paid_at: date | None  # None while open; an invoice of zero counts as paid when issued
    lines: tuple[InvoiceLine, ...]


class Outage(Model, frozen=True, kw_only=True):
    number: str  # "S-1042"
    area: str  # the name of the area as people call it
    postcodes: tuple[str, ...]
    streets: tuple[str, ...]  # empty: all streets of the postcodes
    technologies: tuple[Technology, ...]  # lines that are affected
    cause: OutageCause
    state: OutageState
    since: datetime  # for "planned": the planned start
    expected_until: datetime | None  # None: not known, and nobody may guess
    solved_at: datetime | None
    what_changed: Bilingual  # the latest news
    updated_at: datetime  # when `what_changed` was written


class BuildArea(Model, frozen=True, kw_only=True):
    number: str  # "G-07"
    name: str
    place: str
    postcodes: tuple[str, ...]
    streets: tuple[str, ...]
    phase: BuildPhase
    next_milestone: Milestone | None  # None: complete, or nothing is dated
    milestone_on: date | None
    delayed_from: date | None  # the date first announced, when it was missed
    note: Bilingual  # what is certain and what is not
    updated_on: date


class FiberAvailability(Model, frozen=True, kw_only=True):
    address: Address
    state: FiberState
    area: BuildArea | None
    max_down_mbit: int  # the fastest line that can be ordered there today, by any technology; 0: none


class Appointment(Model, frozen=True, kw_only=True):
    number: str  # "TM-204817"
    customer_number: str
    contract_number: str | None
    kind: AppointmentKind
    status: AppointmentStatus
    starts: datetime  # the window in which the technician arrives
    ends: datetime
    address: Address


class Ticket(Model, frozen=True, kw_only=True):
    number: str  # "T-104817"
    customer_number: str | None
    contract_number: str | None
    kind: TicketKind
    status: TicketStatus
    opened_at: datetime
    due_at: datetime
    description: str  # as the customer or agent wrote it
    last_note: Bilingual | None  # the latest word of the team that works on it
    noted_at: datetime | None


class NewTicket(Model, frozen=True, kw_only=True):
    """A ticket to be opened."""

    kind: TicketKind
    description: str
    customer_number: str | None = None
    contract_number: str | None = None
    due_at: datetime | None = (
        None  # promised to the customer, such as the end of a callback's window; None: by its kind
    )


class OpenedTicket(Model, frozen=True, kw_only=True):
    ticket: Fact[Ticket]
    created: bool  # False: it was there already (a repeated call, or an open fault ticket of the last 24 hours)


class Order(Model, frozen=True, kw_only=True):
    number: str  # "B-204817"
    customer_number: str | None
    kind: OrderKind
    product: str
    status: OrderStatus
    ordered_on: date
    expected_on: date | None  # None: no date is known
    withdrawal_until: date  # last day of the right of withdrawal
    next_step: Bilingual
    address: Address


class ContactInfo(Model, frozen=True, kw_only=True):
    company: str
    phone: str  # E.164
    hours: Bilingual
    mail: str
    address: Address
    web: str


class Notification(Model, frozen=True, kw_only=True):
    """A mail or text message that the company sent (in the demo: would have sent)."""

    id: str
    created_at: datetime
    medium: Medium
    to: str
    subject: str  # empty for a text message
    body: str


class CustomerOverview(Model, frozen=True, kw_only=True):
    """What an agent wants to see at one glance."""

    customer: Customer
    contracts: tuple[Contract, ...]
    open_invoice: Invoice | None  # the oldest unpaid one
    outage: Outage | None  # active at the customer's address
    next_appointment: Appointment | None
    tickets: tuple[Ticket, ...]  # the latest five
    tickets_known: bool = True  # False: the ticket system is away, so `tickets` tells nothing


# --- proof of identity -------------------------------------------------------------------------------------------


class ProofStarted(Model, frozen=True, kw_only=True):
    """The same answer whether or not the customer exists."""

    result: Literal["code_if_known", "limited"]  # limited: five codes were asked for in this conversation this hour
    medium: Medium | None  # judged by the identifier alone; None: mail, or a text message where no mail is known
    expires_at: datetime | None  # None when limited


class Proven(Model, frozen=True, kw_only=True, tag="proven"):
    customer: Fact[Customer]


class Wrong(Model, frozen=True, kw_only=True, tag="wrong"):
    attempts_left: int  # 1 or 2


class Expired(Model, frozen=True, kw_only=True, tag="expired"):
    """No live code: older than ten minutes, replaced by a newer one, or never asked for."""


class Locked(Model, frozen=True, kw_only=True, tag="locked"):
    """The third wrong code. This code is dead; a person should take over."""


CodeResult = Proven | Wrong | Expired | Locked


class Identity(Model, frozen=True, kw_only=True):
    """Who speaks in a session. "claimed" names a customer whom the speaker has not proven to be: show it to agents
    only, never let the speaker see from it whether the customer exists."""

    level: IdentityLevel
    customer: Fact[Customer] | None
