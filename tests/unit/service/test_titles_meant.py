"""What is typed as it stands on a button means that button, and nothing that could be another one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.service.typed_titles import meant

CONTRACTS = ("V-205192 Kabel 500", "V-205193 Glas 300", "Mit Mensch sprechen")
PLACES = ("Lindenstraße 5, 06237 Leuna", "Lindenstraße 5, 06217 Merseburg")
OFFER = ("Ask for an offer", "Another address", "Talk to a person")
ANGEBOT = ("Angebot anfordern", "Andere Adresse", "Zu einem Menschen")
INVOICE = ("Rechnung erklären", "Rechnung ansehen", "Problem mit Zahlung")
VISIT = ("Verschieben", "Absagen", "Zu einem Menschen")
STEP = ("It works again", "Does not help", "Already did that", "Talk to a person")
WINDOWS = ("Di 01.12. 08–10 Uhr", "Di 01.12. 10–12 Uhr", "Mi 02.12. 08–10 Uhr", "Kein Termin")


@pytest.mark.parametrize(
    ("text", "titles", "title"),
    [
        ("Bescheid geben", ("Stand des Ausbaus", "Bescheid geben"), "Bescheid geben"),
        ("bescheid geben!", ("Stand des Ausbaus", "Bescheid geben"), "Bescheid geben"),
        ("Ja", ("Ja", "Nein"), "Ja"),
        ("den Glas 300 bitte", CONTRACTS, "V-205193 Glas 300"),
        ("v-205192", CONTRACTS, "V-205192 Kabel 500"),
        ("no wait, the fibre one", CONTRACTS, "V-205193 Glas 300"),
        ("nein, doch lieber den Kabel", CONTRACTS, "V-205192 Kabel 500"),
        ("nein", CONTRACTS, None),
        ("nicht den Glas 300", CONTRACTS, None),
        ("Leuna", PLACES, "Lindenstraße 5, 06237 Leuna"),
        ("die in 06217", PLACES, "Lindenstraße 5, 06217 Merseburg"),
        ("Mi 02.12.", WINDOWS, "Mi 02.12. 08–10 Uhr"),
        # Nearly: another way to ask for it, another ending, a slip, another word for the same.
        ("Get an offer", OFFER, "Ask for an offer"),
        ("I'd like an offer, please", OFFER, "Ask for an offer"),
        ("can you send me a quote", OFFER, "Ask for an offer"),
        ("offers", OFFER, "Ask for an offer"),
        ("another adress", OFFER, "Another address"),
        ("Ein Angebot bitte", ANGEBOT, "Angebot anfordern"),
        ("ich hätte gern ein Angebot", ANGEBOT, "Angebot anfordern"),
        ("Angebot einholen", ANGEBOT, "Angebot anfordern"),
        ("Meine Rechnung bitte ansehen", INVOICE, "Rechnung ansehen"),
        ("die rechnung erkläre bitte", INVOICE, "Rechnung erklären"),
        ("bitte verschieben", VISIT, "Verschieben"),
        ("it doesn't help", STEP, None),
        ("does not help", STEP, "Does not help"),
        # Nothing that could be another one, or more than the title says, or less.
        ("I don't want an offer", OFFER, None),
        ("kein Angebot", ANGEBOT, None),
        ("nicht absagen", VISIT, None),
        ("Problem", INVOICE, None),
        ("Was kostet das Angebot", ANGEBOT, None),
        ("Rechnung stimmt nicht", INVOICE, None),
        ("Rechnungen", ("Rechnung ansehen", "Rechnung"), None),
        ("an offer", ("Ask for an offer", "Get an offer"), None),
        ("ja bitte", ("Ja", "Nein"), None),
        ("Di 01.12.", WINDOWS, None),
        ("Lindenstraße 5", PLACES, None),
        ("5", PLACES, None),
        ("Termin", WINDOWS, None),
        ("Glas 300 ist mir zu teuer", CONTRACTS, None),
        ("ja", CONTRACTS, None),
        ("Mensch", CONTRACTS, None),
        ("", CONTRACTS, None),
        ("Ja", (), None),
    ],
)
def test_words_mean_a_button_only_where_they_can_mean_no_other(text: str, titles: tuple[str, ...], title: str) -> None:
    assert meant(text, titles) == title


@given(st.lists(st.text(max_size=30), unique=True, max_size=6), st.text(max_size=60))
def test_it_is_one_of_those_that_were_shown_or_none(titles: list[str], text: str) -> None:
    assert meant(text, titles) in {None, *titles}
