"""The small parts: responses from the wording, the graph in plain order, errors that Rasa only logs, the answer."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphSchema, SchemaNode
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.brain.answer import CollectingChannel, build_answer
from bot.brain.graph_runner import PlainGraphRunner
from bot.brain.swallowed import watch_swallowed_errors
from bot.brain.turn import Turn, TurnFailed, begin
from bot.brain.wording_nlg import WordingGenerator
from bot.service.brain_protocol import TurnRequest
from bot.transparency.wording import Wording, WordingError

TEXTS = Wording(
    {
        "utter_hello": {"de": "Guten Tag, {name}.", "en": "Good day, {name}."},
        "button_yes": {"de": "Ja", "en": "Yes"},
    }
)
DOMAIN = Domain.from_yaml(
    """
version: "3.1"
slots:
  name: {type: text, mappings: [{type: custom}]}
  language: {type: text, mappings: [{type: custom}]}
responses:
  utter_hello: [{text: utter_hello, buttons: [{title: button_yes, payload: /affirm}]}]
  utter_nothing: [{text: utter_nothing}]
"""
)


def tracker(parsed: dict[str, Any] | None = None, metadata: dict[str, Any] | None = None) -> DialogueStateTracker:
    made = DialogueStateTracker("c", DOMAIN.slots)
    made.update(SlotSet("name", "Erika"))
    made.update(SlotSet("language", "a slot with the name of a parameter"))
    made.update(UserUttered("x", {"name": "a"}, [], parsed, metadata=metadata))
    return made


def request(**fields: Any) -> TurnRequest:
    return TurnRequest(**{"conversation_id": "c", "epoch": 1, "turn_id": "t", "session": 1, "text": "x", **fields})


@pytest.mark.parametrize(
    ("parsed", "metadata", "text", "button"),
    [
        ({"language": "en"}, {"locale": "de"}, "Good day, Erika.", "Yes"),
        ({"language": "de"}, {"locale": "en"}, "Guten Tag, Erika.", "Ja"),
        ({}, {"locale": "en"}, "Good day, Erika.", "Yes"),
        ({"language": "fr"}, None, "Guten Tag, Erika.", "Ja"),
    ],
)
async def test_a_response_is_the_wording_in_the_language_of_the_message(
    parsed: dict[str, Any], metadata: dict[str, Any] | None, text: str, button: str
) -> None:
    said = await WordingGenerator(None, DOMAIN, TEXTS).generate("utter_hello", tracker(parsed, metadata), "klartext")
    assert said == {"text": text, "buttons": [{"title": button, "payload": "/affirm"}]}


async def test_values_of_an_action_count_before_slots() -> None:
    said = await WordingGenerator(None, None, TEXTS).generate("utter_hello", tracker(), "klartext", name="Max")
    assert said == {"text": "Guten Tag, Max."}


@pytest.mark.parametrize("missing", ["utter_nothing", "utter_hello"])
async def test_a_text_that_is_not_there_fails_the_turn(missing: str) -> None:
    turn = Turn(request())
    begin(turn)
    nameless = DialogueStateTracker("c", DOMAIN.slots)
    with pytest.raises(WordingError):
        await WordingGenerator(None, DOMAIN, TEXTS).generate(missing, nameless, "klartext")
    assert str(turn.failures[0]).startswith(f"response {missing}")


async def test_an_error_that_rasa_only_logs_fails_the_turn() -> None:
    watch_swallowed_errors()
    watch_swallowed_errors()
    turn = Turn(request())
    logging.getLogger("rasa.core.processor").error("outside")
    begin(turn)
    try:
        raise KeyError("x")
    except KeyError:
        logging.getLogger("rasa.core.processor").exception("Encountered an exception. Bot will continue.")
    logging.getLogger("rasa.core.processor").warning("only a warning")
    assert [str(one) for one in turn.failures] == ["Encountered an exception (KeyError)"]
    with pytest.raises(TurnFailed, match="Encountered"):
        turn.check()


class Node:
    """A graph node that notes when it runs."""

    def __init__(self, name: str, runs: list[str], function: Any) -> None:
        self.name, self.runs, self.function = name, runs, function

    def __call__(self, *inputs: tuple[str, Any]) -> tuple[str, Any]:
        self.runs.append(self.name)
        return self.name, self.function(**dict(inputs))


def schema_node(needs: list[str]) -> SchemaNode:
    return SchemaNode(needs={name: name for name in needs}, uses=object, constructor_name="create", fn="run", config={})


def test_the_graph_runs_what_is_needed_once_and_parents_first() -> None:
    runs: list[str] = []
    functions = {
        "last": lambda left, right: (left, right),
        "left": lambda first: first + 1,
        "right": lambda first: first * 10,
        "first": lambda message: message,
        "unneeded": lambda: None,
    }
    needs = {"last": ["left", "right"], "left": ["first"], "right": ["first"], "first": ["message"], "unneeded": []}
    runner = PlainGraphRunner(
        GraphSchema({name: schema_node(parents) for name, parents in needs.items()}),
        {name: Node(name, runs, function) for name, function in functions.items()},
    )
    for value in (3, 4):
        runs.clear()
        assert runner.run({"message": value}, ["last"]) == {"last": (value + 1, value * 10)}
        assert sorted(runs) == ["first", "last", "left", "right"]
        assert runs[0] == "first" and runs[-1] == "last"


def test_a_graph_with_a_circle_is_an_error() -> None:
    runner = PlainGraphRunner(GraphSchema({"a": schema_node(["b"]), "b": schema_node(["a"])}), {})
    with pytest.raises(GraphRunError):
        runner.run(targets=["a"])


def at_rest(parsed: dict[str, Any] | None = None, entities: list[dict] | None = None) -> DialogueStateTracker:
    made = DialogueStateTracker("c", DOMAIN.slots)
    made.update(UserUttered("x", {"name": "a", "confidence": 0.9}, entities or [], parsed))
    made.update(ActionExecuted("action_x"))
    made.update(ActionExecuted("action_listen"))
    return made


async def collected(*messages: dict[str, Any]) -> list[dict[str, Any]]:
    channel = CollectingChannel()
    for message in messages:
        await channel.send_response("c", message)
    return channel.messages


async def test_reports_are_merged() -> None:
    call = {"system": "crm", "operation": "find", "result": "ok", "milliseconds": 1}
    messages = await collected(
        {"text": "A", "report": {"calls": [call]}},
        {"text": None, "report": {"handover": {"reason": "sensitive"}, "calls": [call]}},
        {"text": None, "report": {"customer": {"number": "1", "name": "n", "level": "proven"}}},
    )
    answer = build_answer(request(), at_rest(), messages, 0)
    assert [reply.text for reply in answer.replies] == ["A"]
    assert answer.handover is not None and answer.handover.reason == "sensitive"
    assert answer.customer is not None and answer.customer.level == "proven"
    assert len(answer.calls) == 2
    assert (answer.decision, answer.actions) == ("handover", ["action_x"])


@pytest.mark.parametrize(
    "message",
    [
        {"text": None},
        {"text": None, "custom": {"a": 1}},
        {"text": "A", "buttons": [{"title": "no payload"}]},
        {"text": "A", "sources": [{"label": "no time"}]},
        {"text": None, "report": {"handover": {"reason": "no such reason"}}},
        {"text": None, "report": {"handovr": {"reason": "sensitive"}}},
    ],
)
async def test_a_message_that_cannot_be_passed_on_fails_the_turn(message: dict[str, Any]) -> None:
    messages = await collected({"text": "fine"}, message)
    with pytest.raises(TurnFailed):
        build_answer(request(), at_rest(), messages, 0)


async def test_a_text_that_was_read_as_a_command_fails_the_turn() -> None:
    with pytest.raises(TurnFailed, match="as a command"):
        build_answer(request(), at_rest({"text": " /restart"}), await collected({"text": "A"}), 0)


async def test_understanding_is_passed_on() -> None:
    parsed = {
        "decision": "ask",
        "language": "en",
        "intent_ranking": [{"name": f"i{n}", "confidence": 0.1} for n in range(9)],
    }
    found = [{"entity": "place", "value": ["x"], "start": 1, "end": 3}]
    answer = build_answer(request(), at_rest(parsed, found), await collected({"text": "A"}), 2)
    assert (answer.decision, answer.language) == ("ask", "en")
    assert [reading.name for reading in answer.ranking] == ["i0", "i1", "i2", "i3", "i4"]
    assert (answer.entities[0].value, answer.entities[0].start, answer.entities[0].end) == ("['x']", 3, 5)
