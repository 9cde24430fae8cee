"""Training one network, on one page."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from evoke.errors import TrainingError
from evoke.training.calibration import Calibrator
from evoke.training.config import TrainConfig
from evoke.training.events import BatchesDone, EpochEnded, Event, Finish
from evoke.training.losses import Loss
from evoke.training.metrics import binary_nll

EVALUATION_BATCH = 1024
REPORT_EVERY_S = 0.25
WARM_UP = 0.2
"""Share of the steps in which 'onecycle' raises the learning rate."""

State = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Examples:
    """Standardised features (n, 4, 9, 9), labels (n, 3) and, to distil, the teacher's logits
    (n, 3); all float32."""

    grid: NDArray[np.float32]
    labels: NDArray[np.float32]
    teacher: NDArray[np.float32] | None = None


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
    loss: Loss,
    on_event: Callable[[Event], None],
    cancelled: Callable[[], bool],
    device: str = "cpu",
) -> Outcome:
    """Train `network` in place, on `device`; it is left there, in evaluation mode.

    With validation windows, the network ends with the weights of the epoch whose validation NLL
    was lowest. The same seed gives the same weights on the same device.
    Raises TrainingError when the loss is no longer a number.
    """
    network.to(device)
    data = _resident(train, device)
    generator = torch.Generator().manual_seed(config.seed)
    per_epoch = min(config.windows_per_epoch or len(data.grid), len(data.grid))
    optimiser = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    schedule = _schedule(optimiser, config, -(-per_epoch // config.batch))
    best_nll, best_epoch, best_state = np.inf, 0, _copy(network)
    started = time.monotonic()

    def step(index: torch.Tensor) -> torch.Tensor:
        """One batch; its loss, summed over the windows."""
        batch = data.take(index.to(device))
        value = loss(network(batch.grid), batch.labels, batch.teacher)
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        optimiser.step()
        schedule.step()
        return value.detach() * len(index)

    finish = Finish.COMPLETED
    with _seeded(config.seed, device):
        for epoch in range(1, config.epochs + 1):
            network.train()
            order = torch.randperm(len(data.grid), generator=generator)[:per_epoch]
            batches = order.split(config.batch)
            total = _one_epoch(batches, step, epoch, on_event, cancelled)
            if total is None:
                finish = Finish.CANCELLED
                break
            mean_loss = total / per_epoch
            nll, accuracy = _validate(network, validation) if validation else (None, None)
            if not np.isfinite([mean_loss, nll or 0.0]).all():
                raise TrainingError(
                    f"Training diverged in epoch {epoch}: the loss is no longer a number. "
                    f"Try a learning rate below {config.learning_rate:g}."
                )
            better = nll is None or nll < best_nll
            if better:
                best_epoch, best_state = epoch, _copy(network)
                best_nll = best_nll if nll is None else nll
            elapsed_s = time.monotonic() - started
            on_event(EpochEnded(epoch, config.epochs, mean_loss, nll, accuracy, better, elapsed_s))
            if config.patience is not None and config.patience <= epoch - best_epoch:
                finish = Finish.STOPPED if epoch < config.epochs else Finish.COMPLETED
                break

    network.load_state_dict(best_state)
    network.eval()
    return Outcome(finish, best_epoch)


def _one_epoch(
    batches: Sequence[torch.Tensor],
    step: Callable[[torch.Tensor], torch.Tensor],
    epoch: int,
    on_event: Callable[[Event], None],
    cancelled: Callable[[], bool],
) -> float | None:
    """Loss summed over the windows, or None if cancelled."""
    losses = []
    reported = time.monotonic()
    for done, index in enumerate(batches, start=1):
        if cancelled():
            return None
        losses.append(step(index))
        if time.monotonic() - reported > REPORT_EVERY_S:
            reported = time.monotonic()
            on_event(BatchesDone(epoch, done, len(batches)))
    return torch.stack(losses).sum().item()


@contextlib.contextmanager
def _seeded(seed: int, device: str) -> Iterator[None]:
    """Dropout draws from torch's global generators; they are given back as they were."""
    with torch.random.fork_rng(devices=[] if device == "cpu" else [device]):
        torch.manual_seed(seed)
        yield


def predict(network: nn.Module, grid: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits (n, 3) of standardised features (n, 4, 9, 9), wherever the network is."""
    network.eval()
    device = next(network.parameters()).device
    blocks = torch.from_numpy(grid).split(EVALUATION_BATCH)
    with torch.inference_mode():
        return torch.cat([network(block.to(device)).cpu() for block in blocks]).numpy()


@dataclass(frozen=True, slots=True)
class Resident:
    """Examples on the device."""

    grid: torch.Tensor
    labels: torch.Tensor
    teacher: torch.Tensor | None

    def take(self, index: torch.Tensor) -> Resident:
        """The examples at `index`."""
        teacher = None if self.teacher is None else self.teacher[index]
        return Resident(self.grid[index], self.labels[index], teacher)


def _resident(examples: Examples, device: str) -> Resident:
    """All examples at once: they are small (1.3 KB a window)."""
    teacher = examples.teacher
    return Resident(
        torch.from_numpy(examples.grid).to(device),
        torch.from_numpy(examples.labels).to(device),
        None if teacher is None else torch.from_numpy(teacher).to(device),
    )


def _schedule(
    optimiser: torch.optim.Optimizer, config: TrainConfig, batches: int
) -> torch.optim.lr_scheduler.LRScheduler:
    if config.schedule == "constant":
        return torch.optim.lr_scheduler.ConstantLR(optimiser, factor=1.0)
    steps = config.epochs * batches
    return torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: one_cycle(step / steps))


def one_cycle(progress: float) -> float:
    """Share of the highest learning rate at 0..1 of the training: up from 1/25 over the first
    fifth, then down to nothing, both as half a cosine. torch's own OneCycleLR divides by zero
    where that fifth is a single step."""
    if progress < WARM_UP:
        rise = 0.5 - 0.5 * math.cos(math.pi * progress / WARM_UP)
        return 1 / 25 + (1 - 1 / 25) * rise
    return 0.5 + 0.5 * math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))


def _validate(network: nn.Module, data: Examples) -> tuple[float, float]:
    """NLL and accuracy, means over windows and labels."""
    logits = predict(network, data.grid)
    accuracy = float(np.mean((logits >= 0) == (data.labels > 0.5)))
    return binary_nll(Calibrator().apply(logits), data.labels), accuracy


def _copy(network: nn.Module) -> State:
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
