"""One training run: folds of a protocol, each trained, calibrated and tested on its own.

Network factories and the writer of checkpoints are handed in; `app` takes them from `models`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evoke.dataset.splits import Split, splits
from evoke.training.calibration import Calibrator, fit_calibration
from evoke.training.config import DistillConfig, TrainConfig
from evoke.training.data import LabelledWindows
from evoke.training.events import Event, Finish, FoldEnded, FoldStarted
from evoke.training.metrics import Report, evaluate

if TYPE_CHECKING:
    from torch import nn

    from evoke.training.losses import Loss
    from evoke.training.trainer import Examples

NetworkFactory = Callable[[int], "nn.Module"]
"""From a seed to a network with fresh weights."""

TeacherLogits = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From features (n, 4, 9, 9), not standardised, to the teacher's logits (n, 3)."""


@dataclass(frozen=True)
class Trained:
    """The outcome of one fold.

    weights: by torch's names. mean, std: (4, 9, 9); the network reads (grid - mean) / std.
    report: on the test windows, with calibrated probabilities.
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


CheckpointWriter = Callable[[list[Trained]], None]
"""Called after each fold with the folds done so far."""


@dataclass(frozen=True, slots=True)
class Distillation:
    """A teacher and how it is listened to."""

    teacher: TeacherLogits
    config: DistillConfig


def run(
    data: LabelledWindows,
    config: TrainConfig,
    make_network: NetworkFactory,
    write: CheckpointWriter,
    distillation: Distillation | None = None,
    on_event: Callable[[Event], None] = lambda _event: None,
    cancelled: Callable[[], bool] = lambda: False,
    device: str = "cpu",
) -> list[Trained]:
    """Train, calibrate and test `config.run_folds` folds.

    Returns the folds that ended; a cancelled one is not among them. Raises SettingsError where
    the data are too few for the protocol, TrainingError where training diverges.
    """
    done: list[Trained] = []
    for split in splits(config.protocol, data.groups, config.folds, config.seed):
        if split.fold == config.run_folds or cancelled():
            break
        trained = _run_fold(
            data, split, config, make_network, distillation, on_event, cancelled, device
        )
        if trained is None:
            break
        done.append(trained)
        write(done)
    return done


def best_device() -> str:
    """'cuda' where torch finds a GPU, else 'cpu'."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def standardisation(
    grid: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation (4, 9, 9) over windows (n, 4, 9, 9); 0 and 1 in cells that do
    not vary, so that cells without an electrode stay zero."""
    mean = grid.mean(axis=0, dtype=np.float64)
    std = grid.std(axis=0, dtype=np.float64)
    still = std < 1e-6
    return (
        np.where(still, 0, mean).astype(np.float32),
        np.where(still, 1, std).astype(np.float32),
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
    data: LabelledWindows, split: Split, config: TrainConfig, teacher: TeacherLogits | None
) -> _Parts:
    from evoke.training.trainer import Examples

    stopping = config.patience is not None
    train = split.train if stopping else np.union1d(split.train, split.validation)
    mean, std = standardisation(data.grid[train])
    if not config.standardise:
        mean, std = np.zeros_like(mean), np.ones_like(std)

    def examples(index: NDArray[np.int64], logits: NDArray[np.float32] | None = None) -> Examples:
        return Examples((data.grid[index] - mean) / std, data.high[index], logits)

    return _Parts(
        train=examples(train, None if teacher is None else teacher(data.grid[train])),
        validation=examples(split.validation) if stopping else None,
        test=examples(split.test),
        mean=mean,
        std=std,
    )


def _run_fold(
    data: LabelledWindows,
    split: Split,
    config: TrainConfig,
    make_network: NetworkFactory,
    distillation: Distillation | None,
    on_event: Callable[[Event], None],
    cancelled: Callable[[], bool],
    device: str,
) -> Trained | None:
    """One fold, or None if it was cancelled."""
    from evoke.training.trainer import fit, predict

    started = time.monotonic()
    parts = _parts(data, split, config, distillation.teacher if distillation else None)
    train, validation, test = parts.train, parts.validation, parts.test
    sizes = (len(train.labels), len(validation.labels) if validation else 0, len(test.labels))
    on_event(FoldStarted(split.fold + 1, config.run_folds, config.epochs, *sizes, device))
    config = replace(config, seed=config.seed + split.fold)
    network = make_network(config.seed)
    loss = _loss(distillation)
    outcome = fit(network, train, validation, config, loss, on_event, cancelled, device)
    if outcome.finish is Finish.CANCELLED:
        return None
    calibrator = Calibrator()
    if validation is not None:
        calibrator = fit_calibration(predict(network, validation.grid), validation.labels)
    probabilities = calibrator.apply(predict(network, test.grid))
    trained = Trained(
        fold=split.fold,
        weights={name: t.cpu().numpy() for name, t in network.state_dict().items()},
        mean=parts.mean,
        std=parts.std,
        calibrator=calibrator,
        report=evaluate(probabilities, test.labels, train.labels),
        train_windows=len(train.labels),
        best_epoch=outcome.best_epoch,
        finish=outcome.finish,
    )
    on_event(_fold_ended(trained, time.monotonic() - started))
    return trained


def _fold_ended(trained: Trained, elapsed_s: float) -> FoldEnded:
    return FoldEnded(
        fold=trained.fold + 1,
        finish=trained.finish,
        best_epoch=trained.best_epoch,
        accuracy=trained.report.scores["macro"]["accuracy"],
        majority=trained.report.trivial["macro"]["accuracy"],
        elapsed_s=elapsed_s,
    )


def _loss(distillation: Distillation | None) -> Loss:
    from evoke.training.losses import distil, learn

    return learn if distillation is None else distil(distillation.config)
