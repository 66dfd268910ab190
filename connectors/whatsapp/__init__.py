"""WhatsApp Business over Meta's Cloud API."""

from connectors.whatsapp.channel import WhatsApp

__all__ = ["WhatsApp"]
