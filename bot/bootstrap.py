"""The composition root: the only place where services are put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from actions.crm.repository import CrmRepository
from actions.crm.tickets import TicketSystem
from bot.brain.memory import BrainMemory
from bot.ending import end
from bot.service.administration import Administration
from bot.service.agents import Agents
from bot.service.brain import BrainClient
from bot.service.case_sync import CaseSync
from bot.service.case_work import CaseWork
from bot.service.conversations import Conversations
from bot.service.deadlines import Deadlines
from bot.service.delivery import Delivery, Sender
from bot.service.desk_jobs import DeskJobs
from bot.service.desk_work import DeskWork
from bot.service.erasure import Erasures
from bot.service.examples import TrainingData
from bot.service.files import Files
from bot.service.follow import Follower
from bot.service.forms import Forms
from bot.service.leaving import Leaving
from bot.service.organisation import Organisation
from bot.service.portal import Portal
from bot.service.presence import Presence
from bot.service.retention import Periods, Retention
from bot.service.ticket_files import TicketFiles
from bot.service.turns import Turns
from bot.service.updates import Updates
from bot.service.witness import Witness
from bot.service.wrong_answers import WrongAnswers
from bot.settings import Settings, SettingsError
from bot.store import schema
from bot.store.engine import Database
from bot.store.errors import StoreUnavailable
from bot.store.unit_of_work import Store
from bot.store.wakeup import WakeUp
from bot.systems import customer_data, ticket_system
from bot.transparency.wording import Wording, wording

log = structlog.get_logger(__name__)
# Seconds between two looks for a database that is away when a process starts.
_LOOK_AGAIN = 1.0

# Work that runs until it is cancelled.
Job = Callable[[], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything that an edge or a worker needs."""

    settings: Settings
    words: Wording
    store: Store
    conversations: Conversations
    erasures: Erasures
    # How long what is kept, and what keeps it so.
    periods: Periods
    retention: Retention
    presence: Presence
    desk: DeskWork
    cases: CaseWork
    files: Files
    portal: Portal
    forms: Forms
    leaving: Leaving
    agents: Agents
    administration: Administration
    organisation: Organisation
    wrong_answers: WrongAnswers
    brain: BrainClient
    crm: CrmRepository
    # Where cases become tickets; None where the company has no ticket system.
    tickets: TicketSystem | None
    senders: Mapping[str, Sender]


@asynccontextmanager
async def open_services(
    settings: Settings, senders: Mapping[str, Sender] | None = None, *, patient: bool = False
) -> AsyncIterator[Services]:
    """Connect, bring the schema up to date, and close everything at the end. If `patient`, wait for the database.

    Raises:
        StoreUnavailable: the database is away.
        SettingsError: the working hours cannot be read.
    """
    database = Database.connect(settings.database_url)
    wakeup = WakeUp(settings.redis_url)
    store = Store(database, wakeup)
    brain = BrainClient(settings.brain_url, settings.brain_timeout)
    crm, tickets = customer_data(settings), ticket_system(settings)
    words, periods, memory = wording(), Periods.read(), BrainMemory(settings.brain_database_url)
    channels = dict(senders or {})
    try:
        conversations = Conversations(store, words, settings, frozenset(channels))
    except ValueError as error:
        raise SettingsError(f"KLARTEXT_DESK_HOURS or KLARTEXT_FEDERAL_STATE: {error}") from error
    try:
        await _upgrade(database, patient)
        wakeup.start()
        agents = Agents(store, settings)
        erasures = Erasures(store, conversations, memory, words, tickets)
        yield Services(
            settings=settings,
            words=words,
            store=store,
            conversations=conversations,
            erasures=erasures,
            periods=periods,
            retention=Retention(store, erasures, memory, periods, token_lifetime=settings.token_lifetime),
            presence=Presence(store, settings),
            desk=DeskWork(store, conversations, words, settings),
            cases=CaseWork(store, conversations, words),
            files=Files(store, conversations, words, settings),
            portal=Portal(store, conversations, crm, settings),
            forms=Forms(store, conversations, words, settings.secret_key),
            leaving=Leaving(store, conversations, words),
            agents=agents,
            administration=Administration(store, agents, settings),
            organisation=Organisation(store, words),
            wrong_answers=WrongAnswers(store, conversations, TrainingData(settings.training_data)),
            brain=brain,
            crm=crm,
            tickets=tickets,
            senders=channels,
        )
    finally:
        await wakeup.close()
        await brain.close()
        await memory.close()
        await crm.close()
        if tickets is not None:
            await tickets.close()
        await database.close()


async def _upgrade(database: Database, patient: bool) -> None:
    while True:
        try:
            return await schema.upgrade(database)
        except StoreUnavailable as error:
            if not patient:
                raise
            log.warning("waiting for the database", error=str(error))
            await asyncio.sleep(_LOOK_AGAIN)


@asynccontextmanager
async def background(
    services: Services, *, workers: bool, follows: bool, more: Sequence[Job] = ()
) -> AsyncIterator[None]:
    """Run the workers (turns, delivery, deadlines, the channels' own) and the follower, until the block ends."""
    store, settings = services.store, services.settings
    jobs: list[Job] = []
    if workers:
        turns = Turns(store, services.conversations, services.brain, services.words, settings)
        deadlines = Deadlines(store, services.conversations)
        jobs += [turns.run, Delivery(store, services.senders, services.conversations).run, deadlines.run]
        jobs += [services.files.run, *more]
        jobs += [services.erasures.run, services.retention.run]
        jobs.append(TicketFiles(store, services.conversations, services.words, services.crm, services.tickets).run)
        jobs.append(Witness(store, settings.witness).run)
        jobs.append(DeskJobs(store, services.desk).run)
        jobs.append(Updates(services.crm, services.words, settings.public_url).run)
        if services.tickets is not None:
            jobs.append(CaseSync(store, services.words, services.tickets, services.crm).run)
    if follows or workers:
        jobs.append(Follower(store, poll=1.0 if settings.redis_url else 0.2).run)
    tasks = [asyncio.create_task(_keep_running(job)) for job in jobs]
    try:
        yield
    finally:
        await end(tasks)


async def _keep_running(job: Job) -> None:
    """Begin a job again when it fails unexpectedly: a process that lives must not go quiet."""
    while True:
        try:
            return await job()
        except Exception:
            log.exception("a job failed and begins again", job=job.__qualname__)
            await asyncio.sleep(1)
