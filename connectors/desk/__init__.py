"""The agents' desk: the page, its interface and its socket."""

from connectors.desk.channel import Desk

__all__ = ["Desk"]
