"""Whatever arrives: a sane decision, never an exception, never an answer by accident."""

from __future__ import annotations

import pytest

MAIL = """Sehr geehrte Damen und Herren,

anbei sende ich Ihnen wie besprochen die Unterlagen für das Treffen am Donnerstag.
Bitte leiten Sie sie an Frau Peters weiter.

Mit freundlichen Grüßen
Dr. Karl Weber
Weber & Partner, Rechtsanwälte
Tel. 0345 1234567, weber@example.org
Diese E-Mail ist vertraulich."""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\n\n\n",
        "\u200b\u200b",
        "😀😡🔥",
        "?????",
        "Привет, мой интернет не работает",
        "الإنترنت لا يعمل",
        "我的互联网坏了",
        "\x00\x01\x02",
        "a" * 100_000,
        MAIL,
        "/restart",
        "{{7*7}}",
        "'; DROP TABLE customers; --",
        "<script>alert(1)</script>",
    ],
)
def test_nothing_is_answered_by_accident(understanding, text):
    reading = understanding.read(text)
    assert reading.decision in ("ask", "handover")
    assert reading.intent == "nlu_fallback"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("M\u200be\u200bi\u200bn Internet geht nicht", "report_fault"),
        ("MEIN INTERNET GEHT NICHT!!!", "report_fault"),
        ("mein     internet\n\ngeht nicht", "report_fault"),
        ("Rechnung bitte 😀", "invoice_show"),
        ("2048173", "inform"),
    ],
)
def test_odd_looks_do_not_matter(understanding, text, intent):
    assert understanding.read(text).best == intent
