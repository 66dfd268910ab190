"""One run of the measurements: first Klartext, then stock Rasa, never both at work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.progress import Progress

from bench.assistants import Assistant
from bench.handover import handovers
from bench.idle import measure_idle
from bench.klartext import Klartext, open_klartext
from bench.load import Speed, Texts, serve_crowd, talk
from bench.plan import FIXED, FROM_THE_CRM, Name, Plan
from bench.results import Found
from bench.starting import start_klartext, start_stock, train_klartext
from bench.stock import Trained, open_stock


class Run:
    """Measures what is asked for and shows how far it is."""

    def __init__(self, plan: Plan, only: frozenset[Name], progress: Progress) -> None:
        self._plan = plan
        self._only = only
        self._progress = progress

    async def klartext(self, model: Path, stand_ins: Mapping[str, Sequence[str]] | None = None) -> Found:
        """Klartext's figures. With `stand_ins` for its processes they only show that the harness works."""
        plan, found = self._plan, Found()
        if Name.TRAINING in self._only:
            step = self._step("Klartext: training", plan.repeats)
            for _ in range(plan.repeats):
                found.trainings.append(await train_klartext())
                step()
        if Name.START in self._only:
            # The first one warms the disk.
            step = self._step("Klartext: start to first answer", plan.starts + 1)
            for number in range(plan.starts + 1):
                seconds = await start_klartext()
                found.starts += [seconds] if number else []
                step()
        if self._only & {Name.SPEED, Name.GROWTH, Name.HANDOVER, Name.MEMORY}:
            async with open_klartext(model, stand_ins) as klartext:
                await self._klartext_at_work(klartext, found, from_the_crm=stand_ins is None)
        if Name.IDLE in self._only:
            # Its edge has served nobody before, so that what it holds is for these widgets.
            async with open_klartext(model, stand_ins) as klartext:
                step = self._step("Klartext: idle widgets", plan.idle_widgets)
                found.idle = await measure_idle(
                    klartext, plan.idle_widgets, plan.idle_clients, plan.idle_answers, lambda count: step(count)
                )
        return found

    async def stock(self, trained: Trained) -> Found:
        """Stock Rasa's figures."""
        plan = self._plan
        found = Found(trainings=[trained.seconds] if Name.TRAINING in self._only else [])
        if trained.epochs is not None:
            found.training_note = f" with {trained.epochs} of its 100 epochs"
        if Name.START in self._only:
            step = self._step("stock Rasa: start to first answer", plan.starts + 1)
            for number in range(plan.starts + 1):
                seconds = await start_stock(trained)
                found.starts += [seconds] if number else []
                step()
        if self._only & {Name.SPEED, Name.GROWTH, Name.MEMORY}:
            async with open_stock(trained) as stock:
                await self._warm_up(stock, FIXED)
                if Name.SPEED in self._only:
                    await self._speed(stock, "stock Rasa", plan.stock_crowds, FIXED, found.fixed)
                elif Name.MEMORY in self._only:
                    await self._load_for_memory(stock, FIXED)
                found.memory = {name: process.memory() for name, process in stock.processes.items()}
                if Name.GROWTH in self._only:
                    await self._growth(stock, "stock Rasa", plan.stock_growth, found)
        return found

    async def _klartext_at_work(self, klartext: Klartext, found: Found, *, from_the_crm: bool) -> None:
        plan = self._plan
        # A brain that stands in takes "Mensch" for a wish.
        fixed = FIXED if from_the_crm else tuple(pair for pair in FIXED if "Mensch" not in pair[1])
        await self._warm_up(klartext, FIXED + FROM_THE_CRM if from_the_crm else fixed)
        if Name.SPEED in self._only:
            await self._speed(klartext, "Klartext", plan.crowds, fixed, found.fixed)
            if from_the_crm:
                await self._speed(klartext, "Klartext, from the CRM", plan.crowds, FROM_THE_CRM, found.crm)
        elif Name.MEMORY in self._only:
            await self._load_for_memory(klartext, fixed)
        if Name.MEMORY in self._only:
            found.memory = {name: process.memory() for name, process in klartext.processes.items()}
        if Name.GROWTH in self._only:
            await self._growth(klartext, "Klartext", plan.growth, found)
        if Name.HANDOVER in self._only:
            step = self._step("Klartext: handover visible at the desk", plan.handovers)
            found.handovers = await handovers(klartext, plan.handovers, step)

    async def _warm_up(self, assistant: Assistant, texts: Texts) -> None:
        plan = self._plan
        await self._crowd(assistant, "warming up", 2, plan.warm_up, texts, 1)

    async def _load_for_memory(self, assistant: Assistant, texts: Texts) -> None:
        await self._crowd(assistant, "load before memory is looked at", 8, self._plan.memory_after, texts, 1)

    async def _speed(
        self,
        assistant: Assistant,
        who: str,
        crowds: Sequence[tuple[int, int]],
        texts: Texts,
        into: dict[int, Speed],
    ) -> None:
        for customers, answers in crowds:
            what = f"{who}: {customers} at once"
            into[customers] = await self._crowd(assistant, what, customers, answers, texts, self._plan.repeats)

    async def _crowd(
        self, assistant: Assistant, what: str, customers: int, answers: int, texts: Texts, repeats: int
    ) -> Speed:
        step = self._step(what, answers * repeats)
        return await serve_crowd(
            assistant,
            customers,
            answers,
            texts,
            conversation=self._plan.conversation,
            repeats=repeats,
            on_answer=step,
        )

    async def _growth(self, assistant: Assistant, who: str, length: int, found: Found) -> None:
        step = self._step(f"{who}: one long conversation", length * self._plan.repeats)
        for _ in range(self._plan.repeats):
            found.conversations.append(await talk(assistant, length, "Vielen Dank", "de", step))

    def _step(self, what: str, total: int) -> Callable[..., None]:
        task = self._progress.add_task(what, total=total)
        return lambda count=1: self._progress.advance(task, count)
