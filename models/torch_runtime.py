"""Inference in torch: any network on the CPU, and on CUDA through a recorded graph."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn
from torch.backends import cudnn

from models.checkpoint import Checkpoint
from models.matrices import as_matrices
from models.networks import build, input_shape
from models.student import Student

BLOCK = 1024
"""Windows sent through the network at a time."""

WARM_UP_RUNS = 3
"""Before a graph is recorded, so that cuDNN has chosen its algorithms and allocated."""


def network_of(checkpoint: Checkpoint) -> nn.Module:
    """The checkpoint's network in evaluation mode on the CPU."""
    network = build(checkpoint.card.network, checkpoint.card.config, seed=0)
    state = {name: torch.from_numpy(w.copy()) for name, w in checkpoint.weights.items()}
    network.load_state_dict(state, strict=True)
    return network.eval()


def cuda_usable() -> bool:
    """Whether torch finds a GPU and was built for it."""
    if not torch.cuda.is_available():
        return False
    major, minor = torch.cuda.get_device_capability()
    built_for = [
        int(arch.removeprefix("sm_").rstrip("af"))
        for arch in torch.cuda.get_arch_list()
        if arch.startswith("sm_")
    ]
    return bool(built_for) and 10 * major + minor >= min(built_for)


class TorchNetwork:
    """A network on the CPU."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._network = network_of(checkpoint)

    def forward(self, grid: ArrayLike) -> NDArray[np.float32]:
        """Logits (n, 3) of standardised features (n, 4, 9, 9)."""
        grids = torch.from_numpy(np.ascontiguousarray(grid, np.float32))
        with torch.inference_mode(), _threads_for(len(grids)):
            parts = [self._network(block) for block in grids.split(BLOCK)]
        return torch.cat(parts).numpy() if parts else np.empty((0, 3), np.float32)


@contextmanager
def _threads_for(windows: int) -> Iterator[None]:
    """One thread for one window: many wait for one another, at a busy computer a hundred times as
    long as they work."""
    before = torch.get_num_threads()
    if windows > 1 or before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class CudaNetwork:
    """A network on the GPU. One window is a replay of a recorded CUDA graph, the copies from and
    to pinned memory of the host in it: one launch instead of some twenty. More than one go the
    ordinary way."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.device_name = torch.cuda.get_device_name()
        self._network = network_of(checkpoint).cuda()
        self._network_of_one = _fewer_kernels(self._network)
        shape = input_shape(checkpoint.card.network, checkpoint.card.config)
        self._host_input = torch.zeros((1, *shape), pin_memory=True)
        self._host_output = torch.empty((1, 3), pin_memory=True)
        self._input = torch.zeros((1, *shape), device="cuda")
        self._graph = self._record()

    def forward(self, grid: ArrayLike) -> NDArray[np.float32]:
        """Logits (n, 3) of standardised features (n, 4, 9, 9)."""
        grids = np.ascontiguousarray(grid, np.float32)
        return self._forward_one(grids) if len(grids) == 1 else self._forward_many(grids)

    def _forward_one(self, grid: NDArray[np.float32]) -> NDArray[np.float32]:
        self._host_input.numpy()[:] = grid
        self._graph.replay()
        torch.cuda.current_stream().synchronize()
        return self._host_output.numpy().copy()

    def _forward_many(self, grids: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode(), _full_precision():
            blocks = torch.from_numpy(grids).split(BLOCK)
            logits = torch.cat([self._network(block.cuda()) for block in blocks])
            return logits.cpu().numpy()

    def _record(self) -> torch.cuda.CUDAGraph:
        """After a warm-up on a side stream, as torch's notes on CUDA graphs require."""
        side, graph = torch.cuda.Stream(), torch.cuda.CUDAGraph()
        side.wait_stream(torch.cuda.current_stream())
        with torch.inference_mode(), _full_precision():
            with torch.cuda.stream(side):
                for _ in range(WARM_UP_RUNS):
                    self._pass()
            side.synchronize()
            with torch.cuda.graph(graph, stream=side, capture_error_mode="thread_local"):
                self._pass()
        return graph

    def _pass(self) -> None:
        self._input.copy_(self._host_input, non_blocking=True)
        self._host_output.copy_(self._network_of_one(self._input), non_blocking=True)


def _fewer_kernels(network: nn.Module) -> nn.Module:
    """The form in which one window is read soonest: of the student its convolutions as matrices,
    34 MB that are read once instead of neighbourhoods gathered by kernel after kernel."""
    if not isinstance(network, Student):
        return network
    with torch.inference_mode(), _full_precision():
        return as_matrices(network)


def _full_precision() -> AbstractContextManager[None]:
    """Convolutions in float32 instead of TF32: the GPU must not read another emotion than the
    CPU does."""
    return cudnn.flags(enabled=True, allow_tf32=False)
