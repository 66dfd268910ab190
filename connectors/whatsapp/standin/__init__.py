"""A local stand-in of the provider: a real server that keeps the Graph API's documented limits, and phones behind it.

The demonstration talks to it, and so do the tests. What goes wrong is switched in `Troubles`.
"""

from connectors.whatsapp.standin.phones import Phones
from connectors.whatsapp.standin.server import Accepted, StandIn, Troubles
from connectors.whatsapp.standin.webhooks import Webhooks

__all__ = ["Accepted", "Phones", "StandIn", "Troubles", "Webhooks"]
