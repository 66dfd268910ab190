"""Every view of the desk, in light and dark, wide and narrow: nothing that axe finds, nothing wider than the window.

On a phone no table is moved sideways: its rows are blocks there.
"""

from __future__ import annotations

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe

from tests.browser.conftest import Windows
from tests.browser.desk_day import play
from tests.browser.desk_edge import ANNA, CLARA
from tests.browser.desk_tour import at_the_office, at_work, signed_out
from tests.browser.pages import AgentWindow
from tests.integration.edge.conftest import Edge

# Rules that axe tests for levels A and AA, and what it calls good practice.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SIDEWAYS = """innerWidth < 768 && [...document.querySelectorAll(".table-place")].some((place) =>
  place.scrollWidth > place.clientWidth + 1)"""
SIZES = {"wide": (1440, 900), "narrow": (375, 812)}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def played(edge: Edge) -> list[str]:
    """The morning's conversations."""
    return await play(edge)


async def violations(window: AgentWindow, view: str) -> list[str]:
    """What axe finds in this view, and whether it is too wide."""
    found = await Axe().run(window.page, options=RULES)
    problems = [
        f"{view}: {one['id']}: {node['html'][:140]} {node.get('failureSummary', '')[:200]}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]
    if not await window.page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        problems.append(f"{view}: wider than the window")
    if await window.page.evaluate(SIDEWAYS):
        problems.append(f"{view}: a table that has to be moved sideways")
    return problems


@pytest.mark.timeout(300)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_view_breaks_a_rule_of_accessibility(
    desks: Windows, played: list[str], size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": height}}
    out, agent, chief = [await desks.agent("de", **look) for _ in range(3)]
    problems: list[str] = []
    seen: list[str] = []
    tours = ((out, signed_out(out)), (agent, at_work(agent, ANNA, played)), (chief, at_the_office(chief, CLARA)))
    for window, tour in tours:
        async for view in tour:
            seen.append(view)
            problems += await violations(window, view)
    assert len(seen) >= 30
    assert not problems, "\n".join(problems)
