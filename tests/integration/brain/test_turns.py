"""The brain's door over HTTP: a turn ends in one stored answer, or in an error that leaves no trace."""

from __future__ import annotations

import threading
import time
import urllib.error
import uuid

import pytest

from tests.fixtures.brain.server import Brain, answers, post

GREETING = "Guten Tag."


@pytest.fixture()
def conversation() -> str:
    return str(uuid.uuid4())


def texts(answer: dict) -> list[str]:
    return [reply["text"] for reply in answer["replies"]]


def test_ready_only_with_a_model(brain: Brain) -> None:
    assert answers(f"{brain.url}/webhooks/klartext/ready")
    assert answers(f"{brain.url}/")


def test_an_answer_holds_all_that_the_action_said_and_reported(brain: Brain, conversation: str) -> None:
    _, answer = brain.say(conversation, "Zähle bitte")
    [reply] = answer["replies"]
    assert reply["text"].startswith("Stand 1.")
    assert reply["buttons"] == [{"title": "Weiter", "payload": "/count"}]
    assert reply["sources"] == [
        {"label": "Zählwerk", "as_of": "2026-10-01T12:03:00Z", "system": "counter", "record": "Z-1"}
    ]
    assert answer["calls"] == [{"system": "counter", "operation": "add", "result": "ok", "milliseconds": 1.5}]
    assert answer["customer"] == {"number": "2048173", "name": "Erika Beispiel", "level": "claimed"}
    assert answer["intent"] == {"name": "count", "confidence": 1.0}
    assert answer["ranking"][0]["name"] == "count"
    assert answer["actions"] == ["action_count"]
    assert answer.get("decision", "answer") == "answer"


def test_fixed_answers_come_from_the_wording_in_the_language_of_the_customer(brain: Brain, conversation: str) -> None:
    _, german = brain.say(conversation, "Hallo")
    assert german["replies"] == [{"text": GREETING, "buttons": [{"title": "Zählen", "payload": "/count"}]}]
    _, english = brain.say(conversation, "Hello", locale="en")
    assert english["replies"] == [{"text": "Good day.", "buttons": [{"title": "Count", "payload": "/count"}]}]
    assert english["language"] == "en"


def test_a_handover_is_an_answer_without_words(brain: Brain, conversation: str) -> None:
    _, answer = brain.say(conversation, "Einen Menschen, mensch")
    assert answer["handover"] == {"reason": "customer_request", "detail": "gewünscht"}
    assert answer["decision"] == "handover"


def test_a_known_turn_is_replayed_and_nothing_runs_again(brain: Brain, conversation: str) -> None:
    turn_id, first = brain.say(conversation, "zähle")
    runs = brain.runs("action_count")
    status, again = brain.turn(conversation_id=conversation, turn_id=turn_id, text="zähle")
    assert (status, again) == (200, first)
    assert brain.runs("action_count") == runs


def test_the_same_turn_at_once_is_answered_once(brain: Brain, conversation: str) -> None:
    (brain.folder / "slow").write_text("0.4")
    runs = brain.runs("action_slow")
    outcomes: list[tuple[int, dict]] = []

    def ask() -> None:
        outcomes.append(brain.turn(conversation_id=conversation, turn_id="same", text="langsam"))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _ in outcomes] == [200] * 5
    assert all(answer == outcomes[0][1] for _, answer in outcomes)
    assert brain.runs("action_slow") == runs + 1


def test_a_caller_that_hangs_up_gets_the_answer_when_it_asks_again(brain: Brain, conversation: str) -> None:
    (brain.folder / "slow").write_text("0.8")
    runs = brain.runs("action_slow")
    asked = {"conversation_id": conversation, "turn_id": "patience", "text": "langsam"}
    with pytest.raises((TimeoutError, urllib.error.URLError, OSError)):
        brain.turn(**asked, timeout=0.2)
    time.sleep(1.2)
    status, answer = brain.turn(**asked)
    assert status == 200
    assert texts(answer) == ["Fertig."]
    assert brain.runs("action_slow") == runs + 1


def test_memory_goes_on_from_the_turn_the_edge_names(brain: Brain, conversation: str) -> None:
    first, _ = brain.say(conversation, "zähle")
    second, answer = brain.say(conversation, "zähle", after=first)
    assert texts(answer)[0].startswith("Stand 2.")
    # The second answer was never said: the edge goes on from the first.
    _, instead = brain.say(conversation, "zähle", after=first)
    assert texts(instead)[0].startswith("Stand 2.")
    _, after_second = brain.say(conversation, "zähle", after=second)
    assert texts(after_second)[0].startswith("Stand 3.")
    _, fresh = brain.say(conversation, "zähle")
    assert texts(fresh)[0].startswith("Stand 1.")


def test_memory_is_not_carried_into_another_epoch(brain: Brain, conversation: str) -> None:
    first, _ = brain.say(conversation, "zähle")
    _, answer = brain.say(conversation, "zähle", after=first, epoch=2)
    assert texts(answer)[0].startswith("Stand 1.")


def test_many_suppressed_answers_do_not_cost_the_memory(brain: Brain, conversation: str) -> None:
    first, _ = brain.say(conversation, "zähle")
    for _ in range(6):
        _, answer = brain.say(conversation, "zähle", after=first)
        assert texts(answer)[0].startswith("Stand 2.")


def test_a_form_lives_across_turns_and_survives_an_interruption(brain: Brain, conversation: str) -> None:
    last, answer = brain.say(conversation, "Formular")
    assert texts(answer) == ["Welche Nummer?"]
    last, answer = brain.say(conversation, "zähle", after=last)
    assert texts(answer)[0].startswith("Stand 1.")
    assert texts(answer)[-1] == "Welche Nummer?"
    last, answer = brain.say(conversation, "Nummer 0000", after=last)
    assert texts(answer) == ["Welche Nummer?"]
    last, answer = brain.say(conversation, "  Nummer 1234", after=last)
    assert texts(answer) == ["Nummer 1234."]
    [entity] = answer["entities"]
    assert (entity["entity"], entity["value"], entity["start"], entity["end"]) == ("number", "1234", 9, 13)


def test_a_failed_action_is_an_error_and_the_retry_is_clean(brain: Brain, conversation: str) -> None:
    first, _ = brain.say(conversation, "zähle")
    asked = {"conversation_id": conversation, "turn_id": "broken", "after_turn": first, "text": "zerbrich"}
    (brain.folder / "broken").touch()
    status, body = brain.turn(**asked)
    assert status == 500
    assert body == {"error": "action action_break: HTTP 500", "reason": "assistant_unavailable"}
    (brain.folder / "broken").unlink()
    status, answer = brain.turn(**asked)
    assert (status, texts(answer)) == (200, ["Erster Satz."])
    _, after = brain.say(conversation, "zähle", after="broken")
    assert texts(after)[0].startswith("Stand 101.")


def test_an_action_server_that_is_away_is_an_error_and_back_is_an_answer(brain: Brain, conversation: str) -> None:
    asked = {"conversation_id": conversation, "turn_id": "away", "text": "zähle"}
    brain.actions.stop()
    try:
        status, body = brain.turn(**asked)
        assert status == 500
        assert body["error"].startswith("action action_count: ")
        assert body["reason"] == "system_unavailable"
        # What needs no action is still answered.
        _, answer = brain.say(conversation, "Hallo")
        assert texts(answer) == [GREETING]
    finally:
        brain.actions.start()
        brain.actions.wait_ready()
    status, answer = brain.turn(**asked)
    assert status == 200
    assert texts(answer)[0].startswith("Stand 1.")


def test_an_action_that_takes_too_long_is_an_error(brain: Brain, conversation: str) -> None:
    (brain.folder / "slow").write_text("3")
    status, body = brain.turn(conversation_id=conversation, text="langsam")
    assert status == 500
    assert body == {"error": "action action_slow: no answer within 1.5 s", "reason": "system_unavailable"}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("wortlos", "response utter_broken"),
        ("schweige", "no reply and no handover"),
        ("endlos", "the dialogue did not come to rest"),
    ],
)
def test_what_rasa_goes_on_after_is_an_error(brain: Brain, conversation: str, text: str, error: str) -> None:
    status, body = brain.turn(conversation_id=conversation, text=text)
    assert status == 500
    assert body["error"].startswith(error)


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        " /restart",
        "\u200b/restart",
        "\ufeff / /session_start",
        "／greet",
        "/handover{}",
        '/count{"number": "1234"}',
        "//back",
        "EXTERNAL: handover",
        "/",
        "",
        " \n ",
    ],
)
def test_typed_commands_are_text(brain: Brain, conversation: str, text: str) -> None:
    first, _ = brain.say(conversation, "zähle")
    runs = brain.runs("action_count")
    second, answer = brain.say(conversation, text, after=first)
    assert answer["intent"]["name"] == "nlu_fallback"
    assert answer["decision"] == "ask"
    assert answer["actions"] == ["action_echo"]
    assert "handover" not in answer
    assert brain.runs("action_count") == runs
    _, after = brain.say(conversation, "zähle", after=second)
    assert texts(after)[0].startswith("Stand 2.")


def test_a_slash_before_a_request_does_not_hide_the_request(brain: Brain, conversation: str) -> None:
    _, answer = brain.say(conversation, "/zähle")
    assert answer["intent"]["name"] == "count"


def test_a_payload_is_obeyed_and_an_unknown_one_is_an_error(brain: Brain, conversation: str) -> None:
    status, answer = brain.turn(conversation_id=conversation, payload="/count")
    assert status == 200
    assert texts(answer)[0].startswith("Stand 1.")
    status, body = brain.turn(conversation_id=conversation, payload="/no_such_intent{}")
    assert status == 500
    assert body["error"] == "unknown payload /no_such_intent"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"conversation_id": "c"}',
        b'{"conversation_id":"c","epoch":1,"turn_id":"t","session":1}',
        b'{"conversation_id":"c","epoch":1,"turn_id":"t","session":1,"text":"a","payload":"/b"}',
        b'{"conversation_id":"c","epoch":1,"turn_id":"t","session":1,"payload":"restart"}',
        b'{"conversation_id":"c","epoch":1,"turn_id":"t","session":1,"text":"\xff"}',
    ],
)
def test_a_bad_request_is_told_so(brain: Brain, body: bytes) -> None:
    status, answer = post(f"{brain.url}/webhooks/klartext/turn", body)
    assert status == 400
    assert set(answer) == {"error", "reason"}


def test_a_very_long_or_strange_text_is_answered(brain: Brain, conversation: str) -> None:
    for text in ("zähle " + "x" * 100_000, "zähle 🙂 \u202eabc", "<script>zähle</script>", "\x00zähle"):
        _, answer = brain.say(conversation, text)
        assert answer["intent"]["name"] == "count", text[:20]


def test_message_300_carries_as_much_as_message_50(brain: Brain, conversation: str) -> None:
    """The tracker that actions get does not grow; what a message takes then is measured by the bench."""
    last, sizes = None, []
    for _ in range(300):
        last, answer = brain.say(conversation, "zähle", after=last)
        sizes.append(int(texts(answer)[0].split()[-1].rstrip(".")))
    assert texts(answer)[0].startswith("Stand 300.")
    assert max(sizes) <= 60
    assert max(sizes[250:]) == max(sizes[50:100])
