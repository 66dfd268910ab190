"""The wording's lint finds what it is there for, and the product's own texts pass it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.conversation.handover import HANDOVER_REASONS, Reason
from bot.transparency.lint import problems
from bot.transparency.wording import Wording, WordingError, wording


@pytest.mark.parametrize(
    ("german", "english", "problem"),
    [
        ("Ich bin ein Mensch.", "Hello.", "human"),
        ("Mein Name ist Anna.", "Hello.", "human"),
        ("Guten Tag.", "My name is Anna.", "human"),
        ("Es meldet sich gleich jemand.", "Somebody will answer.", "promise"),
        ("Wir antworten sofort.", "We will answer.", "promise"),
        ("Wir antworten.", "Someone will be with you shortly.", "promise"),
        ("Was kann ich für dich tun?", "What can I do?", "Du beside Sie"),
        ("Vielen Dank!", "Thank you.", "exclamation"),
        ("Ich freue mich auf Sie.", "Hello.", "feelings"),
        ("Guten  Tag.", "Hello.", "blanks"),
        ("Guten Tag, {name}.", "Hello.", "placeholders"),
    ],
)
def test_each_rule_finds_its_sentence(german: str, english: str, problem: str) -> None:
    (found,) = problems(Wording({"key": {"de": german, "en": english}}))
    assert problem in found


def test_a_sentence_that_only_looks_alike_is_left_alone() -> None:
    harmless = {
        "de": "Sie sprechen mit dem Bot, nicht mit einem Menschen. Das Ergebnis ist gleich groß.",
        "en": "Hello.",
    }
    assert not list(problems(Wording({"key": harmless})))


def test_the_products_own_texts_pass() -> None:
    assert list(problems(wording())) == []


def test_a_text_missing_in_a_language_or_standing_twice_does_not_load(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("key:\n  de: Hallo\n")
    with pytest.raises(WordingError, match="no text in en"):
        Wording.load(tmp_path)
    (tmp_path / "a.yml").write_text("key:\n  de: Hallo\n  en: Hello\n")
    (tmp_path / "b.yml").write_text("key:\n  de: Hallo\n  en: Hello\n")
    with pytest.raises(WordingError, match="two files"):
        Wording.load(tmp_path)


def test_an_unknown_key_or_a_missing_value_raises_instead_of_saying_half() -> None:
    words = Wording({"key": {"de": "Hallo {name}", "en": "Hello {name}"}})
    assert words.say("key", "de", name="Anna") == "Hallo Anna"
    for arguments in (("key", "de"), ("other", "de"), ("key", "fr")):
        with pytest.raises(WordingError):
            words.say(*arguments)


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_reason_has_its_sentence_for_customer_and_agent(reason: Reason, language: str) -> None:
    words = wording()
    assert words.say(f"desk_reason_{reason.value}", language)
    if reason in HANDOVER_REASONS:
        assert words.say(f"queued_{reason.value}", language, agent="Anna Berger")
        assert words.say(f"why_{reason.value}", language)
