"""People who are not customers yet: what they want to hear about, and where it stands."""

from __future__ import annotations

from typing import Literal

from actions.crm.models import Address, BuildArea, Language, Model

# offer: a person should write with an offer; updates: a mail whenever the build-out moves.
Wish = Literal["offer", "updates"]
# asked: the mail address has not been confirmed yet, so nothing is sent.
UpdateState = Literal["none", "asked", "on", "ended"]


class NewInterest(Model, frozen=True, kw_only=True):
    """What somebody has consented to."""

    wish: Wish
    email: str
    address_key: str
    language: Language


class Interest(Model, frozen=True, kw_only=True):
    """A lead: a contact and an address."""

    number: str  # "L-100001"
    email: str
    address: Address
    language: Language
    wish: Wish
    updates: UpdateState
    customer_number: str | None  # once the contact turned out to be a customer


class UpdateDue(Model, frozen=True, kw_only=True):
    """The build-out has moved since this contact was told."""

    interest: Interest
    token: str  # for the link that ends it
    area: BuildArea
    state: str  # what is being told; compared the next time
