"""The student: the small network that reads affect while the signal runs.

Recovered from Table I of EVOKE (arXiv 2401.06957): 353,363 parameters, 1,991,424
multiply-accumulates, 1.35 MB, 8 layers. `numpy_student` computes the same without torch.
"""

from __future__ import annotations

import torch
from torch import nn

from models.initialise import he_initialise


class Student(nn.Module):
    """Two convolutions and two dense layers: (n, 4, 9, 9) features to (n, 3) logits."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        pad = (1, 2, 1, 2)
        self.layers = nn.Sequential(
            nn.ZeroPad2d(pad),
            nn.Conv2d(4, 64, 4),
            nn.ReLU(),
            nn.ZeroPad2d(pad),
            nn.Conv2d(64, 16, 4),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(16 * 9 * 9, 256),
            nn.ReLU(),
            nn.Linear(256, 3),
        )
        he_initialise(self, seed)

    def forward(self, grid: torch.Tensor) -> torch.Tensor:
        """Logits (n, 3) of standardised features (n, 4, 9, 9)."""
        return self.layers(grid)
