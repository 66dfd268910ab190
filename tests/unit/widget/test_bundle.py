"""The widget's file: small, the same for the same content, and refused at start when it cannot be made."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.transparency.wording import wording
from connectors.widget.bundle import CannotBundle, bundle, widget_script
from connectors.widget.scripts import tag

# Bytes. What an owner is promised in docs/widget.md.
PROMISED = 40_000


def test_it_stays_under_40_kilobytes_compressed() -> None:
    assert len(widget_script(wording()).packed) < PROMISED


def test_the_same_content_is_the_same_version_and_the_integrity_is_that_of_the_bytes() -> None:
    one, other = widget_script(wording()), widget_script(wording())
    assert one == other
    kind, _, value = one.integrity.partition("-")
    assert base64.b64decode(value) == hashlib.new(kind, one.body).digest()
    assert one.version in tag("https://chat.example", one)
    assert one.integrity in tag("https://chat.example", one)


def test_it_needs_nothing_from_elsewhere() -> None:
    text = widget_script(wording()).body.decode()
    assert "import(" not in text
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text)


def test_modules_keep_scopes_of_their_own_and_run_in_the_order_of_their_need(tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.fail("node runs the widget's file in this test; the browser tests run it in Chromium")
    modules = {
        "a.js": 'import { twice } from "./b.js";\nimport {\n  name,\n} from "./c.js";\n'
        "const own = 1;\nconsole.log(name + twice(own));\n",
        "b.js": 'import { name } from "./c.js";\nconst own = 2;\nexport const twice = (value) => name + value * own;\n',
        "c.js": "/**\n * What it is: // and /* stay inside.\n */\n// Why.\n"
        'export const name = "c"; // not alone\nexport class Unused {}\nexport async function later() {}\n',
        "unused.js": "console.log('never');\n",
    }
    file = tmp_path / "bundle.js"
    file.write_text(bundle(modules, "a.js"), encoding="utf-8")
    assert "What" not in file.read_text(encoding="utf-8") and "Why" not in file.read_text(encoding="utf-8")
    done = subprocess.run(["node", str(file)], capture_output=True, text=True, check=True)
    assert done.stdout == "cc2\n"


@pytest.mark.parametrize(
    "modules",
    [
        {"a.js": 'import { b } from "./b.js";\n'},
        {"a.js": 'import { b } from "./b.js";\n', "b.js": 'import { a } from "./a.js";\nexport const b = 1;\n'},
        {"a.js": "export default class A {}\n"},
        {"a.js": "const a = 1;\nexport { a };\n"},
        {"a.js": 'import * as b from "./b.js";\n', "b.js": "export const b = 1;\n"},
        {"a.js": "const here = import.meta.url;\n"},
        {"a.js": 'const later = () => import("./b.js");\n', "b.js": "export const b = 1;\n"},
        {"a.js": "export let changing = 1;\n"},
    ],
)
def test_what_is_not_understood_is_refused(modules: dict[str, str]) -> None:
    with pytest.raises(CannotBundle):
        bundle(modules, "a.js")
