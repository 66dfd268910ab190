"""Domain, rules, catalogue, actions and wording agree, in both languages and within the channels' limits."""

from __future__ import annotations

import re
from typing import get_args

import pytest
import yaml
from rasa_sdk.executor import ActionExecutor

from actions import catalogue, line_check, router_help, speeds
from actions.base import AccountService
from actions.crm import models
from actions.crm.models import IdentityLevel
from actions.fault_summary import FAULT_KINDS
from bot.settings import ROOT
from bot.transparency.wording import LANGUAGES, wording

DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
RULES = [
    rule
    for path in sorted((ROOT / "data" / "rules").glob("*.yml"))
    for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
]
# The files whose texts pages show; all others hold what the assistant says in a conversation.
PAGES = {"desk", "widget", "edge", "transparency", "cases"}
ANSWERS = {
    key: texts
    for path in sorted((ROOT / "data" / "wording").glob("*.yml"))
    if path.stem not in PAGES
    for key, texts in yaml.safe_load(path.read_text(encoding="utf-8")).items()
}

TECHNOLOGIES = get_args(models.Technology)
KINDS = router_help.DEVICES
# What the law says about a router of one's own stands with the law.
ROUTER_TOPICS = set(router_help.TOPICS) - {router_help.OWN}

# Whatsapp's limits, in characters.
LONGEST_TEXT, LONGEST_BUTTON = 600, 20


def steps(kind: str) -> set[str]:
    return {step[kind] for rule in RULES for step in rule["steps"] if kind in step}


def intents_of(action: str) -> set[str]:
    answered = [rule["steps"][0] for rule in RULES if {"action": action} in rule["steps"]]
    return {step["intent"] for step in answered if "intent" in step}


def test_every_intent_has_an_answer() -> None:
    assert steps("intent") == set(DOMAIN["intents"])


def test_every_action_is_there_and_used() -> None:
    executor = ActionExecutor()
    executor.register_package("actions")
    assert set(executor.actions) == set(DOMAIN["actions"])
    known = set(DOMAIN["actions"]) | set(DOMAIN["forms"]) | set(DOMAIN["responses"])
    assert known - steps("action") == {f"validate_{form}" for form in DOMAIN["forms"]}
    assert steps("action") <= known


def test_every_action_names_the_identity_it_needs() -> None:
    executor = ActionExecutor()
    executor.register_package("actions")
    kinds = {name: type(action.__self__) for name, action in executor.actions.items()}
    unnamed = [name for name, kind in kinds.items() if getattr(kind, "identity", None) not in get_args(IdentityLevel)]
    assert unnamed == []
    # Only what derives from `AccountService` asks for the proof, so nothing else may claim to need it.
    assert {name for name, kind in kinds.items() if kind.identity == "proven"} == {
        name for name, kind in kinds.items() if issubclass(kind, AccountService)
    }


def test_the_catalogue_holds_every_request_once() -> None:
    requests = [*catalogue.OFFERED, *catalogue.OWN_DATA, *catalogue.REFERRED, *catalogue.HANDED_OVER]
    assert len(requests) == len(set(requests))
    talk = {"talk_to_human", "goodbye", "affirm", "deny", "inform", "nlu_fallback", "out_of_scope"}
    assert set(requests) | talk | catalogue.ANSWERED_IN_BETWEEN == set(DOMAIN["intents"])
    assert set(catalogue.CONTINUED_BY) <= {f"action_{intent}" for intent in catalogue.OFFERED}
    assert intents_of("action_refer") == set(catalogue.REFERRED)
    assert intents_of("action_own_data") == set(catalogue.OWN_DATA)
    assert intents_of("action_hand_over_request") == set(catalogue.HANDED_OVER)


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("outage_cause", get_args(models.OutageCause)),
        ("build_phase", get_args(models.BuildPhase)),
        ("milestone", get_args(models.Milestone)),
        ("fiber", get_args(models.FiberState)),
        ("technology", get_args(models.Technology)),
        ("appointment_kind", get_args(models.AppointmentKind)),
        ("appointment_status", get_args(models.AppointmentStatus)),
        ("ticket_kind", get_args(models.TicketKind)),
        ("ticket_status", get_args(models.TicketStatus)),
        ("order_kind", get_args(models.OrderKind)),
        ("order_status", get_args(models.OrderStatus)),
        ("identity_code_sent", (*get_args(models.Medium), "either")),
        ("fault_kind", FAULT_KINDS),
        ("check_name", line_check.STEPS),
        ("check_result", (*sum(line_check.QUESTIONS.values(), ()), "no_help", "already", "checked", "skip")),
        ("check", tuple(line_check.question_key(step, kind)[6:] for step in line_check.STEPS for kind in TECHNOLOGIES)),
        ("router", tuple(router_help.text_key(topic, kind)[7:] for topic in ROUTER_TOPICS for kind in KINDS)),
        ("router_topic", tuple(router_help.TOPICS)),
        ("router_device", router_help.DEVICES),
        ("speed", get_args(speeds.Verdict)),
        ("speed_how", get_args(speeds.How)),
        ("intent_title", (*catalogue.OFFERED, *catalogue.OWN_DATA, *catalogue.REFERRED, *catalogue.HANDED_OVER)),
        ("own", catalogue.OWN_DATA),
        ("refer", tuple(catalogue.REFERRED)),
    ],
)
def test_every_code_has_its_words(prefix: str, names: tuple[str, ...]) -> None:
    assert [name for name in names if not wording().has(f"{prefix}_{name}")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_and_buttons_fit_every_channel(language: str) -> None:
    for key, texts in ANSWERS.items():
        text = texts[language]
        is_button = key.startswith(("button_", "intent_title_")) or key in {
            f"fault_kind_{kind}" for kind in FAULT_KINDS
        }
        assert len(text) <= (LONGEST_BUTTON if is_button else LONGEST_TEXT), key


def test_both_languages_need_the_same_values_and_nobody_shouts() -> None:
    for key, texts in ANSWERS.items():
        values = [set(re.findall(r"{(\w+)}", texts[language])) for language in LANGUAGES]
        assert values[0] == values[1], key
        assert "!" not in texts["de"] + texts["en"], key
