"""One training run: folds of a protocol, each trained, calibrated and tested on its own.

Network factories and the writer of checkpoints are handed in; `app` takes them from `models`.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evoke.dataset.splits import Split, splits
from evoke.errors import SettingsError
from evoke.training.calibration import Calibrator, fit_calibration
from evoke.training.config import DistillConfig, TrainConfig
from evoke.training.data import LabelledWindows
from evoke.training.events import (
    Event,
    Finish,
    FoldEnded,
    FoldResumed,
    FoldStarted,
    WindowsRead,
)
from evoke.training.metrics import Report, evaluate, prior_nll
from evoke.training.runs import Keeper
from evoke.training.ways import Way
from evoke.types import DIMENSIONS

if TYPE_CHECKING:
    import torch
    from torch import nn

    from evoke.training.fitting import Examples, Fitting, Objective

NetworkFactory = Callable[[int], "nn.Module"]
"""From a seed to a network with fresh weights."""

TeacherLogits = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From features (n, 4, 9, 9), not standardised, to the teacher's logits (n, 3)."""


ASKED_AT_ONCE = 1024
"""Windows shown to a teacher before a run looks again whether it was cancelled."""


@dataclass(frozen=True)
class Trained:
    """The outcome of one fold.

    weights: by torch's names. mean, std: of the shape of one window, (4, 9, 9) or (32, 128); the
        network reads (window - mean) / std.
    report: on the test windows, with calibrated probabilities.
    ways: how it was really trained, with smaller batches where memory ran out.
    """

    fold: int
    weights: dict[str, NDArray[np.float32]]
    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    calibrator: Calibrator
    report: Report
    train_windows: int
    best_epoch: int
    finish: Finish
    ways: tuple[Way, ...] = ()


CheckpointWriter = Callable[[list[Trained]], None]
"""Called after each fold with the folds done so far."""


@dataclass(frozen=True, slots=True)
class Distillation:
    """A teacher and how it is listened to.

    teacher: gives its logits, or is them: (n, 3) for all n windows of the data.
    network: the same teacher as a torch module, from features that are not standardised to
        logits; only mixup asks it.
    """

    teacher: TeacherLogits | NDArray[np.float32]
    config: DistillConfig
    network: nn.Module | None = None


def run(
    data: LabelledWindows,
    config: TrainConfig,
    make_network: NetworkFactory,
    write: CheckpointWriter,
    distillation: Distillation | Mapping[int, Distillation] | None = None,
    on_event: Callable[[Event], None] = lambda _event: None,
    cancelled: Callable[[], bool] = lambda: False,
    device: str = "cpu",
    folder: Keeper | None = None,
    only: int | None = None,
    stopping: bool = True,
) -> list[Trained]:
    """Train, calibrate and test `config.run_folds` folds, on a GPU side by side.

    distillation: one for all folds, or one for each, counted from 0.
    folder: where each epoch is kept, and where a resumed run goes on.
    only: this one fold, counted from 0, comes out as it would among all of them.
    stopping: False trains to the last epoch and keeps its weights; the windows are the same, and
        those that would have stopped it only calibrate.

    Returns the folds that ended; a cancelled one is not among them. Raises SettingsError where
    the data are too few for the protocol, TrainingError where training diverges or its folder
    cannot be written.
    """
    from evoke.training.trainer import CancelledError, fit_together

    def poll() -> None:
        if cancelled():
            raise CancelledError

    chosen = list(splits(config.protocol, data.groups, config.folds, config.seed))
    chosen = chosen[: config.run_folds] if only is None else [chosen[only]]
    done: list[Trained] = []

    def train(group: list[Split]) -> None:
        folds = []
        for split in group:
            _check_both_classes(data, split)
            heard = (
                distillation.get(split.fold) if isinstance(distillation, Mapping) else distillation
            )
            begun = _begin(
                data, split, config, make_network, heard, on_event, device, folder, stopping, poll
            )
            folds.append(begun)
        save = folder.save if folder else lambda _fold, _snapshot: None
        ended = fit_together([fold.fitting for fold in folds], on_event, cancelled, save)
        if folder:
            folder.flush()
        if not ended:
            raise CancelledError
        for fold in folds:
            done.append(fold.trained(poll))
            on_event(_fold_ended(done[-1], fold.elapsed_s))
            write(done)

    with contextlib.suppress(CancelledError):
        for group in [chosen] if device != "cpu" else [[split] for split in chosen]:
            poll()
            train(group)
    return done


def standardisation(
    grid: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation (4, 9, 9) over windows (n, 4, 9, 9), or (32, 128) over windows
    (n, 32, 128), where all samples of an electrode share theirs: no sample differs from the next
    but by chance. 0 and 1 where nothing varies, so that cells without an electrode stay zero."""
    over = (0,) if grid.ndim == 4 else (0, 2)
    mean = grid.mean(axis=over, dtype=np.float64, keepdims=True)[0]
    std = grid.std(axis=over, dtype=np.float64, keepdims=True)[0]
    still = std < 1e-6
    shape = grid.shape[1:]
    return (
        np.broadcast_to(np.where(still, 0, mean), shape).astype(np.float32),
        np.broadcast_to(np.where(still, 1, std), shape).astype(np.float32),
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """A split's examples, standardised by the training windows alone."""

    train: Examples
    validation: Examples | None
    test: Examples
    mean: NDArray[np.float32]
    std: NDArray[np.float32]


def _parts(
    data: LabelledWindows,
    split: Split,
    config: TrainConfig,
    teacher: TeacherLogits | NDArray[np.float32] | None,
    on_event: Callable[[Event], None],
    poll: Callable[[], None],
) -> _Parts:
    from evoke.training.fitting import Examples

    validating = config.patience is not None
    train = split.learned(validating=validating)
    mean, std = standardisation(data.grid[train])
    if not config.standardise:
        mean, std = np.zeros_like(mean), np.ones_like(std)

    heard = None
    if isinstance(teacher, np.ndarray):
        heard = teacher[train]
    elif teacher is not None:

        def answered(done: int) -> None:
            on_event(WindowsRead("teacher", done, len(train)))
            poll()

        heard = _asked(teacher, data.grid[train], answered)

    def examples(index: NDArray[np.int64], logits: NDArray[np.float32] | None = None) -> Examples:
        return Examples((data.grid[index] - mean) / std, data.high[index], logits)

    return _Parts(
        train=examples(train, heard),
        validation=examples(split.validation) if validating else None,
        test=examples(split.test),
        mean=mean,
        std=std,
    )


def _asked(
    teacher: TeacherLogits, grid: NDArray[np.float32], answered: Callable[[int], None]
) -> NDArray[np.float32]:
    """The teacher's logits, in blocks: of all DEAP's windows they take a CPU minutes."""
    logits = []
    for start in range(0, len(grid), ASKED_AT_ONCE):
        logits.append(teacher(grid[start : start + ASKED_AT_ONCE]))
        answered(min(start + ASKED_AT_ONCE, len(grid)))
    return np.concatenate(logits)


def _check_both_classes(data: LabelledWindows, split: Split) -> None:
    """Raise SettingsError where the training windows of a fold show only one class of a label."""
    high = data.high[split.train]
    for k, label in enumerate(DIMENSIONS):
        if high[:, k].min() == high[:, k].max():
            side = "high" if high[0, k] else "low"
            raise SettingsError(
                f"In fold {split.fold + 1} every training trial was rated {side} in {label}; more "
                "trials or another seed may mend it."
            )


@dataclass(frozen=True, slots=True)
class _Fold:
    """A fold in training."""

    number: int
    parts: _Parts
    fitting: Fitting
    started: float

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.started

    def trained(self, poll: Callable[[], None]) -> Trained:
        """Calibrated on the validation windows, tested on the test windows."""
        from evoke.training.fitting import predict

        network, parts = self.fitting.keep_best(), self.parts
        calibrator = Calibrator()
        if parts.validation is not None:
            logits = predict(network, parts.validation.grid, poll)
            calibrator = fit_calibration(logits, parts.validation.labels)
        probabilities = calibrator.apply(predict(network, parts.test.grid, poll))
        progress = self.fitting.progress
        return Trained(
            fold=self.number,
            weights={name: _numpy(tensor) for name, tensor in network.state_dict().items()},
            mean=parts.mean,
            std=parts.std,
            calibrator=calibrator,
            report=evaluate(probabilities, parts.test.labels, parts.train.labels),
            train_windows=len(parts.train.labels),
            best_epoch=progress.best_epoch,
            finish=Finish[progress.finish or ""],
            ways=progress.ways,
        )


def _begin(
    data: LabelledWindows,
    split: Split,
    config: TrainConfig,
    make_network: NetworkFactory,
    distillation: Distillation | None,
    on_event: Callable[[Event], None],
    device: str,
    folder: Keeper | None,
    stopping: bool,
    poll: Callable[[], None],
) -> _Fold:
    """A fold at its first epoch, or at the one its run's folder left it in."""
    from evoke.training.fitting import Fitting

    started = time.monotonic()
    number = split.fold + 1
    teacher = distillation.teacher if distillation else None
    parts = _parts(data, split, config, teacher, on_event, poll)
    train, validation, test = parts.train, parts.validation, parts.test
    sizes = (len(train.labels), len(validation.labels) if validation else 0, len(test.labels))
    nothing = prior_nll(validation.labels) if validation else None
    on_event(FoldStarted(number, config.run_folds, config.epochs, *sizes, device, nothing))
    seed = config.seed if config.weights_seed is None else config.weights_seed
    config = replace(config, seed=seed + split.fold)
    objective = _objective(config, distillation, parts, device)
    snapshot = folder.load(number) if folder else None
    network = make_network(config.seed)
    judging = validation if stopping else None
    fitting = Fitting(network, train, judging, config, objective, device, number, snapshot)
    if snapshot is not None:
        on_event(FoldResumed(number, snapshot.progress.epoch))
    return _Fold(split.fold, parts, fitting, started)


def _objective(
    config: TrainConfig, distillation: Distillation | None, parts: _Parts, device: str
) -> Objective:
    import torch

    from evoke.training.fitting import Objective
    from evoke.training.losses import distil, learn

    if distillation is None:
        return Objective(learn, ema=config.ema)
    recipe = distillation.config
    if recipe.mixup is None:
        return Objective(distil(recipe), ema=recipe.ema)
    if distillation.network is None:
        raise SettingsError("Mixed windows need the teacher as a network, not its logits alone.")
    network = distillation.network.to(device).eval()
    mean, std = (torch.from_numpy(a).to(device) for a in (parts.mean, parts.std))
    return Objective(
        distil(recipe), recipe.mixup, lambda grid: network(grid * std + mean), recipe.ema
    )


def _numpy(tensor: torch.Tensor) -> NDArray[np.float32]:
    """On the host, in the order of its axes."""
    return tensor.cpu().contiguous().numpy()


def _fold_ended(trained: Trained, elapsed_s: float) -> FoldEnded:
    return FoldEnded(
        fold=trained.fold + 1,
        finish=trained.finish,
        best_epoch=trained.best_epoch,
        accuracy=trained.report.scores["macro"]["accuracy"],
        majority=trained.report.trivial["macro"]["accuracy"],
        elapsed_s=elapsed_s,
    )
