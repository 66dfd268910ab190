"""A complaint that says what happened is told from one that only says that somebody complains."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.complaint_words import says_what_happened


@pytest.mark.parametrize(
    "text",
    [
        "Ich möchte mich beschweren, Ihr Techniker hat mir die Wand zerkratzt",
        "Der Mitarbeiter am Telefon war extrem unfreundlich",
        "Ich warte seit Wochen und keiner kümmert sich, das ist ein Skandal",
        "Am Telefon wurde mir etwas Falsches gesagt",
        "Ich habe dreimal angerufen und dreimal eine andere Auskunft bekommen",
        "Die Hotline hat einfach aufgelegt",
        "I want to complain, your technician scratched my wall",
        "the man on the phone was very rude",
        "nobody has called me back for three weeks",
    ],
)
def test_it_says_what_happened(text: str) -> None:
    assert says_what_happened(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ich möchte mich beschweren",
        "Beschwerde einreichen",
        "Ich bin sehr unzufrieden mit Ihrem Service",
        "Ihr Service ist unter aller Sau",
        "Ich möchte mich über meine Rechnung beschweren",
        "Ich gehe zum Anwalt",
        "Ich verlange eine Entschädigung für den Ausfall",
        "schlechtester Anbieter ever",
        "I want to file a complaint",
        "I want to complain about my bill",
        "your service is terrible",
        "worst provider ever",
        "",
    ],
)
def test_it_only_says_that_somebody_complains(text: str) -> None:
    assert not says_what_happened(text)


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    says_what_happened(text)
