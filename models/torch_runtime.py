"""Inference in torch: any network on the CPU, and on CUDA through a recorded graph."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn
from torch.backends import cudnn

from models.checkpoint import Checkpoint
from models.networks import build, input_shape

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
        with torch.inference_mode():
            parts = [self._network(block) for block in grids.split(BLOCK)]
        return torch.cat(parts).numpy() if parts else np.empty((0, 3), np.float32)


class Ensemble(nn.Module):
    """Mean of the logits of several checkpoints, each behind its own standardisation: what a
    student listens to. One checkpoint is an ensemble too."""

    def __init__(self, checkpoints: Sequence[Checkpoint]) -> None:
        super().__init__()
        self.members = nn.ModuleList(network_of(checkpoint) for checkpoint in checkpoints)
        for name in ("mean", "std"):
            stacked = np.stack([getattr(checkpoint, name) for checkpoint in checkpoints])
            self.register_buffer(name, torch.from_numpy(stacked), persistent=False)
        self.requires_grad_(False)

    mean: torch.Tensor
    std: torch.Tensor

    def forward(self, grid: torch.Tensor) -> torch.Tensor:
        """Logits (n, 3) of features (n, 4, 9, 9) relative to rest."""
        logits = [
            member((grid - mean) / std)
            for member, mean, std in zip(self.members, self.mean, self.std, strict=True)
        ]
        return torch.stack(logits).mean(dim=0)


class CudaNetwork:
    """A network on the GPU. One window is a replay of a recorded CUDA graph: one launch instead
    of some twenty, with pinned buffers on the host; more than one goes the ordinary way."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.device_name = torch.cuda.get_device_name()
        self._network = network_of(checkpoint).cuda()
        shape = input_shape(checkpoint.card.network, checkpoint.card.config)
        self._host_input = torch.empty((1, *shape), pin_memory=True)
        self._host_output = torch.empty((1, 3), pin_memory=True)
        self._input = torch.zeros((1, *shape), device="cuda")
        self._graph, self._output = self._record()

    def forward(self, grid: ArrayLike) -> NDArray[np.float32]:
        """Logits (n, 3) of standardised features (n, 4, 9, 9)."""
        grids = np.ascontiguousarray(grid, np.float32)
        return self._forward_one(grids) if len(grids) == 1 else self._forward_many(grids)

    def _forward_one(self, grid: NDArray[np.float32]) -> NDArray[np.float32]:
        self._host_input.numpy()[:] = grid
        self._input.copy_(self._host_input, non_blocking=True)
        self._graph.replay()
        self._host_output.copy_(self._output, non_blocking=True)
        torch.cuda.current_stream().synchronize()
        return self._host_output.numpy().copy()

    def _forward_many(self, grids: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode(), _full_precision():
            blocks = torch.from_numpy(grids).split(BLOCK)
            parts = [self._network(block.cuda()).cpu() for block in blocks]
        return torch.cat(parts).numpy() if parts else np.empty((0, 3), np.float32)

    def _record(self) -> tuple[torch.cuda.CUDAGraph, torch.Tensor]:
        """Record one forward pass over static buffers, after a warm-up on a side stream as
        torch's notes on CUDA graphs require."""
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.inference_mode(), _full_precision():
            with torch.cuda.stream(side):
                for _ in range(WARM_UP_RUNS):
                    self._network(self._input)
            torch.cuda.current_stream().wait_stream(side)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                output = self._network(self._input)
        return graph, output


def _full_precision() -> AbstractContextManager[None]:
    """Convolutions in float32 instead of TF32: the GPU must not read another emotion than the
    CPU does."""
    return cudnn.flags(enabled=True, allow_tf32=False)
