"""What each recipe of distillation adds: networks trained on the same folds and seeds, in pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evoke.training.config import DistillConfig
from evoke.training.data import LabelledWindows
from evoke.training.evaluation import Assessment, Difference, paired_difference
from evoke.training.jobs import Outcome
from evoke.training.plan import (
    FULL,
    STUDENT,
    TEACHER,
    OnTask,
    Scale,
    Scales,
    Trainings,
    assessed,
    prepared,
    silent,
    train_all,
)
from evoke.training.recipes import RECIPES
from evoke.training.study import Fold, Study, pooled

PROTOCOLS = ("trials", "segments")


@dataclass(frozen=True)
class Row:
    """One kind of training.

    recipe: how teachers are listened to; None learns from labels alone. teachers: how many, with
    other weights on the same folds. stopping: as `run.run` takes it.
    """

    key: str
    title: str
    network: str = STUDENT
    recipe: DistillConfig | None = None
    teachers: int = 1
    stopping: bool = True
    protocols: tuple[str, ...] = PROTOCOLS

    def folds(self, scale: Scale, protocol: str) -> Iterator[Fold]:
        """Its trainings; the first of several teachers is that of a single one."""
        for seed, fold in scale.runs():
            config = scale.config(protocol, seed, self.network)
            own = Fold(self.network, "de", config, fold, stopping=self.stopping)
            if self.recipe is None:
                yield own
                continue
            taught = scale.config(protocol, seed, TEACHER)
            others = [_OTHER_WEIGHTS * k + seed if k else None for k in range(self.teachers)]
            yield Fold(
                self.network,
                "de",
                config,
                fold,
                teachers=tuple(
                    Fold(TEACHER, "de", taught.with_options(weights_seed=other), fold)
                    for other in others
                ),
                distill=self.recipe,
            )


_OTHER_WEIGHTS = 1000
"""Between the seeds of an ensemble's members; more than there are seeds and folds."""

_ALONE = RECIPES["probabilities"]
_LOGITS = RECIPES["logits"]

ROWS = (
    Row("teacher", "Teacher", TEACHER),
    Row("scratch", "Student from scratch"),
    Row("paper", "Paper's recipe", recipe=RECIPES["paper"]),
    Row("default", "Default recipe: mixed windows", recipe=RECIPES["default"]),
    Row("probabilities", "Probabilities alone", recipe=_ALONE),
    Row("ema", "Probabilities, moving average", recipe=_ALONE.with_options(ema=0.98)),
    Row("logits", "Logits", recipe=_LOGITS),
    Row("ensemble", "Logits, mean of 2 teachers", recipe=_LOGITS, teachers=2,
        protocols=("trials",)),
    Row("teacher-on", "Teacher, run on without stopping", TEACHER, stopping=False,
        protocols=("trials",)),
    Row("scratch-on", "Student from scratch, run on", stopping=False, protocols=("trials",)),
)  # fmt: skip

SCALES = Scales(
    full=FULL,
    small=Scale("no GPU", 12, seconds=20, passes=8, folds=5, seeds=1, student_passes=20),
    quick=Scale("quick", 3, seconds=6, passes=2, folds=1, seeds=1, student_passes=6),
)


@dataclass(frozen=True)
class Found:
    """One row under one protocol, all folds and seeds together; to_scratch and to_teacher: its
    accuracy less theirs, None for themselves and where they failed."""

    assessment: Assessment
    runs: int
    to_scratch: Difference | None
    to_teacher: Difference | None


@dataclass(frozen=True)
class Comparison:
    """found: by row's key and protocol; None where no fold ended. failures: why, a sentence
    each."""

    scale: Scale
    data: str
    synthetic: bool
    trials: int
    rows: tuple[Row, ...]
    found: dict[tuple[str, str], Found | None]
    failures: tuple[str, ...]

    @property
    def protocols(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(protocol for _, protocol in self.found))


def compare(
    study: Study,
    scale: Scale,
    folder: Path,
    rows: Sequence[Row] = ROWS,
    on_task: OnTask = silent,
    on_assessed: OnTask = silent,
    **where: Any,
) -> Comparison:
    """Train all rows on DE features and assess them, each beside the teacher and the student from
    scratch of the same folds and seeds.

    Other arguments and errors as `plan.train_all`, `assessed` and `prepared` have them.
    """
    study = prepared(study, scale, PROTOCOLS)
    wanted = {
        (row.key, protocol): list(row.folds(scale, protocol))
        for protocol in PROTOCOLS
        for row in rows
        if protocol in row.protocols
    }
    trained = train_all(study, wanted, folder, on_task, **where)
    data = study.data["de"]
    return Comparison(
        scale=scale,
        data=data.description,
        synthetic=data.synthetic,
        trials=data.trials,
        rows=tuple(rows),
        found=assessed(lambda key: _found(data, trained, key), wanted, on_assessed),
        failures=trained.failures,
    )


def _found(
    data: LabelledWindows, trained: Trainings[tuple[str, str]], key: tuple[str, str]
) -> Found | None:
    outcomes = trained.outcomes[key]
    assessment = pooled(data, outcomes, key[1])
    if assessment is None:
        return None
    row, protocol = key

    def less(reference: str) -> Difference | None:
        if row == reference:
            return None
        return difference(data, outcomes, trained.outcomes.get((reference, protocol), []))

    runs = sum(outcome.result is not None for outcome in outcomes)
    return Found(assessment, runs, less("scratch"), less("teacher"))


def difference(
    data: LabelledWindows, outcomes: Sequence[Outcome], reference: Sequence[Outcome]
) -> Difference | None:
    """Over the folds and seeds that both networks ended; both in the same order."""
    pairs = [
        (run, a.result.arrays, b.result.arrays)
        for run, (a, b) in enumerate(zip(outcomes, reference, strict=False))
        if a.result is not None and b.result is not None
    ]
    if not pairs:
        return None
    test = np.concatenate([own["test"] for _, own, _ in pairs])
    return paired_difference(
        np.concatenate([own["probabilities"] for _, own, _ in pairs]),
        np.concatenate([other["probabilities"] for _, _, other in pairs]),
        data.high[test],
        data.groups.trial[test],
        np.concatenate([np.full(len(own["test"]), run) for run, own, _ in pairs]),
    )
