"""Training networks: one after another on the CPU, side by side on a GPU."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from torch import nn

from evoke.training.config import TrainConfig
from evoke.training.device import free_memory, out_of_memory
from evoke.training.events import BatchesDone, Event, Finish
from evoke.training.fitting import Examples, Fitting, Objective, one_cycle, predict
from evoke.training.losses import Loss
from evoke.training.runs import Snapshot

__all__ = [
    "Examples",
    "Fitting",
    "Objective",
    "Outcome",
    "fit",
    "fit_together",
    "one_cycle",
    "predict",
]

REPORT_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class Outcome:
    """best_epoch, from 1: the one whose weights the network now holds."""

    finish: Finish
    best_epoch: int


def fit(
    network: nn.Module,
    train: Examples,
    validation: Examples | None,
    config: TrainConfig,
    objective: Objective | Loss,
    on_event: Callable[[Event], None],
    cancelled: Callable[[], bool],
    device: str = "cpu",
) -> Outcome:
    """Train one `network` in place, on `device`; it is left there, in evaluation mode.

    With validation windows, it ends with the weights of the epoch whose validation NLL was
    lowest. Raises TrainingError as `fit_together` does.
    """
    if not isinstance(objective, Objective):
        objective = Objective(objective, ema=config.ema)
    fitting = Fitting(network, train, validation, config, objective, device)
    fit_together([fitting], on_event, cancelled)
    fitting.keep_best()
    return Outcome(fitting.finish or Finish.CANCELLED, fitting.progress.best_epoch)


def fit_together(
    fittings: Sequence[Fitting],
    on_event: Callable[[Event], None],
    cancelled: Callable[[], bool],
    save: Callable[[int, Snapshot], None] = lambda _fold, _snapshot: None,
) -> bool:
    """Train all to their end, batch by batch in turn; False if cancelled before.

    `save` is given each fold's number and snapshot after each of its epochs. Raises TrainingError
    where one diverges, or memory does not hold a single window.
    """
    while active := [fitting for fitting in fittings if fitting.finish is None]:
        short_of_memory = False
        try:
            if not _one_epoch(active, on_event, cancelled, save):
                return False
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            short_of_memory = True
        if short_of_memory:  # out here, where the exception no longer holds on to tensors
            for fitting in active:
                on_event(fitting.halve_batch())
            free_memory()
    return True


def _one_epoch(
    active: Sequence[Fitting],
    on_event: Callable[[Event], None],
    cancelled: Callable[[], bool],
    save: Callable[[int, Snapshot], None],
) -> bool:
    """False if cancelled."""
    epochs = [fitting.begin_epoch() for fitting in active]
    reported = time.monotonic()
    for done, batches in enumerate(zip_longest(*epochs), start=1):
        if cancelled():
            for fitting in active:
                fitting.wait()
            return False
        for batch in batches:
            if batch is not None:
                batch()
        if time.monotonic() - reported > REPORT_EVERY_S:
            for fitting, batches_of_fold in zip(active, epochs, strict=True):
                fitting.check()
                total = len(batches_of_fold)
                epoch = fitting.progress.epoch + 1
                on_event(BatchesDone(epoch, min(done, total), total, fitting.fold))
            reported = time.monotonic()
    for fitting in active:
        ended = fitting.end_epoch()
        save(fitting.fold, fitting.last)
        on_event(ended)
    return True
