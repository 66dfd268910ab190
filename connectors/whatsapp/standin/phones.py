"""The customers' side of the stand-in: phones that write, press buttons and send files."""

from __future__ import annotations

import secrets
import time
from typing import Any

from connectors.whatsapp.standin.server import Accepted, StandIn
from connectors.whatsapp.standin.webhooks import DISPLAYED


class Phones:
    """Customers with their phones, by number."""

    def __init__(self, standin: StandIn) -> None:
        self._standin = standin

    async def write(self, number: str, text: str, *, user_id: str | None = None, ours: str | None = None) -> str:
        """Send a text; the message's id. `ours`: to which of the business's numbers, else to the first."""
        return await self.send(number, "text", {"body": text}, user_id=user_id, ours=ours)

    async def colleague(self, number: str, text: str) -> str:
        """Somebody of the business writes to this phone in the WhatsApp Business app; the message's id."""
        message_id = self._standin.show(number, text).id
        echo = {
            "from": DISPLAYED,
            "to": number,
            "id": message_id,
            "timestamp": str(int(time.time())),
            "type": "text",
            "text": {"body": text},
        }
        await self._standin.webhooks.post(field="smb_message_echoes", message_echoes=[echo])
        return message_id

    async def press(self, number: str, message: Accepted, choice_id: str) -> str:
        """Press one of the choices that a message offers."""
        choice = next(choice for choice in message.choices if choice["id"] == choice_id)
        kind = "button_reply" if message.body["interactive"]["type"] == "button" else "list_reply"
        reply = {"type": kind, kind: {"id": choice["id"], "title": choice["title"]}}
        return await self.send(number, "interactive", reply, context={"id": message.id})

    async def send_file(self, number: str, kind: str, content: bytes, **more: Any) -> str:
        """Send a picture, a recording or another file."""
        media_id = secrets.token_hex(8)
        self._standin.media[media_id] = content
        return await self.send(number, kind, {"id": media_id, "mime_type": "image/jpeg", **more})

    async def send(
        self,
        number: str,
        kind: str,
        content: Any,
        *,
        user_id: str | None = None,
        ours: str | None = None,
        **more: Any,
    ) -> str:
        """Send a message of any kind; its id. Comes back when the webhook has taken it."""
        message_id = f"wamid.{secrets.token_hex(12)}"
        message = {
            "from": number,
            "id": message_id,
            "timestamp": str(int(time.time())),
            "type": kind,
            kind: content,
            **more,
        }
        contact = {"profile": {"name": "Handy"}, "wa_id": number}
        if user_id is not None:
            message["from_user_id"] = contact["user_id"] = user_id
        self._standin.wrote_at[self._standin.pair(ours, number)] = time.time()
        await self._standin.webhooks.post(ours=ours, contacts=[contact], messages=[message])
        return message_id

    def shown(self, number: str) -> list[Accepted]:
        """What the phone has received, in order."""
        return [message for message in self._standin.accepted if message.to == number]

    async def read(self, number: str) -> None:
        """Open the chat: everything received is read."""
        for message in self.shown(number):
            await self._standin.tell(message, "read")
