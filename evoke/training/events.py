"""What a training run says while it runs: plain values that can cross to another process."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal


class Finish(Enum):
    """Why training ended."""

    COMPLETED = "all epochs done"
    STOPPED = "no better on the validation windows"


@dataclass(frozen=True, slots=True)
class WindowsRead:
    """A trained network reads windows. what: 'teacher', for its answers before a fold starts, or
    'unseen', other people's at the end."""

    what: Literal["teacher", "unseen"]
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class FoldStarted:
    """fold, of folds: counted from 1. train, validation, test: numbers of windows. nothing_nll:
    validation NLL of knowing nothing but how often each label was rated high; None where nothing
    is validated, and in journals of older versions."""

    fold: int
    folds: int
    epochs: int
    train: int
    validation: int
    test: int
    device: str
    nothing_nll: float | None = None


@dataclass(frozen=True, slots=True)
class BatchesDone:
    """Progress within an epoch (from 1), at most a few times a second."""

    epoch: int
    done: int
    total: int
    fold: int = 1


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """loss: mean training loss per window. nll, accuracy: of the validation windows, mean over
    the three labels; None where none were set apart. best: the best NLL so far."""

    epoch: int
    epochs: int
    loss: float
    nll: float | None
    accuracy: float | None
    best: bool
    elapsed_s: float
    fold: int = 1


@dataclass(frozen=True, slots=True)
class FoldResumed:
    """A fold goes on after `epoch`, the last that its run's folder holds."""

    fold: int
    epoch: int


@dataclass(frozen=True, slots=True)
class BatchReduced:
    """Memory ran out: the epoch starts again with batches of `batch` windows, half as many."""

    fold: int
    epoch: int
    batch: int


@dataclass(frozen=True, slots=True)
class FoldEnded:
    """accuracy, majority: on the test windows, mean over the three labels; majority is what
    always saying the commoner class would reach."""

    fold: int
    finish: Finish
    best_epoch: int
    accuracy: float
    majority: float
    elapsed_s: float


Event = (
    WindowsRead | FoldStarted | FoldResumed | BatchesDone | BatchReduced | EpochEnded | FoldEnded
)
