"""From "this answer was wrong" to a training example, on both databases."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml

from bot.conversation.chain import ERASED
from bot.service.brain_protocol import KnownCustomer, Reading, Reply, TurnRequest, TurnResponse
from bot.service.examples import FILE, TrainingData
from bot.service.figures import figures
from bot.service.history import history
from bot.service.outcomes import Refused
from bot.service.wrong_answers import WrongAnswers
from bot.store.administration_tables import audit_entry, wrong_answer
from bot.store.audit import Actor
from bot.store.erasure import erase
from bot.store.teams import Team, put_team
from bot.transparency.format import REGION
from tests.integration.service.conftest import Desk

CLARA = Actor(id="clara", name="Clara Haupt", address="")
SAID = "Herr Zimtblatt hier, 2169047: warum ist die Rechnung so hoch"


async def _answer(request: TurnRequest) -> TurnResponse:
    return TurnResponse(
        replies=[Reply(text="Erste Antwort"), Reply(text=f"Zu {request.text}")],
        intent=Reading(name="invoice_show", confidence=0.8),
        customer=KnownCustomer(number="2169047", name="Ruth Zimtblatt", level="claimed"),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "nlu"
    made.mkdir()
    return made


@pytest.fixture
def wrong(desk: Desk, folder: Path) -> WrongAnswers:
    desk.brain.answer = _answer
    return WrongAnswers(desk.store, desk.conversations, TrainingData(folder))


async def _talked(desk: Desk, text: str = SAID) -> str:
    """Anna's, of a team not hers: two answers of the bot, at 3 and 4; the disclosure at 1, the customer at 2."""
    conversation_id = await desk.start()
    await desk.say(conversation_id, text)
    await desk.work()
    await desk.conversations.claim(conversation_id, desk.anna, await desk.epoch(conversation_id))
    async with desk.store.write() as unit:
        opened = await desk.conversations.open(unit, conversation_id)
        opened.row.team = "other"
        await put_team(unit, Team(id="other", name_de="A", name_en="A", topics=[], assignment="manual"))
        await opened.save()
    return conversation_id


async def _entries(desk: Desk) -> list[tuple[str, str, object]]:
    async with desk.store.read() as unit:
        found = await unit.connection.execute(
            sa.select(audit_entry.c.agent_name, audit_entry.c.action, audit_entry.c.detail).order_by(audit_entry.c.id)
        )
        return [(row.agent_name, row.action, row.detail) for row in found if row.action.startswith("example.")]


async def test_a_report_is_accepted_in_words_that_name_nobody_and_gets_into_the_training_data(
    desk: Desk, wrong: WrongAnswers, folder: Path
) -> None:
    conversation_id = await _talked(desk)
    report = await wrong.report(conversation_id, desk.anna, 4, "invoice_explain", "Höhe, nicht Kopie")
    assert (report.understood, report.right_intent, report.state) == ("invoice_show", "invoice_explain", "open")
    review = await wrong.review("open")
    (shown,) = review.reports
    assert review.open == 1 and "invoice_explain" in review.intents and review.unwritable is None
    assert shown.said == shown.example == "Herr *** hier, ***: warum ist die Rechnung so hoch"
    assert "Zimtblatt" not in shown.answer and "2169047" not in shown.answer
    for sentence, code in ((SAID, "example_personal"), (shown.said, "example_personal"), ("?", "example_form")):
        with pytest.raises(Refused, match=code):
            await wrong.accept(CLARA, report.id, "invoice_explain", sentence)
    with pytest.raises(Refused, match="unknown_intent"):
        await wrong.accept(CLARA, report.id, "nlu_fallback", "Warum ist die Rechnung so hoch")
    done = await wrong.accept(CLARA, report.id, "invoice_explain", "Warum ist  die Rechnung so hoch")
    assert (done.example, done.unwritable) == ("Warum ist die Rechnung so hoch", None)
    (part,) = yaml.safe_load((folder / FILE).read_text())["nlu"]
    assert (part["intent"], part["examples"]) == ("invoice_explain", "- Warum ist die Rechnung so hoch\n")
    with pytest.raises(Refused, match="already_decided"):
        await wrong.dismiss(CLARA, report.id)
    with pytest.raises(Refused, match="already_decided"):
        await wrong.report(conversation_id, desk.anna, 4, None, None)
    (accepted,) = (await wrong.review("accepted")).reports
    assert (accepted.decided_by, accepted.example_intent) == ("Clara Haupt", "invoice_explain")
    assert accepted.written_at is not None
    assert await _entries(desk) == [
        ("Clara Haupt", "example.accepted", {"intent": ["invoice_show", "invoice_explain"]})
    ]


async def test_a_wording_is_accepted_once_whoever_decides_at_the_same_time(desk: Desk, wrong: WrongAnswers) -> None:
    conversation_id = await _talked(desk)
    reports = [await wrong.report(conversation_id, desk.anna, seq, None, None) for seq in (3, 4)]
    results = await asyncio.gather(
        *(wrong.accept(CLARA, one.id, "invoice_explain", "Warum so hoch?") for one in reports), return_exceptions=True
    )
    refused = [one for one in results if isinstance(one, Refused)]
    assert [one.code for one in refused] == ["example_known"] and len(results) == 2
    # The one that is still open can be decided otherwise.
    (left,) = (await wrong.review("open")).reports
    await wrong.dismiss(CLARA, left.id)
    assert [len((await wrong.review(state)).reports) for state in ("open", "accepted", "rejected")] == [0, 1, 1]


async def test_a_report_is_decided_once_whoever_decides_at_the_same_time(desk: Desk, wrong: WrongAnswers) -> None:
    conversation_id = await _talked(desk)
    report = await wrong.report(conversation_id, desk.anna, 3, None, None)
    results = await asyncio.gather(
        wrong.dismiss(CLARA, report.id),
        wrong.accept(CLARA, report.id, "help", "Was nun bitte"),
        wrong.accept(CLARA, report.id, "greet", "Servus ihr da"),
        return_exceptions=True,
    )
    assert sorted(one.code for one in results if isinstance(one, Refused)) == ["already_decided"] * 2
    assert len(await _entries(desk)) == 1


async def test_a_sentence_that_the_bot_was_trained_with_is_refused_with_its_intent(
    desk: Desk, wrong: WrongAnswers, folder: Path
) -> None:
    (folder / "service.yml").write_text('version: "3.1"\nnlu:\n- intent: help\n  examples: |\n    - Was kannst du?\n')
    report = await wrong.report(await _talked(desk), desk.anna, 3, "help", None)
    with pytest.raises(Refused, match="example_known") as refused:
        await wrong.accept(CLARA, report.id, "greet", "was kannst du")
    assert refused.value.values == {"intent": "help"}


async def test_only_answers_of_the_bot_are_reported_and_each_by_one(desk: Desk, wrong: WrongAnswers) -> None:
    conversation_id = await _talked(desk)
    for seq in (1, 2, 5, 99):
        with pytest.raises(Refused, match="no_answer"):
            await wrong.report(conversation_id, desk.anna, seq, None, None)
    with pytest.raises(Refused, match="unknown_intent"):
        await wrong.report(conversation_id, desk.anna, 3, "nonsense", None)
    with pytest.raises(Refused, match="other_team"):
        await wrong.report(conversation_id, desk.ben, 3, None, None)
    first = await wrong.report(conversation_id, desk.anna, 3, None, None)
    changed = await wrong.report(conversation_id, desk.anna, 3, "help", "doch")
    assert (changed.id, changed.right_intent, changed.note) == (first.id, "help", "doch")
    clara = await desk.agents.add("clara", "Clara Haupt", "supervisor", "geheim")
    with pytest.raises(Refused, match="already_reported") as refused:
        await wrong.report(conversation_id, clara, 3, None, None)
    assert refused.value.values == {"agent": "Anna Berger"}
    assert (await wrong.review("open")).reports[0].right_intent == "help"


async def test_a_node_that_cannot_write_says_so_and_the_export_on_another_catches_up(
    desk: Desk, wrong: WrongAnswers, folder: Path, tmp_path: Path
) -> None:
    elsewhere = WrongAnswers(desk.store, desk.conversations, TrainingData(tmp_path / "away"))
    report = await wrong.report(await _talked(desk), desk.anna, 3, None, None)
    review = await elsewhere.review("open")
    assert review.unwritable is not None and "away" in review.unwritable
    done = await elsewhere.accept(CLARA, report.id, "invoice_explain", "Warum so hoch?")
    assert done.unwritable is not None and "away" in done.unwritable
    assert (await elsewhere.review("accepted")).reports[0].written_at is None
    assert await wrong.export() == (1, 1)
    assert await wrong.export() == (0, 1)
    assert "Warum so hoch?" in (folder / FILE).read_text()
    assert (await elsewhere.review("accepted")).reports[0].written_at is not None


async def test_erasing_takes_the_words_and_the_note_and_leaves_the_example(desk: Desk, wrong: WrongAnswers) -> None:
    conversation_id = await _talked(desk)
    kept = await wrong.report(conversation_id, desk.anna, 3, None, "Zimtblatt ist sauer")
    await wrong.accept(CLARA, kept.id, "invoice_explain", "Warum so hoch?")
    await wrong.report(conversation_id, desk.anna, 4, None, "Zimtblatt ist sauer")
    async with desk.store.write() as unit:
        opened = await desk.conversations.open(unit, conversation_id)
        await erase(opened, "customer")
        await opened.save()
    async with desk.store.read() as unit:
        rows = (await unit.connection.execute(sa.select(wrong_answer).order_by(wrong_answer.c.seq))).mappings().all()
    assert "Zimtblatt" not in str(rows)
    assert [(row["note"], row["example"]) for row in rows] == [(ERASED, "Warum so hoch?"), (ERASED, None)]
    (left,) = (await wrong.review("open")).reports
    assert (left.said, left.answer) == ("-", "-")
    with pytest.raises(Refused, match="no_answer"):
        await wrong.report(conversation_id, desk.anna, 4, None, "nachgetragen")


async def test_reports_are_counted_for_supervisors_and_in_public(desk: Desk, wrong: WrongAnswers) -> None:
    conversation_id = await _talked(desk)
    first = await wrong.report(conversation_id, desk.anna, 3, None, None)
    await wrong.report(conversation_id, desk.anna, 4, None, None)
    await wrong.accept(CLARA, first.id, "invoice_explain", "Warum so hoch?")
    async with desk.store.report() as unit:
        today = unit.now.astimezone(REGION).date()
        counted = await history(unit, today, today)
        public = await figures(unit, unit.now.replace(hour=0, minute=0))
    assert (counted.total.wrong_answers, counted.channels[0].counts.wrong_answers) == (2, 2)
    assert (public.wrong_answers_reported, public.wrong_answers_corrected) == (2, 1)
