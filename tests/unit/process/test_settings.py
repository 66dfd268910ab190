"""Settings: what cannot be used is named with its variable; nothing is guessed."""

from __future__ import annotations

import re

import pytest

from bot.settings import ROOT, Settings, SettingsError


def test_out_of_the_box_it_is_one_machine_with_sqlite() -> None:
    settings = Settings.from_environment({})
    assert settings.database_url == f"sqlite+aiosqlite:///{ROOT / 'var' / 'klartext.db'}"
    assert settings.brain_database_url == f"sqlite+aiosqlite:///{ROOT / 'var' / 'brain.db'}"
    assert (settings.host, settings.port, settings.demo, settings.redis_url) == ("127.0.0.1", 8080, True, None)
    # Whoever tries it is at the desk at any time; nobody works on a case at night.
    assert (settings.desk_hours, settings.case_hours) == ("24/7", "Mo-Fr 08:00-18:00")


def test_the_portals_secret_is_one_of_its_own_or_derived_from_the_secret_key() -> None:
    first, again, other = (Settings.from_environment({"KLARTEXT_SECRET_KEY": key * 20}) for key in "aab")
    assert first.identify_secret == again.identify_secret != other.identify_secret
    assert "a" * 20 not in first.identify_secret and first.identify_secret not in repr(first)
    own = {"KLARTEXT_SECRET_KEY": "a" * 20, "KLARTEXT_IDENTIFY_SECRET": "b" * 16}
    assert Settings.from_environment(own).identify_secret == "b" * 16


def test_on_many_nodes_it_is_postgresql_with_its_async_driver() -> None:
    environment = {
        "KLARTEXT_DATABASE_URL": "postgresql://u:p@db/klartext",
        "KLARTEXT_REDIS_URL": "redis://r",
        "KLARTEXT_DEMO": "0",
    }
    settings = Settings.from_environment(environment)
    assert settings.database_url == settings.brain_database_url == "postgresql+asyncpg://u:p@db/klartext"
    assert (settings.desk_hours, settings.case_hours) == ("Mo-Fr 08:00-18:00", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("IDENTIFY_SECRET", "too short"),
        ("ERROR_BOUND", "3"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("BRAIN_URL", "localhost:5005"),
        ("RT_URL", "rt.example.org"),
        ("RT_URL", "https://rt.example.org"),  # nobody to log in as
        ("DEMO", "maybe"),
        ("MESSAGE_RATE", "0"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"KLARTEXT_{name}"):
        Settings.from_environment({f"KLARTEXT_{name}": value})


def test_a_secret_is_never_printed() -> None:
    assert "geheim" not in repr(Settings.from_environment({"KLARTEXT_SECRET_KEY": "geheim"}))


class _Asked(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        """Nothing is set."""
        self.names.add(name.removeprefix("KLARTEXT_"))
        return default


def test_every_setting_stands_in_the_table_for_operators() -> None:
    asked = _Asked()
    Settings.from_environment(asked)
    docs = "".join((ROOT / "docs" / name).read_text() for name in ("operate.md", "whatsapp.md"))
    first_cells = re.findall(r"^\| (`[^|]+) \|", docs, re.M)
    told = {name for cell in first_cells for name in re.findall(r"`([A-Z_]+)`", cell)}
    assert asked.names - told == set()
    assert len(asked.names) > 30
