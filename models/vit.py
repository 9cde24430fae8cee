"""ViT-B/16 (Dosovitskiy et al. 2021, "An image is worth 16x16 words", ICLR) on the electrode grid.

The grid is upsampled to 224 x 224 and its four bands mixed into the three colours the network was
designed for, since only so its layers hold the 85.65 M parameters of Table I (arXiv 2401.06957);
how the paper brought four bands into it is not documented. Weights start at random: none trained
on pictures are bundled or fetched.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import interpolate

from models.initialise import vit_initialise
from models.transformer import Encoder

WIDTH, DEPTH, HEADS, HIDDEN = 768, 12, 12, 3072
IMAGE, PATCH = 224, 16
BANDS, COLOURS = 4, 3
GRID_SIDE = 9


class ViT(nn.Module):
    """Features (n, 4, 9, 9) as 196 patches of a 224 x 224 picture, to logits (n, 3).

    Args:
        seed: of the initial weights.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        patches = (IMAGE // PATCH) ** 2
        # bilinear, as a product: torch's own backward pass adds in no fixed order on a GPU
        lines = interpolate(torch.eye(GRID_SIDE)[None], IMAGE, mode="linear")[0].T.contiguous()
        self.register_buffer("upsample", lines, persistent=False)
        self.colours = nn.Conv2d(BANDS, COLOURS, 1)
        self.embed = nn.Conv2d(COLOURS, WIDTH, PATCH, stride=PATCH)
        self.encoder = Encoder(patches, WIDTH, DEPTH, HEADS, WIDTH // HEADS, HIDDEN, 3, "vit")
        vit_initialise(self, seed)

    upsample: torch.Tensor
    """(224, 9)"""

    def forward(self, grid: torch.Tensor) -> torch.Tensor:
        """Logits (n, 3) of standardised features (n, 4, 9, 9)."""
        # mixing bands commutes with upsampling and costs 600 times less before it
        picture = self.upsample @ self.colours(grid) @ self.upsample.T
        return self.encoder(self.embed(picture).flatten(2).transpose(1, 2))
