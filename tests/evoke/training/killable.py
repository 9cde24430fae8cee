"""A small run that stops in the middle of an epoch, for a signal to end it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from evoke.dataset.splits import Groups
from evoke.training.config import TrainConfig
from evoke.training.data import LabelledWindows
from evoke.training.events import EpochEnded, Event
from evoke.training.run import Trained, run
from evoke.training.runs import RunFolder

CONFIG = TrainConfig(epoch_share=1.0, epochs=5, batch=16, patience=5, seed=3, run_folds=2, ema=0.9)


def network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(324, 40), nn.ReLU(), nn.Dropout(0.5), nn.Linear(40, 3)
    )


def windows() -> LabelledWindows:
    rng = np.random.default_rng(1)
    trial = np.repeat(np.arange(20), 12)
    grid = rng.standard_normal((240, 4, 9, 9)).astype(np.float32)
    high = (grid[:, :3, 4, 4] > 0).astype(np.float32)
    return LabelledWindows(grid, high, Groups(0 * trial, trial, trial), ("s01",), "", "", True)


def train(
    folder: RunFolder | None,
    on_event: Callable[[Event], None] = lambda _event: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Trained]:
    torch.set_num_threads(1)
    if folder is not None:
        folder.begin(CONFIG.describe(), {})
    return run(windows(), CONFIG, network, lambda _: None, None, on_event, cancelled, "cpu", folder)


def stop_in(path: Path, fold: int, epoch: int) -> None:
    """Train, tell each epoch, and wait in the fifth batch of one of them."""
    at, asked = (1, 1), 0

    def on_event(event: Event) -> None:
        nonlocal at, asked
        if isinstance(event, EpochEnded):
            print("epoch", event.fold, event.epoch, flush=True)  # noqa: T201
            last = event.epoch == CONFIG.epochs
            at, asked = (event.fold + last, 1 if last else event.epoch + 1), 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        if at == (fold, epoch) and asked == 5:
            folder.flush()
            print("waiting", flush=True)  # noqa: T201
            time.sleep(60)
        return False

    with RunFolder(path) as folder:
        train(folder, on_event, cancelled)


if __name__ == "__main__":
    stop_in(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
