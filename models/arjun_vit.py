"""ArjunViT: a small vision transformer over time (Arjun, Rajpoot & Panicker 2021, "Introducing
attention mechanism for EEG signals: emotion recognition with vision transformers", EMBC,
5723-5726), with the defaults of TorchEEG: width 32, 3 blocks, 4 heads of 64, perceptrons of 64,
no dropout.

On a raw window of 32 electrodes x 128 samples its layers hold 144,356 parameters for the four
outputs of Table I (arXiv 2401.06957), which counts neither class token nor positions; with both
and three outputs, 144,515. What the paper fed it with features is not documented. Here the
feature form takes a band where the raw form takes a quarter of a second, as TorchEEG's ViT does
with features (patches one sample long): 112,771 parameters.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

from models.initialise import torcheeg_initialise
from models.layout import ELECTRODE_CELLS
from models.transformer import Encoder

WIDTH, DEPTH, HEADS, HEAD_WIDTH, HIDDEN = 32, 3, 4, 64, 64
ELECTRODES = 32
PATCH_SAMPLES = 32
SAMPLES = 128
BANDS = 4

Reads = Literal["features", "window"]


class ArjunViT(nn.Module):
    """Four patches over time, or four bands, of all electrodes at once, to logits (n, outputs).

    Args:
        reads: 'features', the grid (n, 4, 9, 9), or 'window', raw samples (n, 32, 128).
        outputs: three; Table I counts four.
        seed: of the initial weights.
    """

    def __init__(self, reads: Reads = "features", outputs: int = 3, *, seed: int):
        super().__init__()
        if reads not in ("features", "window"):
            raise ValueError(f"reads is 'features' or 'window', got {reads!r}")
        self.reads = reads
        length, patches = (1, BANDS) if reads == "features" else (PATCH_SAMPLES, 4)
        rows, columns = zip(*ELECTRODE_CELLS, strict=True)
        # an index on the device: one kept as a tuple would be copied there at every step
        cells = 9 * torch.tensor(rows) + torch.tensor(columns)
        self.register_buffer("cells", cells, persistent=False)
        self.embed = nn.Linear(ELECTRODES * length, WIDTH)
        self.encoder = Encoder(patches, WIDTH, DEPTH, HEADS, HEAD_WIDTH, HIDDEN, outputs, "arjun")
        torcheeg_initialise(self, seed)

    cells: torch.Tensor
    """Of the flattened grid, those with an electrode."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Logits (n, outputs) of standardised features (n, 4, 9, 9) or samples (n, 32, 128)."""
        if self.reads == "features":
            patches = values.flatten(2)[:, :, self.cells]  # (n, bands, electrodes)
        else:
            n = len(values)
            quarters = values.reshape(n, ELECTRODES, SAMPLES // PATCH_SAMPLES, PATCH_SAMPLES)
            patches = quarters.transpose(1, 2).flatten(2)  # (n, quarters, electrodes * samples)
        return self.encoder(self.embed(patches))
