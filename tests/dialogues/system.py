"""The systems that dialogues are played with: `klartext run` as a user starts it, on demo data that each dialogue gets
anew, with a stand-in of the WhatsApp provider beside it. One has the customer data in a database, the other behind
HTTP; each is started when the first dialogue needs it.

Guarantee: edge, brain, actions and customer data are the real ones, on SQLite. The customer data is brought back to its
first state with SQLite's own backup, in one transaction and below every connection that is open, so no process has to
start again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp

from actions.crm.demo import create_demo
from actions.crm.transport import REST
from bot.service.templates import templates
from connectors.whatsapp.channel import PATH
from connectors.whatsapp.standin import Phones, StandIn, Webhooks
from tests.browser.stack import Stack
from tests.dialogues.crm_server import TOKEN, CrmServer, State
from tests.dialogues.script import Dialogue

_BUSY = 10.0  # seconds to wait for a lock
_PHONE_NUMBER_ID, _WHATSAPP_TOKEN, _WHATSAPP_SECRET = "106540352242922", "a-token", "a-secret"


class System:
    """One running system, and the way to look into its databases."""

    def __init__(self, stack: Stack, server: CrmServer | None, provider: Provider) -> None:
        self._stack = stack
        self._server = server
        self._disturbed = False
        self._provider = provider
        self.phones = Phones(provider.standin)
        self._first = stack.var / "crm.first.db"
        self.base = stack.base
        _copy(stack.crm_file, self._first)

    @classmethod
    async def start(cls, var: Path, crm: str) -> System:
        """Start, and keep the demo data as they are now."""
        provider, server = Provider(), None
        environment = {"KLARTEXT_MESSAGE_RATE": "100000", **await provider.start()}
        if crm == "http":
            file = var / "crm.db"
            await create_demo(f"sqlite+aiosqlite:///{file}", date.today())
            server = CrmServer(file)
            environment |= {"KLARTEXT_CRM_URL": await server.start(), "KLARTEXT_CRM_TOKEN": TOKEN}
        stack = Stack(var, environment)
        try:
            await stack.start()
        except BaseException:
            await stack.stop()
            raise
        provider.webhooks.address = f"{stack.base}{PATH}"
        return cls(stack, server, provider)

    async def stop(self) -> None:
        """End every process."""
        await self._stack.stop()
        await self._provider.stop()
        if self._server is not None:
            await self._server.stop()

    def become(self, state: State) -> None:
        """Change how the customer data system answers."""
        assert self._server is not None
        self._server.state = state
        self._disturbed = self._disturbed or state != "well"

    async def begin(self, dialogue: Dialogue) -> None:
        """Fresh demo data, with what the dialogue presupposes."""
        if self._server is not None:
            self._server.state = "well"
            # Whoever asked a system that was away leaves it alone for a while; the next dialogue may need it at once.
            # It is well before the wait: workers ask all the time, and would begin to leave it alone anew.
            if self._disturbed:
                await asyncio.sleep(REST + 1)
            self._disturbed = False
        _copy(self._first, self._stack.crm_file)
        with _open(self._stack.crm_file) as connection:
            for statement in dialogue.given:
                names = {"customer": dialogue.customer} if ":customer" in statement else {}
                connection.execute(statement, names)
            connection.commit()

    def put_on_file(self, customer: str, phone: str) -> None:
        """Let this be the customer's phone number."""
        with _open(self._stack.crm_file) as connection:
            connection.execute("update customer set phone = ? where number = ?", (phone, customer))
            connection.commit()

    async def newest_code(self) -> str | None:
        """The code in the newest mail or text message, read where somebody who tries the demo reads it."""
        async with aiohttp.ClientSession() as http, http.get(f"{self.base}/demo/outbox.json") as response:
            sent = await response.json()
        found = re.search(r"\b\d{6}\b", sent[0]["body"]) if sent else None
        return found[0] if found else None

    # --- looking into the databases ---

    def crm_rows(self, query: str, names: dict[str, Any]) -> list[tuple[Any, ...]]:
        """What the customer data holds."""
        return _ask(self._stack.crm_file, query, names)

    def edge_rows(self, query: str, names: dict[str, Any]) -> list[tuple[Any, ...]]:
        """What the edge holds."""
        return _ask(self._stack.var / "klartext.db", query, names)

    def settled_head(self, conversation: str) -> int | None:
        """The conversation's newest place, or None while something that the customer wrote is still open."""
        rows = self.edge_rows(
            "select head_seq from conversation where id = :id and not exists "
            "(select 1 from inbox where conversation_id = :id and state = 'open')",
            {"id": conversation},
        )
        return int(rows[0][0]) if rows else None

    def conversation_of(self, number: str) -> str:
        """The newest conversation with a phone number; empty before its first word was taken in."""
        rows = self.edge_rows(
            "select contact.conversation_id from whatsapp_address address "
            "join whatsapp_contact contact on contact.id = address.contact_id where address.address = :address",
            {"address": f"number:{number}"},
        )
        return str(rows[0][0]) if rows else ""

    def delivered(self, number: str) -> bool:
        """Whether all that a phone has sent is answered, and the provider has every answer."""
        waiting = self.edge_rows("select count(*) from whatsapp_item where state = 'new' and kind = 'message'", {})
        conversation = self.conversation_of(number)
        if waiting[0][0] or not conversation or self.settled_head(conversation) is None:
            return False
        owed = self.edge_rows(
            "select count(*) from outbox where conversation_id = :id and state in ('pending', 'claimed', 'uncertain')",
            {"id": conversation},
        )
        return owed[0][0] == 0

    def holder(self, conversation: str) -> tuple[str, str]:
        """Who holds the conversation, and why."""
        rows = self.edge_rows(
            "select holder, reason from tenure where conversation_id = :id order by epoch desc limit 1",
            {"id": conversation},
        )
        return rows[0][0], rows[0][1]

    def newest_calls(self, conversation: str) -> list[str]:
        """What the newest turn asked of the customer data system, as its trace has it."""
        rows = self.edge_rows(
            "select body from trace where conversation_id = :id order by seq desc, at desc limit 1",
            {"id": conversation},
        )
        return [call["operation"] for call in json.loads(rows[0][0]).get("calls", ())] if rows else []


class Provider:
    """The WhatsApp provider's stand-in, and the settings that lead to it."""

    def __init__(self) -> None:
        self.webhooks = Webhooks(_WHATSAPP_SECRET, _PHONE_NUMBER_ID)
        self.standin = StandIn(
            self.webhooks, phone_number_id=_PHONE_NUMBER_ID, token=_WHATSAPP_TOKEN, templates=frozenset(templates())
        )

    async def start(self) -> dict[str, str]:
        """Listen; the environment of a system that is to send here."""
        await self.standin.start()
        return {
            "KLARTEXT_WHATSAPP_API_BASE": self.standin.url,
            "KLARTEXT_WHATSAPP_PHONE_NUMBER_ID": _PHONE_NUMBER_ID,
            "KLARTEXT_WHATSAPP_ACCESS_TOKEN": _WHATSAPP_TOKEN,
            "KLARTEXT_WHATSAPP_APP_SECRET": _WHATSAPP_SECRET,
            "KLARTEXT_WHATSAPP_VERIFY_TOKEN": "a-word",
        }

    async def stop(self) -> None:
        """Be away."""
        await self.standin.close()
        await self.webhooks.close()


def _open(path: Path) -> contextlib.closing[sqlite3.Connection]:
    return contextlib.closing(sqlite3.connect(path, timeout=_BUSY))


def _copy(source: Path, target: Path) -> None:
    with _open(source) as read, _open(target) as write:
        read.backup(write)


def _ask(path: Path, query: str, names: dict[str, Any]) -> list[tuple[Any, ...]]:
    with _open(path) as connection:
        return connection.execute(query, names).fetchall()
