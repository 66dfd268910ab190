"""WhatsApp's settings: all, none, or named by the doctor."""

from __future__ import annotations

import pytest

from bot import doctor
from bot.settings import Settings, SettingsError

_ALL = {
    "KLARTEXT_WHATSAPP_PHONE_NUMBER_ID": "1",
    "KLARTEXT_WHATSAPP_ACCESS_TOKEN": "t",
    "KLARTEXT_WHATSAPP_APP_SECRET": "old, new",
    "KLARTEXT_WHATSAPP_VERIFY_TOKEN": "v",
}


def test_without_any_the_channel_is_off_and_nothing_is_missing() -> None:
    settings = Settings.from_environment({})
    assert not settings.whatsapp
    assert settings.whatsapp_missing == []


def test_several_secrets_and_none_of_them_in_what_is_printed() -> None:
    settings = Settings.from_environment(_ALL)
    assert settings.whatsapp_app_secrets == ("old", "new")
    assert settings.whatsapp_missing == []
    assert "old" not in repr(settings)
    assert "'t'" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "ids"), [("1", ("1",)), ("1,2", ("1", "2")), (" 2, 1 ,2", ("2", "1")), ("", ()), (",", ())]
)
def test_one_number_or_several_the_first_in_front(given: str, ids: tuple[str, ...]) -> None:
    settings = Settings.from_environment({**_ALL, "KLARTEXT_WHATSAPP_PHONE_NUMBER_ID": given})
    assert settings.whatsapp_numbers == ids
    assert bool(settings.whatsapp_missing) is not bool(ids)


def test_what_is_no_id_of_a_number_is_refused() -> None:
    with pytest.raises(SettingsError, match="KLARTEXT_WHATSAPP_PHONE_NUMBER_ID"):
        Settings.from_environment({**_ALL, "KLARTEXT_WHATSAPP_PHONE_NUMBER_ID": "1, +49 391 12345"})


@pytest.mark.parametrize("name", _ALL)
def test_what_is_missing_is_named(name: str) -> None:
    assert Settings.from_environment({**_ALL, name: ""}).whatsapp_missing == [name]


@pytest.mark.parametrize("given", [{}, {"KLARTEXT_WHATSAPP_APP_SECRET": "s"}])
async def test_the_doctor_speaks_of_whatsapp_only_when_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    found = [finding async for finding in doctor.examine() if finding.what.startswith("WhatsApp")]
    assert bool(found) == bool(given)
    if given:
        assert "KLARTEXT_WHATSAPP_ACCESS_TOKEN" in str(found[0].problem)
        assert found[1].problem is None
