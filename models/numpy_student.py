"""The student without torch: importing torch holds the interpreter for seconds, and one window
needs only 2 million multiply-accumulates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

BLOCK = 64
"""Windows taken at a time: their unfolded activations (21 MiB) are all the memory it needs."""


class NumpyStudent:
    """The forward pass of `student.Student` in NumPy, equal to torch's within 1e-5.

    Each product has the same shape whatever the number of windows, so that a window's logits do
    not depend, even in the last bit, on the windows beside it.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        """weights: the student's tensors by torch's names, shapes already checked."""
        w = {name.removeprefix("layers."): tensor for name, tensor in weights.items()}
        self._conv1 = w["1.weight"].reshape(64, -1)  # (64, 4 * 16)
        self._bias1 = w["1.bias"][:, None]
        self._conv2 = w["4.weight"].reshape(16, -1)  # (16, 64 * 16)
        self._bias2 = w["4.bias"][:, None]
        self._dense1 = np.ascontiguousarray(w["7.weight"].T)  # (1296, 256)
        self._bias3 = w["7.bias"]
        self._dense2 = np.ascontiguousarray(w["9.weight"].T)  # (256, 3)
        self._bias4 = w["9.bias"]

    def forward(self, grid: ArrayLike) -> NDArray[np.float32]:
        """Logits (n, 3) of standardised features (n, 4, 9, 9)."""
        grids = np.asarray(grid, np.float32)
        logits = np.empty((len(grids), 3), np.float32)
        for start in range(0, len(grids), BLOCK):
            logits[start : start + BLOCK] = self._forward(grids[start : start + BLOCK])
        return logits

    def _forward(self, grids: NDArray[np.float32]) -> NDArray[np.float32]:
        n = len(grids)
        maps = _relu(self._conv1 @ _unfold(grids) + self._bias1)  # (n, 64, 81)
        maps = _relu(self._conv2 @ _unfold(maps.reshape(n, 64, 9, 9)) + self._bias2)  # (n, 16, 81)
        hidden = _relu(maps.reshape(n, 1, -1) @ self._dense1 + self._bias3)  # (n, 1, 256)
        return (hidden @ self._dense2 + self._bias4)[:, 0]


def _unfold(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, c, 9, 9) -> (n, c * 16, 81): the 4 x 4 neighbourhood of every cell, zero padding
    (1, 2, 1, 2)."""
    n, channels = maps.shape[:2]
    padded = np.zeros((n, channels, 12, 12), np.float32)
    padded[:, :, 1:10, 1:10] = maps
    patches = np.lib.stride_tricks.sliding_window_view(padded, (9, 9), axis=(2, 3))
    return patches.reshape(n, channels * 16, 81)


def _relu(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.maximum(values, 0, out=values)
