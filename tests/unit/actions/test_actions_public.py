"""Public questions: outages by postcode, fibre by address, contact data, and the truth about the bot."""

from __future__ import annotations

import pytest
from action_talk import Talker

from actions.catalogue import OFFERED
from actions.context import Context
from actions.crm.demo_people import OUTAGE, demo_addresses
from actions.crm.errors import CrmUnavailable
from actions.crm.repository import CrmRepository
from actions.faults import OutageInfo
from actions.fiber import FiberAvailabilityShow, FiberProgress
from actions.places import AddressForm, PostcodeForm
from actions.talk import BotChallenge, ContactInfoShow, Handover, Help, Inform
from bot.transparency.wording import wording


@pytest.mark.parametrize(("language", "word"), [("de", "Ursache"), ("en", "Cause")])
async def test_outages_at_a_postcode_need_no_proof(language: str, word: str, context: Context) -> None:
    outcome = await Talker(context, language=language).run(
        OutageInfo, "…", intent="outage_info", entities={"postcode": "06217"}
    )
    assert word in outcome.text
    assert outcome.sources
    assert "proven_customer" not in str(outcome.report)
    assert OUTAGE not in outcome.text


async def test_no_outage_is_said_without_a_source(context: Context) -> None:
    outcome = await Talker(context).run(OutageInfo, "…", intent="outage_info", entities={"postcode": "99999"})
    assert "99999" in outcome.text
    assert outcome.payloads == ["/report_fault", "/talk_to_human"]


async def test_the_same_question_for_another_postcode_or_address(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    again = await talker.run(
        Inform,
        "und in 06217?",
        intent="inform",
        entities={"postcode": "06217"},
        slots={"last_service": "action_outage_info"},
    )
    assert again.texts == []
    assert again.slots["next_step"] == "action_outage_info"
    service = await talker.run(
        OutageInfo, "und in 06217?", intent="inform", entities={"postcode": "06217"}, slots=again.slots
    )
    assert "Ursache" in service.text and service.slots["next_step"] == "listen"
    key = (await crm.find_addresses("Burgring 4", place="Querfurt"))[0].key
    before = {"last_service": "action_fiber_progress", "address_key": key}
    address = {"intent": "inform", "entities": {"street": "Fährstraße", "house_number": "5"}}
    other = await talker.run(Inform, "und Fährstraße 5?", **address, slots=before)
    fiber = await talker.run(FiberProgress, "und Fährstraße 5?", **address, slots={**before, **other.slots})
    assert fiber.slots["next_step"] == "address_form"
    nothing = await talker.run(
        Inform, "2169047", intent="inform", entities={"customer_number": "2169047"}, slots=before
    )
    assert nothing.payloads == ["/talk_to_human"]


async def test_the_postcode_is_asked_for_and_used(context: Context) -> None:
    talker = Talker(context)
    asked = await talker.run(OutageInfo, "Gibt es eine Störung?", intent="outage_info")
    assert asked.slots["next_step"] == "postcode_form"
    slots = {"requested_slot": "postcode", "pending": "action_outage_info"}
    unclear = await talker.run(PostcodeForm, "in Halle", intent="inform", slots=slots, form="postcode_form")
    assert unclear.slots["requested_slot"] == "postcode"
    given = await talker.run(PostcodeForm, "06217 natürlich", intent="inform", slots=slots, form="postcode_form")
    assert given.slots["next_step"] == "action_outage_info"
    told = await talker.run(OutageInfo, "06217 natürlich", intent="inform", slots=given.slots)
    assert "Ursache" in told.text
    assert told.slots["postcode"] is None


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("demo", demo_addresses(), ids=lambda demo: demo.address.street)
async def test_every_demo_address_gets_both_answers(demo: object, language: str, context: Context) -> None:
    talker = Talker(context, language=language)
    opened = await talker.run(
        AddressForm,
        f"Gibt es Glasfaser in der {demo.address.line}?",
        intent="fiber_availability",
        entities={
            "street": demo.address.street,
            "house_number": demo.address.house_number,
            "place": demo.address.place,
        },
        slots={"pending": "action_fiber_availability"},
    )
    assert opened.slots["next_step"] == "action_fiber_availability", opened.text
    for service in (FiberAvailabilityShow, FiberProgress):
        outcome = await talker.run(
            service, "…", intent="inform", slots={**opened.slots, "next_step": service.action_name}
        )
        assert demo.address.line in outcome.text
        assert outcome.sources or "/fiber_availability" in outcome.payloads
        assert outcome.slots["address_key"] == opened.slots["address_key"]
        assert len(outcome.text) < 600


async def test_an_inflected_street_name_inside_a_sentence_is_found(context: Context) -> None:
    text = "Gibt es Glasfaser in der Großen Ulrichstraße 12 in Halle?"
    opened = await Talker(context).run(
        AddressForm,
        text,
        intent="fiber_availability",
        entities={"street": "Ulrichstraße", "house_number": "12", "place": "Halle (Saale)"},
        starts={"street": text.index("Ulrich")},
        slots={"pending": "action_fiber_availability"},
    )
    assert opened.slots["next_step"] == "action_fiber_availability", opened.text


async def test_a_delay_is_named_with_the_date_first_announced(context: Context, crm: CrmRepository) -> None:
    key = (await crm.find_addresses("Weiße Mauer 3", place="Merseburg"))[0].key
    outcome = await Talker(context).run(FiberProgress, "…", intent="fiber_progress", slots={"address_key": key})
    assert "verspätet" in outcome.text
    assert "geplant für den" in outcome.text
    assert outcome.sources[0]["label"].startswith("Ausbauplan")


async def test_several_addresses_are_offered_and_one_is_chosen(context: Context) -> None:
    talker = Talker(context)
    slots = {"requested_slot": "address_key", "pending": "action_fiber_progress"}
    several = await talker.run(AddressForm, "Lindenstr. 5", intent="inform", slots=slots, form="address_form")
    choices = [payload for payload in several.payloads if "address_key" in payload]
    assert len(choices) > 1
    key = choices[0].split('"')[3]
    chosen = await talker.run(
        AddressForm, choices[0], intent="inform", entities={"address_key": key}, slots=slots, form="address_form"
    )
    assert chosen.slots["address_key"] == key
    assert chosen.slots["next_step"] == "action_fiber_progress"


async def test_a_missing_house_number_is_asked_for(context: Context) -> None:
    talker = Talker(context)
    slots = {"requested_slot": "address_key", "pending": "action_fiber_progress"}
    half = await talker.run(AddressForm, "Weiße Mauer, Merseburg", intent="inform", slots=slots, form="address_form")
    assert "Hausnummer" in half.text
    whole = await talker.run(AddressForm, "die 3", intent="inform", slots={**slots, **half.slots}, form="address_form")
    assert whole.slots["next_step"] == "action_fiber_progress"


async def test_a_remembered_address_is_used_until_another_is_asked_for(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    key = (await crm.find_addresses("Burgring 4", place="Querfurt"))[0].key
    known = await talker.run(FiberAvailabilityShow, "…", intent="fiber_availability", slots={"address_key": key})
    assert "Burgring 4" in known.text
    other = await talker.run(
        FiberAvailabilityShow,
        "…",
        intent="fiber_availability",
        entities={"address_key": "other"},
        slots={"address_key": key},
    )
    assert other.slots["next_step"] == "address_form"
    assert other.slots["address_key"] is None


@pytest.mark.parametrize(("language", "truth"), [("de", "Ich bin ein Bot"), ("en", "I am a bot")])
async def test_the_bot_says_that_it_is_one(language: str, truth: str, context: Context) -> None:
    outcome = await Talker(context, language=language).run(BotChallenge, "…", intent="bot_challenge")
    assert outcome.text.startswith(truth)
    assert outcome.payloads == ["/talk_to_human"]


async def test_a_person_is_handed_over_to_without_a_second_text(context: Context) -> None:
    outcome = await Talker(context).run(Handover, "…", intent="talk_to_human", form="identity_form")
    assert outcome.texts == []
    assert outcome.report["handover"] == {"reason": "customer_request", "detail": None}
    assert outcome.left_form


async def test_contact_and_help(context: Context) -> None:
    contact = await Talker(context).run(ContactInfoShow, "…", intent="contact_info")
    assert "Telefon" in contact.text
    assert contact.sources[0]["label"] == "Kontaktdaten von Saalenetz"
    helped = await Talker(context, language="en").run(Help, "…", intent="help")
    assert "Report a fault" in helped.text
    assert all(wording().say(f"intent_title_{intent}", "en") in helped.text for intent in OFFERED)
    assert max(map(len, helped.texts)) <= 600


async def test_crm_away_is_an_honest_answer_with_a_person_and_another_try(context: Context) -> None:
    class Away:
        async def outages_at_postcode(self, postcode: str) -> None:
            raise CrmUnavailable("outages_at_postcode", "timeout")

    away = Context(wording=context.wording, settings=context.settings, connect=lambda url: Away())
    outcome = await Talker(away).run(OutageInfo, "…", intent="outage_info", entities={"postcode": "06217"})
    assert outcome.payloads == ['/outage_info{"postcode": "06217"}', "/make_case", "/talk_to_human"]
    assert outcome.report["calls"][0]["result"] == "failed"
    assert outcome.slots["next_step"] == "listen"


async def test_any_other_failure_is_not_swallowed(context: Context) -> None:
    class Broken:
        async def outages_at_postcode(self, postcode: str) -> None:
            raise RuntimeError("broken")

    broken = Context(wording=context.wording, settings=context.settings, connect=lambda url: Broken())
    with pytest.raises(RuntimeError):
        await Talker(broken).run(OutageInfo, "…", intent="outage_info", entities={"postcode": "06217"})
