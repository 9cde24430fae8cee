"""Eyeballs, and the coordinates along the lashes."""

from __future__ import annotations

import numpy as np

from avatars.bake.makehuman import Array
from avatars.bake.topology import Index

_RINGS, _SPOKES = 24, 40


def eyeball() -> tuple[Array, Index]:
    """A unit eyeball that looks along +z, with a cornea, denser at the front: positions, faces."""
    polar = np.linspace(0, 1, _RINGS)[:, None] ** 1.25 * np.pi * 0.75
    azimuth = np.arange(_SPOKES)[None] / _SPOKES * 2 * np.pi
    radius = 1 + 0.055 * np.clip(1 - (polar / 0.52) ** 2, 0, 1) ** 1.5
    positions = radius[..., None] * np.stack(
        np.broadcast_arrays(
            np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)
        ),
        -1,
    )
    i, j = (k.ravel() for k in np.meshgrid(range(_RINGS - 1), range(_SPOKES), indexing="ij"))
    a, b = i * _SPOKES + j, i * _SPOKES + (j + 1) % _SPOKES
    c, d = a + _SPOKES, b + _SPOKES
    return positions.reshape(-1, 3), np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)])


def lash_coordinates(positions: Array, uv: Array, upper: Array, centres: Array) -> Array:
    """Per lash vertex: upper (1) or lower (0), root (0) to tip (1), inner (0) to outer (1) corner.

    positions: (n, 3); upper: (n,) bool; centres: (2, 3) of the left and the right eye.
    """
    out = np.zeros((len(positions), 3))
    out[:, 0] = upper
    left = positions[:, 0] > 0
    reach = np.linalg.norm(positions - np.where(left[:, None], centres[0], centres[1]), axis=1)
    for side in (left, ~left):
        for lid in (upper, ~upper):
            chosen = side & lid
            v = _scaled(uv[chosen, 1])
            # The UV map runs root to tip on some of the four strips, tip to root on the others.
            outward = np.corrcoef(v, reach[chosen])[0, 1] > 0
            out[chosen, 1] = v if outward else 1 - v
            out[chosen, 2] = _scaled(np.abs(positions[chosen, 0]))
    return out


def _scaled(values: Array) -> Array:
    return (values - values.min()) / np.ptp(values)
