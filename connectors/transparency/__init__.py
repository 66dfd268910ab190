"""The public page on what the bot can and cannot do, what is stored, and how it has done this month."""

from connectors.transparency.page import register_transparency

__all__ = ["register_transparency"]
