"""What lies in `deploy/` works: nginx in front of two edges that are killed in turn, and units that systemd accepts."""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bench.chaos.processes import free_ports
from bench.chaos.scene import PASSWORD, Cast, Scene, open_scene
from bench.chaos.widget import WidgetClient
from bot.conversation.files import LIMITS
from bot.settings import ROOT

NAME = "chat.example.org"
PATIENCE = 20.0


class Loopback(AbstractResolver):
    """Every name is this machine."""

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        pass


@dataclass
class Front:
    """nginx as customers and agents reach it."""

    base: str
    plain: str
    brains: str
    http: aiohttp.ClientSession
    scene: Scene

    def browser(self, origin: str | None = None) -> dict[str, str]:
        """The headers that a browser adds on the page of `origin`, by default our own."""
        return {"Origin": origin or self.base}


def write_configuration(folder: Path, ports: dict[int, int], plain: int, tls: int) -> list[str]:
    """nginx's files, checked by nginx itself; the command that serves them."""
    text = (ROOT / "deploy" / "nginx" / "klartext.conf").read_text(encoding="utf-8")
    text = re.sub(r"127\.0\.0\.1:(\d+)", lambda found: f"127.0.0.1:{ports[int(found[1])]}", text)
    text = text.replace("listen 80", f"listen 127.0.0.1:{plain}").replace("listen 443", f"listen 127.0.0.1:{tls}")
    text = text.replace(f"/etc/letsencrypt/live/{NAME}", str(folder))
    certificate = [str(folder / "fullchain.pem"), str(folder / "privkey.pem")]
    openssl = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    subprocess.run([*openssl, "-out", certificate[0], "-keyout", certificate[1]], check=True, capture_output=True)
    (folder / "klartext.conf").write_text(text, encoding="utf-8")
    # Started by root, its workers would be somebody who may not write here.
    user = "user root; " if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        "events { worker_connections 256; }\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
        f"include {folder}/klartext.conf; }}\n",
        encoding="utf-8",
    )
    command = ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    return command


@asynccontextmanager
async def nginx(scene: Scene, folder: Path) -> AsyncIterator[Front]:
    """The file of `deploy/nginx` with other ports and a certificate of its own, and nothing else changed."""
    plain, tls, brains, actions, nobody = free_ports(5)
    brain = int((scene.of_kind("brain")[0].probe or "").split(":")[2].split("/")[0])
    ports = {8081: _port(scene.edges[0]), 8082: _port(scene.edges[1]), 5005: brain, 5006: nobody}
    ports |= {5055: nobody, 5056: nobody, 5000: brains, 5050: actions}
    command = write_configuration(folder, ports, plain, tls)
    process = await asyncio.create_subprocess_exec(*command)
    connector = aiohttp.TCPConnector(ssl=False, resolver=Loopback())
    try:
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.CookieJar()) as http:
            front = Front(f"https://{NAME}:{tls}", f"http://{NAME}:{plain}", f"http://127.0.0.1:{brains}", http, scene)
            for _ in range(100):
                with suppress(aiohttp.ClientError):
                    async with http.get(f"{front.base}/healthz") as response:
                        if response.status == 200:
                            break
                await asyncio.sleep(0.1)
            yield front
    finally:
        process.terminate()
        await process.wait()


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


async def test_nginx_in_front_of_two_edges(tmp_path: Path) -> None:
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed")
    cast = Cast(
        backend="sqlite",
        edges=2,
        workers=1,
        agents=1,
        brain_late=0.0,
        brain_failing=0.0,
        turn_deadline=60.0,
        public_url=f"https://{NAME}",
    )
    async with open_scene(cast) as scene, nginx(scene, tmp_path) as front:
        await a_customer_stays_while_the_edges_are_killed_in_turn(front)
        await an_agent_logs_in_with_a_cookie_for_https_only(front)
        await strangers_are_turned_away(front)
        await brains_are_asked_in_turn_and_a_dead_one_is_passed_over(front)


async def a_customer_stays_while_the_edges_are_killed_in_turn(front: Front) -> None:
    client = WidgetClient(front.http, [front.base], random.Random(1), headers=front.browser())
    connected = asyncio.create_task(client.run())
    try:
        for number, edge in enumerate([*front.scene.of_kind("edge"), None]):
            await client.say(f"Frage {number}")
            answer = f"Zu «Frage {number}»: gelesen."
            assert await client.until(
                lambda answer=answer: any(event["text"] == answer for event in client.record.seen.values()), PATIENCE
            )
            if edge is not None:
                edge.kill()
        assert client.record.faults == []
        assert sorted(client.record.seen) == list(range(1, client.last_seq + 1))
        for edge in front.scene.of_kind("edge"):
            await edge.wait_ready(60)
    finally:
        connected.cancel()
        with suppress(asyncio.CancelledError):
            await connected


async def an_agent_logs_in_with_a_cookie_for_https_only(front: Front) -> None:
    login = {"login": front.scene.logins[0], "password": PASSWORD}
    headers = {"X-Klartext-Desk": "1", **front.browser()}
    async with front.http.post(f"{front.base}/desk/api/login", json=login, headers=headers) as response:
        assert response.status == 200
        cookie = response.headers["Set-Cookie"]
        assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/desk"} <= {part.strip() for part in cookie.split(";")}
        assert response.headers["Strict-Transport-Security"]
    # The cookie comes back over https, and the socket accepts our own page.
    async with front.http.ws_connect(f"{front.base}/desk/ws", headers=front.browser()) as ws:
        await ws.send_json({"type": "hello", "v": 1, "position": 0})
        assert (await ws.receive_json(timeout=PATIENCE))["type"] == "welcome"


async def strangers_are_turned_away(front: Front) -> None:
    elsewhere = front.browser("https://evil.example")
    for path in ("/widget/ws", "/desk/ws"):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await front.http.ws_connect(f"{front.base}{path}", headers=elsewhere)
        assert refused.value.status == 403
    async with front.http.post(
        f"{front.base}/desk/api/logout", headers={"X-Klartext-Desk": "1", **elsewhere}
    ) as response:
        assert response.status == 403
    # Another name that leads to this machine: no answer, so that Host can be trusted.
    with pytest.raises(aiohttp.ClientError):
        await front.http.get(front.base.replace(NAME, "evil.example"))
    with pytest.raises(aiohttp.ClientError):
        await front.http.get(front.plain.replace(NAME, "evil.example"))
    async with front.http.get(f"{front.plain}/desk", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (301, f"https://{NAME}/desk")
    for path in ("/metrics", "/readyz"):
        async with front.http.get(f"{front.base}{path}") as response:
            assert response.status == 404


async def files_pass_up_to_their_limit(front: Front) -> None:
    async with front.http.ws_connect(f"{front.base}/widget/ws", headers=front.browser()) as ws:
        await ws.send_json({"type": "hello", "v": 1, "token": None, "last_seq": 0, "locale": "de"})
        token = (await ws.receive_json(timeout=PATIENCE))["token"]
    headers = {"Authorization": f"Bearer {token}", **front.browser()}
    for size, status in ((LIMITS["document"], 200), (LIMITS["document"] + 1, 413), (2 * LIMITS["document"], 413)):
        form = aiohttp.FormData({"client_id": str(size)})
        form.add_field("file", b"%PDF-1.7\n".ljust(size, b"x"), filename="vertrag.pdf")
        async with front.http.post(f"{front.base}/widget/files", data=form, headers=headers) as response:
            assert response.status == status, await response.text()


async def brains_are_asked_in_turn_and_a_dead_one_is_passed_over(front: Front) -> None:
    for number in range(4):
        turn = {"conversation_id": "c", "epoch": 1, "turn_id": str(number), "session": 1, "text": "Hallo"}
        async with front.http.post(f"{front.brains}/webhooks/klartext/turn", json=turn) as response:
            assert response.status == 200


def test_the_units_are_what_systemd_expects(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    units = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
    assert len(units) == 5
    for unit in units:
        # The program has to exist where the unit says: any will do here.
        text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text(encoding="utf-8"))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
        instance = unit.name.replace("@.", "@8081.")
        checked = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(tmp_path / instance)], capture_output=True, text=True
        )
        complaints = [line for line in checked.stderr.splitlines() if unit.name.split(".")[0] in line]
        assert complaints == [], unit.name
