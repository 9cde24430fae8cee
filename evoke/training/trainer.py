"""Training networks: one after another on the CPU, side by side on a GPU."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from evoke.errors import out_of_memory
from evoke.training.device import free_memory
from evoke.training.events import BatchesDone, Event
from evoke.training.fitting import Fitting, Judged
from evoke.training.runs import Snapshot

REPORT_EVERY_S = 0.25


class CancelledError(Exception):
    """Raised within an epoch to leave it; what its fittings have to show is the epoch before."""


def fit_together(
    fittings: Sequence[Fitting],
    on_event: Callable[[Event], None],
    cancelled: Callable[[], bool],
    save: Callable[[int, Snapshot], None] = lambda _fold, _snapshot: None,
) -> bool:
    """Train all to their end, batch by batch in turn; False if cancelled before.

    Where memory does not hold them side by side, the second half waits for the first; where it
    does not hold one, its batches are halved. `save` is given each fold's number and snapshot
    after each of its epochs. Raises TrainingError where one diverges, or memory does not hold a
    single window; of a GPU, torch's own errors.
    """
    together = len(fittings)

    def poll() -> None:
        if cancelled():
            raise CancelledError

    while active := [fitting for fitting in fittings if fitting.finish is None][:together]:
        short_of_memory = False
        try:
            _one_epoch(active, on_event, poll, save)
        except CancelledError:
            return False
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            short_of_memory = True
        if short_of_memory:  # out here, where the exception no longer holds on to tensors
            together = max(1, len(active) // 2)
            for fitting in active:
                fitting.begin_again() if len(active) > 1 else fitting.halve_batch()
            free_memory()
    return True


def _one_epoch(
    active: Sequence[Fitting],
    on_event: Callable[[Event], None],
    poll: Callable[[], None],
    save: Callable[[int, Snapshot], None],
) -> None:
    epochs = []
    for fitting in active:  # the first epoch on a GPU records graphs, which takes a while
        poll()
        epochs.append(fitting.begin_epoch())
    try:
        _steps(active, epochs, on_event, poll)
    finally:  # however it ended, no memory may be freed under steps that are still queued
        for fitting in active:
            fitting.wait()
    answers = [fitting.validate(poll) for fitting in active]
    for fitting, judged in zip(active, _judged(active, answers), strict=True):
        ended = fitting.end_epoch(judged)
        save(fitting.fold, fitting.last)
        on_event(ended)


def _judged(
    active: Sequence[Fitting], answers: Sequence[NDArray[np.float32] | None]
) -> Iterator[Judged]:
    """What each fold's answers are worth. Fitting their calibration is work for the processor, an
    eighth of an epoch on a GPU if folds take turns."""
    if len(active) == 1:
        yield active[0].judge(answers[0])
        return
    with ThreadPoolExecutor(len(active), thread_name_prefix="validation") as threads:
        yield from threads.map(Fitting.judge, active, answers)


def _steps(
    active: Sequence[Fitting],
    epochs: Sequence[Sequence[Callable[[], None]]],
    on_event: Callable[[Event], None],
    poll: Callable[[], None],
) -> None:
    reported = time.monotonic()
    for done, batches in enumerate(zip_longest(*epochs), start=1):
        poll()
        for batch in batches:
            if batch is not None:
                batch()
        if done == 1:
            for fitting in active:
                if reduced := fitting.reduced():
                    on_event(reduced)
        if time.monotonic() - reported > REPORT_EVERY_S:
            for fitting, of_fold in zip(active, epochs, strict=True):
                fitting.check()
                epoch = fitting.progress.epoch + 1
                on_event(BatchesDone(epoch, min(done, len(of_fold)), len(of_fold), fitting.fold))
            reported = time.monotonic()
