"""Proof of identity: never tells whether a customer exists, counts wrong codes, hands over at the third."""

from __future__ import annotations

import pytest
from action_talk import Outcome, Talker, sent_code

from actions.context import Context
from actions.crm.demo_people import QUIET, SMS_ONLY
from actions.crm.models import Identifier
from actions.crm.repository import CrmRepository
from actions.identity import IdentityForm
from actions.invoices import InvoiceShow
from actions.recorder import NotProven, Recorder

FORM = "identity_form"


async def give(talker: Talker, text: str, slot: str = "identifier", **more: object) -> Outcome:
    slots = {"requested_slot": slot, "pending": "action_invoice_show", **dict(more.pop("slots", {}))}
    return await talker.run(IdentityForm, text, slots=slots, form=FORM, intent=more.pop("intent", "inform"), **more)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("known", [QUIET, "stefan.reuter@example.org", "+49 40 66969113", "0171 3920012"])
async def test_a_known_and_an_unknown_identifier_get_the_same_answer(
    known: str, language: str, context: Context
) -> None:
    unknown = {QUIET: "9999999", "stefan.reuter@example.org": "niemand@example.org"}.get(known, "")
    unknown = unknown or known[:-2] + "99"
    answers = [await give(Talker(context, conversation=text, language=language), text) for text in (known, unknown)]
    assert answers[0].texts == answers[1].texts
    assert answers[0].payloads == answers[1].payloads
    assert [a.slots["requested_slot"] for a in answers] == ["code", "code"]
    assert answers[0].report["customer"]["level"] == "claimed"
    assert answers[1].report["customer"] is None


async def test_the_right_code_goes_on_with_the_request(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    await give(talker, f"Meine Kundennummer ist {QUIET}")
    code = await sent_code(crm)
    done = await give(talker, f"{code[:3]} {code[3:]}", "code")
    assert done.slots["next_step"] == "action_invoice_show"
    assert done.slots["requested_slot"] is None
    assert done.report["customer"] == {"number": QUIET, "name": "Stefan Reuter", "level": "proven"}
    assert code not in str(done.events)


async def test_back_from_another_subject_the_code_is_asked_for_and_not_the_number_again(context: Context) -> None:
    outcome = await Talker(context).run(
        IdentityForm, "Zeig mir meinen Termin", intent="appointment_show", slots={"identifier": f"number:{QUIET}"}
    )
    assert outcome.slots == {"code": None, "requested_slot": "code"}
    assert '/inform{"code_request": "identifier"}' in outcome.payloads


async def test_wrong_codes_say_what_is_left_and_the_third_hands_over(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    await give(talker, QUIET)
    wrong = "111111" if await sent_code(crm) != "111111" else "222222"
    first = await give(talker, wrong, "code", turn_id="a")
    again = await give(talker, wrong, "code", turn_id="a")
    second = await give(talker, wrong, "code", turn_id="b")
    third = await give(talker, wrong, "code", turn_id="c")
    assert "noch 2 Versuche" in first.text
    assert first.texts == again.texts
    assert "noch einen Versuch" in second.text
    assert third.report["handover"]["reason"] == "identity_failed"
    assert third.slots["next_step"] == "listen"
    assert third.slots["requested_slot"] is None


async def test_without_a_code_asked_for_it_is_no_longer_valid_and_a_new_one_is_offered(context: Context) -> None:
    outcome = await give(Talker(context), "123456", "code")
    assert "gilt nicht mehr" in outcome.text
    assert '/inform{"code_request": "new"}' in outcome.payloads
    assert outcome.slots["requested_slot"] == "code"


async def test_another_identifier_instead_of_the_code(context: Context) -> None:
    talker = Talker(context)
    await give(talker, "2048174")
    outcome = await give(talker, f"nein, die andere Nummer: {QUIET}", "code", intent="deny")
    assert outcome.slots == {
        "form_misses": None,
        "identifier": f"number:{QUIET}",
        "code": None,
        "requested_slot": "code",
    }
    assert outcome.report["customer"]["number"] == QUIET


@pytest.mark.parametrize("text", ["Ich habe keinen Code bekommen", "no code arrived", '/inform{"code_request": "new"}'])
async def test_a_new_code(text: str, context: Context) -> None:
    talker = Talker(context)
    await give(talker, SMS_ONLY)
    entities = {"code_request": "new"} if text.startswith("/") else {}
    outcome = await give(talker, text, "code", entities=entities, slots={"identifier": f"number:{SMS_ONLY}"})
    assert "der neueste" in outcome.text
    assert outcome.slots["requested_slot"] == "code"


@pytest.mark.parametrize("text", ["ich habe keine Kundennummer", "I don't have my customer number", "nichts zur Hand"])
async def test_no_customer_number_at_hand_ends_nothing(text: str, context: Context) -> None:
    outcome = await give(Talker(context), text, intent="nlu_fallback")
    assert "E-Mail" in outcome.text
    assert outcome.payloads == ["/talk_to_human"]
    assert outcome.slots["requested_slot"] == "identifier"


async def test_nothing_at_hand_is_understood_also_where_another_request_is_near(context: Context) -> None:
    outcome = await give(
        Talker(context), "Ich habe meine Kundennummer nicht zur Hand", intent="nlu_fallback", ranking=["contact_change"]
    )
    assert outcome.texts == [context.wording.say("identity_other_ways", "de")]


async def test_nothing_at_hand_twice_is_a_person_and_no_misunderstanding(context: Context) -> None:
    outcome = await give(Talker(context), "keine Ahnung, hab ich nicht", intent="deny", slots={"form_misses": "1"})
    assert outcome.report["handover"]["reason"] == "bot_decision"


async def test_twice_unusable_in_a_row_hands_over(context: Context) -> None:
    first = await give(Talker(context), "blau", intent="nlu_fallback")
    assert first.slots["form_misses"] == "1"
    second = await give(Talker(context), "grün", intent="nlu_fallback", slots={"form_misses": "1"})
    assert second.report["handover"]["reason"] == "not_understood"
    assert second.slots["requested_slot"] is None


@pytest.mark.parametrize(
    "intent", ["talk_to_human", "bot_challenge", "help", "outage_info", "contract_cancel", "goodbye"]
)
async def test_what_is_no_answer_is_declined(intent: str, context: Context) -> None:
    outcome = await give(Talker(context), "…", intent=intent)
    assert outcome.messages == []
    assert outcome.events == []


async def test_after_something_else_the_question_comes_again(context: Context) -> None:
    rejected = {"event": "action_execution_rejected", "name": FORM}
    outcome = await give(
        Talker(context),
        "Bist du ein Mensch?",
        intent="bot_challenge",
        events=[{"event": "user", "text": "…"}, rejected],
    )
    assert "Kundennummer" in outcome.text
    assert outcome.slots["requested_slot"] == "identifier"


async def test_a_request_not_surely_understood_is_asked_back_about_not_refused(context: Context) -> None:
    outcome = await give(Talker(context), "zeig Vertrag", intent="nlu_fallback", ranking=["contract_show"])
    assert outcome.messages == []
    assert outcome.events == []


@pytest.mark.parametrize("text", ["abbrechen", "cancel", "ach, vergessen Sie es"])
async def test_the_customer_may_stop(text: str, context: Context) -> None:
    for intent in ("nlu_fallback", "contract_cancel", "deny"):
        outcome = await give(Talker(context), text, intent=intent)
        assert outcome.slots["next_step"] == "listen"
        assert outcome.slots["requested_slot"] is None


async def test_cancelling_the_contract_is_not_taken_for_stopping(context: Context) -> None:
    outcome = await give(Talker(context), "I want to cancel my contract", intent="contract_cancel")
    assert outcome.events == []


@pytest.mark.parametrize("language", ["de", "en"])
async def test_whoever_writes_from_the_phone_on_file_need_not_prove_it_again(context: Context, language: str) -> None:
    talker = Talker(context, language=language, verified_phone="+491713920012")
    first = await talker.run(InvoiceShow, intent="invoice_show")
    assert first.texts[0] == context.wording.say("identity_by_phone", language)
    assert first.report["customer"]["level"] == "proven"
    assert [source["record"] for source in first.sources]
    again = await talker.run(InvoiceShow, intent="invoice_show")
    assert again.texts == first.texts[1:]


async def test_a_phone_that_is_not_on_file_is_asked_as_everybody_is(context: Context) -> None:
    stranger = Talker(context, verified_phone="+4915112345678")
    anybody = Talker(context, conversation="c-2")
    asked = [await talker.run(InvoiceShow, intent="invoice_show") for talker in (stranger, anybody)]
    assert [outcome.slots["next_step"] for outcome in asked] == ["identity_form", "identity_form"]
    assert asked[0].texts == asked[1].texts


async def test_who_is_vouched_for_in_the_middle_of_the_proof_goes_on_with_the_request(
    context: Context, crm: CrmRepository
) -> None:
    talker = Talker(context)
    await give(talker, QUIET)
    await crm.vouch("c-1", 1, Identifier(kind="number", value=QUIET), by="portal", voucher="portal:1")
    done = await give(talker, "123456", "code")
    assert done.slots["next_step"] == "action_invoice_show"


async def test_a_customers_data_is_not_read_before_the_proof(crm: CrmRepository) -> None:
    recorder = Recorder(crm)
    guarded = recorder.as_repository()
    for ask in (guarded.invoices, guarded.contracts, guarded.overview):
        with pytest.raises(NotProven):
            await ask(QUIET)
    assert recorder.calls == []
    await guarded.vouch("c-1", 1, Identifier(kind="number", value=QUIET), by="portal", voucher="portal:1")
    assert await guarded.invoices(customer_number=QUIET, limit=1)
    with pytest.raises(NotProven):
        await guarded.invoices(SMS_ONLY)
