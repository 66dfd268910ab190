"""Roles at the desk. Each may do what the one before it may; nothing else gives or takes a right."""

from __future__ import annotations

import enum


class Role(str, enum.Enum):
    """What somebody at the desk may do, from least to most."""

    # Works on conversations.
    AGENT = "agent"
    # Also sees how the work goes, and reviews what the bot got wrong.
    SUPERVISOR = "supervisor"
    # Also decides who works here, when, and sees who did what.
    ADMINISTRATOR = "administrator"

    def may(self, needed: Role) -> bool:
        """Whether this role includes what `needed` may do."""
        order = tuple(Role)
        return order.index(self) >= order.index(needed)
