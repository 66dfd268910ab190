"""A Request Tracker 5 of the Debian packages on loopback, with a database of its own in a folder of its own."""

from __future__ import annotations

import base64
import json
import os
import shlex
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from actions.crm.request_tracker import RequestTracker

SETUP = Path("/usr/sbin/rt-setup-database-5")
SERVER = Path("/usr/share/request-tracker5/libexec/standalone_httpd")
QUEUE = "General"
PASSWORD = "password"  # as Request Tracker makes its first user
_PATIENCE = 60.0

_CONFIGURATION = """
Set($rtname, 'klartext.test');
Set($Organization, 'klartext.test');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{folder}/rt.db');
Set($MasonDataDir, '{folder}/mason');
Set($MasonSessionDir, '{folder}/sessions');
Set($MailCommand, 'testfile');
Set($BcryptCost, 4);
Set($Timezone, 'UTC');
Set($LogToSyslog, '');
Set($LogToSTDERR, 'error');
1;
"""


class Installation:
    """A Request Tracker that can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        for name in ("mason", "sessions", "no_more_configuration"):
            (folder / name).mkdir()
        configuration = folder / "RT_SiteConfig.pm"
        configuration.write_text(_CONFIGURATION.format(port=self.port, folder=folder), encoding="utf-8")
        self._environment = {
            **os.environ,
            "RT_SITE_CONFIG": str(configuration),
            "RT_SITE_CONFIG_DIR": str(folder / "no_more_configuration"),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def set_up(self) -> None:
        command = [str(SETUP), "--action", "init", "--skip-create"]
        subprocess.run(
            command, env=self._environment, cwd=self.folder, check=True, capture_output=True, timeout=_PATIENCE
        )

    def start(self) -> None:
        command = [str(SERVER), "--host", "127.0.0.1", "--port", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, env=self._environment, cwd=self.folder, stdout=log, stderr=log)
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(self.address + "/REST/2.0/rt", timeout=5)
            except urllib.error.HTTPError:
                return  # it asks for a password: it is up
            except OSError:
                time.sleep(0.1)
        raise TimeoutError((self.folder / "log").read_text())

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def client(self, password: str = PASSWORD, queue: str = QUEUE) -> RequestTracker:
        return RequestTracker.at(self.address, queue, user="root", password=password, time_limit=20)

    def as_team(self, method: str, path: str, body: dict[str, Any]) -> None:
        """Do what a person does in Request Tracker."""
        self._call(method, path, {"ContentType": "text/plain", **body})

    def contents(self, ticket: int, media_type: str) -> list[bytes]:
        """The files of a type that the team finds on a ticket, oldest first."""
        page = self._call("GET", f"/ticket/{ticket}/attachments?fields=ContentType&per_page=100")
        ids = sorted(int(item["id"]) for item in page["items"] if item["ContentType"] == media_type)
        return [base64.b64decode(self._call("GET", f"/attachment/{one}")["Content"]) for one in ids]

    def comments(self, number: str, beginning: str) -> list[str]:
        """What the team reads on a ticket that begins so."""
        page = self._call(
            "GET", f"/ticket/{int(number.removeprefix('T-'))}/attachments?fields=ContentType&per_page=100"
        )
        ids = [one["id"] for one in page["items"] if one["ContentType"] == "text/plain"]
        texts = [base64.b64decode(self._call("GET", f"/attachment/{one}")["Content"]).decode() for one in ids]
        return [text for text in texts if text.startswith(beginning)]

    def ids(self, path: str) -> list[int]:
        """What there is at an address of the interface, oldest first."""
        return sorted(int(item["id"]) for item in self._call("GET", f"{path}?per_page=100")["items"])

    def run(self, command: str) -> None:
        """Do what an administrator of Request Tracker types."""
        program, *arguments = shlex.split(command)
        found = Path("/usr/sbin") / f"{program}-5"
        subprocess.run([str(found), *arguments], env=self._environment, cwd=self.folder, check=True, timeout=_PATIENCE)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        login = base64.b64encode(f"root:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(
            f"{self.address}/REST/2.0{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.loads(response.read() or b"null")
