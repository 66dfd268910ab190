"""Sending through the stand-in: limits, labels, windows, errors by class, nothing lost and nothing twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.conversation.handover import Reason
from bot.conversation.model import AuthorKind, Holder, utc_now
from bot.service.brain_protocol import Button, Reply, TurnRequest, TurnResponse
from bot.service.outcomes import Refused
from bot.service.templates import templates
from bot.settings import Settings
from bot.store.log import tenures
from bot.store.tables import outbox as outbox_table
from bot.store.whatsapp_parts import newest_states
from bot.store.whatsapp_tables import contact as contact_table
from bot.transparency.wording import wording
from connectors.whatsapp.standin import Troubles
from tests.fakes.brain import FakeBrain
from tests.integration.whatsapp.conftest import EVA, Rig, rig_of, until
from tests.invariants import assert_sound


async def _greeted(rig: Rig) -> str:
    """A conversation in which one question was answered; its id."""
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Echo: Hallo")
    await until(lambda: _all(rig, "sent"))
    return (await rig.contact()).conversation_id


async def _all(rig: Rig, *states: str) -> bool:
    return {row.state for row in await rig.outbox()} <= set(states)


async def _last_is(rig: Rig, state: str) -> bool:
    return (await rig.outbox())[-1].state == state


async def _hurry(rig: Rig) -> None:
    """Whatever waits is due now."""
    async with rig.services.store.write() as unit:
        await unit.connection.execute(
            sa.update(outbox_table).where(outbox_table.c.state == "pending").values(due_at=utc_now())
        )


async def test_three_replies_of_one_turn_are_one_message(rig: Rig) -> None:
    async def answer(_request: TurnRequest) -> TurnResponse:
        return TurnResponse(replies=[Reply(text="Eins."), Reply(text="Zwei."), Reply(text="Drei.")])

    rig.brain.answer = answer
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Drei.")
    assert rig.phones.shown(EVA)[-1].text == "Bot · Eins.\n\nZwei.\n\nDrei."
    await until(lambda: _all(rig, "sent"))
    assert [row.joined_to is not None for row in await rig.outbox()] == [False, False, True, True]
    await assert_sound(rig.services.store)


async def test_who_writes_in_another_language_is_told_in_it_once_that_a_bot_answers(rig: Rig) -> None:
    async def answer(request: TurnRequest) -> TurnResponse:
        english = "please" in (request.text or "")
        return TurnResponse(replies=[Reply(text=f"Echo: {request.text}")], language="en" if english else "de")

    rig.brain.answer = answer
    for text in ("Hallo", "My invoice, please", "Danke", "Another one, please"):
        await rig.phones.write(EVA, text)
        await rig.shows(f"Echo: {text}")
    followed = wording().say("disclosure_followed", "en")
    shown = [one.text for one in rig.phones.shown(EVA)]
    (place,) = [number for number, one in enumerate(shown) if followed in one]
    assert shown[place].startswith(f"Bot · {followed}")
    assert "Echo: My invoice, please" in "\n".join(shown[place : place + 2])
    await assert_sound(rig.services.store)


async def test_three_short_choices_are_buttons_and_more_a_list(rig: Rig) -> None:
    async def answer(request: TurnRequest) -> TurnResponse:
        count = int(request.text or "0")
        return TurnResponse(replies=[Reply(text="Wählen Sie.", buttons=_buttons(count))])

    rig.brain.answer = answer
    for count, kind in ((3, "button"), (4, "list"), (10, "list")):
        await rig.phones.write(EVA, str(count))
        await rig.shows("Wählen Sie.", count={3: 1, 4: 2, 10: 3}[count])
        shown = rig.phones.shown(EVA)[-1]
        assert shown.body["interactive"]["type"] == kind
        assert len(shown.choices) == count


def _buttons(count: int) -> list[Button]:
    return [Button(title=f"Auswahl {number}", payload=f"/choice{number}") for number in range(1, count + 1)]


async def test_too_many_choices_are_numbered_and_the_number_chooses(rig: Rig) -> None:
    async def answer(request: TurnRequest) -> TurnResponse:
        if request.payload:
            return TurnResponse(replies=[Reply(text=f"Gewählt: {request.payload}")])
        return TurnResponse(replies=[Reply(text="Wählen Sie.", buttons=_buttons(12))])

    rig.brain.answer = answer
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("12. Auswahl 12")
    await rig.phones.write(EVA, "11")
    await rig.shows("Gewählt: /choice11")


async def test_a_long_text_is_split_at_sentences_and_nothing_of_it_is_lost(rig: Rig) -> None:
    sentences = [f"Das ist der Satz mit der Nummer {number}." for number in range(300)]

    async def answer(_request: TurnRequest) -> TurnResponse:
        return TurnResponse(replies=[Reply(text=" ".join(sentences), buttons=_buttons(2))])

    rig.brain.answer = answer
    await rig.phones.write(EVA, "Hallo")
    await rig.shows("Nummer 299.")
    parts = rig.phones.shown(EVA)[1:]
    assert all(part.text.startswith("Bot · ") for part in parts)
    assert " ".join(part.text.removeprefix("Bot · ") for part in parts) == " ".join(sentences)
    assert [len(part.choices) for part in parts] == [0] * (len(parts) - 1) + [2]


async def test_a_person_is_named_as_one(rig: Rig) -> None:
    conversation_id = await _greeted(rig)
    agent = await rig.services.agents.add("anna", "Anna Berger", "agent", "ein-gutes-passwort")
    await rig.services.conversations.claim(conversation_id, agent, 1)
    await rig.services.conversations.reply(conversation_id, agent, "Guten Tag", client_id="1")
    await rig.shows("Anna Berger (Mensch) · Guten Tag")


async def test_the_customer_sees_that_the_bot_works_and_its_message_is_read(rig: Rig) -> None:
    with rig.brain.thinking():
        first = await rig.phones.write(EVA, "Hallo")

        async def typing_is_shown() -> bool:
            return rig.standin.read_marks == [(first, True)]

        await until(typing_is_shown)
    await rig.shows("Echo: Hallo")
    second = await rig.phones.write(EVA, "danke")
    await rig.shows("Echo: danke")
    await until(lambda: _all(rig, "sent"))
    assert rig.standin.read_marks == [(first, True), (second, False)]


async def test_receipts_reach_the_desk_and_never_go_back(rig: Rig) -> None:
    conversation_id = await _greeted(rig)
    await rig.phones.read(EVA)
    await rig.applied()
    for shown in rig.phones.shown(EVA):
        await rig.standin.tell(shown, "delivered", "sent", "failed")
    await rig.applied()
    async with rig.services.store.read() as unit:
        assert {part.state for part in await newest_states(unit, conversation_id)} == {"read"}
    assert await _all(rig, "sent")


async def test_an_answer_that_got_lost_is_settled_by_its_status_and_sent_once(rig: Rig) -> None:
    await _greeted(rig)
    rig.standin.let_go_wrong(Troubles(answer_lost=1.0, patience=0.1))
    await rig.phones.write(EVA, "zwei")
    await rig.shows("Echo: zwei")
    await until(lambda: _all(rig, "sent"))
    rig.standin.let_go_wrong(Troubles())
    await rig.phones.write(EVA, "drei")
    await rig.shows("Echo: drei")
    assert sum("zwei" in shown.text for shown in rig.phones.shown(EVA)) == 1


async def test_what_the_provider_throttles_waits_in_order_and_does_not_count_as_a_try(rig: Rig) -> None:
    await _greeted(rig)
    rig.standin.troubles.next_codes.extend([130429] * 2)
    await rig.phones.write(EVA, "zwei")
    await rig.applied()

    async def waits() -> bool:
        row = (await rig.outbox())[-1]
        return row.state == "pending" and str(row.error).startswith("number_limit")

    await until(waits)
    assert (await rig.outbox())[-1].attempts == 0


async def test_an_expired_token_loses_nothing(rig: Rig) -> None:
    await _greeted(rig)
    rig.standin.troubles.token_expired = True
    await rig.phones.write(EVA, "zwei")

    async def waits() -> bool:
        row = (await rig.outbox())[-1]
        return row.state == "pending" and str(row.error).startswith("token: 190")

    await until(waits)
    assert (await rig.outbox())[-1].attempts == 0
    rig.standin.troubles.token_expired = False
    await _free(rig)
    await rig.shows("Echo: zwei")


async def _free(rig: Rig) -> None:
    """The pause is over."""
    from bot.store.whatsapp_tables import rate

    async with rig.services.store.write() as unit:
        await unit.connection.execute(sa.delete(rate))
    await _hurry(rig)


async def test_after_24_hours_an_answer_becomes_a_persons_and_the_desk_offers_a_template(rig: Rig) -> None:
    conversation_id = await _greeted(rig)
    with rig.brain.thinking():
        await rig.phones.write(EVA, "noch da?")
        await rig.applied()
        async with rig.services.store.write() as unit:
            await unit.connection.execute(sa.update(contact_table).values(window_until=unit.now - timedelta(minutes=1)))

    async def handed_over() -> bool:
        async with rig.services.store.read() as unit:
            return (await tenures(unit, conversation_id))[-1].reason is Reason.UNDELIVERABLE

    await until(handed_over)
    agent = await rig.services.agents.add("anna", "Anna Berger", "agent", "ein-gutes-passwort")
    await rig.services.conversations.claim(conversation_id, agent, 2)
    await rig.services.conversations.reply(conversation_id, agent, "Guten Tag", client_id="1")
    await until(lambda: _last_is(rig, "dead"))
    assert str((await rig.outbox())[-1].error).startswith("window")
    template = templates()["request_update"]
    await rig.services.conversations.reply_with_template(conversation_id, agent, template, "Störung", client_id="2")
    await until(lambda: _last_is(rig, "sent"))
    sent = rig.phones.shown(EVA)[-1]
    assert sent.body["template"]["components"][0]["parameters"][0]["text"] == "Anna Berger (Mensch)"
    await assert_sound(rig.services.store)


async def test_whoever_said_stop_is_not_written_to_first(rig: Rig) -> None:
    conversation_id = await _greeted(rig)
    await rig.phones.write(EVA, "Stopp")
    await rig.shows("Von uns aus")
    agent = await rig.services.agents.add("anna", "Anna Berger", "agent", "ein-gutes-passwort")
    await rig.services.conversations.claim(conversation_id, agent, 1)
    with pytest.raises(Refused, match="stopped"):
        await rig.services.conversations.reply_with_template(
            conversation_id, agent, templates()["request_update"], "Störung", client_id="1"
        )


async def test_a_message_that_fails_afterwards_brings_a_person(rig: Rig) -> None:
    conversation_id = await _greeted(rig)
    await rig.phones.write(EVA, "zwei")
    rig.standin.let_go_wrong(Troubles(next_codes=rig.standin.troubles.next_codes))
    rig.standin.troubles.next_codes.append(131026)

    async def handed_over() -> bool:
        async with rig.services.store.read() as unit:
            return (await tenures(unit, conversation_id))[-1].reason is Reason.UNDELIVERABLE

    await until(handed_over)
    log = await rig.log()
    assert log[-1].holder is Holder.QUEUE
    assert log[-1].author.kind is AuthorKind.SYSTEM
    await assert_sound(rig.services.store)


async def test_many_nodes_together_stay_below_the_limit_of_the_number(settings: Settings, brain: FakeBrain) -> None:
    async with rig_of(replace(settings, whatsapp_rate=5.0), brain, edges=2) as rig:
        rig.standin.troubles.number_per_second = 10
        numbers = [f"49151{number:08d}" for number in range(12)]
        await asyncio.gather(*(rig.phones.write(number, "Hallo") for number in numbers))
        for number in numbers:
            await rig.shows("Echo", number)
        await until(lambda: _all(rig, "sent"))
        assert all(row.attempts == 1 for row in await rig.outbox())
        times = sorted(shown.at for shown in rig.standin.accepted)
        # 24 messages at five a second, after five at once.
        assert times[-1] - times[0] > 3.0


async def test_without_a_token_everything_waits(settings: Settings, brain: FakeBrain) -> None:
    async with rig_of(replace(settings, whatsapp_access_token=None), brain) as rig:
        await rig.phones.write(EVA, "Hallo")

        async def waits() -> bool:
            rows = await rig.outbox()
            return bool(rows) and str(rows[0].error).startswith("token: no code")

        await until(waits)
        assert {row.state for row in await rig.outbox()} == {"pending"}
