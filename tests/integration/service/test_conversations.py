"""The use cases over SQLite and PostgreSQL: one voice, nothing twice, nothing lost, always told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.conversation.handover import Reason
from bot.conversation.model import AuthorKind, Holder, utc_now
from bot.service.brain_protocol import Button, HandoverReason, KnownCustomer, Reply, TurnRequest, TurnResponse
from bot.service.delivery import Delivery, NotSent, Sent, Uncertain, begin_request
from bot.service.handover import wait_figure
from bot.service.outcomes import Refused
from bot.service.schedule import HOURS, OpeningHours
from bot.store import inbox, outbox
from bot.store.cases import cases
from bot.store.conversations import new_conversation
from bot.store.desk_settings import set_setting
from bot.store.log import overviews, read_conversation, stream_after, tenures
from bot.store.tables import conversation as conversation_table
from bot.store.tables import inbox as inbox_table
from bot.store.tables import outbox as outbox_table
from bot.store.tables import tenure as tenure_table
from bot.store.tables import trace as trace_table
from bot.store.tables import wait_promise
from bot.store.unit_of_work import Store, Unit
from bot.transparency import openings
from bot.transparency.format import REGION
from bot.transparency.wording import wording
from tests.integration.service.conftest import Desk
from tests.invariants import assert_sound


async def test_a_conversation_begins_with_the_bots_disclosure(desk: Desk) -> None:
    conversation_id = await desk.start()
    (first,) = await desk.log(conversation_id)
    assert first.seq == 1
    assert first.author.kind is AuthorKind.BOT
    assert "kein Mensch" in first.text
    assert any("Menschen" in button.title for button in first.buttons)
    await assert_sound(desk.store)


async def test_who_is_answered_in_another_language_is_first_told_in_it_what_answers_and_once(desk: Desk) -> None:
    async def answer(request: TurnRequest) -> TurnResponse:
        english = "please" in (request.text or "")
        return TurnResponse(replies=[Reply(text=f"Echo: {request.text}")], language="en" if english else "de")

    desk.brain.answer = answer
    conversation_id = await desk.start()
    for text in ("An invoice, please", "Eine Rechnung, bitte", "Another one, please"):
        await desk.say(conversation_id, text)
        await desk.work()
    log = await desk.log(conversation_id)
    assert [entry.text for entry in log[1:]] == [
        "An invoice, please",
        wording().say("disclosure_followed", "en"),
        "Echo: An invoice, please",
        "Eine Rechnung, bitte",
        "Echo: Eine Rechnung, bitte",
        "Another one, please",
        "Echo: Another one, please",
    ]
    followed = log[2]
    assert followed.author.name == wording().say("author_bot", "en")
    assert [button.title for button in followed.buttons] == [wording().say("button_human", "en")]
    await assert_sound(desk.store)


async def test_a_message_is_answered_once_and_the_same_client_id_is_one_message(desk: Desk) -> None:
    conversation_id = await desk.start()
    first = await desk.say(conversation_id, "Hallo", "same")
    again = await desk.say(conversation_id, "Hallo", "same")
    assert again.repeated
    assert again.message.id == first.message.id
    await desk.work()
    await desk.work()
    log = await desk.log(conversation_id)
    assert [entry.text for entry in log[1:]] == ["Hallo", "Echo: Hallo"]
    assert len(desk.brain.requests) == 1
    await assert_sound(desk.store)


async def test_the_same_client_id_from_two_tabs_at_once_is_one_message(desk: Desk) -> None:
    conversation_id = await desk.start()
    receipts = await asyncio.gather(*(desk.say(conversation_id, "Hallo", "same") for _ in range(8)))
    assert len({receipt.message.id for receipt in receipts}) == 1
    assert sum(not receipt.repeated for receipt in receipts) == 1


async def test_three_quick_messages_get_one_answer_to_all_three(desk: Desk) -> None:
    conversation_id = await desk.start()
    for text in ("Mein Internet", "geht seit gestern", "nicht mehr"):
        await desk.say(conversation_id, text)
    await desk.work()
    log = await desk.log(conversation_id)
    assert [entry.text for entry in log if entry.author.kind is AuthorKind.BOT][1:] == [
        "Echo: Mein Internet\ngeht seit gestern\nnicht mehr"
    ]
    await assert_sound(desk.store)


async def test_a_message_during_the_turn_makes_the_answer_invalid_and_is_answered_with_it(desk: Desk) -> None:
    conversation_id = await desk.start()
    await desk.say(conversation_id, "erste")

    async def answer(request: TurnRequest) -> TurnResponse:
        if len(desk.brain.requests) == 1:
            await desk.say(conversation_id, "zweite")
        return TurnResponse(replies=[Reply(text=f"Antwort auf {request.text!r}")])

    desk.brain.answer = answer
    await desk.work()
    log = await desk.log(conversation_id)
    assert [entry.text for entry in log[1:]] == ["erste", "zweite", "Antwort auf 'erste\\nzweite'"]
    # The second request continues from the same memory: the suppressed turn left no trace in it.
    assert [request.after_turn for request in desk.brain.requests] == [None, None]
    async with desk.store.read() as unit:
        outcomes = [row.outcome for row in await unit.connection.execute(sa.select(trace_table).order_by("at"))]
    assert outcomes == ["suppressed", "committed"]
    await assert_sound(desk.store)


async def test_a_takeover_during_the_turn_silences_the_bot(desk: Desk) -> None:
    conversation_id = await desk.start()
    await desk.say(conversation_id, "Hallo")

    async def answer(_request: TurnRequest) -> TurnResponse:
        await desk.conversations.claim(conversation_id, desk.anna, 1)
        return TurnResponse(replies=[Reply(text="zu spät")])

    desk.brain.answer = answer
    await desk.work()
    texts = [entry.text for entry in await desk.log(conversation_id)]
    assert "zu spät" not in texts
    assert "Anna Berger (Mensch)" in texts[-1]
    await assert_sound(desk.store)


async def test_the_epoch_alone_silences_the_bot_after_a_takeover(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A takeover settles what the bot was asked, so its lease is lost too; the epoch must do without that."""
    conversation_id = await desk.start()
    await desk.say(conversation_id, "Hallo")

    async def answer(_request: TurnRequest) -> TurnResponse:
        await desk.conversations.claim(conversation_id, desk.anna, 1)
        monkeypatch.setattr(inbox, "holds_lease", _held)
        return TurnResponse(replies=[Reply(text="zu spät")])

    async def _held(_unit: Unit, _lease: inbox.Lease) -> bool:
        return True

    desk.brain.answer = answer
    await desk.work()
    async with desk.store.read() as unit:
        outcomes = (await unit.connection.execute(sa.select(trace_table.c.outcome))).scalars().all()
    assert outcomes == ["suppressed"]
    assert "zu spät" not in [entry.text for entry in await desk.log(conversation_id)]
    await assert_sound(desk.store)


async def test_of_two_agents_who_claim_at_once_one_wins_and_the_other_is_told_who(desk: Desk) -> None:
    conversation_id = await desk.start()
    await desk.say(conversation_id, "Mensch bitte")
    await desk.work()
    epoch = await desk.epoch(conversation_id)
    results = await asyncio.gather(
        desk.conversations.claim(conversation_id, desk.anna, epoch),
        desk.conversations.claim(conversation_id, desk.ben, epoch),
        return_exceptions=True,
    )
    refused = [result for result in results if isinstance(result, Refused)]
    assert len(refused) == 1
    assert refused[0].code == "already_claimed"
    assert refused[0].values["agent"] in {"Anna Berger", "Ben Adler"}
    await assert_sound(desk.store)


async def test_handover_claim_reply_and_handback_and_all_of_it_a_second_time(desk: Desk) -> None:
    conversation_id = await desk.start()
    for round_number in (1, 2):
        await desk.say(conversation_id, "Ich will einen Menschen")
        await desk.work()
        async with desk.store.read() as unit:
            (waiting,) = await overviews(unit, [conversation_id])
        assert waiting.handover_reason is Reason.CUSTOMER_REQUEST
        await desk.conversations.claim(conversation_id, desk.anna, await desk.epoch(conversation_id))
        await desk.conversations.reply(conversation_id, desk.anna, "Guten Tag", client_id=f"a{round_number}")
        asked_before = len(desk.brain.requests)
        await desk.say(conversation_id, "Danke")
        await desk.work()
        assert len(desk.brain.requests) == asked_before
        await desk.conversations.hand_back(conversation_id, desk.anna, "Router getauscht")
    log = await desk.log(conversation_id)
    assert [entry.author.name for entry in log if entry.author.kind is AuthorKind.HUMAN] == ["Anna Berger"] * 2
    disclosures = [entry for entry in log if entry.author.kind is AuthorKind.BOT and "kein Mensch" in entry.text]
    assert len(disclosures) == 3
    async with desk.store.read() as unit:
        assert [tenure.holder.value for tenure in await tenures(unit, conversation_id)] == [
            "bot",
            *["queue", "agent", "bot"] * 2,
        ]
    await assert_sound(desk.store)


async def test_a_customers_account_number_is_masked_and_the_companys_own_is_not(desk: Desk) -> None:
    conversation_id = await desk.start()
    await desk.conversations.claim(conversation_id, desk.anna, 1)
    iban = "DE89 3704 0044 0532 0130 00"
    told = await desk.conversations.receive(conversation_id, f"Meine IBAN: {iban}", client_id="c1")
    assert told.message.text == "Meine IBAN: DE** **** 3000"
    answer = await desk.conversations.reply(conversation_id, desk.anna, f"Unser Konto: {iban}", client_id="a1")
    assert iban in answer.message.text
    await assert_sound(desk.store)


async def test_an_agent_who_does_not_hold_it_cannot_write(desk: Desk) -> None:
    conversation_id = await desk.start()
    await desk.conversations.claim(conversation_id, desk.anna, 1)
    with pytest.raises(Refused) as refused:
        await desk.conversations.reply(conversation_id, desk.ben, "Hallo", client_id="b1")
    assert (refused.value.code, refused.value.values["agent"]) == ("not_holder", "Anna Berger")
    sent = await desk.conversations.reply(conversation_id, desk.anna, "Hallo", client_id="a1")
    await desk.conversations.hand_back(conversation_id, desk.anna, None)
    # A retry of what was sent before is confirmed, also after the handback; something new is refused.
    again = await desk.conversations.reply(conversation_id, desk.anna, "Hallo", client_id="a1")
    assert (again.repeated, again.message.id) == (True, sent.message.id)
    with pytest.raises(Refused):
        await desk.conversations.reply(conversation_id, desk.anna, "noch etwas", client_id="a2")
    await assert_sound(desk.store)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("assistant_unavailable", "Der Bot kann im Moment nicht antworten"),
        ("system_unavailable", "Das Kundensystem ist im Moment nicht erreichbar"),
    ],
)
async def test_a_brain_that_fails_is_tried_again_and_then_a_person_takes_over_with_the_true_reason(
    desk: Desk, reason: HandoverReason, said: str
) -> None:
    conversation_id = await desk.start()
    desk.brain.status, desk.brain.reason = 500, reason
    await desk.say(conversation_id, "Hallo")
    deadline = utc_now() + timedelta(seconds=20)
    while (await desk.log(conversation_id))[-1].holder is Holder.BOT and utc_now() < deadline:
        await desk.work()
        await asyncio.sleep(0.05)
    assert len(desk.brain.requests) >= 2
    assert said in (await desk.log(conversation_id))[-1].text
    await assert_sound(desk.store)


@pytest.mark.parametrize("what", ["empty", "late"])
async def test_an_empty_or_late_answer_counts_as_a_failure(desk: Desk, what: str) -> None:
    conversation_id = await desk.start()

    async def answer(_request: TurnRequest) -> TurnResponse:
        if what == "late" and len(desk.brain.requests) == 1:
            await asyncio.sleep(1.3)
        return TurnResponse(replies=[] if what == "empty" and len(desk.brain.requests) == 1 else [Reply(text="da")])

    desk.brain.answer = answer
    await desk.say(conversation_id, "Hallo")
    for _ in range(40):
        await desk.work()
        await asyncio.sleep(0.05)
    async with desk.store.read() as unit:
        outcomes = [row.outcome for row in await unit.connection.execute(sa.select(trace_table).order_by("at"))]
    assert outcomes[0] == "failed"
    bot_texts = [entry.text for entry in (await desk.log(conversation_id)) if entry.author.kind is AuthorKind.BOT]
    assert bot_texts.count("da") <= 1
    await assert_sound(desk.store)


async def test_the_work_of_a_lease_that_ran_out_is_not_applied(desk: Desk) -> None:
    conversation_id = await desk.start()
    await desk.say(conversation_id, "Hallo")
    async with desk.store.write() as unit:
        (slow,) = await inbox.lease_due(unit, 1, timedelta(seconds=-1))
    async with desk.store.write() as unit:
        (fast,) = await inbox.lease_due(unit, 1, timedelta(seconds=30))
    await desk.turns.work(fast)
    await desk.turns.work(slow)
    assert [entry.text for entry in await desk.log(conversation_id)][1:] == ["Hallo", "Echo: Hallo"]
    await assert_sound(desk.store)


async def test_only_a_button_that_was_issued_here_becomes_a_payload(desk: Desk) -> None:
    conversation_id, other_id = await desk.start(), await desk.start()
    (disclosure,) = await desk.log(conversation_id)
    button = disclosure.buttons[0]
    for forged in ("made up", (await desk.log(other_id))[0].buttons[0].id):
        with pytest.raises(Refused, match="button"):
            await desk.conversations.receive(conversation_id, "x", client_id=f"f-{forged}", button_id=forged)
    await desk.conversations.receive(conversation_id, "anderer Text", client_id="good", button_id=button.id)
    await desk.say(other_id, "/restart")
    await desk.work()
    seen = {request.conversation_id: request for request in desk.brain.requests}
    assert seen[conversation_id].payload == "/report_fault"
    assert (seen[other_id].text, seen[other_id].payload) == ("/restart", None)
    # What the log shows is the button's title, whatever text came with it.
    assert (await desk.log(conversation_id))[1].text == button.title


async def test_the_button_for_a_person_works_without_the_brain(desk: Desk) -> None:
    welcome = await desk.conversations.start_widget("de")
    desk.brain.status = 500
    await desk.conversations.receive(welcome.conversation.id, "x", client_id="1", button_id=welcome.human_button_id)
    log = await desk.log(welcome.conversation.id)
    assert log[-1].holder is Holder.QUEUE
    assert not desk.brain.requests
    # Pressing it again while waiting says it to the team, and changes nothing.
    await desk.conversations.receive(welcome.conversation.id, "x", client_id="2", button_id=welcome.human_button_id)
    # And the customer may go back to the bot.
    cancel, *_ = log[-1].buttons
    await desk.conversations.receive(welcome.conversation.id, "x", client_id="3", button_id=cancel.id)
    assert (await desk.log(welcome.conversation.id))[-1].holder is Holder.BOT
    await assert_sound(desk.store)


async def test_a_queue_without_an_agent_becomes_a_case_with_number_team_and_due_time(desk: Desk) -> None:
    conversation_id = await desk.start()
    await desk.say(conversation_id, "Mensch")
    await desk.work()
    async with desk.store.write() as unit:
        await unit.connection.execute(
            sa.update(tenure_table).where(tenure_table.c.holder == "queue").values(deadline_at=utc_now())
        )
    await asyncio.gather(desk.deadlines.expire_due(), desk.deadlines.expire_due())
    async with desk.store.read() as unit:
        (case,) = await cases(unit, conversation_id)
    assert case.due_at > utc_now()
    notice, disclosure = (await desk.log(conversation_id))[-2:]
    assert case.number in notice.text
    assert notice.case == case.number
    assert "kein Mensch" in disclosure.text
    await assert_sound(desk.store)


async def test_an_agent_who_is_gone_loses_the_conversation_to_the_queue(desk: Desk) -> None:
    conversation_id = await desk.start()
    await desk.conversations.claim(conversation_id, desk.anna, 1)
    async with desk.store.write() as unit:
        await unit.connection.execute(
            sa.update(tenure_table).where(tenure_table.c.holder == "agent").values(deadline_at=utc_now())
        )
    await desk.presence.connected(desk.anna.id, "socket")
    assert await desk.deadlines.expire_due() == 0
    async with desk.store.write() as unit:
        await unit.connection.execute(
            sa.update(tenure_table).where(tenure_table.c.holder == "agent").values(deadline_at=utc_now())
        )
    assert await desk.deadlines.expire_due() == 1
    last = (await desk.log(conversation_id))[-1]
    assert last.holder is Holder.QUEUE
    assert "Anna Berger" in last.text
    await assert_sound(desk.store)


async def test_a_return_after_a_long_silence_is_a_new_session_that_is_disclosed_first(desk: Desk) -> None:
    conversation_id = await desk.start()
    await desk.say(conversation_id, "Hallo")
    await desk.work()
    async with desk.store.write() as unit:
        await unit.connection.execute(
            sa.update(conversation_table).values(last_inbound_at=utc_now() - timedelta(days=2))
        )
    await desk.say(conversation_id, "wieder da")
    await desk.work()
    log = await desk.log(conversation_id)
    assert "kein Mensch" in log[-3].text
    assert [entry.text for entry in log[-2:]] == ["wieder da", "Echo: wieder da"]
    assert [request.session for request in desk.brain.requests] == [1, 2]
    assert desk.brain.requests[-1].after_turn is None
    await assert_sound(desk.store)


async def test_memory_goes_on_from_the_last_committed_turn_and_starts_afresh_with_a_new_tenure(desk: Desk) -> None:
    conversation_id = await desk.start()
    first = await desk.say(conversation_id, "eins")
    await desk.work()
    await desk.say(conversation_id, "zwei")
    await desk.work()
    await desk.conversations.claim(conversation_id, desk.anna, 1)
    await desk.conversations.hand_back(conversation_id, desk.anna, None)
    await desk.say(conversation_id, "drei")
    await desk.work()
    assert [request.after_turn for request in desk.brain.requests] == [None, first.message.id, None]
    assert [request.epoch for request in desk.brain.requests] == [1, 1, 3]


async def test_buttons_sources_language_and_customer_of_an_answer_are_kept(desk: Desk) -> None:
    conversation_id = await desk.start()

    async def answer(_request: TurnRequest) -> TurnResponse:
        return TurnResponse(
            language="en",
            replies=[Reply(text="Here", buttons=[Button(title="A person", payload="/talk_to_human")])],
            customer=KnownCustomer(number="2048173", name="Erika Muster", level="proven"),
        )

    desk.brain.answer = answer
    await desk.say(conversation_id, "hello")
    await desk.work()
    async with desk.store.read() as unit:
        row = await read_conversation(unit, conversation_id)
    assert row is not None
    assert (row.locale, row.customer_number, row.customer_level) == ("en", "2048173", "proven")
    (button,) = (await desk.log(conversation_id))[-1].buttons
    await desk.conversations.receive(conversation_id, "x", client_id="p", button_id=button.id)
    log = await desk.log(conversation_id)
    assert log[-1].holder is Holder.QUEUE
    assert "talk to a person" in log[-1].text
    assert log[-2].author.name == "Erika Muster"


async def test_the_stream_has_every_entry_once_and_in_order(desk: Desk) -> None:
    ids = [await desk.start() for _ in range(5)]
    await asyncio.gather(*(desk.say(conversation_id, f"n{n}") for conversation_id in ids for n in range(3)))
    async with desk.store.read() as unit:
        changes = await stream_after(unit, 0)
    assert [position for position, _, _ in changes] == list(range(1, 5 * 4 + 1))
    for conversation_id in ids:
        assert [seq for _, one, seq in changes if one == conversation_id] == [1, 2, 3, 4]


async def test_a_failed_transaction_leaves_nothing_behind(desk: Desk) -> None:
    conversation_id = await desk.start()
    heard: list[object] = []
    desk.store.wakeup.subscribe(heard.append)
    with pytest.raises(RuntimeError):
        async with desk.store.write() as unit:
            opened = await desk.conversations.open(unit, conversation_id)
            await desk.conversations.handover.ask_for_person(opened, Reason.CUSTOMER_REQUEST)
            await opened.save()
            raise RuntimeError("dies before the commit")
    assert len(await desk.log(conversation_id)) == 1
    assert not heard
    async with desk.store.read() as unit:
        open_rows = await unit.connection.execute(sa.select(inbox_table).where(inbox_table.c.state == "open"))
        assert not open_rows.all()
    await assert_sound(desk.store)


async def test_a_wait_is_named_only_when_it_was_measured_and_what_was_named_is_kept_on_record(desk: Desk) -> None:
    for _ in range(20):
        conversation_id = await desk.start()
        await desk.say(conversation_id, "Mensch")
        await desk.work()
        assert "wissen wir gerade nicht" in (await desk.log(conversation_id))[-1].text
        await desk.conversations.claim(conversation_id, desk.anna, 2)
    desk.conversations.handover._measured_at = None
    outcomes = []
    for ending in ("claimed in time", "claimed late", "expired", "withdrawn"):
        conversation_id = await desk.start()
        await desk.say(conversation_id, "Mensch")
        await desk.work()
        notice = (await desk.log(conversation_id))[-1]
        assert "höchstens eine Minute gedauert (Stand " in notice.text
        if ending in {"claimed late", "expired"}:
            async with desk.store.write() as unit:
                await unit.connection.execute(
                    sa.update(wait_promise).values(promised_until=utc_now() - timedelta(seconds=1))
                )
        if ending == "expired":
            async with desk.store.write() as unit:
                await unit.connection.execute(
                    sa.update(tenure_table).where(tenure_table.c.holder == "queue").values(deadline_at=utc_now())
                )
            await desk.deadlines.expire_due()
        elif ending == "withdrawn":
            await desk.conversations.receive(conversation_id, "x", client_id="w", button_id=notice.buttons[0].id)
        else:
            await desk.conversations.claim(conversation_id, desk.anna, 2)
        async with desk.store.read() as unit:
            found = await unit.connection.execute(
                sa.select(wait_promise.c.outcome).where(wait_promise.c.conversation_id == conversation_id)
            )
            outcomes.append(found.scalar_one())
    assert outcomes == ["kept", "broken", "broken", "withdrawn"]


def test_a_wait_counts_those_who_got_nobody_as_longest() -> None:
    now = utc_now()
    assert wait_figure([10.0] * 19, now, now) is None
    assert wait_figure([10.0] * 15 + [None] * 5, now, now) is None
    figure = wait_figure([10.0] * 15 + [200.0] * 2 + [None] * 3, now, now)
    assert figure is not None
    assert (figure.seconds, figure.sample) == (240, 20)


async def test_outside_working_hours_with_nobody_there_a_request_is_a_case_at_once(desk: Desk) -> None:
    closed_now = (utc_now().astimezone(REGION).weekday() + 3) % 7
    hours = f"{('Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su')[closed_now]} 09:00-17:00"
    async with desk.store.write() as unit:
        await set_setting(unit, HOURS, OpeningHours(hours=hours, state="ST"), "test")
    conversation_id = await desk.start()
    await desk.say(conversation_id, "Mensch")
    await desk.work()
    notice, disclosure = (await desk.log(conversation_id))[-2:]
    async with desk.store.read() as unit:
        (case,) = await cases(unit, conversation_id)
    assert case.number in notice.text
    assert "Jetzt ist niemand da" in notice.text
    assert "kein Mensch" in disclosure.text
    await assert_sound(desk.store)
    # With an agent at the desk it is a person's after all.
    await desk.presence.connected(desk.anna.id, "socket")
    await desk.say(conversation_id, "Mensch")
    await desk.work()
    assert (await desk.log(conversation_id))[-1].holder is Holder.QUEUE


class ScriptedSender:
    """A channel that pushes, whose provider answers as the test says."""

    def __init__(self, *outcomes: str) -> None:
        self.outcomes = list(outcomes)
        self.sent: list[str] = []

    async def send(self, shipment: outbox.Shipment) -> Sent:
        """Answer with the next outcome; `sent` when there is none left."""
        outcome = self.outcomes.pop(0) if self.outcomes else "sent"
        if outcome == "uncertain":
            raise Uncertain("the line broke")
        if outcome in {"later", "never"}:
            raise NotSent(outcome, permanent=outcome == "never")
        self.sent.append(shipment.message.text)
        return Sent(provider_id=f"p-{shipment.message.id}")


async def _pushed(desk: Desk) -> str:
    async with desk.store.write() as unit:
        opened = new_conversation(
            unit,
            channel="push",
            address="4915112345678",
            locale="de",
            opening=openings.started(wording(), "de"),
            pushes=True,
        )
        await opened.save()
    return opened.row.id


async def _states(desk: Desk) -> list[str]:
    async with desk.store.read() as unit:
        found = await unit.connection.execute(sa.select(outbox_table.c.state).order_by(outbox_table.c.seq))
        return [row.state for row in found]


async def _all_due(desk: Desk) -> None:
    async with desk.store.write() as unit:
        await unit.connection.execute(sa.update(outbox_table).values(due_at=utc_now()))


async def test_deliveries_keep_their_order_and_are_tried_again(desk: Desk) -> None:
    conversation_id = await _pushed(desk)
    await desk.say(conversation_id, "Hallo")
    await desk.work()
    sender = ScriptedSender("later", "sent", "sent")
    delivery = Delivery(desk.store, {"push": sender})
    assert await delivery.send_due() == 1
    # The second message waits behind the first, which waits for its next try.
    assert await delivery.send_due() == 0
    await _all_due(desk)
    await delivery.send_due()
    await delivery.send_due()
    assert await _states(desk) == ["sent", "sent"]
    assert sender.sent[1] == "Echo: Hallo"


async def test_an_uncertain_message_is_not_repeated_before_the_providers_word(desk: Desk) -> None:
    conversation_id = await _pushed(desk)
    await desk.say(conversation_id, "Hallo")
    await desk.work()
    (first, _, second) = await desk.log(conversation_id)
    sender = ScriptedSender("uncertain")
    delivery = Delivery(desk.store, {"push": sender})
    await delivery.send_due()
    assert await delivery.send_due() == 0
    assert await _states(desk) == ["uncertain", "pending"]
    async with desk.store.write() as unit:
        assert await outbox.reconcile(unit, first.id, arrived=False, provider_id=None, error=None)
    async with desk.store.write() as unit:
        assert not await outbox.reconcile(unit, second.id, arrived=True, provider_id=None, error=None)
    await delivery.send_due()
    await delivery.send_due()
    assert sender.sent == [first.text, second.text]


async def test_without_the_providers_word_a_message_ends_dead_and_the_desk_is_told(desk: Desk) -> None:
    conversation_id = await _pushed(desk)
    delivery = Delivery(desk.store, {"push": ScriptedSender("uncertain")})
    await delivery.send_due()
    await _all_due(desk)
    await delivery.send_due()
    async with desk.store.read() as unit:
        (record,) = await outbox.deliveries(unit, conversation_id)
    assert (record.state, record.seq) == ("dead", 1)
    delivery = Delivery(desk.store, {"push": ScriptedSender("never")})
    await desk.say(conversation_id, "Hallo")
    await desk.work()
    await delivery.send_due()
    assert await _states(desk) == ["dead", "dead"]


async def test_a_claim_that_ran_out_leaves_the_message_uncertain_and_its_late_outcome_is_still_taken(
    desk: Desk,
) -> None:
    await _pushed(desk)
    async with desk.store.write() as unit:
        (shipment,) = await outbox.claim_due(unit, ["push"], 10, timedelta(seconds=-1))
        await begin_request(unit, shipment)
    async with desk.store.write() as unit:
        assert await outbox.claim_due(unit, ["push"], 10, timedelta(seconds=30)) == []
    assert await _states(desk) == ["uncertain"]
    async with desk.store.write() as unit:
        assert await outbox.settle(unit, shipment, "sent", provider_id="p1")
    assert await _states(desk) == ["sent"]


async def test_a_bot_message_that_waits_for_another_try_does_not_hold_up_the_person(desk: Desk) -> None:
    conversation_id = await _pushed(desk)
    sender = ScriptedSender("later")
    delivery = Delivery(desk.store, {"push": sender})
    await delivery.send_due()
    assert await _states(desk) == ["pending"]
    await desk.conversations.claim(conversation_id, desk.anna, 1)
    await delivery.send_due()
    assert await _states(desk) == ["cancelled", "sent"]


class SenderAfter:
    """A channel whose sender does something else between claim and request, such as an upload: here, `meanwhile`."""

    def __init__(self, store: Store, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self._store, self._meanwhile = store, meanwhile
        self.sent: list[str] = []

    async def send(self, shipment: outbox.Shipment) -> Sent:
        """As every sender: asks in the transaction that the request follows."""
        await self._meanwhile()
        async with self._store.write() as unit:
            await begin_request(unit, shipment)
        self.sent.append(shipment.message.text)
        return Sent(provider_id=f"p-{shipment.message.id}")


async def test_a_bot_message_claimed_but_not_begun_is_cancelled_by_a_takeover(desk: Desk) -> None:
    conversation_id = await _pushed(desk)
    sender = SenderAfter(desk.store, lambda: desk.conversations.claim(conversation_id, desk.anna, 1))
    delivery = Delivery(desk.store, {"push": sender})
    await delivery.send_due()
    assert sender.sent == []
    await delivery.send_due()
    assert await _states(desk) == ["cancelled", "sent"]
    assert "übernommen" in sender.sent[0]


async def test_a_claim_that_ran_out_before_the_request_began_leaves_no_doubt(desk: Desk) -> None:
    conversation_id = await _pushed(desk)
    quick = ScriptedSender()

    async def late() -> None:
        await _all_due(desk)
        assert await Delivery(desk.store, {"push": quick}).send_due() == 1

    slow = SenderAfter(desk.store, late)
    await Delivery(desk.store, {"push": slow}).send_due()
    assert slow.sent == []
    assert quick.sent == [(await desk.log(conversation_id))[0].text]
    assert await _states(desk) == ["sent"]


async def test_a_worker_that_died_before_its_request_began_leaves_no_doubt(desk: Desk) -> None:
    conversation_id = await _pushed(desk)
    async with desk.store.write() as unit:
        (shipment,) = await outbox.claim_due(unit, ["push"], 10, timedelta(seconds=-1))
    sender = ScriptedSender()
    assert await Delivery(desk.store, {"push": sender}).send_due() == 1
    assert sender.sent == [(await desk.log(conversation_id))[0].text]
    assert await _states(desk) == ["sent"]
    async with desk.store.write() as unit:
        with pytest.raises(NotSent, match="ran out"):
            await begin_request(unit, shipment)


async def test_a_worker_that_is_told_to_stop_ends_what_it_is_sending(desk: Desk) -> None:
    await _pushed(desk)
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        begun.set()
        await may_end.wait()

    sender = SenderAfter(desk.store, wait)
    working = asyncio.create_task(Delivery(desk.store, {"push": sender}).run())
    await begun.wait()
    working.cancel()
    # It has heard of it, and goes on.
    await asyncio.sleep(0)
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert len(sender.sent) == 1
    assert await _states(desk) == ["sent"]


async def test_a_bot_message_not_yet_sent_is_cancelled_by_a_takeover(desk: Desk) -> None:
    conversation_id = await _pushed(desk)
    await desk.conversations.claim(conversation_id, desk.anna, 1)
    sender = ScriptedSender()
    delivery = Delivery(desk.store, {"push": sender})
    await delivery.send_due()
    await delivery.send_due()
    assert await _states(desk) == ["cancelled", "sent"]
    assert len(sender.sent) == 1
    assert "übernommen" in sender.sent[0]
