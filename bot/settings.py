"""The only reader of the environment.

Every other module gets a `Settings` value. A value that cannot be used is named together with its variable in a
`SettingsError`, which the command line prints as one line; nothing starts half configured.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """An environment variable holds something unusable. The message names the variable and what is expected."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Configuration of one process. Durations are seconds unless the name says otherwise."""

    root: Path = ROOT
    # Folder for files made while running: databases, logs.
    var: Path = ROOT / "var"
    database_url: str = f"sqlite+aiosqlite:///{ROOT / 'var' / 'klartext.db'}"
    crm_url: str = f"sqlite+aiosqlite:///{ROOT / 'var' / 'crm.db'}"
    # What a customer data system behind http(s) asks for.
    crm_token: str = field(default="", repr=False)
    # Request Tracker: holds tickets and cases if its address is set. A token, or user and password.
    rt_url: str | None = None
    rt_user: str = ""
    rt_password: str = field(default="", repr=False)
    rt_token: str = field(default="", repr=False)
    rt_queue: str = "General"
    redis_url: str | None = None
    brain_url: str = "http://127.0.0.1:5005"
    actions_url: str = "http://127.0.0.1:5055"
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = "http://127.0.0.1:8080"
    # Encrypts second factors. Where it is not set, one is made once and kept in `var`: nodes that share a database need
    # the same.
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    # Shared with the customer portal, which signs with it who is logged in.
    identify_secret: str = field(default="", repr=False)
    demo: bool = True
    # Other websites that may embed the widget, as origins such as `https://www.example.org`.
    widget_origins: frozenset[str] = frozenset()
    # Addresses of proxies, besides those on this machine, that say truly whom a request comes from.
    proxies: frozenset[str] = frozenset()
    # When people are at the desk, until an administrator decides it there; see `bot/service/working_hours.py`. The demo
    # is always staffed by whoever tries it.
    desk_hours: str = "24/7"
    # In which hours cases are worked on where somebody is at the desk around the clock; empty: around the clock, too.
    case_hours: str = ""
    # When customers are called back, as far as they choose a time themselves.
    callback_hours: str = "Mo-Fr 08:00-20:00; Sa 09:00-16:00"
    # Whose public holidays count, as in ISO 3166-2:DE.
    federal_state: str = "ST"
    error_bound: float = 0.03
    # How long one answer of the brain may take, and how long a customer's message may stay without an outcome.
    brain_timeout: float = 8.0
    turn_deadline: float = 25.0
    # How long a request waits for a person before it becomes a case, and how long an agent may be away.
    queue_deadline: float = 600.0
    agent_deadline: float = 300.0
    # How long an agent's reply is held back, so that it can be withdrawn.
    undo_seconds: float = 10.0
    # After this much silence the next message opens a new session: disclosed again, identity to be proven again.
    session_idle: float = 3600.0
    # Messages a second that a customer may send over one socket; ten seconds' worth of them at once.
    message_rate: float = 2.0
    # WhatsApp Business: the ids of our numbers (several, separated by commas), what sending asks for, what webhooks are
    # signed with (several while one is replaced), and what the provider proves itself with when the address is entered.
    whatsapp_phone_number_id: str | None = None
    whatsapp_access_token: str | None = field(default=None, repr=False)
    whatsapp_app_secrets: tuple[str, ...] = field(default=(), repr=False)
    whatsapp_verify_token: str | None = field(default=None, repr=False)
    # The business account that the number belongs to: where templates are compared.
    whatsapp_account_id: str | None = None
    whatsapp_api_base: str = "https://graph.facebook.com/v23.0"
    # Messages a second that the provider takes from the number.
    whatsapp_rate: float = 80.0
    # Days for which files of conversations are kept, and webhooks as they came.
    file_days: float = 30.0
    # A widget's token is good for this long after its last use.
    token_lifetime: float = 30 * 86400.0

    def __post_init__(self) -> None:
        if not self.identify_secret:
            # Of its own, so that whoever holds it can sign nothing else.
            derived = hmac.new(self.secret_key.encode(), b"klartext identify", hashlib.sha256).hexdigest()
            object.__setattr__(self, "identify_secret", derived)

    @property
    def brain_database_url(self) -> str:
        """Where the brain keeps its private memory: beside the truth, never in the same SQLite file."""
        if self.database_url.startswith("sqlite"):
            head, _, path = self.database_url.partition(":///")
            return f"{head}:///{Path(path).with_name('brain.db')}"
        return self.database_url

    @property
    def witness(self) -> Path:
        """Where the ends of all chains are kept outside of the database."""
        if self.database_url.startswith("sqlite"):
            return Path(self.database_url.partition(":///")[2]).with_suffix(".ends.jsonl")
        return self.var / "audit" / f"{urlsplit(self.database_url).path.strip('/')}.ends.jsonl"

    @property
    def whatsapp_numbers(self) -> tuple[str, ...]:
        """The ids of our numbers. What came before a number was told with it belongs to the first."""
        return tuple(dict.fromkeys((self.whatsapp_phone_number_id or "").replace(",", " ").split()))

    @property
    def whatsapp_missing(self) -> list[str]:
        """The variables that WhatsApp still needs; none where none of them is set and none where all are."""
        given = {
            "KLARTEXT_WHATSAPP_PHONE_NUMBER_ID": self.whatsapp_phone_number_id,
            "KLARTEXT_WHATSAPP_ACCESS_TOKEN": self.whatsapp_access_token,
            "KLARTEXT_WHATSAPP_APP_SECRET": self.whatsapp_app_secrets,
            "KLARTEXT_WHATSAPP_VERIFY_TOKEN": self.whatsapp_verify_token,
        }
        return [name for name, value in given.items() if not value] if any(given.values()) else []

    @property
    def whatsapp(self) -> bool:
        """Whether any of WhatsApp's settings is there: what is missing keeps waiting."""
        return bool(
            self.whatsapp_phone_number_id
            or self.whatsapp_access_token
            or self.whatsapp_app_secrets
            or self.whatsapp_verify_token
        )

    @property
    def training_data(self) -> Path:
        """What the bot learns from; the desk adds what was accepted there."""
        return self.root / "data" / "nlu"

    @property
    def models(self) -> Path:
        """Folder of trained models."""
        return self.root / "models"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read `KLARTEXT_*`. Relative SQLite paths are taken from the project's root, wherever it was started.

        Raises:
            SettingsError: naming the first variable that cannot be used.
        """
        env = os.environ if environment is None else environment

        def text(name: str, default: str) -> str:
            return env.get(f"KLARTEXT_{name}", "").strip() or default

        def number(name: str, default: float, low: float, high: float) -> float:
            raw = text(name, str(default))
            try:
                value = float(raw)
            except ValueError:
                raise SettingsError(f"KLARTEXT_{name}: expected a number, found {raw!r}") from None
            if not low <= value <= high:
                raise SettingsError(f"KLARTEXT_{name}: expected {low:g} to {high:g}, found {raw}")
            return value

        def url(name: str, default: str) -> str:
            raw = text(name, default).rstrip("/")
            if urlsplit(raw).scheme not in {"http", "https"} or not urlsplit(raw).netloc:
                raise SettingsError(f"KLARTEXT_{name}: expected an http(s) address, found {raw!r}")
            return raw

        host = text("HOST", cls.host)
        port = int(number("PORT", cls.port, 1, 65535))
        fallback_public = f"http://{'127.0.0.1' if host in {'0.0.0.0', '::'} else host}:{port}"  # noqa: S104
        demo = text("DEMO", "1").lower()
        if demo not in {"0", "1", "true", "false", "yes", "no"}:
            raise SettingsError(f"KLARTEXT_DEMO: expected 1 or 0, found {demo!r}")
        secret = env.get("KLARTEXT_SECRET_KEY", "").strip()
        identify_secret = env.get("KLARTEXT_IDENTIFY_SECRET", "").strip()
        if 0 < len(identify_secret) < 16:
            raise SettingsError("KLARTEXT_IDENTIFY_SECRET: expected at least 16 characters")
        rt_url = url("RT_URL", "") if text("RT_URL", "") else None
        if rt_url and not (text("RT_TOKEN", "") or (text("RT_USER", "") and text("RT_PASSWORD", ""))):
            raise SettingsError(
                "KLARTEXT_RT_URL: expected with it KLARTEXT_RT_TOKEN, or KLARTEXT_RT_USER and _PASSWORD"
            )
        var = ROOT / text("VAR", "var")
        return cls(
            var=var,
            database_url=database_address("DATABASE_URL", text("DATABASE_URL", f"sqlite:///{var / 'klartext.db'}")),
            crm_url=database_address("CRM_URL", text("CRM_URL", f"sqlite:///{var / 'crm.db'}")),
            crm_token=text("CRM_TOKEN", ""),
            rt_url=rt_url,
            rt_user=text("RT_USER", ""),
            rt_password=text("RT_PASSWORD", ""),
            rt_token=text("RT_TOKEN", ""),
            rt_queue=text("RT_QUEUE", cls.rt_queue),
            redis_url=env.get("KLARTEXT_REDIS_URL", "").strip() or None,
            brain_url=url("BRAIN_URL", cls.brain_url),
            actions_url=url("ACTIONS_URL", cls.actions_url),
            host=host,
            port=port,
            public_url=url("PUBLIC_URL", fallback_public),
            secret_key=secret or _kept_secret(var),
            identify_secret=identify_secret,
            demo=demo in {"1", "true", "yes"},
            widget_origins=frozenset(text("WIDGET_ORIGINS", "").replace(",", " ").split()),
            proxies=frozenset(text("PROXIES", "").replace(",", " ").split()),
            desk_hours=text("DESK_HOURS", "24/7" if demo in {"1", "true", "yes"} else "Mo-Fr 08:00-18:00"),
            case_hours=text("CASE_HOURS", "Mo-Fr 08:00-18:00" if demo in {"1", "true", "yes"} else ""),
            callback_hours=text("CALLBACK_HOURS", cls.callback_hours),
            federal_state=text("FEDERAL_STATE", cls.federal_state).upper(),
            error_bound=number("ERROR_BOUND", cls.error_bound, 0.0001, 0.5),
            brain_timeout=number("BRAIN_TIMEOUT", cls.brain_timeout, 0.1, 120),
            turn_deadline=number("TURN_DEADLINE", cls.turn_deadline, 0.5, 600),
            queue_deadline=number("QUEUE_DEADLINE", cls.queue_deadline, 1, 86400),
            agent_deadline=number("AGENT_DEADLINE", cls.agent_deadline, 1, 86400),
            undo_seconds=number("UNDO_SECONDS", cls.undo_seconds, 0, 120),
            session_idle=number("SESSION_IDLE", cls.session_idle, 1, 30 * 86400),
            message_rate=number("MESSAGE_RATE", cls.message_rate, 0.1, 1_000_000),
            whatsapp_phone_number_id=phone_number_ids(text("WHATSAPP_PHONE_NUMBER_ID", "")),
            whatsapp_access_token=text("WHATSAPP_ACCESS_TOKEN", "") or None,
            whatsapp_app_secrets=tuple(text("WHATSAPP_APP_SECRET", "").replace(",", " ").split()),
            whatsapp_verify_token=text("WHATSAPP_VERIFY_TOKEN", "") or None,
            whatsapp_account_id=text("WHATSAPP_ACCOUNT_ID", "") or None,
            whatsapp_api_base=url("WHATSAPP_API_BASE", cls.whatsapp_api_base),
            whatsapp_rate=number("WHATSAPP_RATE", cls.whatsapp_rate, 0.1, 10_000),
            file_days=number("FILE_DAYS", cls.file_days, 0.001, 3650),
        )


def _kept_secret(var: Path) -> str:
    """The secret in `var`, made at the first call; a new one each time where nothing can be kept."""
    kept, fresh = var / "secret.key", secrets.token_urlsafe(32)
    try:
        var.mkdir(parents=True, exist_ok=True)
        # Complete before it has its name, so that two processes that start at once agree.
        draft = var / f".secret.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(fresh, encoding="ascii")
        with contextlib.suppress(FileExistsError):
            kept.hardlink_to(draft)
        draft.unlink()
        return kept.read_text(encoding="ascii")
    except OSError:
        return fresh


def phone_number_ids(raw: str) -> str | None:
    """One id of a number, or several separated by commas or blanks; None where there is none.

    Raises:
        SettingsError: something in it is no id.
    """
    for one in raw.replace(",", " ").split():
        if not re.fullmatch(r"[0-9A-Za-z_-]{1,40}", one, re.ASCII):
            raise SettingsError(f"KLARTEXT_WHATSAPP_PHONE_NUMBER_ID: expected ids separated by commas, found {one!r}")
    return raw if raw.strip(" ,") else None


def database_address(name: str, raw: str) -> str:
    """An async SQLAlchemy address; plain `sqlite:` and `postgresql:` get their async driver."""
    scheme, separator, rest = raw.partition("://")
    drivers = {
        "sqlite": "sqlite+aiosqlite",
        "postgres": "postgresql+asyncpg",
        "postgresql": "postgresql+asyncpg",
        "sqlite+aiosqlite": "sqlite+aiosqlite",
        "postgresql+asyncpg": "postgresql+asyncpg",
        "http": "http",
        "https": "https",
    }
    known = set(drivers) if name == "CRM_URL" else set(drivers) - {"http", "https"}
    if not separator or scheme not in known:
        raise SettingsError(f"KLARTEXT_{name}: expected sqlite:///file or postgresql://…, found {raw!r}")
    if scheme.startswith("sqlite"):
        path = rest.removeprefix("/")
        if not path or path == ":memory:":
            raise SettingsError(f"KLARTEXT_{name}: SQLite needs a file, found {raw!r}")
        return f"{drivers[scheme]}:///{ROOT / path}"
    return f"{drivers[scheme]}://{rest}"
