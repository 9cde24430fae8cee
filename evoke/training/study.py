"""What tables and sweeps are made of: one network trained on one fold, as a task for `jobs`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evoke.dataset.splits import Groups, fold_of_windows, splits
from evoke.errors import SettingsError, TrainingError
from evoke.training.config import DistillConfig, TrainConfig
from evoke.training.data import LabelledWindows
from evoke.training.evaluation import RESAMPLES, Assessment, assess
from evoke.training.jobs import Outcome, Result, Task
from evoke.training.run import Distillation, TeacherLogits, best_device, run

if TYPE_CHECKING:
    from torch import nn

Build = Callable[[str, Mapping[str, str], int], "nn.Module"]
"""From a network's name, its options and a seed to the network; importable by workers."""

VERSION = 1
"""Of how a fold is trained; raised where stored results would come out differently now."""

_WEIGHT = "weight:"


@dataclass(frozen=True)
class Study:
    """What all tasks share.

    data: name of the features -> windows; the same windows for each. teachers: key of a task ->
    its result, with weights.
    """

    data: Mapping[str, LabelledWindows]
    build: Build
    teachers: Mapping[str, Result] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fold:
    """One training.

    config: its folds and seed say how the windows are divided; fold: which part is tested.
    teacher: key of the teacher's task on the same fold; distill: how it is listened to.
    shuffled: the ratings are shuffled between the trials of each person, so that there is nothing
        true to learn. keep: store the weights, for students.
    """

    network: str
    features: str
    config: TrainConfig
    fold: int = 0
    teacher: str | None = None
    distill: DistillConfig | None = None
    shuffled: bool = False
    keep: bool = False

    def task(self, data: LabelledWindows) -> Task:
        """Its settings, with the fingerprint of the data: equal keys mean equal results."""
        return Task({**asdict(self), "data": data.fingerprint, "version": VERSION})


def train_fold(study: Study, settings: Mapping[str, Any]) -> Result:
    """The `jobs.Work` of a `Fold`: test windows and calibrated P(high) on them.

    arrays: test (n,) and train (m,) windows by index, probabilities (n, 3) float32; with `keep`,
    the weights too. One thread, so that the figures do not depend on the computer's cores.
    Raises EvokeError for data that are too few or a run that diverges.
    """
    import torch

    torch.set_num_threads(1)
    fold = _fold(settings)
    data = study.data[fold.features]
    if fold.shuffled:
        data = shuffled(data)
    distillation = None
    if fold.teacher is not None and fold.distill is not None:
        logits = _teacher_logits(study.build, study.teachers[fold.teacher])
        distillation = Distillation(logits, fold.distill)
    split = next(
        s
        for s in splits(fold.config.protocol, data.groups, fold.config.folds, fold.config.seed)
        if s.fold == fold.fold
    )
    [trained] = run(
        _with_fold_first(data, fold.config, fold.fold),
        fold.config.with_options(protocol="subjects", run_folds=1),
        lambda seed: study.build(fold.network, {}, seed + fold.fold),
        lambda _folds: None,
        distillation,
        device=best_device(),
    )
    logits = _logits(study.build, fold.network, trained.weights, trained.mean, trained.std)
    arrays: dict[str, NDArray[Any]] = {
        "test": split.test.astype(np.int32),
        "train": split.train.astype(np.int32),
        "probabilities": trained.calibrator.apply(logits(data.grid[split.test])).astype(np.float32),
    }
    if fold.keep:
        arrays |= {_WEIGHT + name: weights for name, weights in trained.weights.items()}
        arrays |= {"mean": trained.mean, "std": trained.std}
    return Result({"network": fold.network, "best_epoch": trained.best_epoch}, arrays)


def _with_fold_first(data: LabelledWindows, config: TrainConfig, fold: int) -> LabelledWindows:
    """The same windows, so grouped that `run` under `subjects` tests, as its first fold, `fold`
    of the protocol that `config` names, and validates on the one after it.

    `run` takes its folds in order; tasks want one of them each."""
    assigned = fold_of_windows(config.protocol, data.groups, config.folds, config.seed)
    numbers = np.arange(config.folds)
    group_of_fold = np.argsort(
        fold_of_windows("subjects", Groups(numbers, numbers, numbers), config.folds, config.seed)
    )
    group = group_of_fold[(assigned - fold) % config.folds]
    return replace(data, groups=replace(data.groups, subject=group))


def first_seconds(data: LabelledWindows, windows: int) -> LabelledWindows:
    """The first windows of every trial."""
    trial = data.groups.trial
    starts = np.r_[0, np.flatnonzero(np.diff(trial)) + 1]
    place = np.arange(len(trial)) - np.repeat(starts, np.diff(np.r_[starts, len(trial)]))
    return _taken(data, np.flatnonzero(place < windows))


def shuffled(data: LabelledWindows, seed: int = 0) -> LabelledWindows:
    """The same windows with the ratings of whole trials shuffled within each person."""
    first, trial = np.unique(data.groups.trial, return_index=True, return_inverse=True)[1:]
    person = data.groups.subject[first]
    order = np.lexsort((np.random.default_rng(seed).random(len(person)), person))
    ratings = np.empty_like(data.high[first])
    ratings[np.argsort(person, kind="stable")] = data.high[first][order]
    return replace(data, high=ratings[trial])


def check_finite(data: LabelledWindows) -> None:
    """Raise TrainingError for features that are not numbers."""
    if not np.isfinite(data.grid).all():
        bad = ~np.isfinite(data.grid).all(axis=(1, 2, 3))
        name = data.subjects[int(data.groups.subject[bad.argmax()])]
        raise TrainingError(
            f"{bad.sum()} of {len(data)} windows have features that are not numbers, the first of "
            f"subject {name}."
        )


def check_data(data: LabelledWindows) -> None:
    """Raise TrainingError for features that are not numbers, SettingsError where every trial has
    the same rating of a label."""
    check_finite(data)
    for k, label in enumerate(("valence", "arousal", "dominance")):
        if data.high[:, k].min() == data.high[:, k].max():
            side = "high" if data.high[0, k] else "low"
            raise SettingsError(
                f"Every trial was rated {side} in {label}; there is nothing to tell apart."
            )


def pooled(
    data: LabelledWindows, outcomes: Sequence[Outcome], resamples: int = RESAMPLES
) -> Assessment | None:
    """All folds and seeds of one network taken together; None if none of them ended."""
    results = [outcome.result for outcome in outcomes if outcome.result is not None]
    if not results:
        return None
    test = np.concatenate([r.arrays["test"] for r in results])
    train = np.concatenate([r.arrays["train"] for r in results])
    return assess(
        np.concatenate([r.arrays["probabilities"] for r in results]),
        data.high[test],
        data.groups.trial[test],
        data.high[train],
        data.groups.subject[test],
        resamples,
    )


def _fold(settings: Mapping[str, Any]) -> Fold:
    given = {k: v for k, v in settings.items() if k not in ("data", "version")}
    distill = given["distill"]
    given["config"] = TrainConfig(**given["config"])
    given["distill"] = None if distill is None else DistillConfig(**distill)
    return Fold(**given)


def _logits(
    build: Build,
    name: str,
    weights: Mapping[str, NDArray[np.float32]],
    mean: NDArray[np.float32],
    std: NDArray[np.float32],
) -> TeacherLogits:
    """A trained network as a function from features, not standardised, to logits."""
    import torch

    from evoke.training.trainer import predict

    network = build(name, {}, 0)
    network.load_state_dict({n: torch.from_numpy(np.array(w)) for n, w in weights.items()})
    return lambda grid: predict(network, (grid - mean) / std)


def _teacher_logits(build: Build, teacher: Result) -> TeacherLogits:
    weights = {
        name.removeprefix(_WEIGHT): array
        for name, array in teacher.arrays.items()
        if name.startswith(_WEIGHT)
    }
    mean, std = teacher.arrays["mean"], teacher.arrays["std"]
    return _logits(build, teacher.facts["network"], weights, mean, std)


def _taken(data: LabelledWindows, index: NDArray[np.int64]) -> LabelledWindows:
    groups = data.groups
    return replace(
        data,
        grid=data.grid[index],
        high=data.high[index],
        groups=Groups(groups.subject[index], groups.trial[index], groups.video[index]),
    )
