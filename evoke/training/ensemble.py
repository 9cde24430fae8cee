"""Several teachers heard as one, as a torch module: what mixed windows need."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn


class Ensemble(nn.Module):
    """Mean of the logits of networks, each behind its own standardisation."""

    def __init__(
        self,
        networks: Sequence[nn.Module],
        means: Sequence[NDArray[np.float32]],
        stds: Sequence[NDArray[np.float32]],
    ) -> None:
        super().__init__()
        self.members = nn.ModuleList(network.eval() for network in networks)
        self.register_buffer("means", torch.from_numpy(np.stack(means)), persistent=False)
        self.register_buffer("stds", torch.from_numpy(np.stack(stds)), persistent=False)
        self.requires_grad_(False)

    means: torch.Tensor
    stds: torch.Tensor

    def forward(self, grid: torch.Tensor) -> torch.Tensor:
        """Logits (n, 3) of features (n, ...) that are not standardised."""
        logits = [
            member((grid - mean) / std)
            for member, mean, std in zip(self.members, self.means, self.stds, strict=True)
        ]
        return torch.stack(logits).mean(dim=0)
