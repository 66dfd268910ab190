"""The webhook over real HTTP: every element once, in the database, whatever it is and however often it comes."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import aiohttp
import pytest

from bot.conversation.model import AuthorKind, Holder
from bot.settings import Settings
from connectors.whatsapp.envelope import items
from tests.fakes.brain import FakeBrain
from tests.integration.whatsapp.conftest import EVA, PHONE_NUMBER_ID, VERIFY, Rig, posted, rig_of, signature
from tests.integration.whatsapp.later_payloads import EVERY_CASE
from tests.integration.whatsapp.payloads import BSUID, captured, change, contact, entry, envelope, message, post, status
from tests.invariants import assert_sound


async def test_the_address_is_verified_with_the_token(rig: Rig) -> None:
    async def verified(**query: str) -> tuple[int, str]:
        params = {f"hub.{name}": value for name, value in query.items()}
        async with aiohttp.ClientSession() as session, session.get(rig.hooks[0], params=params) as response:
            return response.status, await response.text()

    assert await verified(mode="subscribe", verify_token=VERIFY, challenge="1158201444") == (200, "1158201444")
    assert (await verified(mode="subscribe", verify_token="wrong", challenge="1"))[0] == 403
    assert (await verified(mode="subscribe", challenge="1"))[0] == 403
    assert (await verified(mode="unsubscribe", verify_token=VERIFY, challenge="1"))[0] == 403


async def test_without_a_right_signature_nothing_is_stored(quiet_rig: Rig) -> None:
    rig = quiet_rig
    body = post(message())
    right = signature(body)["X-Hub-Signature-256"]
    for header in ("", "sha256=", right[:-1], right.replace("sha256=", "sha1="), right.upper(), "sha256=ü"):
        assert await posted(rig, body, {"X-Hub-Signature-256": header}) == 401
    assert await posted(rig, body, {}) == 401
    assert await posted(rig, body + b" ", signature(body)) == 401
    assert await posted(rig, body, signature(body, "a-third-secret")) == 401
    assert await rig.items() == []
    assert await posted(rig, body, signature(body, "the-next-secret")) == 200
    assert len(await rig.items()) == 1


async def test_bodies_up_to_four_mebibytes(quiet_rig: Rig) -> None:
    rig = quiet_rig
    body = post(*(message(provider_id=f"wamid.{n}", text={"body": "x" * 3000}) for n in range(1250)))
    assert 3.5 * 2**20 < len(body) <= 4 * 2**20
    assert await posted(rig, body) == 200
    assert len(await rig.items()) == 1250
    assert await posted(rig, body + b" " * 2**20) == 413


async def test_a_body_with_more_items_than_a_statement_has_parameters(quiet_rig: Rig) -> None:
    rig = quiet_rig
    body = envelope(entry(change(statuses=[{"id": f"{number}", "status": "read"} for number in range(40_000)])))
    assert await posted(rig, body) == 200
    assert await rig.count() == 40_000
    assert await posted(rig, body) == 200
    assert await rig.count() == 40_000


async def test_each_own_case_arrives_element_by_element(quiet_rig: Rig) -> None:
    """All cases, each under its own ids, posted twice: every element is in the database once, its neighbours too."""
    rig = quiet_rig
    expected = logged = 0
    for number, (name, case) in enumerate(EVERY_CASE.items()):
        body = case.body.replace(b"wamid.", f"wamid.{number}.".encode()).replace(
            EVA.encode(), f"4915100{number:06d}".encode()
        )
        if b"wamid" not in body and body:
            body = body.replace(b"102290129340398", f"10229{number}".encode())
        assert await posted(rig, body) == 200, name
        assert await posted(rig, body) == 200, name
        expected += case.items
        logged += case.logged
        assert await rig.count() == expected, name
    await rig.applied()
    assert {item.state for item in await rig.items()} <= {"applied", "kept"}
    said = [entry for log in (await rig.logs()).values() for entry in log if entry.author.kind is AuthorKind.CUSTOMER]
    assert len(said) == logged
    await rig.answered()
    await assert_sound(rig.services.store)


@pytest.mark.skipif(not captured(), reason="KLARTEXT_TEST_DATA names no captured payloads")
async def test_each_captured_payload_arrives_element_by_element(quiet_rig: Rig) -> None:
    rig = quiet_rig
    expected = said = 0
    for number, (name, raw) in enumerate(captured().items()):
        # Captured ones share their ids: each gets its own, and its own sender.
        tree = json.loads(raw)
        tree["entry"][0]["id"] = f"{number}"
        count = 0
        for captured_entry in tree["entry"]:
            for captured_change in captured_entry["changes"]:
                value = captured_change["value"]
                if "metadata" in value:
                    # They came to numbers of others.
                    value["metadata"]["phone_number_id"] = PHONE_NUMBER_ID
                elements = [
                    element
                    for kind in ("messages", "statuses", "message_echoes", "calls", "user_preferences", "errors")
                    for element in value.get(kind, [])
                ]
                for element in elements:
                    if "id" in element:
                        element["id"] = f"{element['id']}.{number}"
                count += len(elements) or 1
                said += len(value.get("messages", []))
        body = json.dumps(tree).encode()
        expected += count
        assert await posted(rig, body) == 200, name
        assert await posted(rig, body) == 200, name
        assert await rig.count() == expected, name
    await rig.applied()
    assert {item.state for item in await rig.items()} <= {"applied", "kept"}
    messages = [item for item in await rig.items() if item.kind == "message"]
    assert len(messages) == said > 30
    assert {item.state for item in messages} == {"applied"}


async def test_what_comes_while_much_waits_is_acknowledged_and_stored(quiet_rig: Rig) -> None:
    rig = quiet_rig
    await posted(rig, post(*(message(provider_id=f"wamid.old.{n}", sender=f"49151{n:08d}") for n in range(200))))
    bodies = [post(message(provider_id=f"wamid.new.{n}", sender=f"49160{n:08d}")) for n in range(20)]
    assert await asyncio.gather(*(posted(rig, body) for body in bodies)) == [200] * 20
    assert len(await rig.items()) == 220


async def test_two_nodes_with_the_same_items_in_other_orders_store_each_once(
    settings: Settings, brain: FakeBrain
) -> None:
    async with rig_of(replace(settings, whatsapp_access_token=None), brain, edges=2) as rig:
        elements = [message(provider_id=f"wamid.{n}", text={"body": f"Nummer {n}"}) for n in range(30)]
        bodies = [post(*elements), post(*reversed(elements)), post(*elements[10:20]), post(*elements[::2])]
        posts = [posted(rig, body, hook=index % 2) for index, body in enumerate(bodies * 3)]
        assert set(await asyncio.gather(*posts)) == {200}
        await rig.applied()
        assert len(await rig.items()) == 30
        said = [entry.text for entry in await rig.log() if entry.author.kind is AuthorKind.CUSTOMER]
        assert sorted(said) == sorted(f"Nummer {n}" for n in range(30))


async def test_the_first_contact_is_told_what_it_talks_to_and_what_is_stored(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Echo: Hallo")
    first, answer = rig.phones.shown(EVA)
    assert first.text.startswith("Bot · ")
    assert "kein Mensch" in first.text
    assert "Wir speichern" in first.text
    assert any("Mensch" in choice["title"] for choice in first.choices)
    assert answer.text == "Bot · Echo: Hallo"
    assert (await rig.logs()).keys() == {(await rig.contact()).conversation_id}
    await assert_sound(rig.services.store)


async def test_an_account_number_is_unreadable_for_bot_and_desk(rig: Rig) -> None:
    await rig.phones.write(EVA, "Meine IBAN ist DE89 3704 0044 0532 0130 00")
    await rig.shows("Echo: Meine IBAN ist DE** **** 3000")
    assert not [message for message in await rig.log() if "0532" in message.text]


async def test_a_pressed_choice_is_the_button_that_was_issued(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("kein Mensch")
    (opening,) = [shown for shown in rig.phones.shown(EVA) if shown.choices]
    human = next(choice for choice in opening.choices if "Mensch" in choice["title"])
    await rig.phones.press(EVA, opening, human["id"])
    await rig.shows("System · Sie möchten mit einem Menschen sprechen")
    assert (await rig.log())[-1].holder is Holder.QUEUE


async def test_a_choice_that_was_never_issued_is_its_text(rig: Rig) -> None:
    reply = {"type": "button_reply", "button_reply": {"id": "/restart", "title": "Neustart"}}
    await rig.phones.send(EVA, "interactive", reply)
    await rig.shows("Echo: Neustart")
    assert rig.brain.requests[-1].payload is None


async def test_the_bot_knows_the_number_that_whatsapp_vouches_for(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Echo")
    assert rig.brain.requests[-1].verified_phone == f"+{EVA}"


async def test_a_voice_message_is_declined_honestly_and_a_caption_is_answered(rig: Rig) -> None:
    await rig.phones.send_file(EVA, "audio", b"OggS" + bytes(50), voice=True)
    await rig.shows("Tonaufnahmen kann ich als Computerprogramm nicht anhören")
    await rig.phones.send_file(EVA, "image", b"\xff\xd8\xff" + bytes(50), caption="Der Router blinkt rot")
    await rig.shows("Echo: Der Router blinkt rot")
    assert [entry.text for entry in await rig.log() if entry.author.kind is AuthorKind.CUSTOMER] == [
        "[Sprachnachricht]",
        "[Bild] Der Router blinkt rot",
    ]
    await assert_sound(rig.services.store)


async def test_what_is_not_supported_is_shown_and_said_once(rig: Rig) -> None:
    for _ in range(3):
        await rig.phones.send(EVA, "hologram", {"depth": 3})
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Echo: Hallo")
    texts = [shown.text for shown in rig.phones.shown(EVA)]
    assert sum("nicht unterstützt" in text for text in texts) == 1
    assert sum(entry.text == "[Nicht unterstützt: hologram]" for entry in await rig.log()) == 3
    await assert_sound(rig.services.store)


async def test_a_reaction_is_shown_and_answers_nothing(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Echo")
    about = rig.phones.shown(EVA)[-1].id
    await rig.phones.send(EVA, "reaction", {"message_id": about, "emoji": "👍"})
    await rig.applied()
    assert (await rig.log())[-1].text == "[Zu „Echo: Hallo“] [Reaktion] 👍"
    assert len(rig.brain.requests) == 1
    await assert_sound(rig.services.store)


async def test_an_answer_to_a_message_shows_the_agent_which_and_the_bot_only_the_words(rig: Rig) -> None:
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Echo")
    await rig.phones.send(EVA, "text", {"body": "Was heißt das?"}, context={"id": rig.phones.shown(EVA)[-1].id})
    await rig.shows("Echo: Was heißt das?")
    assert rig.brain.requests[-1].text == "Was heißt das?"
    assert "[Zu „Echo: Hallo“] Was heißt das?" in [entry.text for entry in await rig.log()]


async def test_stop_is_understood_confirmed_and_taken_back(rig: Rig) -> None:
    await rig.phones.write(EVA, "Stopp.")
    await rig.shows("Von uns aus schreiben wir Ihnen hier nichts mehr")
    assert (await rig.contact()).stopped_at is not None
    await rig.phones.write(EVA, "start")
    await rig.shows("wieder von uns aus schreiben")
    assert (await rig.contact()).stopped_at is None
    assert rig.brain.requests == []
    await assert_sound(rig.services.store)


# --- who somebody is ---


async def test_a_user_id_and_a_number_that_meet_are_one_person(quiet_rig: Rig) -> None:
    rig = quiet_rig
    await posted(rig, post(message(provider_id="a"), contacts=None))
    await rig.applied()
    await posted(rig, post(message(provider_id="b"), contacts=[contact(user_id=BSUID)]))
    await rig.applied()
    await posted(rig, post(message(provider_id="c", sender=None, from_user_id=BSUID), contacts=None))
    await rig.applied()
    assert len(await rig.logs()) == 1
    assert len([entry for entry in await rig.log() if entry.author.kind is AuthorKind.CUSTOMER]) == 3


@pytest.mark.parametrize("notice_first", [True, False])
async def test_a_changed_number_stays_in_its_conversation(quiet_rig: Rig, notice_first: bool) -> None:
    rig = quiet_rig
    new = "4915199999999"
    await posted(rig, post(message(provider_id="a"), contacts=None))
    await rig.applied()
    notice = message("system", "b", system={"type": "user_changed_number", "wa_id": new, "body": "neue Nummer"})
    later = [post(notice, contacts=None), post(message(provider_id="c", sender=new), contacts=None)]
    for body in later if notice_first else reversed(later):
        await posted(rig, body)
        await rig.answered()
    await posted(rig, post(message(provider_id="d", sender=new), contacts=None))
    await rig.applied()
    first = (await rig.contact()).conversation_id
    assert (await rig.contact(new)).conversation_id == first
    texts = [entry.text for entry in (await rig.logs())[first] if entry.author.kind is AuthorKind.CUSTOMER]
    assert len(texts) == (4 if notice_first else 3)
    assert (await rig.contact(new)).number == new
    await assert_sound(rig.services.store)


async def test_a_number_that_changed_hands_leads_to_nobody_elses_conversation(quiet_rig: Rig) -> None:
    rig = quiet_rig
    await posted(rig, post(message(provider_id="a"), contacts=[contact(user_id=BSUID)]))
    await rig.applied()
    await posted(rig, post(message(provider_id="b"), contacts=[contact(user_id="DE.777")]))
    await rig.applied()
    assert len(await rig.logs()) == 2
    assert (await rig.contact(None, BSUID)).conversation_id != (await rig.contact(None, "DE.777")).conversation_id


def test_a_status_is_one_whatever_else_is_in_its_request() -> None:
    alone = items(post(statuses=[status("read")]))
    among = items(post(message(), statuses=[status("sent"), status("read")]))
    assert {item.key for item in alone} < {item.key for item in among}
