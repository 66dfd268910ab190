"""The wording's lint finds what it is there for, and the product's own texts pass it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bot.conversation.handover import HANDOVER_REASONS, Reason
from bot.transparency.lint import Rule, problems, rules
from bot.transparency.sentences import token_finder
from bot.transparency.wording import LANGUAGES, Wording, WordingError, wording


@pytest.mark.parametrize(
    ("rule", "sentence"), [(rule, sentence) for rule in rules() for sentence in rule.finds], ids=str
)
def test_each_rule_finds_its_sentences_in_its_languages(rule: Rule, sentence: str) -> None:
    for language in LANGUAGES:
        texts = {"de": "Hallo.", "en": "Hello.", language: sentence}
        found = [line for line in problems(Wording({"key": texts})) if rule.name in line]
        assert len(found) == (language in rule.languages)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_each_word_of_a_rule_has_been_seen_to_find_something(rule: Rule) -> None:
    for language in rule.languages:
        finders = enumerate(rule.finders(language))
        assert [place for place, find in finders if not any(find(sentence) for sentence in rule.finds)] == []


@pytest.mark.parametrize("sentence", [sentence for rule in rules() for sentence in rule.spares])
def test_a_sentence_that_only_looks_alike_is_left_alone(sentence: str) -> None:
    assert not list(problems(Wording({"key": {"de": sentence, "en": sentence}})))


def test_a_placeholder_that_one_language_misses_is_found() -> None:
    (found,) = problems(Wording({"key": {"de": "Guten Tag, {name}.", "en": "Hello."}}))
    assert "placeholders" in found


@pytest.mark.parametrize(
    "extra",
    [
        "words: [x]\n  pattern: x",
        "languages: [de]",
        "words: [x]\n  excepted: [y]",
        "languages: [de]\n  words: [x]\n  unless: [y]",
        "languages: [de]\n  words: [x]\n  tokens: [[{LOWER: x}]]",
    ],
)
def test_a_rule_that_says_too_little_or_too_much_does_not_load(extra: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(f"- rule: r\n  finds: [x]\n  {extra}\n", encoding="utf-8")
    with pytest.raises(msgspec.ValidationError):
        rules.__wrapped__(path)


def test_a_sequence_that_is_none_does_not_pass_for_a_rule_that_finds_nothing() -> None:
    with pytest.raises(ValueError, match="LOUDER"):
        token_finder("de", [[{"LOUDER": "x"}]], ())


def test_a_sequence_is_looked_for_within_one_sentence() -> None:
    sequence: list[dict[str, object]] = [{"LOWER": "ich"}, {"OP": "*"}, {"LOWER": "mensch"}]
    find = token_finder("de", [sequence], ["kein"])
    assert find("Ich bin ein Mensch.") == "Ich bin ein Mensch"
    assert find("Ich bin ein Bot. Ein Mensch ist da.") is None
    assert find("Ich bin kein Mensch.") is None


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
