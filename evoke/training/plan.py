"""The engine of every study: teachers are trained first, then what listens to them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from evoke.dataset.splits import fold_of_windows
from evoke.errors import TrainingError
from evoke.training.config import TrainConfig, default_for
from evoke.training.data import check_data
from evoke.training.jobs import Outcome, Task, run_tasks
from evoke.training.study import Fold, Keep, Study, first_seconds, train_fold

TEACHER, STUDENT = "ccnn", "student"

TITLES = {TEACHER: "CCNN (teacher)", STUDENT: "EVOKE (student)", "arjun_vit": "ArjunViT",
          "vit": "ViT-B/16"}  # fmt: skip

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")

OnTask = Callable[[int, int], None]
"""Told how many of how many trainings are done."""


def silent(_done: int, _total: int) -> None:
    """An `OnTask` that tells nobody."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is trained: people of generated data, seconds of each trial, passes through the
    training windows at most, and folds out of five for each seed. student_passes: where they are
    others than the teacher's; precision: as in `TrainConfig`."""

    name: str
    subjects: int
    seconds: int
    passes: int
    folds: int
    seeds: int
    student_passes: int | None = None
    precision: Literal["auto", "fp32", "bf16"] = "auto"

    def config(self, protocol: str, seed: int, network: str = TEACHER) -> TrainConfig:
        """The default preset at this scale. Where seconds are mixed, networks grow better to the
        last pass: there an epoch is a whole pass, and none stops before the end."""
        passes = (self.student_passes if network == STUDENT else None) or self.passes
        config = default_for(network).with_options(
            protocol=protocol, seed=seed, precision=self.precision
        )
        if protocol == "segments":
            return config.with_options(epochs=passes, epoch_share=1.0, patience=passes)
        return config.with_options(epochs=round(passes / config.epoch_share))

    def runs(self) -> Iterator[tuple[int, int]]:
        """Every seed and fold, in one order for all networks."""
        return ((seed, fold) for seed in range(self.seeds) for fold in range(self.folds))

    def describe(self) -> str:
        """In words."""
        passes = f"{self.passes} passes"
        if self.student_passes is not None:
            passes += f" (student {self.student_passes})"
        seeds = "1 seed" if self.seeds == 1 else f"{self.seeds} seeds"
        return f"{self.seconds} s of each trial, at most {passes}, {self.folds} of 5 folds, {seeds}"


FULL = Scale("full", 32, seconds=60, passes=12, folds=5, seeds=3, student_passes=30)
"""On a GPU or a cluster."""


@dataclass(frozen=True, slots=True)
class Scales:
    """Of one study: full, on a GPU or a cluster; small, in an hour or so on a computer without;
    quick, in minutes."""

    full: Scale
    small: Scale
    quick: Scale

    def choose(self, quick: bool, device: str, cluster: bool = False) -> Scale:
        """What suits the device, in bf16 where that is faster; a cluster's CPUs are not known."""
        if quick:
            scale = self.quick
        else:
            scale = self.small if device == "cpu" and not cluster else self.full
        from evoke.training.device import cpu_bf16

        if device == "cpu" and not cluster and cpu_bf16():
            return replace(scale, precision="bf16")
        return scale


@dataclass(frozen=True)
class Trainings(Generic[Key]):
    """outcomes: of each row's folds, in their order. failures: why one is missing, a sentence
    each."""

    outcomes: dict[Key, list[Outcome]]
    failures: tuple[str, ...]


def prepared(study: Study, scale: Scale, protocols: Sequence[str]) -> Study:
    """The study with the seconds that `scale` takes. Raises EvokeError, before any training, for
    data that teach nothing, or are too few for a protocol."""
    data = {name: first_seconds(windows, scale.seconds) for name, windows in study.data.items()}
    for windows in data.values():
        check_data(windows)
    for protocol in protocols:
        groups = next(iter(data.values())).groups
        fold_of_windows(protocol, groups, scale.config(protocol, 0).folds, 0)
    return replace(study, data=data)


def train_all(
    study: Study,
    wanted: Mapping[Key, Sequence[Fold]],
    folder: Path,
    on_task: OnTask = silent,
    **where: Any,
) -> Trainings[Key]:
    """Train all folds of all rows and the teachers they name, each of them once.

    folder: where what has ended is kept; a repeated study goes on there. where: `workers` or
    `cluster`, as `jobs.run_tasks` takes them. Teachers have no teachers themselves.
    Raises TrainingError if no training ended.
    """
    folds = list(dict.fromkeys(fold for some in wanted.values() for fold in some))
    teachers = list(dict.fromkeys(t for fold in folds for t in fold.teachers))
    first = list(dict.fromkeys([*teachers, *(fold for fold in folds if not fold.teachers)]))
    total = len(first) + sum(bool(fold.teachers) for fold in folds)
    outcomes: dict[Fold, Outcome] = {}
    count = 0

    def on_done(_outcome: Outcome) -> None:
        nonlocal count
        count += 1
        on_task(count, total)

    def train(study: Study, tasks: Mapping[Fold, Task]) -> None:
        found = run_tasks(train_fold, list(tasks.values()), folder, study, on_done=on_done, **where)
        outcomes.update(zip(tasks, found, strict=True))

    on_task(0, total)
    kept = _kept(folds)
    train(study, {fold: fold.task(study, kept.get(fold, "nothing")) for fold in first})
    heard = {t: result for t in teachers if (result := outcomes[t].result) is not None}
    second = {fold: fold.task(study) for fold in folds if fold.teachers}
    for fold in [fold for fold in second if not heard.keys() >= set(fold.teachers)]:
        outcomes[fold] = Outcome(second.pop(fold), None, "its teacher failed")
        on_done(outcomes[fold])
    train(replace(study, teachers={t.key(study): r for t, r in heard.items()}), second)
    failures = tuple(
        f"{_name(fold)}: {outcome.failure.rstrip('.')}."
        for fold, outcome in outcomes.items()
        if outcome.result is None
    )
    if len(failures) == len(outcomes):
        raise TrainingError(f"No training ended. {failures[0]}")
    return Trainings({key: [outcomes[f] for f in some] for key, some in wanted.items()}, failures)


def assessed(
    assess: Callable[[Key], Result], keys: Iterable[Key], on_assessed: OnTask
) -> dict[Key, Result]:
    """What `assess` finds for every key; `on_assessed` is told how many of how many are done."""
    waiting = list(keys)
    found = {}
    for done, key in enumerate(waiting, start=1):
        found[key] = assess(key)
        on_assessed(done, len(waiting))
    return found


def _kept(folds: Sequence[Fold]) -> dict[Fold, Keep]:
    """What teachers must leave behind; mixed windows ask for the network itself."""
    kept: dict[Fold, Keep] = {}
    for fold in folds:
        mixes = fold.distill is not None and fold.distill.mixup is not None
        for teacher in fold.teachers:
            kept[teacher] = "weights" if mixes else kept.get(teacher, "logits")
    return kept


def _name(fold: Fold) -> str:
    config = fold.config
    words = [TITLES.get(fold.network, fold.network), fold.features.upper(), config.protocol]
    if fold.distill is not None:
        words.append(f"temperature {fold.distill.temperature:g}, alpha {fold.distill.alpha:g}")
    return ", ".join([*words, f"seed {config.seed}, fold {fold.fold + 1}"])
