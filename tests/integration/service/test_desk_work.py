"""The desk's work over SQLite and PostgreSQL: replies that can be withdrawn, passing on, notes, giving, closing."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.conversation.handover import Reason
from bot.conversation.limits import TextRefused
from bot.conversation.model import AuthorKind, EventKind, Holder
from bot.conversation.roles import Role
from bot.service.brain_protocol import Handover, Reading, TurnRequest, TurnResponse
from bot.service.case_work import CaseChange, CaseWork
from bot.service.desk_jobs import DeskJobs
from bot.service.desk_work import DeskWork
from bot.service.outcomes import Refused
from bot.store import held, notes, teams
from bot.store.cases import case_list, cases
from bot.store.desk_tables import held_reply, team_member
from bot.store.log import current_tenure, read_conversation
from bot.store.ratings import ratings
from bot.store.tables import agent as agent_table
from bot.store.tables import outbox as outbox_table
from bot.store.tables import tenure as tenure_table
from bot.store.teams import Team
from bot.store.tokens import Agent
from bot.transparency.wording import wording
from tests.integration.service.conftest import Desk
from tests.invariants import assert_sound


@pytest.fixture
def work(desk: Desk) -> DeskWork:
    return DeskWork(desk.store, desk.conversations, wording(), desk.settings)


@pytest.fixture
def case_work(desk: Desk) -> CaseWork:
    return CaseWork(desk.store, desk.conversations, wording())


async def held_by(desk: Desk, agent: Agent) -> str:
    """A conversation that the agent has taken over."""
    conversation_id = await desk.start()
    await desk.say(conversation_id, "Hallo")
    await desk.conversations.claim(conversation_id, agent, await desk.epoch(conversation_id))
    return conversation_id


async def waiting_conversation(desk: Desk) -> str:
    """A conversation that waits for a person."""
    conversation_id = await held_by(desk, desk.anna)
    async with desk.store.write() as unit:
        opened = await desk.conversations.open(unit, conversation_id)
        await desk.conversations.handover.pass_to_team(opened, desk.anna.name)
        await opened.save()
    return conversation_id


async def holder(desk: Desk, conversation_id: str) -> Holder:
    async with desk.store.read() as unit:
        row = await read_conversation(unit, conversation_id)
    assert row is not None
    return row.holder


async def texts(desk: Desk, conversation_id: str) -> list[str]:
    return [entry.text for entry in await desk.log(conversation_id)]


async def arrive(desk: Desk, *agents: Agent) -> None:
    """Their desks are connected, and they did something there."""
    for agent in agents:
        await desk.presence.connected(agent.id, f"socket of {agent.login}")
        await desk.presence.active(agent.id)


async def make_due(desk: Desk) -> None:
    async with desk.store.write() as unit:
        await unit.connection.execute(sa.update(held_reply).values(due_at=unit.now - timedelta(seconds=1)))


async def lapse(desk: Desk) -> None:
    """The deadline of whoever holds something now is over."""
    async with desk.store.write() as unit:
        await unit.connection.execute(
            sa.update(tenure_table)
            .where(tenure_table.c.ended_at.is_(None))
            .values(deadline_at=unit.now - timedelta(seconds=1))
        )


# --- replies held back -----------------------------------------------------------------------


async def test_a_reply_is_committed_at_once_and_goes_out_when_it_is_due_and_once(desk: Desk, work: DeskWork) -> None:
    conversation_id = await held_by(desk, desk.anna)
    first = await work.hold(conversation_id, desk.anna, "Guten Tag", client_id="a1")
    again = await work.hold(conversation_id, desk.anna, "Guten Tag", client_id="a1")
    assert first.held is not None
    assert again.held == first.held
    assert first.held.due_at - first.held.created_at == timedelta(seconds=desk.settings.undo_seconds)
    jobs = DeskJobs(desk.store, work)
    await jobs.step()
    assert "Guten Tag" not in await texts(desk, conversation_id)
    await make_due(desk)
    await asyncio.gather(jobs.step(), DeskJobs(desk.store, work).step())
    assert (await texts(desk, conversation_id)).count("Guten Tag") == 1
    repeated = await work.hold(conversation_id, desk.anna, "Guten Tag", client_id="a1")
    assert repeated.message is not None
    assert (await texts(desk, conversation_id)).count("Guten Tag") == 1
    await assert_sound(desk.store)


async def test_a_withdrawn_reply_reaches_nobody_and_cannot_come_back_under_its_id(desk: Desk, work: DeskWork) -> None:
    conversation_id = await held_by(desk, desk.anna)
    kept = (await work.hold(conversation_id, desk.anna, "Falscher Kunde", client_id="a1")).held
    assert kept is not None
    with pytest.raises(Refused, match="unknown_reply"):
        await work.withdraw(conversation_id, desk.ben, kept.id)
    await work.withdraw(conversation_id, desk.anna, kept.id)
    await make_due(desk)
    await DeskJobs(desk.store, work).step()
    assert "Falscher Kunde" not in await texts(desk, conversation_id)
    for attempt in (
        work.hold(conversation_id, desk.anna, "Falscher Kunde", client_id="a1"),
        work.send_now(conversation_id, desk.anna, kept.id),
    ):
        with pytest.raises(Refused, match="withdrawn"):
            await attempt


async def test_what_was_sent_cannot_be_withdrawn_and_says_so(desk: Desk, work: DeskWork) -> None:
    conversation_id = await held_by(desk, desk.anna)
    kept = (await work.hold(conversation_id, desk.anna, "Guten Tag", client_id="a1")).held
    assert kept is not None
    await work.send_now(conversation_id, desk.anna, kept.id)
    await work.send_now(conversation_id, desk.anna, kept.id)
    with pytest.raises(Refused, match="already_sent"):
        await work.withdraw(conversation_id, desk.anna, kept.id)
    assert (await texts(desk, conversation_id)).count("Guten Tag") == 1


async def test_held_replies_go_out_in_order_before_anything_else_that_the_holder_does(
    desk: Desk, work: DeskWork
) -> None:
    conversation_id = await held_by(desk, desk.anna)
    for number in (1, 2):
        await work.hold(conversation_id, desk.anna, f"Nummer {number}", client_id=f"a{number}")
    await desk.conversations.reply(conversation_id, desk.anna, "Nummer 3", client_id="a3")
    await work.hold(conversation_id, desk.anna, "Nummer 4", client_id="a4")
    await desk.conversations.hand_back(conversation_id, desk.anna, None)
    said = [text for text in await texts(desk, conversation_id) if text.startswith("Nummer")]
    assert said == ["Nummer 1", "Nummer 2", "Nummer 3", "Nummer 4"]
    await assert_sound(desk.store)


async def test_a_reply_whose_writer_lost_the_conversation_is_not_sent_and_not_lost(desk: Desk, work: DeskWork) -> None:
    conversation_id = await held_by(desk, desk.anna)
    kept = (await work.hold(conversation_id, desk.anna, "Gleich weiter", client_id="a1")).held
    assert kept is not None
    await lapse(desk)
    await desk.deadlines.expire_due()
    await make_due(desk)
    await DeskJobs(desk.store, work).step()
    assert "Gleich weiter" not in await texts(desk, conversation_id)
    async with desk.store.read() as unit:
        (shown,) = await held.undecided(unit, conversation_id)
    assert (shown.state, shown.text) == ("refused", "Gleich weiter")
    await work.withdraw(conversation_id, desk.anna, kept.id)
    async with desk.store.read() as unit:
        assert await held.undecided(unit, conversation_id) == []
    await assert_sound(desk.store)


async def test_nobody_can_write_into_what_was_handed_back_or_closed(desk: Desk, work: DeskWork) -> None:
    conversation_id = await held_by(desk, desk.anna)
    await work.close(conversation_id, desk.anna, "solved", None)
    with pytest.raises(Refused, match="not_holder"):
        await work.hold(conversation_id, desk.anna, "Noch etwas", client_id="a1")
    with pytest.raises(Refused, match="not_holder"):
        await desk.conversations.reply(conversation_id, desk.anna, "Noch etwas", client_id="a2")
    with pytest.raises(TextRefused):
        await work.hold(conversation_id, desk.anna, "\u200b", client_id="a3")


# --- notes -----------------------------------------------------------------------------------


async def test_a_note_is_no_message_and_the_database_lets_no_channel_have_it(desk: Desk, work: DeskWork) -> None:
    conversation_id = await held_by(desk, desk.anna)
    before = await texts(desk, conversation_id)
    note = await work.note(conversation_id, desk.ben, "Vorsicht, schon gemahnt", client_id="n1")
    again = await work.note(conversation_id, desk.ben, "Vorsicht, schon gemahnt", client_id="n1")
    assert note == again
    assert note.after_seq == len(before)
    assert await texts(desk, conversation_id) == before
    with pytest.raises(IntegrityError):
        async with desk.store.write() as unit:
            await unit.connection.execute(
                sa.insert(outbox_table).values(
                    message_id=note.id,
                    conversation_id=conversation_id,
                    seq=1,
                    epoch=1,
                    channel="push",
                    state="pending",
                    due_at=unit.now,
                    updated_at=unit.now,
                )
            )
    await assert_sound(desk.store)


# --- passing on ------------------------------------------------------------------------------


async def other_team(desk: Desk, topics: list[str] | None = None) -> None:
    """A second team, in which only Ben is."""
    async with desk.store.write() as unit:
        await teams.put_team(
            unit,
            Team(id="technik", name_de="Technik", name_en="technical team", topics=topics or [], assignment="manual"),
        )
        await teams.set_members(unit, "technik", [desk.ben.id])


async def test_a_transfer_to_a_team_is_one_notice_a_note_and_hidden_from_other_teams(
    desk: Desk, work: DeskWork
) -> None:
    await other_team(desk)
    conversation_id = await held_by(desk, desk.anna)
    await desk.conversations.reply(conversation_id, desk.anna, "Einen Moment", client_id="a0")
    with pytest.raises(Refused, match="unknown_team"):
        await work.transfer(conversation_id, desk.anna, "nirgends", None)
    before = len(await texts(desk, conversation_id))
    await work.transfer(conversation_id, desk.anna, "technik", "Leitung ist geprüft")
    (notice,) = (await desk.log(conversation_id))[before:]
    assert notice.kind is EventKind.NOTICE
    assert "Anna Berger hat Ihre Anfrage weitergegeben" in notice.text
    assert "geprüft" not in notice.text
    async with desk.store.read() as unit:
        assert [note.text for note in await notes.notes(unit, conversation_id)] == ["Leitung ist geprüft"]
        assert not await teams.sees(unit, desk.anna, conversation_id)
        assert await teams.sees(unit, desk.ben, conversation_id)
        boss = Agent(id="x", login="x", name="x", role=Role.SUPERVISOR)
        assert await teams.sees(unit, boss, conversation_id)
    with pytest.raises(Refused, match="other_team") as refused:
        await desk.conversations.claim(conversation_id, desk.anna, await desk.epoch(conversation_id))
    assert refused.value.values["team_de"] == "Technik"
    with pytest.raises(Refused, match="other_team"):
        await work.note(conversation_id, desk.anna, "Hallo", client_id="n")
    await work.invite(conversation_id, desk.ben, desk.anna.id, "Schau bitte mit")
    await work.note(conversation_id, desk.anna, "Gern", client_id="n2")
    await work.leave(conversation_id, desk.anna)
    async with desk.store.read() as unit:
        assert not await teams.sees(unit, desk.anna, conversation_id)
    await assert_sound(desk.store)


async def test_a_colleague_gets_it_only_when_there_and_it_is_said_once(desk: Desk, work: DeskWork) -> None:
    conversation_id = await held_by(desk, desk.anna)
    for state in ("offline", "away"):
        if state == "away":
            await arrive(desk, desk.ben)
            await desk.presence.set_available(desk.ben.id, False)
        with pytest.raises(Refused, match="colleague_away") as refused:
            await work.pass_on(conversation_id, desk.anna, desk.ben.id, None)
        assert refused.value.values["agent"] == desk.ben.name
    await desk.presence.set_available(desk.ben.id, True)
    await work.pass_on(conversation_id, desk.anna, desk.ben.id, "Bitte übernehmen")
    notice = (await desk.log(conversation_id))[-1]
    assert "Anna Berger hat Ihr Gespräch an Ben Adler (Mensch) weitergegeben" in notice.text
    await desk.conversations.reply(conversation_id, desk.ben, "Guten Tag", client_id="b1")
    with pytest.raises(Refused, match="not_holder"):
        await desk.conversations.reply(conversation_id, desk.anna, "Noch ich", client_id="a1")
    await assert_sound(desk.store)


async def test_who_never_looks_at_what_they_were_given_loses_it_and_the_customer_is_told_the_truth(
    desk: Desk, work: DeskWork
) -> None:
    conversation_id = await held_by(desk, desk.anna)
    await arrive(desk, desk.ben)
    await work.pass_on(conversation_id, desk.anna, desk.ben.id, None)
    await lapse(desk)
    # A desk that is merely connected does not make it seen.
    await desk.presence.connected(desk.ben.id, "socket of ben")
    await desk.deadlines.expire_due()
    assert "Ben Adler konnte Ihre Anfrage nicht übernehmen" in (await desk.log(conversation_id))[-1].text
    assert await holder(desk, conversation_id) is Holder.QUEUE
    await assert_sound(desk.store)


async def test_who_looks_keeps_it_for_as_long_as_the_desk_is_connected(desk: Desk, work: DeskWork) -> None:
    conversation_id = await held_by(desk, desk.anna)
    await arrive(desk, desk.ben)
    await work.pass_on(conversation_id, desk.anna, desk.ben.id, None)
    await work.looked(conversation_id, desk.ben)
    await lapse(desk)
    await desk.presence.connected(desk.ben.id, "socket of ben")
    await desk.deadlines.expire_due()
    assert await holder(desk, conversation_id) is Holder.AGENT


# --- giving ----------------------------------------------------------------------------------


async def given_to(desk: Desk, conversation_id: str) -> str | None:
    async with desk.store.read() as unit:
        tenure = await current_tenure(unit, conversation_id)
    return tenure.agent_name if tenure.reason is Reason.ASSIGNED else None


async def set_rule(desk: Desk, assignment: str) -> None:
    async with desk.store.write() as unit:
        service = await teams.team(unit, "service")
        assert service is not None
        await teams.put_team(unit, msgspec.structs.replace(service, assignment=assignment))


async def test_round_robin_gives_in_turn_and_only_to_who_is_connected_available_and_active(
    desk: Desk, work: DeskWork
) -> None:
    await set_rule(desk, "round_robin")
    jobs = DeskJobs(desk.store, work)
    first = await waiting_conversation(desk)
    await jobs.step()
    assert await given_to(desk, first) is None, "nobody is connected"
    await arrive(desk, desk.anna)
    await desk.presence.set_available(desk.anna.id, False)
    await jobs.step()
    assert await given_to(desk, first) is None, "away"
    await desk.presence.set_available(desk.anna.id, True)
    async with desk.store.write() as unit:
        await unit.connection.execute(sa.update(agent_table).values(active_at=unit.now - timedelta(hours=1)))
    await jobs.step()
    assert await given_to(desk, first) is None, "did nothing for long"
    await desk.presence.active(desk.anna.id)
    await desk.presence.gone("socket of anna")
    await jobs.step()
    assert await given_to(desk, first) is None, "the line is closed"
    await arrive(desk, desk.anna, desk.ben)
    await jobs.step()
    second, third = await waiting_conversation(desk), await waiting_conversation(desk)
    await jobs.step()
    given = [await given_to(desk, one) for one in (first, second, third)]
    assert given in (["Anna Berger", "Ben Adler", "Anna Berger"], ["Ben Adler", "Anna Berger", "Ben Adler"])
    assert "zugeteilt" in (await desk.log(first))[-1].text
    await assert_sound(desk.store)


async def test_nobody_is_given_more_than_their_capacity_by_two_nodes_at_once(desk: Desk, work: DeskWork) -> None:
    await set_rule(desk, "least_busy")
    await arrive(desk, desk.anna)
    async with desk.store.write() as unit:
        await unit.connection.execute(sa.update(agent_table).values(capacity=2))
    waiting = [await waiting_conversation(desk) for _ in range(5)]
    await asyncio.gather(*(DeskJobs(desk.store, work).step() for _ in range(3)))
    given = [await given_to(desk, one) for one in waiting]
    assert given.count("Anna Berger") == 2
    assert given.count(None) == 3
    await assert_sound(desk.store)


async def test_the_least_busy_gets_the_next_one(desk: Desk, work: DeskWork) -> None:
    await set_rule(desk, "least_busy")
    for _ in range(2):
        await held_by(desk, desk.anna)
    await held_by(desk, desk.ben)
    await arrive(desk, desk.anna, desk.ben)
    one = await waiting_conversation(desk)
    await DeskJobs(desk.store, work).step()
    assert await given_to(desk, one) == "Ben Adler"


async def test_colleagues_are_shown_as_they_are(desk: Desk) -> None:
    await held_by(desk, desk.anna)
    await arrive(desk, desk.anna)
    async with desk.store.read() as unit:
        anna, ben = await teams.colleagues(unit)
    assert (anna.name, anna.state, anna.load, anna.teams) == ("Anna Berger", "available", 1, ["service"])
    assert ben.state == "offline"


async def test_who_has_just_logged_in_is_available_before_the_first_key(desk: Desk) -> None:
    await desk.agents.log_in("anna", "geheim")
    await desk.presence.connected(desk.anna.id, "socket of anna")
    async with desk.store.read() as unit:
        anna, _ = await teams.colleagues(unit)
    assert anna.state == "available"


# --- the end ---------------------------------------------------------------------------------


async def test_closed_with_a_reason_opened_again_by_the_customer_or_by_an_agent(desk: Desk, work: DeskWork) -> None:
    conversation_id = await held_by(desk, desk.anna)
    await work.close(conversation_id, desk.anna, "no_answer", "Dreimal gefragt")
    async with desk.store.read() as unit:
        tenure = await current_tenure(unit, conversation_id)
    assert (tenure.holder, tenure.reason, tenure.detail) == (Holder.CLOSED, Reason.CLOSED_BY_AGENT, "no_answer")
    await desk.conversations.claim(conversation_id, desk.ben, await desk.epoch(conversation_id))
    assert "Ben Adler (Mensch) hat das Gespräch wieder aufgenommen" in (await desk.log(conversation_id))[-1].text
    await work.close(conversation_id, desk.ben, "duplicate", None)
    await desk.say(conversation_id, "Noch eine Frage")
    assert await holder(desk, conversation_id) is Holder.BOT
    await assert_sound(desk.store)


async def test_a_case_by_an_agent_has_number_team_owner_and_a_due_time_that_the_customer_is_told(
    desk: Desk, work: DeskWork, case_work: CaseWork
) -> None:
    await other_team(desk)
    conversation_id = await held_by(desk, desk.anna)
    case = await case_work.make(
        conversation_id, desk.anna, "Leitung messen", team_id="technik", due_in=8, note="Nur werktags"
    )
    told = (await desk.log(conversation_id))[-1]
    assert (told.case, told.author.kind) == (case.number, AuthorKind.SYSTEM)
    assert case.number in told.text
    assert "Technik" in told.text
    assert (case.owner_name, case.title, case.status) == ("Anna Berger", "Leitung messen", "open")
    with pytest.raises(Refused, match="case_exists"):
        await case_work.make(conversation_id, desk.anna, "Noch einmal", team_id="technik", due_in=8, note=None)
    moved = await case_work.change(
        case.number, desk.ben, CaseChange(owner=desk.ben.id, due_in=100, status="in_progress")
    )
    assert (moved.owner_name, moved.status) == ("Ben Adler", "in_progress")
    assert moved.due_at > case.due_at
    assert "neuer Termin" in (await desk.log(conversation_id))[-1].text
    await case_work.change(case.number, desk.ben, CaseChange(status="solved", note="Gemessen und gut"))
    assert "erledigt" in (await desk.log(conversation_id))[-1].text
    assert not any("Gemessen" in text for text in await texts(desk, conversation_id))
    async with desk.store.read() as unit:
        (stored,) = await cases(unit, conversation_id)
        assert stored.solved_at is not None
        assert await case_list(unit, desk.ben.id, frozenset({"technik"}), solved=False) == []
        assert [one.number for one in await case_list(unit, desk.ben.id, None, solved=True)] == [case.number]
    with pytest.raises(Refused, match="unknown_case"):
        await case_work.change("KT-00-000000", desk.ben, CaseChange())
    with pytest.raises(Refused, match="unknown_agent"):
        await case_work.change(case.number, desk.ben, CaseChange(owner="niemand"))
    await assert_sound(desk.store)


# --- ratings ---------------------------------------------------------------------------------


async def press(desk: Desk, conversation_id: str, title: str) -> None:
    """The customer presses the newest button with this title."""
    buttons = [button for entry in await desk.log(conversation_id) for button in entry.buttons if button.title == title]
    await desk.conversations.receive(
        conversation_id, title, client_id=f"press {buttons[-1].id}", button_id=buttons[-1].id
    )


async def asked(desk: Desk, conversation_id: str) -> int:
    return sum("Wie gut hat" in text for text in await texts(desk, conversation_id))


async def test_the_customer_is_asked_once_and_the_answer_calls_nobody(desk: Desk, work: DeskWork) -> None:
    conversation_id = await held_by(desk, desk.anna)
    await work.hold(conversation_id, desk.anna, "Das ist erledigt", client_id="a1")
    await work.close(conversation_id, desk.anna, "solved", None)
    assert await asked(desk, conversation_id) == 1
    await press(desk, conversation_id, "4 von 5, gut")
    await press(desk, conversation_id, "Einen Satz dazu")
    await desk.say(conversation_id, "Schnell und freundlich")
    assert await holder(desk, conversation_id) is Holder.CLOSED, "a rating opens nothing"
    async with desk.store.read() as unit:
        (rated,) = await ratings(unit, conversation_id)
    assert (rated.stars, rated.sentence, rated.agent_name) == (4, "Schnell und freundlich", "Anna Berger")
    await desk.work()
    assert desk.brain.requests == []
    await desk.say(conversation_id, "Jetzt eine neue Frage")
    assert await holder(desk, conversation_id) is Holder.BOT
    await desk.conversations.claim(conversation_id, desk.ben, await desk.epoch(conversation_id))
    await desk.conversations.reply(conversation_id, desk.ben, "Gern", client_id="b1")
    await desk.conversations.hand_back(conversation_id, desk.ben, None)
    assert await asked(desk, conversation_id) == 1, "not again so soon"
    await assert_sound(desk.store)


async def test_who_had_no_time_to_answer_because_a_person_came_back_is_asked_about_that_one(desk: Desk) -> None:
    async def help_by(agent: Agent, words: str) -> None:
        await desk.conversations.claim(conversation_id, agent, await desk.epoch(conversation_id))
        await desk.conversations.reply(conversation_id, agent, words, client_id=words)
        await desk.conversations.hand_back(conversation_id, agent, None)

    conversation_id = await desk.start()
    await desk.say(conversation_id, "Mein Internet ist langsam")
    await help_by(desk.anna, "Das war der Router")
    await help_by(desk.ben, "Und noch etwas")
    assert await asked(desk, conversation_id) == 2
    # Whoever says something instead of answering has had the time.
    await desk.say(conversation_id, "Danke")
    await help_by(desk.anna, "Gern")
    assert await asked(desk, conversation_id) == 2
    await press(desk, conversation_id, "4 von 5, gut")
    async with desk.store.read() as unit:
        found = await ratings(unit, conversation_id)
    assert [(one.agent_name, one.stars) for one in found] == [("Anna Berger", None), ("Ben Adler", 4)]
    await assert_sound(desk.store)


async def test_who_answered_is_not_asked_again_although_a_person_came_back(desk: Desk) -> None:
    conversation_id = await held_by(desk, desk.anna)
    await desk.conversations.reply(conversation_id, desk.anna, "Gern", client_id="a1")
    await desk.conversations.hand_back(conversation_id, desk.anna, None)
    await press(desk, conversation_id, "5 von 5, sehr gut")
    await desk.conversations.claim(conversation_id, desk.ben, await desk.epoch(conversation_id))
    await desk.conversations.reply(conversation_id, desk.ben, "Gern", client_id="b1")
    await desk.conversations.hand_back(conversation_id, desk.ben, None)
    assert await asked(desk, conversation_id) == 1


async def test_nobody_is_asked_about_a_person_who_said_nothing_and_words_without_the_button_are_words(
    desk: Desk, work: DeskWork
) -> None:
    silent = await held_by(desk, desk.anna)
    await desk.conversations.hand_back(silent, desk.anna, None)
    assert await asked(desk, silent) == 0
    conversation_id = await held_by(desk, desk.anna)
    await desk.conversations.reply(conversation_id, desk.anna, "Gern", client_id="a1")
    await desk.conversations.hand_back(conversation_id, desk.anna, None)
    await press(desk, conversation_id, "5 von 5, sehr gut")
    await desk.say(conversation_id, "Und meine Rechnung?")
    await desk.work()
    assert (await texts(desk, conversation_id))[-1] == "Echo: Und meine Rechnung?"
    await press(desk, conversation_id, "Einen Satz dazu")
    await press(desk, conversation_id, "Doch keinen Satz")
    await desk.say(conversation_id, "Noch etwas")
    await desk.work()
    assert (await texts(desk, conversation_id))[-1] == "Echo: Noch etwas"
    async with desk.store.read() as unit:
        (rated,) = await ratings(unit, conversation_id)
    assert (rated.stars, rated.sentence) == (5, None)
    await assert_sound(desk.store)


async def test_who_was_passed_on_and_then_only_closed_is_asked_about_the_one_who_helped(
    desk: Desk, work: DeskWork
) -> None:
    conversation_id = await held_by(desk, desk.anna)
    await desk.conversations.reply(conversation_id, desk.anna, "Das war der Router", client_id="a1")
    await arrive(desk, desk.ben)
    await work.pass_on(conversation_id, desk.anna, desk.ben.id, None)
    await work.close(conversation_id, desk.ben, "solved", None)
    async with desk.store.read() as unit:
        (rated,) = await ratings(unit, conversation_id)
    assert rated.agent_name == "Anna Berger"
    await press(desk, conversation_id, "4 von 5, gut")
    async with desk.store.read() as unit:
        (rated,) = await ratings(unit, conversation_id)
    assert rated.stars == 4
    await assert_sound(desk.store)


async def test_a_handover_comes_to_the_team_whose_topic_the_bot_understood(desk: Desk) -> None:

    await other_team(desk, topics=["slow_internet"])
    conversation_id = await desk.start()
    await desk.say(conversation_id, "Mein Internet ist langsam")

    async def answer(_request: TurnRequest) -> TurnResponse:
        return TurnResponse(
            intent=Reading(name="slow_internet", confidence=0.9), handover=Handover(reason="bot_decision")
        )

    desk.brain.answer = answer
    await desk.work()
    async with desk.store.read() as unit:
        row = await read_conversation(unit, conversation_id)
        members = (await unit.connection.execute(sa.select(team_member.c.team_id))).scalars().all()
    assert row is not None
    assert (row.holder, row.team) == (Holder.QUEUE, "technik")
    assert set(members) == {"service", "technik"}
