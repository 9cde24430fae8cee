"""Eyebrows: strips on the skin, which carry its morphs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.spatial import cKDTree

from avatars.bake.makehuman import Array
from avatars.bake.scalp import Scalp
from avatars.bake.topology import Index, grid

_ALONG, _ACROSS = 22, 5


@dataclass(frozen=True)
class Brows:
    """Both brows in rest space.

    uv: (n, 2) along the brow from its inner end, and across it. lift: (n,) dm above the skin.
    """

    positions: Array
    faces: Index
    uv: Array
    lift: Array
    flow: Array


def brows(scalp: Scalp, *, thickness: float = 1.0, arch: float = 1.0, length: float = 1.0) -> Brows:
    """Brows of the given proportions; 1 is an average. They start high, since an arch that starts
    low looks stern."""
    t = np.linspace(0, 1, _ALONG)[:, None]
    across = np.linspace(-1, 1, _ACROSS)[None]
    x = np.broadcast_to(0.10 + 0.50 * length * t, (_ALONG, _ACROSS))
    bow = np.sin(np.pi * np.minimum(t * 0.80, 1) ** 1.15)
    half = 0.041 * thickness * np.minimum(1, 0.55 + 3 * t)
    half = half * (1 - 0.80 * np.clip((t - 0.35) / 0.65, 0, 1) ** 2)
    y = 7.535 + 0.060 * arch * bow - 0.050 * t**2 + across * half
    lift = 0.026 * thickness * (1 - across**2) * (1 - 0.5 * t) * np.minimum(1, 0.35 + 5 * t)
    slope = np.broadcast_to(0.9 * (1 - t) ** 2 - 0.35 * t, x.shape)
    uv = np.stack(np.broadcast_arrays(t, across * 0.5 + 0.5), -1).reshape(-1, 2)

    one = np.stack([x, y, np.zeros_like(x)], -1).reshape(-1, 3)
    grow = np.stack([np.ones_like(x), slope, np.zeros_like(x)], -1).reshape(-1, 3)
    both = np.concatenate([one, one * (-1, 1, 1)])
    both[:, 2] = _depth(scalp, both[:, :2])
    faces = grid(_ALONG, _ACROSS)
    return Brows(
        both,
        np.concatenate([faces[:, ::-1], faces + len(one)]),
        np.tile(uv, (2, 1)),
        np.tile(0.006 + lift.ravel(), 2),
        np.concatenate([grow, grow * (-1, 1, 1)]),
    )


def bound(scalp: Scalp, rest: Array) -> sp.csr_matrix:
    """Rest positions as averages of the skin near them: (n, N_BASE)."""
    neighbours = 5
    gap, index = cKDTree(scalp.positions[scalp.outside]).query(rest, k=neighbours)
    weight = 1 / (gap + 0.015) ** 3
    weight /= weight.sum(1, keepdims=True)
    row = np.repeat(np.arange(len(rest)), neighbours)
    shape = (len(rest), len(scalp.positions))
    picked = sp.csr_matrix((weight.ravel(), (row, scalp.outside[index].ravel())), shape)
    return picked @ scalp.surface.matrix


def stiffened(offsets: Array) -> Array:
    """Offsets of brow vertices, (n, 3), half of what they differ by across the brow: the skin
    under it stretches and bunches more than its hairs do."""
    rows = offsets.reshape(-1, _ACROSS, 3)
    return (0.5 * (rows + rows.mean(1, keepdims=True))).reshape(-1, 3)


def _depth(scalp: Scalp, xy: Array) -> Array:
    """z of the brow ridge under points of the front view, (n,)."""
    rest = scalp.positions
    ridge = rest[(rest[:, 2] > 0.8) & (rest[:, 1] > 7.3) & (rest[:, 1] < 7.9)]
    gap, index = cKDTree(ridge[:, :2]).query(xy, k=6)
    weight = 1 / (gap + 0.02) ** 2
    return (ridge[index, 2] * weight).sum(1) / weight.sum(1)
