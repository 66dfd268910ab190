"""Requests with details: nothing is written without a yes to the newest summary, and a repeated turn writes once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from action_talk import Outcome, Talker

from actions.cancellation import ContractCancel
from actions.context import Context
from actions.crm.demo_people import QUIET, TWO
from actions.crm.errors import CrmUnavailable
from actions.crm.repository import CrmRepository
from actions.details_form import SERVICES, DetailsForm
from actions.orders import OrderStatus
from actions.phrases import hedges, says_yes
from actions.tariffs import TariffChange

FORM = "details_form"


class Form:
    """The form as Rasa runs it: slots carry over from turn to turn."""

    def __init__(self, talker: Talker, begun: Outcome) -> None:
        self.talker = talker
        self.slots: dict[str, Any] = dict(begun.slots)
        self.turn = 0

    async def open(self) -> Outcome:
        return await self._run("", intent=None)

    async def write(self, text: str, intent: str = "inform", **entities: str) -> Outcome:
        return await self._run(text, intent=intent, entities=entities)

    async def press(self, payload: str) -> Outcome:
        intent, _, rest = payload.removeprefix("/").partition("{")
        return await self._run(payload, intent=intent, entities=json.loads("{" + rest) if rest else {})

    async def _run(self, text: str, **more: Any) -> Outcome:
        self.turn += 1
        outcome = await self.talker.run(
            DetailsForm, text, slots=self.slots, form=FORM, turn_id=f"f-{self.turn}", **more
        )
        self.slots.update(outcome.slots)
        return outcome


async def begin(context: Context, crm: CrmRepository, service: type[Any], language: str = "de") -> Form:
    talker = Talker(context, language=language)
    await talker.prove(QUIET, crm)
    begun = await talker.run(service, "…", intent=service.intent)
    assert begun.slots["next_step"] == FORM
    return Form(talker, begun)


def yes(outcome: Outcome) -> str:
    return next(payload for payload in outcome.payloads if payload.startswith("/affirm"))


async def test_every_service_of_the_form_ends_with_a_confirmation() -> None:
    for service in SERVICES.values():
        assert "confirmed" in [field.name for field in service.fields]


async def test_an_old_yes_confirms_nothing(context: Context, crm: CrmRepository) -> None:
    form = await begin(context, crm, TariffChange)
    await form.open()
    first = await form.write("DSL 50", tariff="DSL 50")
    other = await begin(context, crm, TariffChange)
    await other.open()
    second = await other.write("Kabel 500", tariff="Kabel 500")
    assert yes(first) != yes(second)
    refused = await other.press(yes(first))
    assert refused.slots["requested_slot"] == "detail"
    assert "Kabel 500" in refused.text
    agreed = await other.press(yes(second))
    assert agreed.slots["next_step"] == "action_tariff_change"


@pytest.mark.parametrize("language", ["de", "en"])
async def test_a_turn_that_is_tried_again_orders_once_and_says_the_same(
    language: str, context: Context, crm: CrmRepository
) -> None:
    form = await begin(context, crm, TariffChange, language)
    await form.open()
    await form.press(yes(await form.write("DSL 50", tariff="DSL 50")))
    said = [await form.talker.run(TariffChange, "ja", intent="affirm", slots=form.slots, turn_id="t-9") for _ in "12"]
    assert said[0].texts == said[1].texts
    assert "B-4" in said[0].text
    assert len(await crm.orders(QUIET)) == 1
    letters = [sent for sent in await crm.notifications() if "DSL 50" in sent.subject]
    assert len(letters) == 1
    assert said[0].slots["details"] is None


async def test_without_the_yes_the_service_writes_nothing(context: Context, crm: CrmRepository) -> None:
    form = await begin(context, crm, ContractCancel)
    await form.open()
    resumed = {**form.slots, "next_step": "action_contract_cancel"}
    again = await form.talker.run(ContractCancel, "…", intent="inform", slots=resumed)
    assert again.slots["next_step"] == FORM  # asked again, from the start
    assert (await crm.contract("V-216904")).value.status == "active"
    stopped = await form.write("nein", intent="deny")
    assert stopped.slots["next_step"] == "listen"
    assert stopped.slots["details"] is None


async def test_a_yes_does_not_outlive_a_system_that_is_away(context: Context, crm: CrmRepository) -> None:
    form = await begin(context, crm, ContractCancel)
    await form.press(yes(await form.open()))

    class Away:
        def __getattr__(self, verb: str) -> Any:
            async def away(*_: Any, **__: Any) -> None:
                raise CrmUnavailable(verb, "timeout")

            return away if verb == "cancel_contract" else getattr(crm, verb)

    away = Context(wording=context.wording, settings=context.settings, connect=lambda url: Away())
    failed = await Talker(away).run(ContractCancel, "ja", intent="affirm", slots=form.slots)
    assert "/contract_cancel" in failed.payloads
    assert failed.slots["details"] is None


@pytest.mark.parametrize(("language", "text"), [("de", "nein, lieber DSL 100"), ("en", "no, rather DSL 100")])
async def test_a_correction_to_the_summary_is_shown_anew(
    language: str, text: str, context: Context, crm: CrmRepository
) -> None:
    form = await begin(context, crm, TariffChange, language)
    await form.open()
    first = await form.write("DSL 50", tariff="DSL 50")
    second = await form.write(text, intent="deny", tariff="DSL 100")
    assert "DSL 100" in second.text
    assert second.slots["requested_slot"] == "detail"
    refused = await form.press(yes(first))
    assert refused.slots["requested_slot"] == "detail"
    agreed = await form.press(yes(second))
    assert agreed.slots["next_step"] == "action_tariff_change"
    assert json.loads(agreed.slots["details"])["tariff"] == "DSL 100"


async def test_the_same_answer_again_is_no_correction(context: Context, crm: CrmRepository) -> None:
    form = await begin(context, crm, TariffChange)
    await form.open()
    await form.write("DSL 50", tariff="DSL 50")
    agreed = await form.write("ja, DSL 50", intent="affirm", tariff="DSL 50")
    assert agreed.slots["next_step"] == "action_tariff_change"


async def test_a_person_is_heard_in_the_middle_of_a_confirmation(context: Context, crm: CrmRepository) -> None:
    form = await begin(context, crm, ContractCancel)
    await form.open()
    assert (await form.write("Ich will mit einem Menschen sprechen", intent="talk_to_human")).events == []


async def test_somebody_elses_contract_cannot_be_cancelled(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    await talker.prove(QUIET, crm)
    outcome = await talker.run(
        ContractCancel, "V-205193 kündigen", intent="contract_cancel", entities={"contract_number": "V-205193"}
    )
    assert outcome.slots["next_step"] == "listen"
    assert (await crm.contract("V-205193")).value.status == "active"
    assert {fact.record for fact in await crm.contracts(TWO)} == {"V-205192", "V-205193"}


async def test_an_order_is_looked_up_only_with_its_place(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    asked = await talker.run(OrderStatus, "…", intent="order_status", entities={"order_number": "B-300107"})
    assert asked.slots["next_step"] == FORM
    assert asked.sources == []
    form = Form(talker, asked)
    await form.open()
    for place in ("06217, Nummer 99", "99999, 1"):
        form.slots["form_misses"] = None
        assert (await form.write(place)).slots["requested_slot"] == "detail"


async def test_a_customer_proves_instead_of_naming_the_place(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    asked = await talker.run(OrderStatus, "…", intent="order_status", entities={"order_number": "B-213605"})
    form = Form(talker, asked)
    prove = next(payload for payload in (await form.open()).payloads if "prove" in payload)
    assert (await form.press(prove)).slots["next_step"] == "action_order_status"
    again = await talker.run(OrderStatus, prove, intent="inform", slots=form.slots)
    assert again.slots["next_step"] == "identity_form"
    assert (again.slots["asked_for"], again.slots["details"]) == ("B-213605", None)


@pytest.mark.parametrize("text", ["ja", "Ja, bitte", "passt", "ok", "Yes please", "go ahead"])
def test_a_yes(text: str) -> None:
    assert says_yes(text)


@pytest.mark.parametrize(
    "text", ["ja aber nicht den", "jahrelang", "nein", "yes but one more question first", "", "vielleicht ja"]
)
def test_no_yes(text: str) -> None:
    assert not says_yes(text)


@pytest.mark.parametrize(
    "text", ["Vielleicht", "maybe", "Perhaps later", "bin nicht sicher", "mal sehen", "I'm thinking"]
)
def test_a_hedge_is_no_yes(text: str) -> None:
    assert hedges(text)


@pytest.mark.parametrize("text", ["Ja, bitte", "yes", "Einverstanden", "sicher", "sure"])
def test_a_yes_is_no_hedge(text: str) -> None:
    assert not hedges(text)
