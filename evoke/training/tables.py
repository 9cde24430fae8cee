"""Table I of the paper, made again: each network with its cost, its speed and what it gets right
under each protocol, beside the paper's figures and beside knowing nothing."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from evoke.training.data import LabelledWindows
from evoke.training.evaluation import Assessment
from evoke.training.jobs import Outcome
from evoke.training.plan import (
    FULL,
    STUDENT,
    TEACHER,
    TITLES,
    OnTask,
    Scale,
    Scales,
    assessed,
    prepared,
    silent,
    train_all,
)
from evoke.training.recipes import RECIPES
from evoke.training.study import Fold, Study, pooled, shuffled
from evoke.training.verdict import recipe_in_words, triple

RECIPE = "default"
"""How the student is distilled."""

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


SCALES = Scales(
    full=FULL,
    small=Scale("no GPU", 5, seconds=20, passes=6, folds=1, seeds=1, student_passes=20),
    quick=Scale("quick", 3, seconds=20, passes=3, folds=1, seeds=1, student_passes=20),
)
"""Of the table, and of the sweep."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One network on one kind of features under one protocol. shuffled: trained on ratings that
    had been shuffled between trials, from scratch."""

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
    """Every combination, and a student from scratch on shuffled ratings."""
    every = [Cell(n, f, p) for f in FEATURES for p in protocols for n in networks]
    return every + [Cell(STUDENT, "de", p, shuffled=True) for p in protocols]


def make_table(
    study: Study,
    scale: Scale,
    wanted: Sequence[Cell],
    folder: Path,
    on_task: OnTask = silent,
    on_assessed: OnTask = silent,
    **where: Any,
) -> Table:
    """Train what `wanted` asks for, at `scale`, and assess it.

    The student is distilled by `RECIPE` from the teacher of the same fold, but for shuffled
    ratings. Other arguments and errors as `plan.train_all`, `assessed` and `prepared` have them.
    """
    study = prepared(study, scale, list(dict.fromkeys(cell.protocol for cell in wanted)))
    trained = train_all(
        study, {cell: list(_folds(cell, scale)) for cell in wanted}, folder, on_task, **where
    )
    data = study.data
    return Table(
        scale=scale,
        data=data["de"].description,
        trials=data["de"].trials,
        cells=assessed(
            lambda cell: _assessment(cell, data[cell.features], trained.outcomes[cell]),
            wanted,
            on_assessed,
        ),
        failures=trained.failures,
    )


def _assessment(
    cell: Cell, data: LabelledWindows, outcomes: Sequence[Outcome]
) -> Assessment | None:
    return pooled(shuffled(data) if cell.shuffled else data, outcomes, cell.protocol)


def _folds(cell: Cell, scale: Scale) -> Iterator[Fold]:
    for seed, fold in scale.runs():
        config = scale.config(cell.protocol, seed, cell.network)
        own = Fold(cell.network, cell.features, config, fold, shuffled=cell.shuffled)
        if cell.network != STUDENT or cell.shuffled:
            yield own
            continue
        teacher = Fold(TEACHER, cell.features, scale.config(cell.protocol, seed), fold)
        yield replace(own, teachers=(teacher,), distill=RECIPES[RECIPE])


def about_student() -> str:
    """How the student of the table was made."""
    how = recipe_in_words(RECIPES[RECIPE])
    return f"The student is distilled from the CCNN beside it by the {RECIPE} recipe: {how}."


def about_paper() -> str:
    """Why its figures and the table's do not compare."""
    how = recipe_in_words(RECIPES["paper"])
    return (
        "The paper's figures are DEAP's, by its own rest baseline, 100 epochs at a constant "
        f"learning rate, and the student by its own recipe: {how}. Here the mean of the rest is "
        "subtracted, features are brought to one scale, and networks learn by the default preset."
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
            f"between training and test, {b:.1%} on trials it has never seen: the mixing adds "
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
        f"learn, a student from scratch is right {a:.1%} under mixed seconds, {b:.1%} on new trials"
    )
    interval = mixed.scores["macro"]["accuracy"]
    if interval.low > mixed.trivial["macro"]["accuracy"]:
        line += ": under mixed seconds it recognises the trial, not the emotion"
    return [line + "."]


def as_json(table: Table, costs: Mapping[str, Mapping[str, float | str]]) -> dict[str, Any]:
    """The whole table, for JSON: costs by network, cells with their intervals."""
    return {
        "scale": asdict(table.scale),
        "recipe": {"name": RECIPE, **asdict(RECIPES[RECIPE])},
        "data": table.data,
        "trials": table.trials,
        "costs": {name: dict(cost) for name, cost in costs.items()},
        "cells": [_cell_json(cell, found) for cell, found in table.cells.items()],
        "paper_in_words": about_paper(),
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
        row |= {"trivial": found.trivial["macro"]}
        chance = found.chance["macro"]
        row |= {"chance": None if math.isnan(chance) else chance}
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
