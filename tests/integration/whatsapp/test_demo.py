"""The demonstration's phone over HTTP, and what the desk shows of a messenger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from unittest.mock import AsyncMock

import aiohttp
import pytest
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.bootstrap import Services
from bot.settings import Settings
from bot.store.whatsapp_tables import contact as contact_table
from bot.transparency.format import spoken_phone
from connectors.edge import create_app
from connectors.whatsapp.demo import PhoneDemo
from connectors.whatsapp.standin.server import Accepted
from tests.fakes.brain import FakeBrain
from tests.integration.whatsapp.conftest import EVA, Rig, rig_of, until

_DEMO = "/demo/whatsapp"
PASSWORD = "ein-gutes-passwort"


@asynccontextmanager
async def _demo(settings: Settings) -> AsyncIterator[tuple[aiohttp.ClientSession, TestServer]]:
    bare = replace(
        settings,
        demo=True,
        whatsapp_phone_number_id=None,
        whatsapp_access_token=None,
        whatsapp_app_secrets=(),
        whatsapp_verify_token=None,
    )
    server = TestServer(create_app(bare))
    await server.start_server()
    try:
        async with aiohttp.ClientSession(str(server.make_url("/"))) as session:
            yield session, server
    finally:
        await server.close()


async def test_the_phone_writes_presses_and_shows(settings: Settings) -> None:
    async with _demo(settings) as (session, _):
        async with session.get(_DEMO) as page:
            assert page.status == 200
            assert "default-src 'self'" in page.headers["Content-Security-Policy"]
            assert "style=" not in await page.text()
        async with session.post(f"{_DEMO}/phone", json={}) as begun:
            phone = await begun.json()

        async def sent(**body: object) -> int:
            async with session.post(f"{_DEMO}/messages", json={"token": phone["token"], **body}) as response:
                return response.status

        async def shown() -> list[dict]:
            headers = {"X-Phone": phone["token"]}
            async with session.get(f"{_DEMO}/messages", headers=headers) as response:
                return (await response.json())["messages"]

        assert await sent(text="Hallo") == 200
        while len(messages := await shown()) < 2:
            pass
        assert messages[0]["kind"] == "list"
        assert messages[1]["text"] == "Bot · Echo: Hallo"
        human = next(choice for choice in messages[0]["choices"] if "Mensch" in choice["title"])
        assert await sent(press={"message": messages[0]["id"], "choice": "made up"}) == 422
        assert await sent(press={"message": messages[0]["id"], "choice": human["id"]}) == 200
        while not any("mit einem Menschen sprechen" in one["text"] for one in (await shown())[2:]):
            pass
        assert await sent(sample="voice") == 200
        assert await sent() == 400
        phone["token"] = "another"
        assert await sent(text="Hallo") == 401


@pytest.mark.parametrize(("kind", "media_type"), [("image", "image/png"), ("document", "application/pdf")])
async def test_the_phone_shows_the_files_that_come(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, kind: str, media_type: str
) -> None:
    demo, app = PhoneDemo(settings), web.Application()
    # Nobody listens to what became of the message.
    monkeypatch.setattr(demo.standin, "tell", AsyncMock())
    demo.register(app, web.AppKey("unused", Services))
    part = {
        "id": "1",
        "caption": "Anna Berger (Mensch) · Sehen Sie",
        **({"filename": "Plan.pdf"} if kind == "document" else {}),
    }
    async with TestClient(TestServer(app)) as page:
        phone = await (await page.post(f"{_DEMO}/phone", json={})).json()
        demo.standin.uploads["1"], demo.standin.media["1"] = media_type, b"content"
        body = {"type": kind, kind: part}
        demo.standin.accepted.append(Accepted("wamid.1", phone["number"], "1", body, "", 0))
        shown = await (await page.get(f"{_DEMO}/messages", headers={"X-Phone": phone["token"]})).json()
        (message,) = shown["messages"]
        assert message["file"] == {"kind": kind, "name": part.get("filename")}
        file = await page.get(f"{_DEMO}/files/{message['id']}")
        assert (file.status, file.content_type, await file.read()) == (200, media_type, b"content")
        assert ("Content-Disposition" in file.headers) == (kind != "image")
        assert (await page.get(f"{_DEMO}/files/wamid.2")).status == 404
        assert (await page.get(f"{_DEMO}/samples/image")).content_type == "image/png"


async def test_with_real_settings_there_is_no_demo_phone(rig: Rig) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(rig.hooks[0].replace("/webhooks/whatsapp", _DEMO)) as page,
    ):
        assert page.status == 404


@pytest.fixture
async def desk(settings: Settings, brain: FakeBrain) -> AsyncIterator[tuple[Rig, aiohttp.ClientSession]]:
    """The desk of an agent who is logged in."""
    async with rig_of(settings, brain) as rig:
        await rig.services.agents.add("anna", "Anna Berger", "agent", PASSWORD)
        base = rig.hooks[0].replace("/webhooks/whatsapp", "/")
        headers = {"X-Klartext-Desk": "1"}
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(base, headers=headers, cookie_jar=jar) as session:
            await session.post("/desk/api/login", json={"login": "anna", "password": PASSWORD})
            yield rig, session


async def test_the_desk_shows_the_window_files_and_receipts_and_sends_a_template(
    desk: tuple[Rig, aiohttp.ClientSession],
) -> None:
    rig, session = desk
    await rig.phones.send_file(EVA, "image", b"\xff\xd8\xff" + bytes(100), caption="Der Router blinkt")
    await rig.shows("Echo")
    await rig.applied()
    conversation_id = (await rig.contact()).conversation_id

    async def detail() -> dict:
        async with session.get(f"/desk/api/conversations/{conversation_id}") as response:
            return await response.json()

    async def fetched() -> bool:
        return [one["state"] for one in (await detail())["files"]] == ["stored"]

    await until(fetched)
    messenger = (await detail())["messenger"]
    assert messenger["number"] == spoken_phone(f"+{EVA}")
    assert messenger["window_until"] is not None
    assert {one["state"] for one in messenger["receipts"]} <= {"accepted", "sent", "delivered"}
    (file,) = (await detail())["files"]
    async with session.get(f"/desk/api/attachments/{file['id']}") as response:
        assert response.headers["Content-Type"] == "image/jpeg"
        assert "sandbox" in response.headers["Content-Security-Policy"]
        assert len(await response.read()) == 103
    async with aiohttp.ClientSession() as stranger:
        address = rig.hooks[0].replace("/webhooks/whatsapp", f"/desk/api/attachments/{file['id']}")
        async with stranger.get(address) as response:
            assert response.status == 401
    await session.post(f"/desk/api/conversations/{conversation_id}/claim", json={"epoch": 1})
    async with rig.services.store.write() as unit:
        await unit.connection.execute(sa.update(contact_table).values(window_until=unit.now - timedelta(hours=1)))
    written = {"client_id": "1", "text": "Guten Tag"}
    await session.post(f"/desk/api/conversations/{conversation_id}/messages", json=written)

    async def explained() -> bool:
        return any("24 Stunden sind vorbei" in str(one["error"]) for one in (await detail())["deliveries"])

    await until(explained)
    use = {"client_id": "2", "template": messenger["templates"][0]["name"], "topic": "Störung"}
    for _ in range(2):
        async with session.post(f"/desk/api/conversations/{conversation_id}/template", json=use) as response:
            assert response.status == 200
    await rig.shows("[request_update]")
    for wrong in ({"template": "made_up"}, {"topic": ""}, {"topic": "x" * 61}):
        body = {**use, "client_id": "3", **wrong}
        async with session.post(f"/desk/api/conversations/{conversation_id}/template", json=body) as response:
            assert response.status in {400, 422}
