"""Proof of identity by somebody the company trusts, as plain values."""

from __future__ import annotations

from typing import Literal

from actions.crm.models import Customer, Fact, Model

# Who vouches: the channel, whose provider has verified the phone number, or the portal where the customer is logged in.
VouchedBy = Literal["phone", "portal"]


class Vouched(Model, frozen=True, kw_only=True):
    """What became of a voucher. The customer is there if, and only if, their identity is proven by it."""

    # "unknown": it fits no customer, or more than one. "used": it was given in another conversation or session before.
    result: Literal["proven", "unknown", "used"]
    customer: Fact[Customer] | None
