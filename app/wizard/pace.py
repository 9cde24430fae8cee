"""How fast a training is, and what it holds of this computer's memory."""

from __future__ import annotations

import math
import time

from app.memory import resident_mb, total_mb
from app.wizard.messages import Machine
from evoke.training.config import TrainConfig
from evoke.training.events import BatchesDone, EpochEnded, Event, FoldResumed, FoldStarted
from evoke.training.ways import device_words

MEASURED_OVER_S = 2.0


class Pace:
    """Makes a `Machine` of a training's events, every few seconds."""

    def __init__(self, config: TrainConfig) -> None:
        self._share = config.epoch_share
        self._windows: dict[int, int] = {}  # fold -> windows in an epoch
        self._epochs: dict[int, float] = {}  # fold -> epochs done since it began here
        self._device = "cpu"
        self._at = time.monotonic()
        self._seen = 0.0

    def take(self, event: Event) -> Machine | None:
        """What to tell of the machine, if it is time to."""
        if isinstance(event, FoldStarted):
            self._device = event.device
            self._windows[event.fold] = math.ceil(self._share * event.train)
            self._epochs[event.fold] = 0.0
            self._begin()
        elif isinstance(event, FoldResumed):
            self._epochs[event.fold] = event.epoch
            self._begin()
        elif isinstance(event, BatchesDone):
            self._epochs[event.fold] = event.epoch - 1 + event.done / event.total
        elif isinstance(event, EpochEnded):
            self._epochs[event.fold] = event.epoch
        else:
            return None
        elapsed = time.monotonic() - self._at
        if elapsed < MEASURED_OVER_S:
            return None
        rate = (self._total() - self._seen) / elapsed
        self._begin()
        return machine(self._device, max(0.0, rate))

    def _begin(self) -> None:
        self._at, self._seen = time.monotonic(), self._total()

    def _total(self) -> float:
        return sum(self._windows.get(fold, 0) * done for fold, done in self._epochs.items())


def machine(device: str, windows_per_s: float) -> Machine:
    """This process on its device, 'cpu' or 'cuda'; the rest of a cluster is not looked into."""
    if device != "cuda":
        return Machine(device_words(device), resident_mb(), total_mb(), windows_per_s)
    import torch

    free, total = torch.cuda.mem_get_info()
    return Machine(
        torch.cuda.get_device_name(), (total - free) / 2**20, total / 2**20, windows_per_s
    )
