"""What a learning curve says, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from evoke.training.config import TrainConfig
from evoke.training.events import EpochEnded

FEWEST = 3
"""Epochs before anything is said."""

CHANCE_NLL = math.log(2)
"""Of knowing nothing, not even how often ratings are high, nats."""

FLAT = 0.01
"""A curve that moves less than this (nats), near chance, has learned nothing."""

RISING = 1.5
"""Times its lowest at which a training loss counts as running away."""

TURNED = 0.02
"""Share by which the validation loss must have risen to count as turned."""


@dataclass(frozen=True, slots=True)
class Advice:
    """kind: how grave. title: two or three words; text: what is seen, and what to do."""

    kind: Literal["info", "warn", "error"]
    title: str
    text: str


def advice(
    epochs: Sequence[EpochEnded],
    config: TrainConfig,
    *,
    ended: bool = False,
    nothing_nll: float | None = None,
) -> Advice | None:
    """What one fold's epochs so far say; None while they say nothing. ended: no more follow.
    nothing_nll: as `FoldStarted` has it; with one-sided ratings it is well below that of chance."""
    if len(epochs) < FEWEST:
        return None
    return (
        _diverging(epochs, config, ended=ended)
        or _unvalidated(epochs)
        or _flat(epochs, config, CHANCE_NLL if nothing_nll is None else nothing_nll)
        or _overfitting(epochs, config, ended=ended)
        or _improving(epochs)
        or _waiting(epochs, config, ended=ended)
    )


def _diverging(epochs: Sequence[EpochEnded], config: TrainConfig, *, ended: bool) -> Advice | None:
    lowest = min(epoch.loss for epoch in epochs)
    recent = [epoch.loss for epoch in epochs[-2:]]
    if not all(loss > RISING * lowest for loss in recent):
        return None
    return Advice(
        "error",
        "Loss runs away",
        f"The training loss rose from {lowest:.3f} to {recent[-1]:.3f}. "
        f"{'Train again' if ended else 'Cancel, and train'} with a learning rate below "
        f"{config.learning_rate:g}.",
    )


def _unvalidated(epochs: Sequence[EpochEnded]) -> Advice | None:
    if epochs[-1].nll is not None:
        return None
    return Advice(
        "info",
        "Nothing is validated",
        "This preset trains to its last epoch on all windows but the tested ones, as the paper "
        "does; whether it learns by heart shows in the test alone.",
    )


def _flat(epochs: Sequence[EpochEnded], config: TrainConfig, nothing: float) -> Advice | None:
    nll = _validation(epochs)
    few = len(epochs) < max(FEWEST + 1, (config.patience or 10) // 2)
    if few or min(nll) < nothing - 2 * FLAT or max(nll) - min(nll) > FLAT:
        return None
    return Advice(
        "warn",
        "No better than chance",
        f"After {epochs[-1].epoch} epochs the loss on what is held out is still that of "
        f"knowing nothing ({min(nll):.3f} nats). More people or trials help most; look at the "
        "ratings, too.",
    )


def _overfitting(
    epochs: Sequence[EpochEnded], config: TrainConfig, *, ended: bool
) -> Advice | None:
    nll = _validation(epochs)
    best = nll.index(min(nll))
    since = len(epochs) - 1 - best
    risen = nll[-1] > (1 + TURNED) * nll[best] and epochs[-1].loss < epochs[best].loss
    if since < 2 or not risen:
        return None
    kept = f"Epoch {epochs[best].epoch} is kept"
    if config.patience is not None and not ended:
        kept += f", and training stops if none is better by epoch {_stops(epochs, best, config)}"
    return Advice(
        "warn",
        "Learning by heart",
        f"{'The training loss fell on' if ended else 'The training loss still falls'}, but "
        f"the loss on what is held out has risen since epoch {epochs[best].epoch} "
        f"({nll[best]:.3f} to {nll[-1]:.3f}). {kept}.",
    )


def _improving(epochs: Sequence[EpochEnded]) -> Advice | None:
    last = epochs[-1]
    if not last.best:
        return None
    if last.epoch >= last.epochs:
        return Advice(
            "info",
            "Not at its best yet",
            "The last epoch was the best: with more epochs it may get better still.",
        )
    return Advice(
        "info",
        "Still improving",
        f"Epoch {last.epoch} was the best so far on what is held out.",
    )


def _waiting(epochs: Sequence[EpochEnded], config: TrainConfig, *, ended: bool) -> Advice | None:
    nll = _validation(epochs)
    best = nll.index(min(nll))
    if config.patience is None or (not ended and epochs[-1].epoch >= epochs[-1].epochs):
        return None
    if ended:
        return Advice(
            "info",
            "At its best before the end",
            f"Epoch {epochs[best].epoch} is kept: none after it was better.",
        )
    return Advice(
        "info",
        "No better lately",
        f"Epoch {epochs[best].epoch} is the best so far; training stops if none is better by "
        f"epoch {_stops(epochs, best, config)}.",
    )


def _stops(epochs: Sequence[EpochEnded], best: int, config: TrainConfig) -> int:
    return min(epochs[-1].epochs, epochs[best].epoch + (config.patience or 0))


def _validation(epochs: Sequence[EpochEnded]) -> list[float]:
    return [math.inf if epoch.nll is None else epoch.nll for epoch in epochs]
