"""What makes sense only after the answer before is answered there, and asked back about anywhere else."""

from __future__ import annotations

import pytest
from action_talk import Talker, user_event

from actions.context import Context
from actions.crm.repository import CrmRepository
from actions.fallback import Fallback
from actions.payments import says_paid
from actions.phrases import closes, gave_wrong_one

WHEN = {"de": "und wann geht das wieder", "en": "and when will it be back"}
OUTAGE = {"last_service": "action_outage_info", "outage_place": "06217"}


@pytest.mark.parametrize("language", ["de", "en"])
async def test_the_end_of_an_outage_that_was_told_is_told_again(language: str, context: Context) -> None:
    outcome = await Talker(context, language=language).run(
        Fallback, WHEN[language], intent="nlu_fallback", slots=OUTAGE, ranking=["nlu_fallback", "order_status"]
    )
    assert "Merseburg" in outcome.text and outcome.sources[0]["record"] == "S-1042"
    assert (outcome.slots["next_step"], outcome.slots["outage_place"]) == ("listen", "06217")
    assert "/order_status" not in outcome.payloads


@pytest.mark.parametrize(
    ("text", "slots", "form"),
    [
        (WHEN["de"], {}, None),
        (WHEN["de"], {"last_service": "action_invoice_show"}, None),
        (WHEN["de"], OUTAGE, "fault_form"),
        ("Wann kommt der Techniker wieder", OUTAGE, None),
        ("Wie wird das Wetter", OUTAGE, None),
        # Nobody has proven who they are, so nothing can be told of their lines.
        (WHEN["de"], {"last_service": "action_report_fault", "outage_place": "own"}, None),
        (WHEN["de"], {"last_service": "action_report_fault"}, None),
        ("ich hab doch schon bezahlt", {"last_service": "action_invoice_show"}, None),
    ],
)
async def test_elsewhere_it_is_asked_back(text: str, slots: dict[str, str], form: str | None, context: Context) -> None:
    outcome = await Talker(context).run(
        Fallback, text, intent="nlu_fallback", slots=slots, form=form, ranking=["nlu_fallback", "order_status"]
    )
    assert "/order_status" in outcome.payloads and "next_step" not in outcome.slots


async def test_what_follows_an_invoice_that_was_paid(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    await talker.prove("2092467", crm)
    slots = {"last_service": "action_invoice_show"}
    outcome = await talker.run(Fallback, "ich hab doch schon bezahlt", intent="nlu_fallback", slots=slots)
    assert context.wording.say("payment_not_seen", "de") in outcome.text


async def test_after_an_answer_it_is_asked_back_once_more(context: Context) -> None:
    """An answer that this action gave is not taken for a question that was not understood."""
    answered = [
        user_event(WHEN["de"]),
        {"event": "action", "name": "action_fallback"},
        {"event": "slot", "name": "last_service", "value": "action_outage_info"},
        {"event": "action", "name": "action_listen"},
    ]
    outcome = await Talker(context).run(
        Fallback, "blubb", intent="nlu_fallback", slots=OUTAGE, events=[*answered, user_event("blubb")]
    )
    assert outcome.report == {}


@pytest.mark.parametrize(
    ("text", "paid"),
    [
        ("ich hab doch schon bezahlt", True),
        ("das wurde letzte Woche abgebucht", True),
        ("but I already paid", True),
        ("I transferred it last week", True),
        ("ich habe noch nicht bezahlt", False),
        ("Ist die Rechnung bezahlt?", False),
        ("Mir wurde doppelt abgebucht", False),
        ("I have not paid yet", False),
        ("I haven't paid it yet", False),
        ("I paid twice", False),
    ],
)
def test_somebody_says_to_have_paid(text: str, paid: bool) -> None:
    assert says_paid(text) is paid


@pytest.mark.parametrize(
    ("text", "closing"),
    [
        ("danke, das wars", True),
        ("Das war's dann, danke", True),
        ("ok das wäre alles", True),
        ("thanks, that's it", True),
        ("that was all, thank you", True),
        ("das war falsch", False),
        ("ja das war der Techniker", False),
        ("das wars doch wohl nicht", False),
        ("war das alles?", False),
        ("that's it?", False),
    ],
)
def test_a_few_words_that_close(text: str, closing: bool) -> None:
    assert closes(text) is closing


async def test_closing_words_that_were_not_understood_close(context: Context) -> None:
    outcome = await Talker(context).run(Fallback, "danke, das wars", intent="nlu_fallback", ranking=["thank"])
    assert outcome.texts == [context.wording.say("goodbye", "de")]


@pytest.mark.parametrize("language", ["de", "en"])
async def test_what_an_outage_gives_is_told_where_it_was_told(
    language: str, context: Context, crm: CrmRepository
) -> None:
    talker = Talker(context, language=language)
    await talker.prove("2048173", crm)
    slots = {"last_service": "action_report_fault", "outage_place": "own"}
    text = {"de": "bekomme ich dafür Geld zurück", "en": "do i get money back for this"}[language]
    outcome = await talker.run(Fallback, text, intent="nlu_fallback", slots=slots)
    assert {source["record"] for source in outcome.sources if "record" in source} == {"V-204817"}
    assert '/report_fault{"fault_scope": "own"}' in outcome.payloads


async def test_an_appointment_that_was_shown_is_asked_back_about(context: Context) -> None:
    slots = {"last_service": "action_appointment_show", "visit_about": "TM-210395"}
    outcome = await Talker(context).run(Fallback, "da bin ich beim Arzt", intent="nlu_fallback", slots=slots)
    assert outcome.payloads == [
        '/appointment_change{"visit_wish": "move"}',
        '/appointment_change{"visit_wish": "cancel"}',
        "/talk_to_human",
    ]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Ich glaube die Nummer war falsch", True),
        ("falsche Kundennummer", True),
        ("sorry, wrong number", True),
        ("vertippt", True),
        ("der Code kommt nicht", False),
    ],
)
def test_what_was_given_was_wrong(text: str, wrong: bool) -> None:
    assert gave_wrong_one(text) is wrong
