"""Where and how training steps run: directly on the CPU, as recorded graphs on a GPU.

A runner is given one step as a function of the windows' index, the share of mixing and the
weight of the moving average, and runs it with random numbers of its own, so that networks trained
side by side do not disturb one another.
"""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import torch
from numpy.typing import NDArray
from torch.backends import cudnn

from evoke.errors import out_of_memory
from evoke.training.threads import MOST_THREADS, cores

T = TypeVar("T")
Number = float | torch.Tensor

Step = Callable[[torch.Tensor, Number, Number], None]
"""index: (n,) integers on the device; mixing, keep: floats, or tensors () on the device."""

WARM_UP_RUNS = 3
"""Before a graph is recorded, so that cuDNN has chosen its algorithms and allocated."""

MOST_AHEAD = 8
"""Steps queued on a GPU beyond the one it works on: enough that it never waits for the host, few
enough that it has done them soon after a run is cancelled."""


class CpuRunner:
    """Runs each step as it is."""

    def __init__(self, step: Step, optimiser: torch.optim.Optimizer) -> None:
        self._step = step
        self._optimiser = optimiser
        self._random = torch.get_rng_state()

    def prepare(self, sizes: Sequence[int], restore: Callable[[], None]) -> None:
        """Nothing needs preparing."""

    def begin(self, seed: int) -> None:
        """Begin an epoch: fix the random numbers of its steps."""
        self._random = torch.Generator().manual_seed(seed).get_state()

    def run(self, index: torch.Tensor, rate: float, mixing: float, keep: float) -> None:
        """One step at the learning rate `rate`."""
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        before = torch.get_rng_state()
        torch.set_rng_state(self._random)
        try:
            self._step(index, mixing, keep)
        finally:
            self._random = torch.get_rng_state()
            torch.set_rng_state(before)

    def wait(self) -> None:
        """Steps are over when `run` returns."""


class CudaRunner:
    """Replays each step from a CUDA graph, one for each size of batch, on a stream of its own.

    The graphs draw from a generator of their own too: graphs that share one generator share the
    memory of its seed, and side by side one would read what the other wrote.
    """

    def __init__(self, step: Step, optimiser: torch.optim.Optimizer) -> None:
        self._step = step
        self._optimiser = optimiser
        self._stream = torch.cuda.Stream()
        self._generator = torch.Generator("cuda")
        self._mixing = torch.ones((), device="cuda")
        self._keep = torch.zeros((), device="cuda")
        self._values: tuple[float, float, float] | None = None
        self._graphs: dict[int, tuple[torch.cuda.CUDAGraph, torch.Tensor]] = {}
        self._done = [torch.cuda.Event() for _ in range(MOST_AHEAD)]
        self._steps = 0

    def prepare(self, sizes: Sequence[int], restore: Callable[[], None]) -> None:
        """Record a graph for each size that has none. `restore` undoes the steps that recording
        takes; every step that counts is then a replay, in a resumed run as in a whole one."""
        missing = [size for size in set(sizes) if size not in self._graphs]
        for size in missing:
            self._graphs[size] = self._record(size)
        if missing:
            restore()
            torch.cuda.synchronize()

    def begin(self, seed: int) -> None:
        """Begin an epoch: fix the random numbers of its steps, and let them wait for what was
        asked of the device before."""
        self._stream.wait_stream(torch.cuda.current_stream())
        self._generator.manual_seed(seed)

    def run(self, index: torch.Tensor, rate: float, mixing: float, keep: float) -> None:
        """Queue one step at the learning rate `rate`; it runs beside other runners' steps."""
        graph, windows = self._graphs[len(index)]
        done = self._done[self._steps % MOST_AHEAD]
        done.synchronize()  # of the step `MOST_AHEAD` steps ago
        self._steps += 1
        with torch.cuda.stream(self._stream):
            if self._values != (rate, mixing, keep):
                self._set(rate, mixing, keep)
            windows.copy_(index)
            graph.replay()
            done.record()

    def wait(self) -> None:
        """Until all queued steps are over."""
        self._stream.synchronize()

    def _set(self, rate: float, mixing: float, keep: float) -> None:
        for group in self._optimiser.param_groups:
            group["lr"].fill_(rate)
        self._mixing.fill_(mixing)
        self._keep.fill_(keep)
        self._values = (rate, mixing, keep)

    def _record(self, size: int) -> tuple[torch.cuda.CUDAGraph, torch.Tensor]:
        windows = torch.arange(size, device="cuda")
        graph = torch.cuda.CUDAGraph()
        self._stream.wait_stream(torch.cuda.current_stream())
        with self._own_random(), _repeatable("cuda"):
            with torch.cuda.stream(self._stream):
                for _ in range(WARM_UP_RUNS):
                    self._step(windows, self._mixing, self._keep)
            self._stream.synchronize()
            with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
                self._step(windows, self._mixing, self._keep)
        return graph, windows

    @contextlib.contextmanager
    def _own_random(self) -> Iterator[None]:
        """A graph draws from the state that the default generator had when it was recorded."""
        default = torch.cuda.default_generators[torch.cuda.current_device()]
        before = default.graphsafe_get_state()
        default.graphsafe_set_state(self._generator.graphsafe_get_state())
        try:
            yield
        finally:
            default.graphsafe_set_state(before)


Runner = CpuRunner | CudaRunner


@contextlib.contextmanager
def arithmetic(device: str, bf16: bool) -> Iterator[None]:
    """What networks compute in: bfloat16, or float32 itself and not the TF32 that a GPU would
    take for it."""
    # a cache of casts made while a graph is recorded would be read by no later replay
    cache = device == "cpu"
    with (
        _repeatable(device),
        torch.autocast(device, torch.bfloat16, enabled=bf16, cache_enabled=cache),
    ):
        yield


def _repeatable(device: str) -> contextlib.AbstractContextManager[None]:
    """Convolutions on a GPU that give the same to the bit each time."""
    if device == "cpu":
        return contextlib.nullcontext()
    return cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)


def to_host(tensors: Mapping[str, torch.Tensor]) -> dict[str, NDArray[Any]]:
    """Copies in the host's memory, each in its own shape and dtype; those from a GPU are under way
    all at once."""
    copies = {}
    for name, tensor in tensors.items():
        host = torch.empty_like(tensor, device="cpu", pin_memory=tensor.is_cuda)
        copies[name] = host.copy_(tensor.detach(), non_blocking=True)
    if any(tensor.is_cuda for tensor in tensors.values()):
        torch.cuda.current_stream().synchronize()
    return {name: host.numpy() for name, host in copies.items()}


def has_bf16(device: str) -> bool:
    """Whether a device, 'cpu' or 'cuda', multiplies bfloat16 itself: of GPUs those since Ampere,
    before which cuDNN has no convolutions for it."""
    if device == "cpu":
        return cpu_bf16()
    return torch.cuda.is_bf16_supported(including_emulation=False)


def cpu_bf16() -> bool:
    """Whether this processor multiplies bfloat16 itself, about twice as fast as float32; others
    only emulate it."""
    known = torch.cpu.get_capabilities()
    return any(known.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def halved_to_fit(work: Callable[[int], T], batch: int) -> tuple[T, int]:
    """What `work` makes of batches of so many windows, halved as often as memory runs out; with
    the number it came to. Raises torch's own error where not one window fits."""
    while True:
        try:
            return work(batch), batch
        except RuntimeError as error:
            if batch == 1 or not out_of_memory(error):
                raise
        free_memory()  # out here, where the exception no longer holds on to tensors
        batch //= 2


def free_memory() -> None:
    """Give back what a failed step left behind."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@contextlib.contextmanager
def cpu_threads(threads: int | None = None) -> Iterator[int]:
    """As many threads as asked for; None: as this process has cores, at most `MOST_THREADS`, where
    OMP_NUM_THREADS, which process pools set for their workers, is obeyed. What was set before
    comes back."""
    before = torch.get_num_threads()
    if threads is not None:
        torch.set_num_threads(threads)
    elif "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(min(cores(), MOST_THREADS))
    try:
        yield torch.get_num_threads()
    finally:
        torch.set_num_threads(before)
