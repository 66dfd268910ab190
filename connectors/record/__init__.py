"""The page on which customers read, download and erase their conversation."""

from connectors.record.page import register_record

__all__ = ["register_record"]
