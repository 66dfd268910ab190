"""Teams and canned replies as administrators change them, on both databases."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
import sqlalchemy as sa

from bot.conversation.limits import TextRefused
from bot.conversation.roles import Role
from bot.service.administration import Administration
from bot.service.brain_protocol import Handover, Reading, TurnRequest, TurnResponse
from bot.service.canned import canned_replies
from bot.service.organisation import CannedChange, Organisation, TeamChange
from bot.service.outcomes import Refused
from bot.store.administration_tables import audit_entry
from bot.store.audit import Actor
from bot.store.log import read_conversation
from bot.store.teams import colleagues, sees
from bot.transparency.wording import wording
from tests.integration.service.conftest import Desk

CLARA = Actor(id="clara", name="Clara Haupt", address="")


@pytest.fixture
def organisation(desk: Desk) -> Organisation:
    return Organisation(desk.store, wording())


def team(*topics: str, members: tuple[str, ...] = (), name: str = "Technik") -> TeamChange:
    return TeamChange(
        name_de=name, name_en=f"{name} (en)", topics=list(topics), assignment="manual", members=list(members)
    )


def reply(text: str = "Guten Tag {customer_name}", **more: object) -> CannedChange:
    body = {"title_de": "Gruß", "title_en": "Greeting", "text_de": text, "text_en": "Hello", "topics": [], **more}
    return msgspec.convert(body, CannedChange)


async def _log(desk: Desk) -> list[tuple[str, str, dict[str, object]]]:
    async with desk.store.read() as unit:
        found = await unit.connection.execute(sa.select(audit_entry).order_by(audit_entry.c.id))
        return [(row.action, row.subject, row.detail) for row in found if row.agent_name == CLARA.name]


async def test_a_new_team_gets_its_topics_handovers_and_its_members_see_them(
    desk: Desk, organisation: Organisation
) -> None:
    async def answer(_request: TurnRequest) -> TurnResponse:
        return TurnResponse(
            intent=Reading(name="slow_internet", confidence=0.9), handover=Handover(reason="customer_request")
        )

    desk.brain.answer = answer
    made = await organisation.add_team(CLARA, "technik", team("slow_internet", members=(desk.ben.id,)))
    assert (made.topics, made.members, made.default) == (["slow_internet"], [desk.ben.id], False)
    # Anna sees what the default team gets, and only that.
    conversation_id = await desk.start()
    await desk.say(conversation_id, "langsam")
    await desk.work()
    async with desk.store.read() as unit:
        row = await read_conversation(unit, conversation_id)
        assert row is not None and row.team == "technik"
        assert [await sees(unit, one, conversation_id) for one in (desk.anna, desk.ben)] == [False, True]
    changed = await organisation.change_team(CLARA, "technik", team(members=(desk.anna.id,), name="Technik Süd"))
    assert (changed.name_de, changed.topics, changed.members) == ("Technik Süd", [], [desk.anna.id])
    async with desk.store.read() as unit:
        assert [await sees(unit, one, conversation_id) for one in (desk.anna, desk.ben)] == [True, False]
    (first, second) = await _log(desk)
    assert first[:2] == ("team.added", "technik") and first[2]["topics"] == [None, ["slow_internet"]]
    assert second[2] == {
        "name_de": ["Technik", "Technik Süd"],
        "name_en": ["Technik (en)", "Technik Süd (en)"],
        "topics": [["slow_internet"], []],
        "members": [[desk.ben.id], [desk.anna.id]],
    }


async def test_a_topic_has_one_team_also_when_two_take_it_at_once(desk: Desk, organisation: Organisation) -> None:
    results = await asyncio.gather(
        organisation.add_team(CLARA, "aa", team("order_status", name="Eins")),
        organisation.add_team(CLARA, "bb", team("order_status", name="Zwei")),
        return_exceptions=True,
    )
    (refused,) = [one for one in results if isinstance(one, Refused)]
    assert refused.code == "topic_taken" and refused.values["intent"] == "order_status"
    having = [one.id for one in await organisation.teams() if "order_status" in one.topics]
    assert len(having) == 1


@pytest.mark.parametrize(
    ("team_id", "change", "code"),
    [
        ("service", team(), "team_id"),
        ("Technik", team(), "team_id"),
        ("a", team(), "team_id"),
        ("a/b", team(), "team_id"),
        ("ok", team(name=" "), "team_name"),
        ("ok", team(name="a\u0000b"), "team_name"),
        ("ok", team("nonsense"), "unknown_intent"),
        ("ok", team(members=("nobody",)), "unknown_agent"),
    ],
)
async def test_a_team_that_cannot_be_is_refused(
    desk: Desk, organisation: Organisation, team_id: str, change: TeamChange, code: str
) -> None:
    before = await organisation.teams()
    with pytest.raises(Refused, match=f"^{code}$"):
        await organisation.add_team(CLARA, team_id, change)
    assert await organisation.teams() == before and await _log(desk) == []
    with pytest.raises(Refused, match="unknown_team"):
        await organisation.change_team(CLARA, "nowhere", team())


async def test_a_deactivated_member_is_no_choice_and_is_back_in_the_team_when_active(
    desk: Desk, organisation: Organisation
) -> None:
    administration = Administration(desk.store, desk.agents, desk.settings)
    await organisation.add_team(CLARA, "technik", team(members=(desk.anna.id, desk.ben.id)))

    async def ben(active: bool) -> None:
        await administration.change(CLARA, desk.ben.id, name="Ben Adler", role=Role.AGENT, active=active, capacity=2)

    await ben(False)
    with pytest.raises(Refused, match="unknown_agent"):
        await organisation.change_team(CLARA, "technik", team(members=(desk.ben.id,)))
    await organisation.change_team(CLARA, "technik", team(members=(desk.anna.id,)))
    await ben(True)
    (technik,) = [one for one in await organisation.teams() if one.id == "technik"]
    assert set(technik.members) == {desk.anna.id, desk.ben.id}
    async with desk.store.read() as unit:
        assert {one.name: one.capacity for one in await colleagues(unit)} == {"Anna Berger": 5, "Ben Adler": 2}


async def test_the_companys_reply_stands_in_the_place_of_the_products_until_it_is_removed(
    desk: Desk, organisation: Organisation
) -> None:
    async def texts() -> dict[str, str]:
        async with desk.store.read() as unit:
            return {one.shortcut: one.text["de"] for one in await canned_replies(unit, wording())}

    before = await texts()
    await organisation.put_canned(CLARA, "moment", reply("Ich sehe nach, {customer_name}."))
    await organisation.put_canned(CLARA, "grüße-2", reply(topics=["greet", "thank"]))
    await organisation.put_canned(CLARA, "grüße-2", reply("Servus {agent_name}", topics=["greet"]))
    assert {name: text for name, text in (await texts()).items() if before.get(name) != text} == {
        "moment": "Ich sehe nach, {customer_name}.",
        "grüße-2": "Servus {agent_name}",
    }
    origins = {one.reply.shortcut: one.origin for one in await organisation.canned()}
    assert (origins["moment"], origins["grüße-2"], origins["router"]) == ("replaced", "company", "product")
    for shortcut in ("moment", "grüße-2"):
        await organisation.remove_canned(CLARA, shortcut)
    assert await texts() == before
    for shortcut in ("moment", "router", "nowhere"):
        with pytest.raises(Refused, match="unknown_canned"):
            await organisation.remove_canned(CLARA, shortcut)
    assert [entry[:2] for entry in await _log(desk)] == [
        ("canned.changed", "moment"),
        ("canned.changed", "grüße-2"),
        ("canned.changed", "grüße-2"),
        ("canned.removed", "moment"),
        ("canned.removed", "grüße-2"),
    ]


@pytest.mark.parametrize(
    ("shortcut", "change", "code"),
    [
        ("", reply(), "canned_shortcut"),
        ("Groß", reply(), "canned_shortcut"),
        ("zwei worte", reply(), "canned_shortcut"),
        ("ok", reply(title_en=" "), "canned_title"),
        ("ok", reply("Hallo {iban}"), "canned_variable"),
        ("ok", reply("Hallo {}"), "canned_variable"),
        ("ok", reply(topics=["nonsense"]), "unknown_intent"),
    ],
)
async def test_a_reply_that_cannot_be_is_refused(
    desk: Desk, organisation: Organisation, shortcut: str, change: CannedChange, code: str
) -> None:
    with pytest.raises(Refused, match=code):
        await organisation.put_canned(CLARA, shortcut, change)
    with pytest.raises(TextRefused):
        await organisation.put_canned(CLARA, "ok", reply(" "))
    assert all(one.origin == "product" for one in await organisation.canned())
