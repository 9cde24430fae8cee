"""The network alone: one window at a time from host to host, and many at once."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.backends import cudnn

from evoke.errors import CheckpointError, SettingsError
from evoke.training.device import cpu_threads, has_bf16
from models.checkpoint import load
from models.errors import ModelError
from models.layout import GRID
from models.matrices import as_matrices
from models.networks import input_shape
from models.runtime import BUNDLED_STUDENT, NetworkClassifier, classifier_of
from models.student import Student
from models.torch_runtime import network_of

PAPER = "the paper, RTX A6000: 330 us, 80,176 windows/s"

REPEATS, WARM_UP = 300, 20
BULK_S = 0.3
COMPARED = 1024
"""Windows on which precisions are compared."""

GPU_BATCHES = (4096, 16_384, 65_536)
CPU_BATCHES = (1024,)


@dataclass(frozen=True, slots=True)
class Bulk:
    """windows_per_s: at the best size of batch. difference: the largest of any probability from
    torch's in float32."""

    form: str
    windows_per_s: float
    batch: int
    difference: float


@dataclass(frozen=True, slots=True)
class Found:
    """one_us, plain_us: median and 95th percentile of one window, ours and torch's as it comes."""

    name: str
    device: str
    one_us: tuple[float, float]
    plain_us: tuple[float, float]
    bulk: list[Bulk]


def run(path: Path | None = None) -> Found:
    """A checkpoint that reads features, by default the bundled student, on the best device.
    Raises CheckpointError if the file does not fit, SettingsError if the network reads something
    else than features."""
    try:
        checkpoint = load(path or BUNDLED_STUDENT)
    except ModelError as error:
        raise CheckpointError(str(error)) from error
    if input_shape(checkpoint.card.network, checkpoint.card.config) != GRID:
        raise SettingsError(f"{path} reads windows of samples; expected one that reads features.")
    classifier, network = classifier_of(checkpoint), network_of(checkpoint)
    device = "cpu" if classifier.device == "CPU" else "cuda"
    network.to(device)
    standard = np.random.default_rng(0).standard_normal((COMPARED, *GRID)).astype(np.float32)
    features = standard * checkpoint.std + checkpoint.mean
    grid = torch.from_numpy(standard).to(device)
    one = features[:1]

    @torch.inference_mode()
    def plain() -> NDArray[np.float32]:
        return torch.sigmoid(network(torch.from_numpy(one).to(device))).cpu().numpy()

    with cpu_threads():
        return Found(
            name=classifier.name,
            device=classifier.device,
            one_us=_microseconds(lambda: classifier.classify(one)),
            plain_us=_microseconds(plain),
            bulk=[_as_it_runs(classifier, network, features, grid), *_bulk(network, grid)],
        )


def sentence(found: Found) -> str:
    """What `run` found, for the terminal."""
    where = "no GPU: measured on the CPU" if found.device == "CPU" else found.device
    (median, p95), (plain, plain_p95) = found.one_us, found.plain_us
    lines = [
        f"{found.name}, {where}: one window, features to probabilities, median {median:.0f} us, "
        f"p95 {p95:.0f} us; plain torch {plain:.0f} us, p95 {plain_p95:.0f} us ({PAPER})"
    ]
    lines += [
        f"  {b.form}: {b.windows_per_s:,.0f} windows/s in batches of {b.batch:,}, "
        f"at most {b.difference:.1e} from fp32"
        for b in found.bulk
    ]
    return "\n".join(lines)


def _microseconds(work: Callable[[], object]) -> tuple[float, float]:
    times = []
    for _ in range(WARM_UP + REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    median, p95 = np.percentile(times[WARM_UP:], (50, 95)) * 1e6
    return float(median), float(p95)


@torch.inference_mode()
def _as_it_runs(
    classifier: NetworkClassifier,
    network: nn.Module,
    features: NDArray[np.float32],
    grid: torch.Tensor,
) -> Bulk:
    size = CPU_BATCHES[0]
    exact = torch.sigmoid(_exact(network, grid)).cpu().numpy()
    difference = np.abs(1 / (1 + np.exp(-classifier.logits(features))) - exact).max()
    rate = _rate(lambda: classifier.logits(features[:size]), size, grid.is_cuda)
    return Bulk("as the application runs it, host to host", rate, size, float(difference))


@torch.inference_mode()
def _bulk(network: nn.Module, grid: torch.Tensor) -> list[Bulk]:
    """The network in torch with its data on the device, in each precision and form."""
    forms = {"torch, fp32": (network, torch.float32)}
    if has_bf16(grid.device.type):
        forms["torch, bf16"] = (network, torch.bfloat16)
    if grid.is_cuda and isinstance(network, Student):
        forms["torch, bf16, convolutions as matrices"] = (as_matrices(network), torch.bfloat16)
    exact = torch.sigmoid(_exact(network, grid))
    found = []
    for name, (form, dtype) in forms.items():
        ready = copy.deepcopy(form).to(dtype)
        nn.utils.convert_conv2d_weight_memory_format(ready, torch.channels_last)
        with cudnn.flags(enabled=True, benchmark=True, allow_tf32=False):
            asked = grid.to(dtype=dtype, memory_format=torch.channels_last)
            difference = (torch.sigmoid(ready(asked).float()) - exact).abs().max().item()
            rates = {}
            for size in GPU_BATCHES if grid.is_cuda else CPU_BATCHES:
                try:
                    batch = asked[torch.arange(size, device=grid.device) % len(asked)]
                    batch = batch.contiguous(memory_format=torch.channels_last)
                    rates[size] = _rate(partial(ready, batch), size, grid.is_cuda)
                except torch.OutOfMemoryError:  # a small card has its best below
                    break
        best = max(rates, key=rates.__getitem__)
        found.append(Bulk(name, rates[best], best, difference))
    return found


def _exact(network: nn.Module, grid: torch.Tensor) -> torch.Tensor:
    """Logits in float32 itself."""
    with cudnn.flags(enabled=True, allow_tf32=False):
        return network(grid)


def _rate(work: Callable[[], object], windows: int, on_gpu: bool) -> float:
    """Windows a second, over `BULK_S` or more."""
    work()
    rounds = 1
    while True:
        _wait(on_gpu)
        began = time.perf_counter()
        for _ in range(rounds):
            work()
        _wait(on_gpu)
        elapsed = time.perf_counter() - began
        if elapsed > BULK_S:
            return rounds * windows / elapsed
        rounds *= 2


def _wait(on_gpu: bool) -> None:
    if on_gpu:
        torch.cuda.synchronize()


if __name__ == "__main__":
    print(sentence(run()))  # noqa: T201
