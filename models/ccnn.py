"""The teacher: a continuous convolutional network on the 9 x 9 electrode grid.

Counted as Table I of EVOKE (arXiv 2401.06957) counts it: 6,234,627 parameters and 79,961,088
multiply-accumulates. SELU and dropout after the first dense layer are TorchEEG's choice.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

from models.initialise import he_initialise

Fusion = Literal["4x4", "1x1"]


class CCNN(nn.Module):
    """Four convolutions and two dense layers: (n, 4, 9, 9) features to (n, 3) logits.

    Zero padding (1, 2, 1, 2) keeps every 4 x 4 convolution at 9 x 9.

    Args:
        fusion: kernel of the last convolution. The paper's text fuses with 1 x 1, its table
            counts 4 x 4; 1 x 1 leaves 5,988,867 parameters.
        seed: of the initial weights.
    """

    def __init__(self, fusion: Fusion = "4x4", *, seed: int) -> None:
        super().__init__()
        if fusion not in ("4x4", "1x1"):
            raise ValueError(f"fusion is '4x4' or '1x1', got {fusion!r}")
        pad = (1, 2, 1, 2)
        wide = fusion == "4x4"
        self.layers = nn.Sequential(
            nn.ZeroPad2d(pad),
            nn.Conv2d(4, 64, 4),
            nn.ReLU(),
            nn.ZeroPad2d(pad),
            nn.Conv2d(64, 128, 4),
            nn.ReLU(),
            nn.ZeroPad2d(pad),
            nn.Conv2d(128, 256, 4),
            nn.ReLU(),
            nn.ZeroPad2d(pad if wide else 0),
            nn.Conv2d(256, 64, 4 if wide else 1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64 * 9 * 9, 1024),
            nn.SELU(),
            nn.Dropout(0.5),
            nn.Linear(1024, 3),
        )
        he_initialise(self, seed)

    def forward(self, grid: torch.Tensor) -> torch.Tensor:
        """Logits (n, 3) of standardised features (n, 4, 9, 9)."""
        return self.layers(grid)
