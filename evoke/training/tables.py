"""Table I of the paper, made again: each network with its cost, its speed and what it gets right
under each protocol, beside the paper's figures and beside knowing nothing."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from evoke.errors import SettingsError, TrainingError
from evoke.training.config import DEFAULT, DistillConfig, TrainConfig
from evoke.training.data import LabelledWindows
from evoke.training.evaluation import Assessment
from evoke.training.jobs import Outcome, Task, run_tasks
from evoke.training.study import (
    Fold,
    Study,
    check_data,
    first_seconds,
    pooled,
    shuffled,
    train_fold,
)
from evoke.training.verdict import triple

TEACHER, STUDENT = "ccnn", "student"

TITLES = {TEACHER: "CCNN (teacher)", STUDENT: "EVOKE (student)", "arjun_vit": "ArjunViT",
          "vit": "ViT-B/16"}  # fmt: skip

FEATURES = ("de", "psd")

PAPER: dict[tuple[str, str], tuple[float, float]] = {
    ("ccnn", "de"): (93.23, 0.92),
    ("student", "de"): (87.62, 0.88),
    ("vit", "de"): (79.74, 0.80),
    ("arjun_vit", "de"): (62.24, 0.65),
    ("ccnn", "psd"): (61.11, 0.46),
    ("vit", "psd"): (75.21, 0.74),
    ("arjun_vit", "psd"): (77.78, 0.77),
}
"""Accuracy in % and F1 as Table I of arXiv 2401.06957 prints them, for folds of mixed seconds."""

PAPER_SPEED = {"one_ms": 0.33, "windows_per_s": 80_176.0}
"""Of the student, on an RTX A6000."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is trained: seconds of each trial, epochs, and folds out of five for each seed."""

    name: str
    seconds: int
    epochs: int
    folds: int
    seeds: int

    def config(self, protocol: str, seed: int) -> TrainConfig:
        """The default preset at this scale."""
        return DEFAULT.with_options(protocol=protocol, epochs=self.epochs, seed=seed)


FULL = Scale("full", seconds=60, epochs=30, folds=5, seeds=3)
NO_GPU = Scale("no GPU", seconds=20, epochs=6, folds=1, seeds=1)
QUICK = Scale("quick", seconds=20, epochs=3, folds=1, seeds=1)


@dataclass(frozen=True, slots=True)
class Cell:
    """One network on one kind of features under one protocol. shuffled: trained on ratings that
    had been shuffled between trials."""

    network: str
    features: str
    protocol: str
    shuffled: bool = False


@dataclass(frozen=True)
class Table:
    """cells: what was found; None where no fold ended. failures: why, a sentence each."""

    scale: Scale
    data: str
    trials: int
    cells: dict[Cell, Assessment | None]
    failures: tuple[str, ...]


def cells(networks: Sequence[str], protocols: Sequence[str]) -> list[Cell]:
    """Every combination, and the student on shuffled ratings."""
    every = [Cell(n, f, p) for f in FEATURES for p in protocols for n in networks]
    return every + [Cell(STUDENT, "de", p, shuffled=True) for p in protocols]


def make_table(
    study: Study,
    scale: Scale,
    wanted: Sequence[Cell],
    folder: Path,
    on_task: Callable[[int, int], None] = lambda _done, _total: None,
    **where: Any,
) -> Table:
    """Train what `wanted` asks for, at `scale`, and assess it.

    on_task: told how many of how many trainings are done. where: `workers` or `cluster`, as
    `jobs.run_tasks` takes them. The student is distilled with the paper's best settings from the
    teacher of the same fold, but for shuffled ratings. Raises EvokeError for unusable data.
    """
    data = {name: first_seconds(windows, scale.seconds) for name, windows in study.data.items()}
    study = replace(study, data=data)
    for windows in data.values():
        check_data(windows)
    check_folds(data["de"], scale, wanted)
    taught = [c for c in wanted if c.network == STUDENT and not c.shuffled]
    teachers = {replace(c, network=TEACHER) for c in taught}
    first = [c for c in dict.fromkeys([*wanted, *teachers]) if c not in taught]
    total = scale.folds * scale.seeds * (len(first) + len(taught))
    count = 0

    def on_done(_outcome: Outcome) -> None:
        nonlocal count
        count += 1
        on_task(count, total)

    def run(study: Study, tasks: Mapping[Cell, list[Task]]) -> dict[Cell, list[Outcome]]:
        flat = [task for some in tasks.values() for task in some]
        found = run_tasks(train_fold, flat, folder, study, on_done=on_done, **where)
        by_key = {outcome.task.key: outcome for outcome in found}
        return {cell: [by_key[task.key] for task in some] for cell, some in tasks.items()}

    plain = run(study, {c: [f.task(data[c.features]) for f in _folds(c, scale)] for c in first})
    alive = {o.task.key: o.result for c in teachers for o in plain[c] if o.result is not None}
    students: dict[Cell, list[Task]] = {}
    for cell in taught:
        keys = [o.task.key for o in plain[replace(cell, network=TEACHER)]]
        students[cell] = [
            replace(fold, teacher=key, distill=DistillConfig()).task(data[cell.features])
            for fold, key in zip(_folds(cell, scale), keys, strict=True)
            if key in alive
        ]
    outcomes = plain | run(replace(study, teachers=alive), students)
    failures = tuple(_failures(outcomes))
    if not any(outcome.result for some in outcomes.values() for outcome in some):
        raise TrainingError(f"No training ended. {failures[0]}")
    return Table(
        scale=scale,
        data=data["de"].description,
        trials=data["de"].trials,
        cells={cell: _assessed(cell, data[cell.features], outcomes[cell]) for cell in wanted},
        failures=failures,
    )


def _assessed(cell: Cell, data: LabelledWindows, outcomes: Sequence[Outcome]) -> Assessment | None:
    return pooled(shuffled(data) if cell.shuffled else data, outcomes)


def check_folds(data: LabelledWindows, scale: Scale, wanted: Sequence[Cell]) -> None:
    """Raise SettingsError, before any training, where the data are too few for a protocol."""
    from evoke.dataset.splits import fold_of_windows

    for protocol in dict.fromkeys(cell.protocol for cell in wanted):
        fold_of_windows(protocol, data.groups, scale.config(protocol, 0).folds, 0)


def _folds(cell: Cell, scale: Scale) -> Iterator[Fold]:
    for seed in range(scale.seeds):
        for fold in range(scale.folds):
            yield Fold(
                network=cell.network,
                features=cell.features,
                config=scale.config(cell.protocol, seed),
                fold=fold,
                shuffled=cell.shuffled,
                keep=cell.network == TEACHER,
            )


def _failures(outcomes: Mapping[Cell, Sequence[Outcome]]) -> Iterator[str]:
    for cell, some in outcomes.items():
        for outcome in some:
            if outcome.result is None:
                title = TITLES.get(cell.network, cell.network)
                fold = outcome.task.settings["fold"] + 1
                yield (
                    f"{title}, {cell.features.upper()}, {cell.protocol}, fold {fold}: "
                    f"{outcome.failure}."
                )


def gap_in_words(table: Table) -> list[str]:
    """What the paper's protocol hides, in sentences."""
    lines = []
    for network in dict.fromkeys(cell.network for cell in table.cells):
        mixed = table.cells.get(Cell(network, "de", "segments"))
        held = table.cells.get(Cell(network, "de", "trials"))
        if mixed is None or held is None:
            continue
        a, b = (x.scores["macro"]["accuracy"].value for x in (mixed, held))
        trivial = held.trivial["macro"]["accuracy"]
        lines.append(
            f"{TITLES.get(network, network)}: {a:.1%} right where seconds of one trial are mixed "
            f"between training and test, {b:.1%} on trials it has never heard: the mixing adds "
            f"{100 * (a - b):.0f} points. Always giving the commoner answer: {trivial:.1%}."
        )
    return lines + _recognition(table)


def _recognition(table: Table) -> list[str]:
    """What is left of an accuracy when there is nothing to learn."""
    found = {p: table.cells.get(Cell(STUDENT, "de", p, True)) for p in ("segments", "trials")}
    mixed, held = found["segments"], found["trials"]
    if mixed is None or held is None:
        return []
    a, b = (x.scores["macro"]["accuracy"].value for x in (mixed, held))
    line = (
        "With the ratings shuffled between trials, so that there is nothing about emotion to "
        f"learn, the student is right {a:.1%} under mixed seconds, {b:.1%} on new trials"
    )
    interval = mixed.scores["macro"]["accuracy"]
    if interval.low > mixed.trivial["macro"]["accuracy"]:
        line += ": under mixed seconds it recognises the trial, not the emotion"
    return [line + "."]


def as_json(table: Table, costs: Mapping[str, Mapping[str, float | str]]) -> dict[str, Any]:
    """The whole table, for JSON: costs by network, cells with their intervals."""
    return {
        "scale": asdict(table.scale),
        "data": table.data,
        "trials": table.trials,
        "costs": {name: dict(cost) for name, cost in costs.items()},
        "cells": [_cell_json(cell, found) for cell, found in table.cells.items()],
        "paper": [
            {"network": n, "features": f, "accuracy": a / 100, "f1": f1}
            for (n, f), (a, f1) in PAPER.items()
        ],
        "in_words": gap_in_words(table),
        "failures": list(table.failures),
    }


def _cell_json(cell: Cell, found: Assessment | None) -> dict[str, Any]:
    row: dict[str, Any] = asdict(cell)
    if found is not None:
        macro = found.scores["macro"]
        row |= {m: triple(macro[m]) for m in ("accuracy", "f1", "auroc", "ece", "nll")}
        row |= {"exact_match": triple(found.exact_match), "test_windows": found.windows}
        row |= {"majority_accuracy": found.trivial["macro"]["accuracy"]}
        row |= {"chance": found.chance["macro"]}
    return row


def as_csv(table: Table) -> str:
    """One line for each network, features and protocol."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    heads = ("network", "features", "protocol", "ratings", "accuracy", "low", "high", "f1")
    writer.writerow((*heads, "majority_accuracy", "paper_accuracy", "paper_f1"))
    for cell, found in table.cells.items():
        if found is None:
            continue
        accuracy, f1 = (found.scores["macro"][m] for m in ("accuracy", "f1"))
        paper = PAPER.get((cell.network, cell.features))
        if paper is None or cell.protocol != "segments" or cell.shuffled:
            published = ["", ""]
        else:
            published = [f"{paper[0] / 100:.4f}", f"{paper[1]:.2f}"]
        values = (accuracy.value, accuracy.low, accuracy.high, f1.value)
        ratings = "shuffled" if cell.shuffled else "true"
        majority = found.trivial["macro"]["accuracy"]
        figures = (f"{v:.4f}" for v in (*values, majority))
        writer.writerow((cell.network, cell.features, cell.protocol, ratings, *figures, *published))
    return text.getvalue()


def scale_of(quick: bool, gpu: bool) -> Scale:
    """What this computer can do in minutes."""
    if quick:
        return QUICK
    return FULL if gpu else NO_GPU


def check_out(path: Path | None, suffix: str) -> None:
    """Make the folder of `path`. Raises SettingsError, before any work, unless `path` ends in
    `suffix` and something can be written there."""
    if path is None:
        return
    if path.suffix != suffix:
        raise SettingsError(f"{path.name} must end in {suffix}.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}.") from error
