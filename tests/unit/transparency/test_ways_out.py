"""Every way out of the process towards a person, read from the code: whoever opens another finds this test failing.

What is said goes one way: a `Draft`, which cannot be built without an author; `OpenConversation.append`, which writes
it into the log; and from the log the gate (`bot/transparency/gate.py`). `event_frame` for widget and desk, and each
message for WhatsApp, take only what the gate made. Letters go through it too.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from bot.settings import ROOT

_CODE = ("bot", "connectors", "actions")

# Who may call what. Each of these sends, or makes what is sent.
CALLS: dict[str, dict[str, str]] = {
    "WebSocketResponse": {
        "connectors/widget/channel.py": "the customer's socket",
        "connectors/desk/socket.py": "the agent's socket",
    },
    "send_str": {
        "connectors/widget/socket.py": "frames; what was said only as `event_frame`",
        "connectors/desk/socket.py": "frames; what was said only as `event_frame`",
    },
    "send_bytes": {},
    "send_json": {},
    "StreamResponse": {},
    "ClientSession": {
        "bot/service/brain.py": "to the brain",
        "bot/brain/action_endpoint.py": "from the brain to the actions",
        "bot/run.py": "asks our own processes whether they are ready",
        "actions/crm/transport.py": "to the customer data and ticket systems",
        "connectors/whatsapp/client.py": "to the provider: what `render` made",
        "connectors/whatsapp/standin/webhooks.py": "the demo's provider, to our own webhook",
    },
    # Messages for WhatsApp are made where the label is put in front, and nowhere else.
    "TextMessage": {"connectors/whatsapp/render.py": "labelled"},
    "ButtonsMessage": {"connectors/whatsapp/render.py": "labelled"},
    "ListMessage": {"connectors/whatsapp/render.py": "labelled"},
    "MediaMessage": {"connectors/whatsapp/render.py": "labelled"},
    "TemplateMessage": {"connectors/whatsapp/sender.py": "its author is one of its values"},
    "request_body": {"connectors/whatsapp/sender.py": "what was made above"},
    # The gate's own makers, and letters that say that the system wrote them.
    "LetOut": {"bot/transparency/gate.py": "the gate"},
    "Labelled": {"bot/transparency/gate.py": "the gate"},
    "Letter": {
        "bot/transparency/gate.py": "the gate",
        "actions/crm/sql_contacts.py": "the same letter with its code",
        "actions/crm/sql_interest.py": "the same letter with its link",
    },
    "event_frame": {
        "connectors/widget/socket.py": "what the gate let out",
        "connectors/widget/http_line.py": "what the gate let out",
        "connectors/desk/thread_views.py": "what the gate let out",
    },
    # What would make or change what the gate makes without its key.
    "__new__": {"bot/brain/quick_tracker.py": "slots of Rasa's tracker"},
    "__setattr__": {"bot/transparency/gate.py": "the gate", "bot/settings.py": "a derived secret"},
    # Answers over HTTP: whatever shows a conversation there shows its authors.
    "Response": {
        "connectors/demo.py": "the demonstration's page",
        "connectors/desk/supervision.py": "figures as a file",
        "connectors/edge.py": "an icon",
        "connectors/frames.py": "`json_response`, and errors as a page",
        "connectors/health.py": "figures for operators",
        "connectors/record/page.py": "the record: `bot/transparency/record_page.py` puts each author in front",
        "connectors/transparency/page.py": "the public page",
        "connectors/updates.py": "what became of a link",
        "connectors/uploads.py": "a file, as it came",
        "connectors/whatsapp/channel.py": "to the provider's webhook",
        "connectors/whatsapp/demo/__init__.py": "the demo's phone",
        "connectors/whatsapp/standin/server.py": "the demo's provider",
        "connectors/widget/form.py": "the form",
        "connectors/widget/http_line.py": "nothing but a status",
        "connectors/widget/scripts.py": "the widget's file",
        "actions/crm/http_api/server.py": "customer data",
    },
    "json_response": {
        **{
            f"connectors/desk/{name}.py": "the desk's interface, by the types of its description"
            for name in (
                *("account", "administration", "channel", "conversations"),
                *("organisation", "supervision", "teaching", "work"),
            )
        },
        "connectors/demo.py": "the demonstration's customers and mail",
        "connectors/frames.py": "errors as data",
        "connectors/health.py": "whether all is well",
        "connectors/transparency/page.py": "the public page's facts",
        "connectors/whatsapp/demo/__init__.py": "the demo's phone",
        "connectors/whatsapp/standin/server.py": "the demo's provider",
        "connectors/widget/file_line.py": "that a file is there",
        "connectors/widget/http_line.py": "frames; what was said only as `event_frame`",
        "connectors/widget/leave_line.py": "that a wish is stored",
        "connectors/widget/why_line.py": "the reasons of a message of the bot",
    },
    "create_subprocess_exec": {"bot/supervisor.py": "our own processes"},
    "create_subprocess_shell": {},
    "Popen": {},
    "popen": {},
    "open_connection": {},
    "create_connection": {},
    "sendto": {},
    "sendmail": {},
    "send_message": {},
}
# Modules that reach people or servers by themselves.
MODULES: dict[str, dict[str, str]] = {
    **{
        name: {}
        for name in (
            *("smtplib", "aiosmtplib", "urllib.request", "http.client", "requests", "httpx", "websockets", "ftplib"),
            *("telnetlib", "xmlrpc", "twilio", "telegram", "paramiko", "nntplib", "imaplib", "poplib"),
        )
    },
    "subprocess": {"bot/brain/train.py": "our own interpreter"},
    "socket": {
        "bot/run.py": "looks whether a port is free",
        "connectors/whatsapp/demo/__init__.py": "a free port for the demo",
        "connectors/whatsapp/standin/server.py": "a free port for the demo",
    },
}
# Tables whose rows reach a person, and who writes them.
TABLES = {
    "notification": {
        "actions/crm/proof.py": "the code by mail or SMS",
        "actions/crm/posting.py": "the company's letters",
    },
    "message": {},
    "message_table": {},
}


def _trees() -> dict[str, ast.Module]:
    paths = (path for folder in _CODE for path in (ROOT / folder).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


TREES = _trees()


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


@cache
def _callers() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                found[_name(node.func)].add(path)
    return found


def _loose(tree: ast.Module) -> set[str]:
    """What of `CALLS` is taken in hand under another name, or handed on uncalled: who calls it then is not seen."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.alias) and node.asname is not None:
            found.add(node.name.rpartition(".")[2])
        elif isinstance(node, (ast.Assign, ast.NamedExpr)):
            found.add(_name(node.value))
        elif isinstance(node, ast.Call) and _name(node.func) != "isinstance":
            found |= {_name(one) for one in (*node.args, *(keyword.value for keyword in node.keywords))}
            if _name(node.func) in {"getattr", "attrgetter", "methodcaller"}:
                found |= {
                    one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
                }
    return found & CALLS.keys()


@cache
def _importers() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    found[alias.name].add(path)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found[node.module].add(path)
                for alias in node.names:
                    found[f"{node.module}.{alias.name}"].add(path)
    return found


@pytest.mark.parametrize("name", CALLS)
def test_nobody_else_sends(name: str) -> None:
    assert _callers()[name] <= CALLS[name].keys(), f"{name} is another way out towards a person"


def test_what_sends_is_called_where_it_is_named() -> None:
    loose = {(path, name) for path, tree in TREES.items() for name in _loose(tree)}
    assert loose == set()


@pytest.mark.parametrize("name", MODULES)
def test_nobody_else_imports_what_sends(name: str) -> None:
    assert _importers()[name] <= MODULES[name].keys(), f"{name} is another way out towards a person"


@pytest.mark.parametrize("table", TABLES)
def test_nobody_else_writes_what_reaches_a_person(table: str) -> None:
    writers = {
        path
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _name(node.func) == "insert" and node.args and _name(node.args[0]) == table
    }
    assert writers <= TABLES[table].keys()


def test_events_have_one_maker() -> None:
    """A frame that looks like something that was said is made where the author is put in."""
    makers = {
        path
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        for key, value in _pairs(node)
        if key == "type" and value == "event" and path.startswith("connectors/")
    }
    assert makers == {"connectors/frames.py"}


def _pairs(node: ast.AST) -> list[tuple[object, object]]:
    """What is written down of a mapping: `{"a": 1}`, `dict(a=1)`, `mapping["a"] = 1`."""
    pairs: list[tuple[ast.expr | None, ast.expr]] = []
    if isinstance(node, ast.Dict):
        pairs = list(zip(node.keys, node.values, strict=True))
    elif isinstance(node, ast.Call):
        pairs = [(ast.Constant(keyword.arg), keyword.value) for keyword in node.keywords]
    elif isinstance(node, ast.Assign):
        pairs = [(one.slice, node.value) for one in node.targets if isinstance(one, ast.Subscript)]
    return [
        (key.value, value.value)
        for key, value in pairs
        if isinstance(key, ast.Constant) and isinstance(value, ast.Constant)
    ]


def test_the_key_of_the_gate_never_leaves_it() -> None:
    """Without the key nothing can be built that a channel would send."""
    users = {
        path
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.ImportFrom) and node.module == "bot.transparency.gate" and _takes_key(node))
        or (isinstance(node, ast.Attribute) and node.attr == "_KEY")
    }
    assert users == set()


def _takes_key(node: ast.ImportFrom) -> bool:
    return any(alias.name.startswith("_") or alias.name == "*" for alias in node.names)


def test_every_entry_of_these_lists_is_in_use() -> None:
    """An allowance that nobody needs any more is taken back."""
    callers, importers = _callers(), _importers()
    unused = [(name, path) for name, allowed in CALLS.items() for path in allowed if path not in callers[name]]
    unused += [(name, path) for name, allowed in MODULES.items() for path in allowed if path not in importers[name]]
    assert [one for one in unused if Path(ROOT / one[1]).exists()] == []
