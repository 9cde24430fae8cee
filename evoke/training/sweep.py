"""The student over temperature and alpha of its distillation. Fig. 4 of the paper (arXiv
2401.06957) shows its first 50 epochs instead."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from evoke.errors import SettingsError
from evoke.training.config import DistillConfig
from evoke.training.evaluation import Assessment
from evoke.training.plan import (
    STUDENT,
    TEACHER,
    OnTask,
    Scale,
    assessed,
    prepared,
    silent,
    train_all,
)
from evoke.training.recipes import RECIPES
from evoke.training.study import Fold, Study, pooled
from evoke.training.tables import PAPER
from evoke.training.verdict import protocol_title, triple

TEMPERATURES = (1.0, 1.25, 2.0, 4.0)
ALPHAS = (0.1, 0.25, 0.5, 0.75, 0.9)
QUICK_TEMPERATURES = (1.25, 4.0)
QUICK_ALPHAS = (0.25, 0.5, 0.9)

PAPER_POINT = (RECIPES["paper"].temperature, RECIPES["paper"].alpha, PAPER[STUDENT, "de"][0])
"""Temperature and alpha of the paper's student, and how much it gets right, in %: of DEAP's mixed
seconds."""


@dataclass(frozen=True, slots=True)
class Point:
    """One training of a sweep: the teacher, the student from scratch (no temperature, no alpha)
    or the student distilled."""

    protocol: str
    network: str = STUDENT
    temperature: float | None = None
    alpha: float | None = None


@dataclass(frozen=True)
class Sweep:
    """points: what was found; None where no fold ended. failures: why, a sentence each."""

    scale: Scale
    data: str
    points: dict[Point, Assessment | None]
    failures: tuple[str, ...]

    def accuracy(self, point: Point) -> tuple[float, float, float] | None:
        """Macro accuracy and its 95% interval, or None where there is none."""
        found = self.points.get(point)
        if found is None:
            return None
        estimate = found.scores["macro"]["accuracy"]
        return estimate.value, estimate.low, estimate.high

    def commoner(self, protocol: str) -> float | None:
        """Macro accuracy of always giving the commoner answer, on the same test windows."""
        trivial = (a.trivial for p, a in self.points.items() if a and p.protocol == protocol)
        return next((scores["macro"]["accuracy"] for scores in trivial), None)


def make_sweep(
    study: Study,
    scale: Scale,
    protocols: Sequence[str],
    temperatures: Sequence[float],
    alphas: Sequence[float],
    folder: Path,
    on_task: OnTask = silent,
    on_assessed: OnTask = silent,
    **where: Any,
) -> Sweep:
    """Train teachers, students from scratch, and a student for every temperature and alpha, all
    on DE features and the same folds.

    Other arguments and errors as `plan.train_all`, `assessed` and `prepared` have them. Raises
    SettingsError for a temperature or an alpha out of range.
    """
    grid = [DistillConfig(t, a) for t in temperatures for a in alphas]
    if not grid:
        raise SettingsError("A sweep needs at least one temperature and one alpha.")
    study = prepared(replace(study, data={"de": study.data["de"]}), scale, protocols)
    wanted: dict[Point, list[Fold]] = {}
    for protocol in protocols:
        for network in (TEACHER, STUDENT):
            wanted[Point(protocol, network)] = list(_folds(protocol, network, scale))
        for recipe in grid:
            wanted[Point(protocol, STUDENT, recipe.temperature, recipe.alpha)] = [
                replace(student, teachers=(teacher,), distill=recipe)
                for teacher, student in zip(
                    *(wanted[Point(protocol, network)] for network in (TEACHER, STUDENT)),
                    strict=True,
                )
            ]
    trained = train_all(study, wanted, folder, on_task, **where)
    data = study.data["de"]
    return Sweep(
        scale=scale,
        data=data.description,
        points=assessed(
            lambda point: pooled(data, trained.outcomes[point], point.protocol),
            wanted,
            on_assessed,
        ),
        failures=trained.failures,
    )


def _folds(protocol: str, network: str, scale: Scale) -> Iterator[Fold]:
    for seed, fold in scale.runs():
        yield Fold(network, "de", scale.config(protocol, seed, network), fold)


def in_words(sweep: Sweep) -> list[str]:
    """For each protocol: teacher, student from scratch, the spread, and knowing nothing."""
    lines = []
    for protocol in dict.fromkeys(point.protocol for point in sweep.points):
        taught = {
            p: sweep.accuracy(p)
            for p in sweep.points
            if p.protocol == protocol and p.alpha is not None
        }
        values = [found[0] for found in taught.values() if found]
        teacher = sweep.accuracy(Point(protocol, TEACHER))
        scratch = sweep.accuracy(Point(protocol))
        commoner = sweep.commoner(protocol)
        if not values or teacher is None or scratch is None or commoner is None:
            continue
        lines.append(
            f"{protocol_title(protocol)}. Right: teacher {teacher[0]:.1%}, student from scratch "
            f"{scratch[0]:.1%} (95%: {scratch[1]:.1%} to {scratch[2]:.1%}), distilled "
            f"{min(values):.1%} to {max(values):.1%} over all temperatures and alphas, always the "
            f"commoner answer {commoner:.1%}."
        )
    if any(point.protocol == "segments" for point in sweep.points):
        temperature, alpha, right = PAPER_POINT
        lines.append(
            f"The paper's student, at temperature {temperature:g} and alpha {alpha:g}, is right "
            f"about {right:.2f}% of DEAP's mixed seconds; other data, and trained otherwise."
        )
    return [*lines, "These are test windows: nothing may be chosen by them."]


def as_json(sweep: Sweep) -> dict[str, Any]:
    """For JSON: every point with accuracy, F1 and NLL, each with its interval."""
    rows = []
    for point, found in sweep.points.items():
        row: dict[str, Any] = asdict(point)
        if found is not None:
            row |= {m: triple(found.scores["macro"][m]) for m in ("accuracy", "f1", "nll")}
            row |= {"trivial": found.trivial["macro"]}
        rows.append(row)
    return {
        "scale": asdict(sweep.scale),
        "data": sweep.data,
        "points": rows,
        "in_words": in_words(sweep),
        "failures": list(sweep.failures),
    }


def as_csv(sweep: Sweep) -> str:
    """One line for each point: macro accuracy with its interval, F1, and knowing nothing."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    heads = ("protocol", "network", "temperature", "alpha", "accuracy", "low", "high", "f1")
    writer.writerow((*heads, "majority_accuracy"))
    for point, found in sweep.points.items():
        if found is not None:
            accuracy, f1 = (found.scores["macro"][m] for m in ("accuracy", "f1"))
            majority = found.trivial["macro"]["accuracy"]
            values = (accuracy.value, accuracy.low, accuracy.high, f1.value, majority)
            options = ("" if o is None else o for o in (point.temperature, point.alpha))
            row = (point.protocol, point.network, *options, *(f"{v:.4f}" for v in values))
            writer.writerow(row)
    return text.getvalue()
