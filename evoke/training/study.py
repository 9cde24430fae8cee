"""What tables, sweeps and comparisons are made of: one network trained on one fold, as a task for
`jobs`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from evoke.dataset.splits import splits
from evoke.errors import TrainingError, gpu_faults_said
from evoke.training.config import DistillConfig, TrainConfig
from evoke.training.data import LabelledWindows
from evoke.training.evaluation import Assessment, assess
from evoke.training.events import BatchReduced, Event
from evoke.training.jobs import Outcome, Result, Task
from evoke.training.run import Distillation, Trained, run

if TYPE_CHECKING:
    from torch import nn

Build = Callable[[str, Mapping[str, str], int], "nn.Module"]
"""From a network's name, its options and a seed to the network; importable by workers."""

Keep = Literal["nothing", "logits", "weights"]
"""What a result holds for those that listen to it; weights come with logits."""

VERSION = 3
"""Of how a fold is trained; raised where stored results would come out differently now."""

_WEIGHT = "weight:"


@dataclass(frozen=True)
class Study:
    """What all tasks share.

    data: name of the features -> windows; the same windows for each. device: torch's name of where
    to train. teachers: `Fold.key` -> the result, with logits.
    """

    data: Mapping[str, LabelledWindows]
    build: Build
    device: str = "cpu"
    teachers: Mapping[str, Result] = field(default_factory=dict)

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """Of the data, by the name of the features."""
        return {name: windows.fingerprint for name, windows in self.data.items()}


@dataclass(frozen=True, slots=True)
class Fold:
    """One training.

    config: its folds and seed say how the windows are divided; fold: which part is tested.
    teachers: trained on the same fold, of which the mean is heard; distill: how.
    stopping: as `run` takes it. shuffled: the ratings are shuffled between the trials of each
        person, so that there is nothing true to learn.
    """

    network: str
    features: str
    config: TrainConfig
    fold: int = 0
    teachers: tuple[Fold, ...] = ()
    distill: DistillConfig | None = None
    stopping: bool = True
    shuffled: bool = False

    def task(self, study: Study, keep: Keep = "nothing") -> Task:
        """All that its result depends on: equal keys mean equal results."""
        own = asdict(replace(self, teachers=()))
        return Task(
            own
            | {
                "teachers": [teacher.key(study) for teacher in self.teachers],
                "data": study.fingerprints[self.features],
                "device": study.device,
                "torch": version("torch"),
                "version": VERSION,
                "keep": keep,
            }
        )

    def key(self, study: Study) -> str:
        """The same training's, whatever its result holds."""
        return self.task(study).key


def same_batches(event: Event) -> None:
    """An `on_event` of trainings that are compared. Raises TrainingError where one goes on with
    smaller batches: stored as a result of those asked for, it would be taken for one."""
    if isinstance(event, BatchReduced):
        raise TrainingError(
            f"Memory ran out, and with batches of {event.batch} the figures do not compare: end "
            "what else uses this computer or its GPU, or train fewer at a time, then try again."
        )


@gpu_faults_said()
def train_fold(study: Study, settings: Mapping[str, Any]) -> Result:
    """The `jobs.Work` of a `Fold`: test windows and calibrated P(high) on them.

    arrays: test (n,) and train (m,) windows by index, probabilities (n, 3) float32; as `Keep`
    says, logits of all windows (n_windows, 3) float32 and the weights. One thread, so that the
    figures do not depend on the computer's cores.
    Raises EvokeError for data that are too few, a run that diverges, and a GPU that fails or
    cannot hold the batches asked for.
    """
    import torch

    torch.set_num_threads(1)
    config = TrainConfig(**settings["config"])
    data = study.data[settings["features"]]
    if settings["shuffled"]:
        data = shuffled(data)
    [trained] = run(
        data,
        config,
        lambda seed: study.build(settings["network"], {}, seed),
        lambda _folds: None,
        _distillation(study, settings),
        same_batches,
        device=settings["device"],
        only=settings["fold"],
        stopping=settings["stopping"],
    )
    split = list(splits(config.protocol, data.groups, config.folds, config.seed))[settings["fold"]]
    arrays: dict[str, NDArray[Any]] = {
        "test": split.test.astype(np.int32),
        "train": split.train.astype(np.int32),
        "probabilities": trained.report.probabilities.astype(np.float32),
    }
    if settings["keep"] != "nothing":
        arrays["logits"] = _logits(study, settings["network"], trained, data.grid)
    if settings["keep"] == "weights":
        arrays |= {_WEIGHT + name: weights for name, weights in trained.weights.items()}
        arrays |= {"mean": trained.mean, "std": trained.std}
    return Result({"network": settings["network"], "best_epoch": trained.best_epoch}, arrays)


def first_seconds(data: LabelledWindows, windows: int) -> LabelledWindows:
    """The first windows of every trial."""
    trial = data.groups.trial
    starts = np.r_[0, np.flatnonzero(np.diff(trial)) + 1]
    place = np.arange(len(trial)) - np.repeat(starts, np.diff(np.r_[starts, len(trial)]))
    return _taken(data, np.flatnonzero(place < windows))


def shuffled(data: LabelledWindows) -> LabelledWindows:
    """The same windows with the ratings of whole trials shuffled within each person."""
    first, trial = np.unique(data.groups.trial, return_index=True, return_inverse=True)[1:]
    person = data.groups.subject[first]
    order = np.lexsort((np.random.default_rng(0).random(len(person)), person))
    ratings = np.empty_like(data.high[first])
    ratings[np.argsort(person, kind="stable")] = data.high[first][order]
    return replace(data, high=ratings[trial])


def pooled(data: LabelledWindows, outcomes: Sequence[Outcome], protocol: str) -> Assessment | None:
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
        protocol=protocol,
        videos=data.groups.video[test],
    )


def _logits(
    study: Study, name: str, trained: Trained, grid: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Of a trained network, for features that are not standardised."""
    from evoke.training.fitting import predict

    network = _network(study, name, trained.weights).to(study.device)
    return predict(network, (grid - trained.mean) / trained.std)


def _network(study: Study, name: str, weights: Mapping[str, NDArray[np.float32]]) -> nn.Module:
    import torch

    network = study.build(name, {}, 0)
    network.load_state_dict({n: torch.from_numpy(np.array(w)) for n, w in weights.items()})
    return network


def _distillation(study: Study, settings: Mapping[str, Any]) -> Distillation | None:
    """The teachers of a task and how they are listened to, as `run` takes them."""
    if not settings["teachers"]:
        return None
    recipe = DistillConfig(**settings["distill"])
    teachers = [study.teachers[key] for key in settings["teachers"]]
    logits = np.mean([teacher.arrays["logits"] for teacher in teachers], axis=0)
    if recipe.mixup is None:
        return Distillation(logits, recipe)
    from evoke.training.ensemble import Ensemble

    ensemble = Ensemble(
        [_network(study, t.facts["network"], _weights(t)) for t in teachers],
        [t.arrays["mean"] for t in teachers],
        [t.arrays["std"] for t in teachers],
    )
    return Distillation(logits, recipe, ensemble)


def _weights(teacher: Result) -> dict[str, NDArray[np.float32]]:
    return {
        name.removeprefix(_WEIGHT): array
        for name, array in teacher.arrays.items()
        if name.startswith(_WEIGHT)
    }


def _taken(data: LabelledWindows, index: NDArray[np.int64]) -> LabelledWindows:
    return replace(
        data,
        grid=data.grid[index],
        high=data.high[index],
        groups=data.groups.of(index),
    )
