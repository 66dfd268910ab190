"""An edge for tests of the desk: the product over a brain whose answers are known, with agents, teams and customers.

Anna and Ben are agents, Ben also in the second team; Clara is an administrator. Whoever says "Mensch" waits for a
person, everything else is echoed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

from actions.crm.demo import create_demo
from bot.conversation.handover import Reason
from bot.service.brain_protocol import Handover, Reading, Reply, TurnRequest, TurnResponse
from bot.settings import Settings
from bot.store.teams import Team, put_team, set_members
from tests.browser.pages import AgentWindow
from tests.browser.stack import Login
from tests.fakes.brain import FakeBrain
from tests.integration.edge.conftest import PASSWORD, Edge, running

ANNA = Login("anna", PASSWORD, "Anna Berger")
BEN = Login("ben", PASSWORD, "Ben Adler")
CLARA = Login("clara", PASSWORD, "Clara Haupt")
# The second team.
TECHNICAL = "technik"


async def answer(request: TurnRequest) -> TurnResponse:
    """What the stand-in for the brain says."""
    if request.text and "Mensch" in request.text:
        return TurnResponse(
            intent=Reading(name="slow_internet", confidence=0.93),
            handover=Handover(reason=Reason.CUSTOMER_REQUEST.value),
            language=request.locale,
        )
    return TurnResponse(
        replies=[Reply(text=f"Echo: {request.text}")],
        intent=Reading(name="slow_internet", confidence=0.93),
        language=request.locale,
    )


@asynccontextmanager
async def desk_edge(folder: Path) -> AsyncIterator[Edge]:
    """A running edge on SQLite. Replies are held back long enough for a test to withdraw them."""
    brain = FakeBrain()
    await brain.start()
    brain.answer = answer
    settings = Settings(
        var=folder,
        database_url=f"sqlite+aiosqlite:///{folder / 'klartext.db'}",
        crm_url=f"sqlite+aiosqlite:///{folder / 'crm.db'}",
        brain_url=brain.url,
        case_hours="Mo-Fr 08:00-18:00",
        undo_seconds=60,
    )
    await create_demo(settings.crm_url, date.today())
    async with running(settings, brain) as started:
        agents = started.services.agents
        await agents.add(ANNA.login, ANNA.name, "agent", PASSWORD)
        ben = await agents.add(BEN.login, BEN.name, "agent", PASSWORD)
        await agents.add(CLARA.login, CLARA.name, "administrator", PASSWORD)
        async with started.services.store.write() as unit:
            second = Team(id=TECHNICAL, name_de="Technik", name_en="technical team", topics=[], assignment="manual")
            await put_team(unit, second)
            await set_members(unit, TECHNICAL, [ben.id])
        yield started
    await brain.close()


async def step(agent: AgentWindow, name: str) -> None:
    """Choose one of the further steps."""
    await agent.main.locator(".steps-button").click()
    await agent.main.locator(f'[data-step="{name}"]').click()
