"""The website's chat: a socket, an HTTP fallback over the same log, and the script that websites embed."""

from connectors.widget.channel import Widget

__all__ = ["Widget"]
