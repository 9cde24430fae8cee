"""Training the folds of one run, teacher then student, beside a plain PyTorch loop.

Both train on the same generated values, at the same batch size, and validate after every epoch.
On a GPU, where epochs are whole, ours also keeps a checkpoint of each on disk, as a run does.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.backends import cudnn

from app.training_request import best_device
from evoke.training.config import PAPER, DistillConfig
from evoke.training.device import cpu_threads, has_bf16
from evoke.training.events import EpochEnded, Event
from evoke.training.fitting import Examples, Fitting, Objective, predict
from evoke.training.losses import Loss, distil, learn
from evoke.training.runs import RunFolder
from evoke.training.trainer import fit_together
from models.networks import build

WHOLE_EPOCHS = 100
BLOCK = 1024
WARM_UP_BATCHES = 2

NETWORKS = {"teacher": "ccnn", "student": "student"}
DISTILLED = distil(DistillConfig())


@dataclass(frozen=True, slots=True)
class Size:
    """windows: in all; a fold learns from four fifths of them and validates on the last.
    epochs: that are timed, after a first one."""

    folds: int
    windows: int
    epochs: int


DEAP = Size(folds=5, windows=32 * 40 * 60, epochs=3)
FEW = Size(folds=1, windows=5 * PAPER.batch // 2, epochs=1)
"""What a CPU does in seconds: two batches an epoch."""


@dataclass(frozen=True, slots=True)
class Found:
    """ours, plain: network -> seconds an epoch of all folds. first_s: of our first epochs, in
    which a GPU's graphs are recorded. logits_s: of the teacher's answers to all windows."""

    device: str
    precision: str
    plain_precision: str
    size: Size
    ours: dict[str, float]
    plain: dict[str, float]
    first_s: float
    logits_s: float


def size(folds: int | None = None, windows: int | None = None, epochs: int | None = None) -> Size:
    """DEAP's on a GPU, a few batches on a CPU, with what is given in its place."""
    usual = DEAP if best_device() == "cuda" else FEW
    return Size(folds or usual.folds, windows or usual.windows, epochs or usual.epochs)


def run(size: Size, tf32: bool = False) -> Found:
    """Seconds an epoch of all folds for teacher and student, ours and the plain loop's.

    tf32: let the plain loop's convolutions take TF32, as torch does on a GPU unless told
    otherwise.
    """
    device = best_device()
    on_gpu = device == "cuda"
    with cpu_threads():
        folds = _folds(size)
        ours, first_s, logits_s = _ours(folds, size.epochs, device)
        plain = _plain(folds, tf32, device)
    precision = "bf16" if has_bf16(device) else "fp32"  # what `auto` takes there
    if on_gpu:
        precision += ", recorded graphs, folds side by side"
    return Found(
        device=torch.cuda.get_device_name() if on_gpu else "CPU",
        precision=precision,
        plain_precision="fp32, convolutions in TF32" if tf32 and on_gpu else "fp32",
        size=size,
        ours=ours,
        plain=plain,
        first_s=first_s,
        logits_s=logits_s,
    )


def sentence(found: Found) -> str:
    """What `run` found, for the terminal. Whole runs are worked out for a GPU at DEAP's size
    alone: a few batches say nothing about them."""
    size, ours, plain = found.size, sum(found.ours.values()), sum(found.plain.values())
    where = "no GPU: measured on the CPU" if found.device == "CPU" else found.device
    each = ", ".join(f"{n} {found.ours[n]:.2f} and {found.plain[n]:.2f} s" for n in NETWORKS)
    text = (
        f"training, {where}; generated values, {size.windows:,} windows, folds: {size.folds}, "
        f"batches of {PAPER.batch}, validated: one epoch of all folds {ours:.2f} s "
        f"({found.precision}), a plain PyTorch loop {plain:.2f} s ({found.plain_precision}), "
        f"{plain / ours:.1f} times as long ({each})"
    )
    if found.device == "CPU" or (size.folds, size.windows) != (DEAP.folds, DEAP.windows):
        return text
    whole_s = found.first_s + found.logits_s + (WHOLE_EPOCHS - 1) * ours
    return (
        f"{text}; {WHOLE_EPOCHS} epochs at this pace {whole_s:.0f} s, with checkpoints and the "
        f"teacher's logits, and {WHOLE_EPOCHS * plain:.0f} s, without"
    )


def _folds(size: Size) -> list[tuple[Examples, Examples]]:
    """Training and validation windows of each fold."""
    rng = np.random.default_rng(0)
    grid = rng.standard_normal((size.windows, 4, 9, 9), dtype=np.float32)
    high = (grid[:, :3, 4, 4] > 0).astype(np.float32)
    part = np.arange(size.windows) % 5
    return [
        (Examples(grid[part != k], high[part != k]), Examples(grid[part == k], high[part == k]))
        for k in range(size.folds)
    ]


def _ours(
    folds: Sequence[tuple[Examples, Examples]], epochs: int, device: str
) -> tuple[dict[str, float], float, float]:
    """Seconds an epoch by network, of both first epochs, and of the teacher's logits."""
    teachers, teacher_s, first_s = _trained("teacher", folds, learn, epochs, device)
    began = time.perf_counter()
    heard = [
        (replace(train, teacher=predict(teacher, train.grid)), validation)
        for teacher, (train, validation) in zip(teachers, folds, strict=True)
    ]
    logits_s = time.perf_counter() - began
    _, student_s, student_first_s = _trained("student", heard, DISTILLED, epochs, device)
    return {"teacher": teacher_s, "student": student_s}, first_s + student_first_s, logits_s


def _trained(
    name: str,
    folds: Sequence[tuple[Examples, Examples]],
    loss: Loss,
    epochs: int,
    device: str,
) -> tuple[list[nn.Module], float, float]:
    """The networks, seconds of an epoch, and seconds of the first with all that precedes it."""
    ends = [time.perf_counter()]
    config = PAPER.with_options(epochs=epochs + 1)
    fittings = [
        Fitting(_network(name, k), train, validation, config, Objective(loss), device, fold=k + 1)
        for k, (train, validation) in enumerate(folds)
    ]

    def note(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.fold == len(folds):
            ends.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as path, RunFolder(Path(path) / name) as folder:
        if device == "cuda":
            fit_together(fittings, note, lambda: False, folder.save)
        else:
            fit_together(fittings, note, lambda: False)
    return (
        [fitting.keep_best() for fitting in fittings],
        (ends[-1] - ends[1]) / epochs,
        ends[1] - ends[0],
    )


def _plain(folds: Sequence[tuple[Examples, Examples]], tf32: bool, device: str) -> dict[str, float]:
    """Seconds of one epoch of each network, fold after fold, as a first script would train them:
    Adam as it comes, each kernel launched on its own. The data are on the device from the start,
    the loss stays there, and the teacher's logits are at hand."""
    with cudnn.flags(enabled=True, allow_tf32=tf32):
        return {
            name: sum(
                _plain_epoch(_network(name, k).to(device), *fold, loss, device)
                for k, fold in enumerate(folds)
            )
            for name, loss in (("teacher", learn), ("student", DISTILLED))
        }


def _plain_epoch(
    network: nn.Module, train: Examples, validation: Examples, loss: Loss, device: str
) -> float:
    grid, high, held_out = (
        torch.from_numpy(a).to(device) for a in (train.grid, train.labels, validation.grid)
    )
    teacher = torch.zeros_like(high)
    optimiser = torch.optim.Adam(network.parameters(), lr=PAPER.learning_rate)

    def step(index: torch.Tensor) -> torch.Tensor:
        optimiser.zero_grad()
        value = loss(network(grid[index]), high[index], teacher[index])
        value.backward()
        optimiser.step()
        return value.detach()

    for _ in range(WARM_UP_BATCHES):
        step(torch.arange(min(PAPER.batch, len(grid)), device=device))
    _wait(device)
    began = time.perf_counter()
    network.train()
    losses = [step(i) for i in torch.randperm(len(grid), device=device).split(PAPER.batch)]
    float(torch.stack(losses).mean())
    network.eval()
    with torch.no_grad():
        torch.cat([network(block) for block in held_out.split(BLOCK)]).cpu()
    return time.perf_counter() - began


def _network(name: str, seed: int) -> nn.Module:
    return build(NETWORKS[name], {}, seed)


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    print(sentence(run(size())))  # noqa: T201
