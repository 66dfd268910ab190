"""What the law gives: reckoned as the sections say, and said in one place."""

from __future__ import annotations

import re

import pytest
import yaml

from actions import law
from bot.settings import ROOT

WORDING = ROOT / "data" / "wording"
# Desk, public page and portal name data protection law, which is no customer's claim on their contract.
CONTRACT_LAW = re.compile(r"TKG|BGB|Telekommunikationsgesetz|Telecommunications Act|§ \d")


@pytest.mark.parametrize(
    ("monthly", "early", "late", "missed"),
    [
        (0, 500, 1000, 1000),  # nothing to pay: the sums hold
        (3790, 500, 1000, 1000),
        (5000, 500, 1000, 1000),  # both are the same
        (5001, 501, 1001, 1001),  # rounded up for the customer
        (6990, 699, 1398, 1398),
    ],
)
def test_the_higher_of_sum_and_share(monthly: int, early: int, late: int, missed: int) -> None:
    assert (law.early_day(monthly), law.late_day(monthly), law.missed_visit(monthly)) == (early, late, missed)


def test_the_law_is_said_in_one_place() -> None:
    elsewhere = {
        (path.stem, key)
        for path in WORDING.glob("*.yml")
        if path.stem != "law"
        for key, texts in yaml.safe_load(path.read_text(encoding="utf-8")).items()
        if any(CONTRACT_LAW.search(text) for text in texts.values())
    }
    assert elsewhere == set()


def test_every_section_is_a_source() -> None:
    texts = yaml.safe_load((WORDING / "law.yml").read_text(encoding="utf-8"))
    sections = {key.split("_")[1] for key in texts if key.startswith("law_")}
    assert sections == {key.removeprefix("source_law_") for key in texts if key.startswith("source_law_")}
