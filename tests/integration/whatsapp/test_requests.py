"""The webhook as an HTTP endpoint: signatures, sizes, encodings, and requests that end before they should."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import pytest
from multidict import CIMultiDict

from tests.integration.whatsapp.conftest import Rig, posted, signature, until
from tests.integration.whatsapp.payloads import message, post

LIMIT = 4 * 2**20


def _sized(size: int) -> bytes:
    body = post(message(text={"body": "x"}))
    return body + b" " * (size - len(body))


async def _raw(rig: Rig, body: bytes, *headers: str, breaks_off: bool = False) -> bytes:
    """Write a request by hand: the first line of what came back, if anything did."""
    where = urlsplit(rig.hooks[0])
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    signed = f"X-Hub-Signature-256: {signature(post(message()))['X-Hub-Signature-256']}"
    lines = (f"POST {where.path} HTTP/1.1", "Host: chat.example.org", signed, *headers, "", "")
    writer.write("\r\n".join(lines).encode() + body)
    await writer.drain()
    if breaks_off:
        writer.write_eof()
    answer = await asyncio.wait_for(reader.readline(), 20)
    writer.close()
    return answer


async def test_a_signature_counts_as_it_is_documented(quiet_rig: Rig) -> None:
    rig = quiet_rig
    body = post(message())
    right = signature(body)["X-Hub-Signature-256"]
    digest = right.removeprefix("sha256=")
    for header in (
        digest,
        f"sha256={digest.upper()}",
        f"SHA256={digest}",
        f" sha256= {digest}",
        f"{right}, {right}",
        f"{right}0",
    ):
        assert await posted(rig, body, {"X-Hub-Signature-256": header}) == 401, header
    # Who sends several leaves open which one counts.
    for several in ((right, "sha256=0"), ("sha256=0", right), (right, right)):
        headers = CIMultiDict([("X-Hub-Signature-256", one) for one in several])
        async with (
            aiohttp.ClientSession() as session,
            session.post(rig.hooks[0], data=body, headers=headers) as response,
        ):
            assert response.status == 401, several
    assert await posted(rig, body, {"X-Hub-Signature": "sha1=0", **signature(body)}) == 200
    assert await rig.count() == 1


async def test_the_largest_body_and_one_byte_more(quiet_rig: Rig) -> None:
    rig = quiet_rig
    assert await posted(rig, _sized(LIMIT + 1)) == 413
    assert await rig.count() == 0
    assert await posted(rig, _sized(LIMIT)) == 200
    assert await rig.count() == 1


async def test_a_body_in_chunks(quiet_rig: Rig) -> None:
    rig = quiet_rig
    body = post(message())

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 7):
            yield body[start : start + 7]

    async with aiohttp.ClientSession() as session:
        async with session.post(rig.hooks[0], data=chunks(), headers=signature(body)) as response:
            assert response.status == 200
        async with session.post(rig.hooks[0], data=chunks(), headers=signature(b"")) as response:
            assert response.status == 401
    assert await rig.count() == 1


@pytest.mark.parametrize("content", ["signed as it travels", "signed as it is read", "a bomb", "no gzip at all"])
async def test_a_packed_body_is_never_stored_unsigned(quiet_rig: Rig, content: str) -> None:
    rig = quiet_rig
    body = b" " * (LIMIT * 20) if content == "a bomb" else post(message())
    packed = b"hello" if content == "no gzip at all" else gzip.compress(body)
    signed = signature(packed if content == "signed as it travels" else body)
    async with (
        aiohttp.ClientSession() as session,
        session.post(rig.hooks[0], data=packed, headers={**signed, "Content-Encoding": "gzip"}) as response,
    ):
        assert response.status == {"signed as it is read": 200, "a bomb": 413, "no gzip at all": 400}.get(content, 401)
    assert await rig.count() == (content == "signed as it is read")


async def test_a_length_that_is_not_true(quiet_rig: Rig) -> None:
    rig = quiet_rig
    body = post(message())
    # More is promised than comes; less is promised than comes; no number at all; chunks that are none.
    assert b" 500 " not in await _raw(rig, body, f"Content-Length: {len(body) + 10}", breaks_off=True)
    assert b" 40" in await _raw(rig, body, f"Content-Length: {len(body) - 10}")
    assert b" 400 " in await _raw(rig, body, "Content-Length: many")
    assert b" 400 " in await _raw(rig, body, "Transfer-Encoding: chunked")
    assert await rig.count() == 0
    assert b" 200 " in await _raw(rig, body, f"Content-Length: {len(body)}")

    async def stored() -> bool:
        return await rig.count() == 1

    await until(stored)
