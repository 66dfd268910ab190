"""An administrator decides when the desk is there, in real Chromium: by fields, without a syntax, refusals in words."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Locator, expect

from tests.browser.conftest import Windows
from tests.browser.desk_edge import CLARA
from tests.browser.desk_tour import go
from tests.browser.pages import AgentWindow
from tests.browser.test_desk_accessible import violations
from tests.integration.edge.conftest import Edge

DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")


@pytest_asyncio.fixture(loop_scope="session")
async def chief(desks: Windows, edge: Edge) -> AsyncIterator[AgentWindow]:
    """Clara at the page of hours; the desk is there around the clock, before and afterwards."""
    window = await (await desks.agent("de")).enter(CLARA)
    await go(window, "#/office/hours")
    await expect(always(window)).to_be_checked()
    yield window
    await put(edge, "24/7")


async def put(edge: Edge, hours: str) -> None:
    async with edge.agent(CLARA.login) as other:
        status, _ = await other.post("admin/hours", {"hours": hours, "state": "ST", "days": []})
        assert status == 200


async def saved(edge: Edge) -> dict[str, object]:
    async with edge.agent(CLARA.login) as other:
        found: dict[str, object] = (await other.get("admin/hours"))[1]
        return found


def always(chief: AgentWindow) -> Locator:
    return chief.page.get_by_label(chief.words("desk_hours_always"))


def day(chief: AgentWindow, code: str) -> Locator:
    """What belongs to one weekday, as a screen reader names it."""
    return chief.page.get_by_role("group", name=chief.words(f"desk_weekday_{code}"), exact=True)


async def add(group: Locator, begin: str, end: str) -> None:
    """One more time of this day."""
    await group.locator(":scope > button").click()
    for field, value in zip((await group.locator("input[type=time]").all())[-2:], (begin, end), strict=True):
        await field.fill(value)


async def save(chief: AgentWindow) -> None:
    await chief.page.get_by_role("button", name=chief.words("desk_save"), exact=True).click()


async def test_a_week_is_filled_in_by_keyboard_without_knowing_how_it_is_written(
    chief: AgentWindow, edge: Edge
) -> None:
    press, write = chief.page.keyboard.press, chief.page.keyboard.type
    await always(chief).focus()
    await press("Space")
    await press("Tab")
    await expect(day(chief, "mo").get_by_role("button")).to_be_focused()
    await press("Enter")
    # The usual day is proposed, and the focus is where it is changed.
    begin, end = (day(chief, "mo").locator("input").nth(place) for place in (0, 1))
    await expect(begin).to_be_focused()
    await expect(begin).to_have_value("08:00")
    await expect(end).to_have_value("18:00")
    await begin.fill("09:30")
    await chief.page.get_by_role("button", name=chief.words("desk_hours_copy")).focus()
    await press("Enter")
    await day(chief, "we").get_by_role("button", name=chief.words("desk_hours_remove_of", day="Mittwoch")).focus()
    await press("Enter")
    await expect(day(chief, "we")).to_contain_text(chief.words("desk_hours_closed"))
    await expect(day(chief, "we").locator(":scope > button")).to_be_focused()
    await add(day(chief, "fr"), "19:00", "20:00")
    await chief.page.get_by_role("button", name=chief.words("desk_hours_day_add")).click()
    await chief.page.locator("input.day").fill("2027-12-24")
    await press("Tab")
    await chief.page.get_by_label(chief.words("desk_hours_day_name"), exact=True).focus()
    await write("Heiligabend")
    await add(chief.page.get_by_role("group", name=chief.words("desk_hours_day_span"), exact=True), "08:00", "12:00")
    assert not await violations(chief, "hours")
    await press("Enter")
    await expect(day(chief, "tu").locator("input").first).to_have_value("09:30")
    await expect(chief.page.get_by_role("table")).to_contain_text("Reformationstag")
    found = await saved(edge)
    assert found["hours"] == "Mo-Tu 09:30-18:00; Th 09:30-18:00; Fr 09:30-18:00,19:00-20:00"
    assert found["days"] == [{"day": "2027-12-24", "name": "Heiligabend", "hours": "08:00-12:00"}]
    # The log says it in the reader's words.
    await go(chief, "#/office/log")
    told = "Zeiten: rund um die Uhr → Mo-Di 09:30-18:00; Do 09:30-18:00; Fr 09:30-18:00,19:00-20:00"
    await expect(chief.page.locator(".log-detail").first).to_contain_text(told)


async def test_what_cannot_be_meant_is_said_beside_the_field_and_nothing_is_saved(
    chief: AgentWindow, edge: Edge
) -> None:
    await always(chief).uncheck()
    alert = chief.page.get_by_role("alert").filter(visible=True)
    not_saved = chief.words("desk_hours_not_saved")
    await save(chief)
    await expect(alert.first).to_have_text(chief.words("desk_hours_problem_none"))
    await expect(alert.last).to_have_text(not_saved)
    tuesday = day(chief, "tu")
    await add(tuesday, "10:00", "")
    for begin, end, problem in (
        ("10:00", "", "incomplete"),
        ("18:00", "08:00", "backwards"),
        ("08:00", "08:00", "backwards"),
    ):
        for field, value in zip(await tuesday.locator("input").all(), (begin, end), strict=True):
            await field.fill(value)
        await save(chief)
        await expect(tuesday.get_by_role("alert")).to_have_text(chief.words(f"desk_hours_problem_{problem}"))
        wrong = tuesday.locator("[aria-invalid]")
        await expect(wrong.last).to_be_focused()
        await expect(wrong.last).to_have_accessible_description(chief.words(f"desk_hours_problem_{problem}"))
        assert not await violations(chief, problem)
    await tuesday.locator("input").first.fill("07:00")
    await expect(tuesday.locator(".form-error")).to_be_hidden()
    await add(tuesday, "07:30", "12:00")
    await save(chief)
    await expect(tuesday.get_by_role("alert")).to_have_text(chief.words("desk_hours_problem_overlap"))
    await tuesday.locator("input").nth(2).fill("13:00")
    await tuesday.locator("input").nth(3).fill("16:00")
    # A special day that has no day yet is not dropped without a word.
    await chief.page.get_by_role("button", name=chief.words("desk_hours_day_add")).click()
    await chief.page.get_by_label(chief.words("desk_hours_day_name"), exact=True).fill("Betriebsfeier")
    await save(chief)
    await expect(chief.page.get_by_text(chief.words("desk_hours_problem_day"))).to_be_visible()
    await expect(chief.page.locator("input.day")).to_be_focused()
    assert (await saved(edge))["hours"] == "24/7"
    await chief.page.get_by_role("button", name=chief.words("desk_hours_day_remove"), exact=True).last.click()
    await save(chief)
    await expect(chief.page.get_by_role("table")).to_contain_text("Reformationstag")
    assert (await saved(edge))["hours"] == "Tu 07:00-08:00,13:00-16:00"


async def test_hours_that_were_written_elsewhere_are_read_into_the_fields(chief: AgentWindow, edge: Edge) -> None:
    await put(edge, "Mo-Do 08:00-12:00, 13:00-18:00; So 10:00-11:00")
    await chief.page.reload()
    shown = []
    for code in DAYS:
        await expect(day(chief, code)).to_be_visible()
        shown.append([await field.input_value() for field in await day(chief, code).locator("input").all()])
    usual = ["08:00", "12:00", "13:00", "18:00"]
    assert shown == [usual, usual, usual, usual, [], [], ["10:00", "11:00"]]
