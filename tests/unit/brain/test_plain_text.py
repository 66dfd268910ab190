"""No text of a customer reaches Rasa as a command."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.nlu.training_data.message import Message

from bot.brain.plain_text import NOTHING, READ_AT_MOST, plain_text


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Guten Tag", "Guten Tag"),
        ("  Guten Tag \n", "Guten Tag"),
        ("/restart", "restart"),
        (" /restart", "restart"),
        ("/talk_to_human{}", "talk_to_human{}"),
        ("/ / /session_start", "session_start"),
        ("\u200b\ufeff/\u2060/greet", "greet"),
        ("／greet", "greet"),
        ("\u0301/greet", "greet"),
        ("1/2 Preis", "1/2 Preis"),
        ("und/oder", "und/oder"),
        ("EXTERNAL: greet", "EXTERNAL: greet"),
        ("", NOTHING),
        ("///", NOTHING),
        (" \u200b ", NOTHING),
    ],
)
def test_what_is_read(typed: str, read: str) -> None:
    assert plain_text(typed).text == read


def test_positions_can_be_found_again_in_the_original() -> None:
    typed = "  //Vertrag V-204817"
    read = plain_text(typed)
    assert typed[read.skipped :] == read.text == "Vertrag V-204817"


def test_a_paste_is_cut() -> None:
    assert len(plain_text("x" * 100_000).text) == READ_AT_MOST


openings = st.text(alphabet=st.sampled_from("/／ \t\n\u200b\ufeff\u00a0\u2028\x00\x1f\u0301"), max_size=8)


@given(openings, st.sampled_from(["restart", "greet{}", "session_start", "EXTERNAL: greet", "", "@1.0"]), st.text())
def test_rasa_never_unpacks_it(opening: str, command: str, rest: str) -> None:
    read = plain_text(opening + command + rest).text
    for seen in (read, read.strip(), unicodedata.normalize("NFKC", read)):
        message = Message({"text": seen})
        assert YAMLStoryReader.unpack_regex_message(message) is message
