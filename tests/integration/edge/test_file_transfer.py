"""Files over HTTP between customer's widget and the desk: who gets them, how they are given out, what is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from bot.conversation.files import LARGEST
from tests.integration.edge.conftest import Agent, Edge

_JPEG = b"\xff\xd8\xff\xe0" + bytes(2 * 1024 * 1024)
_PDF = b"%PDF-1.7\n" + bytes(50)


def _form(data: bytes, name: str = "bild.jpg", client_id: str = "f1", **fields: str) -> aiohttp.FormData:
    form = aiohttp.FormData({"client_id": client_id, **fields})
    form.add_field("file", data, filename=name, content_type="image/jpeg")
    return form


async def _upload(edge: Edge, token: str, form: object, **headers: str) -> tuple[int, dict[str, Any]]:
    bearer = {"Authorization": f"Bearer {token}", **headers}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{edge.base}/widget/files", data=form, headers=bearer) as response,
    ):
        return response.status, await response.json()


async def _fetch(edge: Edge, token: str, file_id: str) -> tuple[int, bytes, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{edge.base}/widget/files/{file_id}", headers={"Authorization": f"Bearer {token}"}) as response,
    ):
        return response.status, await response.read(), response.headers


async def _send(agent: Agent, conversation_id: str, form: aiohttp.FormData) -> tuple[int, dict[str, Any]]:
    async with agent.session.post(
        f"{agent.base}/desk/api/conversations/{conversation_id}/files", data=form, headers={"X-Klartext-Desk": "1"}
    ) as response:
        return response.status, await response.json()


async def test_a_customers_picture_comes_to_the_desk_once_and_cannot_harm_it(edge: Edge) -> None:
    async with edge.customer() as customer, edge.agent() as agent:
        token = (await customer.hello())["token"]
        answers = [await _upload(edge, token, _form(_JPEG, text="Die Lampe ist rot")) for _ in range(2)]
        assert answers[0] == answers[1]
        status, receipt = answers[0]
        assert (status, receipt["client_id"]) == (200, "f1")
        event = await customer.event("Die Lampe ist rot")
        assert (event["seq"], event["client_id"]) == (receipt["seq"], "f1")
        (file,) = event["files"]
        assert file["state"] == "stored"
        await customer.event("Echo: Die Lampe ist rot")
        conversation = customer.welcome["conversation"]
        _, detail = await agent.get(f"conversations/{conversation}")
        assert [(one["id"], one["seq"], one["size"]) for one in detail["files"]] == [
            (file["id"], receipt["seq"], len(_JPEG))
        ]
        assert [one["id"] for event in detail["events"] for one in event.get("files", ())] == [file["id"]]
        async with agent.session.get(f"{edge.base}/desk/api/attachments/{file['id']}") as response:
            assert await response.read() == _JPEG
            headers = response.headers
        assert headers["Content-Type"] == "image/jpeg"
        assert headers["Content-Disposition"].startswith("inline; filename=")
        assert "bild.jpg" not in headers["Content-Disposition"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert headers["Cache-Control"] == "private, no-store"


async def test_files_are_for_the_conversations_own_people(edge: Edge) -> None:
    async with edge.customer() as customer, edge.customer() as stranger, aiohttp.ClientSession() as nobody:
        token = (await customer.hello())["token"]
        other = (await stranger.hello())["token"]
        await _upload(edge, token, _form(_PDF, "rechnung.pdf"))
        (file,) = (await customer.event("rechnung.pdf"))["files"]
        status, content, headers = await _fetch(edge, token, file["id"])
        assert (status, content) == (200, _PDF)
        assert headers["Content-Disposition"].startswith("attachment; ")
        assert (await _fetch(edge, other, file["id"]))[0] == 404
        assert (await _fetch(edge, "unknown", file["id"]))[0] == 401
        assert (await _fetch(edge, token, "unknown"))[0] == 404
        async with nobody.get(f"{edge.base}/desk/api/attachments/{file['id']}") as response:
            assert response.status == 401
        assert (await _upload(edge, "unknown", _form(_PDF)))[0] == 401
        assert (await _upload(edge, token, _form(_PDF), Origin="https://elsewhere.example"))[0] == 403


async def test_an_agents_document_comes_to_the_customer(edge: Edge) -> None:
    async with edge.customer() as customer, edge.agent() as agent, edge.agent("ben") as ben:
        token = (await customer.hello())["token"]
        conversation = customer.welcome["conversation"]
        await customer.say("Ich will mit einem Menschen sprechen")
        waiting = await customer.frame("event")
        while waiting["holder"] != "queue":
            waiting = await customer.frame("event")
        _, detail = await agent.get(f"conversations/{conversation}")
        await agent.post(f"conversations/{conversation}/claim", {"epoch": detail["summary"]["epoch"]})
        for _ in range(2):
            status, sent = await _send(agent, conversation, _form(_PDF, "Anleitung.pdf", "a1"))
            assert status == 200
        event = await customer.event("Anleitung.pdf")
        assert (event["seq"], event["author"]) == (sent["seq"], {"kind": "human", "name": "Anna Berger"})
        (file,) = event["files"]
        assert (await _fetch(edge, token, file["id"]))[1] == _PDF
        assert (await _send(ben, conversation, _form(_PDF, client_id="b1")))[0] == 409
        status, refused = await _send(agent, conversation, _form(b"RIFF....WEBPVP8 ", client_id="a2"))
        assert (status, refused["code"]) == (422, "file_type")
        assert "JPEG, PNG, PDF" in refused["message"]
        async with agent.session.post(
            f"{agent.base}/desk/api/conversations/{conversation}/files", data=_form(_PDF, client_id="a3")
        ) as response:
            assert response.status == 403


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "file_empty"),
        (b"<svg onload=alert(1)>", 422, "file_type"),
        (b"\xff\xd8\xff" + bytes(5 * 1024 * 1024), 413, "file_size"),
        (b"%PDF-" + bytes(LARGEST), 413, "file_size"),
    ],
)
async def test_what_cannot_be_taken_is_said_in_a_sentence(edge: Edge, data: bytes, status: int, code: str) -> None:
    async with edge.customer() as customer:
        token = (await customer.hello())["token"]
        answer, body = await _upload(edge, token, _form(data, "bild.jpg"))
        assert (answer, body["code"]) == (status, code)
        assert body["message"]
        assert (await customer.say("Hallo"))["seq"] == 2


async def test_a_huge_file_is_refused_before_it_is_read(edge: Edge) -> None:
    async with edge.customer() as customer:
        token = (await customer.hello())["token"]
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.server.port)
        writer.write(
            (
                f"POST /widget/files HTTP/1.1\r\nHost: 127.0.0.1:{edge.server.port}\r\n"
                f"Authorization: Bearer {token}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
                f"Content-Length: {1024**3}\r\n\r\n--x\r\n"
            ).encode()
        )
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        writer.close()
        assert answer.startswith(b"HTTP/1.1 413")


async def test_a_form_that_is_none_stores_nothing(edge: Edge) -> None:
    async with edge.customer() as customer:
        token = (await customer.hello())["token"]
        only_file = aiohttp.FormData()
        only_file.add_field("file", _PDF, filename="x.pdf")
        too_much = _form(_PDF)
        too_much.add_field("more", "1")
        nested = aiohttp.MultipartWriter("form-data")
        nested.append(aiohttp.MultipartWriter("mixed"))
        for form in (only_file, too_much, nested, _form(_PDF, client_id="x" * 65), b"plain"):
            assert (await _upload(edge, token, form))[0] == 400
        cut = {"Content-Type": "multipart/form-data; boundary=x"}
        for body in (b"", b"--x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n%PDF', b"\x00\xff--"):
            assert (await _upload(edge, token, body, **cut))[0] == 400
        assert (await customer.say("Hallo"))["seq"] == 2
