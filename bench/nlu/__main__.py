"""`python -m bench.nlu [FOLDER]`: a table per set, ours beside stock Rasa, and the pictures of the documentation."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.nlu import klartext, stock
from bench.nlu.figures import Answers, Figures, figures
from bench.nlu.klartext import Run
from bench.nlu.sets import LabelledSet, read_folder, read_own
from bot.nlu.processor import use_processor

ROOT = Path(__file__).resolve().parents[2]
# Stock Rasa takes minutes per thousand examples; larger sets only on request.
STOCK_LIMIT = 1000


def main(arguments: list[str] | None = None) -> int:
    """Measures and prints. Returns 0, or 2 when a folder or file cannot be read."""
    options = _options(arguments)
    progress = Console(stderr=True)
    try:
        sets = read_folder(options.folder) if options.folder else []
        sets += [] if options.no_own else [read_own(ROOT / "data" / "nlu")]
    except (OSError, ValueError) as error:
        progress.print(str(error))
        return 2
    sets = [one for one in sets if not options.only or one.name in options.only]
    console = Console(width=max(110, Console().width))
    for one in sets:
        runs: dict[str, Run] = {}
        progress.print(f"{one.name}: Klartext …")
        runs["Klartext"] = _measure_klartext(one)
        if options.stock_all or (options.stock and one.learned <= STOCK_LIMIT):
            progress.print(f"{one.name}: stock Rasa, {one.learned} examples (minutes) …")
            runs["stock Rasa"] = _measure_stock(one)
        console.print(_table(one, runs))
        if one.name == "own" and options.pictures:
            from bench.nlu import pictures

            options.pictures.mkdir(parents=True, exist_ok=True)
            pictures.confusion(runs["Klartext"].answers, options.pictures / "understanding-confusion.png")
            pictures.reliability(runs["Klartext"].answers, options.pictures / "understanding-reliability.png")
            progress.print(f"pictures: {options.pictures}")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.nlu", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="folder of *.tsv files: split, intent, text")
    parser.add_argument("--only", nargs="*", help="names of sets ('own': data/nlu)")
    parser.add_argument("--no-own", action="store_true", help="leave out data/nlu")
    parser.add_argument("--stock", action="store_true", help=f"stock Rasa, too, up to {STOCK_LIMIT} examples")
    parser.add_argument("--stock-all", action="store_true", help="stock Rasa on every set: hours")
    parser.add_argument("--pictures", type=Path, help="where to draw the pictures of data/nlu")
    return parser.parse_args(arguments)


def _apart(function: Callable[..., Any], *values: Any) -> Any:
    """Runs `function` in a fresh process and returns what it returns."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *values).result()


def _measure_klartext(one: LabelledSet) -> Run:
    parts, seconds = [], []
    for learned, asked in one.rounds:
        folder = klartext.new_folder()
        answers, took = _apart(klartext.measure, learned, asked, one.out_of_scope, folder)
        parts.append(answers)
        seconds.append(took)
        if len(parts) == 1:
            milliseconds, memory = _apart(klartext.serve, asked.texts, folder, one.out_of_scope)
        shutil.rmtree(folder)
    return Run(_together(parts), float(np.mean(seconds)), milliseconds, memory)


def _measure_stock(one: LabelledSet) -> Run:
    parts, seconds = [], []
    for learned, asked in one.rounds:
        folder = klartext.new_folder()
        seconds.append(stock.train(learned, folder))
        answers, milliseconds, memory = _apart(stock.ask, asked, folder, one.out_of_scope)
        parts.append(answers)
        shutil.rmtree(folder)
    return Run(_together(parts), float(np.mean(seconds)), milliseconds, memory)


def _together(parts: list[Answers]) -> Answers:
    columns = [{name: getattr(part, name) for name in Answers.__dataclass_fields__} for part in parts]
    return Answers(
        **{
            name: None if columns[0][name] is None else np.concatenate([part[name] for part in columns])
            for name in columns[0]
        }
    )


def _table(one: LabelledSet, runs: dict[str, Run]) -> Table:
    folds = f", {len(one.rounds)} folds" if len(one.rounds) > 1 else ""
    table = Table(title=f"{one.name}: {one.learned} examples learned, {one.asked} asked{folds}", title_justify="left")
    table.add_column("")
    for name in runs:
        table.add_column(name, justify="right")
    columns = [_cells(figures(run.answers), run) for run in runs.values()]
    for row in columns[0]:
        if any(column[row] is not None for column in columns):
            table.add_row(row, *(column[row] or "–" for column in columns))
    return table


def _cells(found: Figures, run: Run) -> dict[str, str | None]:
    values = asdict(found)

    def share(name: str, digits: int = 3) -> str | None:
        return None if values[name] is None else f"{values[name]:.{digits}f}"

    return {
        "accuracy in scope": f"{found.accuracy:.3f}  ({found.low:.3f} to {found.high:.3f})",
        "out of scope: AUROC": share("auroc"),
        "out of scope: recall at 95 % kept": share("recall"),
        "calibration error": share("calibration_error"),
        "answered, of those in scope": share("answered"),
        "wrong among answered (at most, 95 %)": None
        if found.wrong is None
        else f"{100 * found.wrong:.1f} % ({100 * (found.wrong_high or 0):.1f} %)",
        "training": f"{run.train_seconds:.1f} s",
        "parse, median": f"{run.parse_milliseconds:.1f} ms",
        "memory, model loaded": f"{run.memory / 2**20:.0f} MB",
    }


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    use_processor()  # for the processes that measure; this one has numpy
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    sys.exit(main())
