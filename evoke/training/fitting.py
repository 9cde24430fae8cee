"""One network on its way through its epochs: what happens in a batch, and between epochs."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from evoke.errors import GPU_FULL, GpuError, TrainingError, out_of_memory
from evoke.training.calibration import both_classes, fit_calibration
from evoke.training.config import TrainConfig
from evoke.training.device import (
    CpuRunner,
    CudaRunner,
    Number,
    Runner,
    arithmetic,
    halved_to_fit,
    has_bf16,
    to_host,
)
from evoke.training.events import BatchReduced, EpochEnded, Finish
from evoke.training.losses import Loss, follow, kept_share, mix
from evoke.training.metrics import binary_nll
from evoke.training.runs import Progress, Snapshot
from evoke.training.ways import Way, followed

EVALUATION_BATCH = 1024
WARM_UP = 0.2
"""Share of the steps in which 'onecycle' raises the learning rate."""

Judged = tuple[float | None, float | None]
"""NLL and accuracy of an epoch on its validation windows."""

DIVERGED = 10
"""Times the loss of a network that knows nothing, beyond which a run is given up."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Standardised features (n, 4, 9, 9) or windows (n, 32, 128), labels (n, 3) and, to distil,
    the teacher's logits (n, 3); all float32."""

    grid: NDArray[np.float32]
    labels: NDArray[np.float32]
    teacher: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Objective:
    """What a network is trained for.

    mixup: parameter of the Beta density of mixing shares; None mixes nothing.
    teacher: gives the teacher's logits for mixed windows, on the device.
    ema: decay of the moving average of the weights.
    """

    loss: Loss
    mixup: float | None = None
    teacher: Callable[[torch.Tensor], torch.Tensor] | None = None
    ema: float | None = None


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


class Fitting:
    """One network on its way through its epochs.

    Everything random in an epoch follows from the seed and the epoch's number, so the same seed
    gives the same weights on the same device, whole or resumed.
    """

    def __init__(
        self,
        network: nn.Module,
        train: Examples,
        validation: Examples | None,
        config: TrainConfig,
        objective: Objective,
        device: str = "cpu",
        fold: int = 1,
        snapshot: Snapshot | None = None,
    ) -> None:
        """snapshot: where to go on; None starts from the network's own weights.
        Raises TrainingError if the data do not fit into this computer's memory, or the snapshot
        not the network; of a GPU, torch's own errors."""
        self.fold = fold
        self._reduced: BatchReduced | None = None
        self._most_read = EVALUATION_BATCH
        self.config = config
        self.finish: Finish | None = None
        self._objective = objective
        self._device = device
        self._on_gpu = device != "cpu"
        self.network = network.to(device)
        if self._on_gpu:
            nn.utils.convert_conv2d_weight_memory_format(self.network, torch.channels_last)
        self._average = copy.deepcopy(self.network) if objective.ema else None
        rate = torch.tensor(config.learning_rate, device=device) if self._on_gpu else 0.0
        self._optimiser = torch.optim.Adam(
            self.network.parameters(), lr=rate, fused=True, capturable=self._on_gpu
        )
        _allocate(self._optimiser, device)
        try:
            self._train = _resident(train, device)
            self._validation = None if validation is None else _resident(validation, device)
            self._judging = None if validation is None else validation.labels
        except RuntimeError as error:
            if self._on_gpu or not out_of_memory(error):
                raise
            raise TrainingError("The data do not fit into this computer's memory.") from None
        self._total = torch.zeros((), device=device)
        self._runner = _runner(self._step, self._optimiser, self._on_gpu)
        fast = config.precision == "auto" and has_bf16(device)
        self._bf16 = config.precision == "bf16" or fast
        self._knowing_nothing = self._loss_of_chance()
        self._windows = math.ceil(config.epoch_share * len(train.grid))
        self.progress = Progress(0, config.batch, 0, None, None)
        self._best = to_host(self._answering.state_dict())
        self._started = time.monotonic()
        self.last = self._snapshot()
        """All that the epochs to come depend on; of a finished network, its best weights."""
        if snapshot is not None:
            self._restore(snapshot)
            self.last = snapshot

    @property
    def _answering(self) -> nn.Module:
        """The network that is validated and kept."""
        return self.network if self._average is None else self._average

    def begin_epoch(self) -> list[Callable[[], None]]:
        """The next epoch's batches, each waiting to be called."""
        epoch, batch = self.progress.epoch + 1, self.progress.batch
        seeds = np.random.SeedSequence([self.config.seed % 2**63, epoch]).generate_state(3)
        generator = torch.Generator().manual_seed(int(seeds[0]))
        order = torch.randperm(len(self._train.grid), generator=generator)[: self._windows]
        indices = order.to(self._device).split(batch)
        shares = np.ones(len(indices))
        if self._objective.mixup is not None:
            parameter = self._objective.mixup
            shares = np.random.default_rng(seeds[1]).beta(parameter, parameter, len(indices))
        self.network.train()
        self._runner.prepare([len(index) for index in indices], self._undo)
        self._total.zero_()
        self._runner.begin(int(seeds[2]))
        return [
            self._batch(index, float(share), epoch, done, len(indices))
            for done, (index, share) in enumerate(zip(indices, shares, strict=True))
        ]

    def _batch(
        self, index: torch.Tensor, share: float, epoch: int, done: int, batches: int
    ) -> Callable[[], None]:
        rate = self.config.learning_rate
        if self.config.schedule == "onecycle":
            rate *= one_cycle((epoch - 1 + done / batches) / self.config.epochs)
        step = (epoch - 1) * batches + done + 1
        keep = kept_share(self._objective.ema, step) if self._objective.ema else 0.0
        return lambda: self._runner.run(index, rate, share, keep)

    def _step(self, index: torch.Tensor, mixing: Number, keep: Number) -> None:
        """One batch: everything that a GPU records."""
        batch = self._train.take(index)
        with arithmetic(self._device, self._bf16):
            if self._objective.mixup is not None:
                batch = self._mixed(batch, mixing)
            logits = self.network(_laid_out(batch.grid))
        value = self._objective.loss(logits.float(), batch.labels, batch.teacher)
        self._optimiser.zero_grad(set_to_none=True)
        value.backward()
        self._optimiser.step()
        with torch.no_grad():
            self._total += value * len(index)
            if self._average is not None:
                weights = [p.detach() for p in self.network.parameters()]
                follow([p.detach() for p in self._average.parameters()], weights, keep)

    def _mixed(self, batch: Resident, share: Number) -> Resident:
        """Windows and labels mixed; the teacher is asked about the very same windows."""
        grid, teacher = mix(batch.grid, share), None
        if self._objective.teacher is not None:
            with torch.no_grad():
                teacher = self._objective.teacher(grid).float()
        return Resident(grid, mix(batch.labels, share), teacher)

    def wait(self) -> None:
        """Until the device has done all batches that were called."""
        self._runner.wait()

    def check(self) -> None:
        """Raise TrainingError if the loss is no longer a number; waits for the device."""
        self.wait()
        total = self._total.item()
        if not math.isfinite(total):
            raise self._diverged("the loss is no longer a number")

    def validate(self, poll: Callable[[], None] = lambda: None) -> NDArray[np.float32] | None:
        """Logits (n, 3) of the validation windows, None where there are none. `poll` is called
        again and again while that lasts, and may raise. Raises TrainingError if the loss is no
        longer a number, or far worse than that of a network which knows nothing."""
        self.check()
        mean_loss = self._mean_loss()
        if mean_loss > DIVERGED * self._knowing_nothing:
            raise self._diverged(
                f"a loss of {mean_loss:.3g}, where knowing nothing has {self._knowing_nothing:.3g}"
            )
        if self._validation is None:
            return None
        # one such block takes a CPU, as a batch in training does, about half a second
        batch = min(self._most_read, (8 if self._on_gpu else 2) * self.progress.batch)
        logits, read = _logits(self._answering, self._validation.grid, batch, self._bf16, poll)
        if read < batch:  # not to be tried again after every epoch
            self._most_read = read
        return logits

    def judge(self, logits: NDArray[np.float32] | None) -> Judged:
        """NLL and accuracy, means over windows and labels; None without windows. The NLL is that
        after calibration, since calibrated is how the network will be used: without it the best
        epoch would be one of the first, before a network that is right ever more often grows too
        sure of itself. It is that of the labels of which both classes are there, if there are any:
        of one class alone, who says it most surely would be the best. Leaves the device alone, so
        folds may be judged side by side."""
        if logits is None or self._judging is None:
            return None, None
        labels = self._judging
        accuracy = float(np.mean((logits >= 0) == (labels > 0.5)))
        if not np.isfinite(logits).all():
            return math.nan, accuracy
        probabilities, shown = fit_calibration(logits, labels).apply(logits), both_classes(labels)
        if shown.any() and not shown.all():
            probabilities, labels = probabilities[:, shown], labels[:, shown]
        return binary_nll(probabilities, labels), accuracy

    def _mean_loss(self) -> float:
        return self._total.item() / self._windows

    def end_epoch(self, judged: Judged) -> EpochEnded:
        """Keep the best, decide whether to go on. Raises TrainingError if the validation loss is
        no longer a number."""
        mean_loss = self._mean_loss()
        nll, accuracy = judged
        if nll is not None and not math.isfinite(nll):
            raise self._diverged("the validation loss is no longer a number")
        was = self.progress
        epoch = was.epoch + 1
        better = nll is None or was.best_nll is None or nll < was.best_nll
        if better:
            self._best = to_host(self._answering.state_dict())
        best_epoch = epoch if better else was.best_epoch
        patience = self.config.patience
        way = Way(epoch, was.batch, self._device, "bf16" if self._bf16 else "fp32")
        if epoch == self.config.epochs:
            self.finish = Finish.COMPLETED
        elif patience is not None and epoch - best_epoch >= patience:
            self.finish = Finish.STOPPED
        self.progress = Progress(
            epoch=epoch,
            batch=was.batch,
            best_epoch=best_epoch,
            best_nll=nll if better else was.best_nll,
            finish=self.finish.name if self.finish else None,
            ways=followed(was.ways, way),
        )
        self.last = self._snapshot()
        elapsed_s = time.monotonic() - self._started
        return EpochEnded(
            epoch, self.config.epochs, mean_loss, nll, accuracy, better, elapsed_s, self.fold
        )

    def begin_again(self) -> None:
        """Go back to the last epoch's end, and give up the memory of steps."""
        self._optimiser.zero_grad(set_to_none=True)  # gradients lie in the memory of the graphs
        self._runner = _runner(self._step, self._optimiser, self._on_gpu)
        self._undo()

    def halve_batch(self) -> None:
        """Begin again with batches half as large. Raises TrainingError where they held one window,
        on a GPU GpuError."""
        batch = self.progress.batch // 2
        if batch < 1:
            if self._on_gpu:
                raise GpuError(GPU_FULL)
            raise TrainingError("This computer's memory does not hold a single window.")
        self.begin_again()
        self.progress = replace(self.last.progress, batch=batch)
        self.last = Snapshot(self.progress, self.last.tensors)
        self._reduced = BatchReduced(self.fold, self.progress.epoch + 1, batch)

    def reduced(self) -> BatchReduced | None:
        """That batches were halved, once: to be told when the smaller ones are known to fit."""
        told, self._reduced = self._reduced, None
        return told

    def keep_best(self) -> nn.Module:
        """The network with the weights of its best epoch, in evaluation mode."""
        best = {name: torch.from_numpy(weights) for name, weights in self._best.items()}
        self.network.load_state_dict(best)
        return self.network.eval()

    def _snapshot(self) -> Snapshot:
        best = {f"best.{name}": weights for name, weights in self._best.items()}
        live = {} if self.finish else to_host(self._live())
        return Snapshot(self.progress, best | live)

    def _live(self) -> dict[str, torch.Tensor]:
        """The tensors that training changes, by name; to be read, or overwritten in place."""
        live = {f"network.{name}": t for name, t in self.network.state_dict().items()}
        if self._average is not None:
            live |= {f"average.{name}": t for name, t in self._average.state_dict().items()}
        for index, state in enumerate(self._optimiser.state.values()):
            live |= {f"adam.{index}.{name}": tensor for name, tensor in state.items()}
        return live

    def _restore(self, snapshot: Snapshot) -> None:
        self.progress = snapshot.progress
        self.finish = Finish[snapshot.progress.finish] if snapshot.progress.finish else None
        stored = dict(snapshot.tensors)
        best = {f"best.{name}": name for name in self._best}
        live = {} if self.finish else self._live()
        shapes = {key: self._best[name].shape for key, name in best.items()}
        shapes |= {key: tuple(tensor.shape) for key, tensor in live.items()}
        wrong = [k for k in shapes | stored if k not in stored or stored[k].shape != shapes.get(k)]
        if wrong:
            raise TrainingError(
                f"What is stored of fold {self.fold} is of another network: {min(wrong)} differs."
            )
        self._best = {name: stored[key] for key, name in best.items()}
        with torch.no_grad():
            for key, tensor in live.items():
                tensor.copy_(torch.from_numpy(stored[key]))

    def _undo(self) -> None:
        """Back to the end of the last epoch."""
        self._restore(self.last)

    def _loss_of_chance(self) -> float:
        """Mean loss at logits of zero, probabilities of one half."""
        chance = torch.zeros_like(self._train.labels)
        return self._objective.loss(chance, self._train.labels, self._train.teacher).item()

    def _diverged(self, found: str) -> TrainingError:
        return TrainingError(
            f"Training diverged in epoch {self.progress.epoch + 1}: {found}. "
            f"Try a learning rate below {self.config.learning_rate:g}."
        )


def predict(
    network: nn.Module, grid: NDArray[np.float32], poll: Callable[[], None] = lambda: None
) -> NDArray[np.float32]:
    """Logits (n, 3) of standardised features (n, 4, 9, 9), wherever the network is, in blocks as
    large as its memory allows. `poll` is called again and again while it lasts, and may raise."""
    return _logits(network, torch.from_numpy(grid), EVALUATION_BATCH, poll=poll)[0]


def _logits(
    network: nn.Module,
    grid: torch.Tensor,
    batch: int,
    bf16: bool = False,
    poll: Callable[[], None] = lambda: None,
) -> tuple[NDArray[np.float32], int]:
    """In blocks of `batch` windows, of half as many each time that memory runs out; with the size
    it came to."""
    return halved_to_fit(lambda size: _in_blocks(network, grid, size, bf16, poll), batch)


def _in_blocks(
    network: nn.Module, grid: torch.Tensor, batch: int, bf16: bool, poll: Callable[[], None]
) -> NDArray[np.float32]:
    network.eval()
    device = next(network.parameters()).device
    blocks = []
    with torch.inference_mode(), arithmetic(device.type, bf16):
        for part in grid.split(batch):
            poll()
            blocks.append(network(_laid_out(part.to(device))).float())
    return torch.cat(blocks).cpu().numpy()


def _laid_out(grid: torch.Tensor) -> torch.Tensor:
    """Grids with their bands side by side where a GPU reads them: the way of its tensor cores."""
    if grid.is_cuda and grid.ndim == 4:
        return grid.contiguous(memory_format=torch.channels_last)
    return grid


def one_cycle(progress: float) -> float:
    """Share of the highest learning rate at 0..1 of the training: up from 1/25 over the first
    fifth, then down to nothing, both as half a cosine. torch's own OneCycleLR divides by zero
    where that fifth is a single step."""
    if progress < WARM_UP:
        rise = 0.5 - 0.5 * math.cos(math.pi * progress / WARM_UP)
        return 1 / 25 + (1 - 1 / 25) * rise
    return 0.5 + 0.5 * math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))


def _runner(
    step: Callable[[torch.Tensor, Number, Number], None],
    optimiser: torch.optim.Optimizer,
    on_gpu: bool,
) -> Runner:
    return CudaRunner(step, optimiser) if on_gpu else CpuRunner(step, optimiser)


def _resident(examples: Examples, device: str) -> Resident:
    """All examples at once: they are small (1.3 KB a window)."""
    teacher = examples.teacher
    return Resident(
        torch.from_numpy(examples.grid).to(device),
        torch.from_numpy(examples.labels).to(device),
        None if teacher is None else torch.from_numpy(teacher).to(device),
    )


def _allocate(optimiser: torch.optim.Optimizer, device: str) -> None:
    """Adam's state as its first step would make it, so that it can be restored in place, under
    the graphs that were recorded over it."""
    for group in optimiser.param_groups:
        for parameter in group["params"]:
            optimiser.state[parameter] = {
                "step": torch.zeros((), device=device),
                "exp_avg": torch.zeros_like(parameter, memory_format=torch.preserve_format),
                "exp_avg_sq": torch.zeros_like(parameter, memory_format=torch.preserve_format),
            }
