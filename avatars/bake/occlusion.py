"""Ambient occlusion of a head, from depth maps seen from all round."""

from __future__ import annotations

import numpy as np

from avatars.bake.makehuman import Array
from avatars.bake.topology import Index, unit

_DIRECTIONS, _HALF_WIDTH, _RESOLUTION = 96, 6.0, 150
_BIAS_DM = 0.06


def occlusion(points: Array, point_normals: Array, occluders: Array) -> Array:
    """Share of the sky that each point sees, cosine-weighted, a little more from above: (n,).

    occluders: (m, 3) points dense enough to close their surfaces at 0.04 dm.
    """
    seen, sky = np.zeros(len(points)), np.zeros(len(points))
    for direction in _sphere(_DIRECTIONS):
        across = unit(np.cross([0, 1, 0] if abs(direction[1]) < 0.9 else [1, 0, 0], direction))
        axes = np.stack([across, np.cross(direction, across)], 1)
        depth = np.full((2 * _RESOLUTION, 2 * _RESOLUTION), -np.inf)
        np.maximum.at(depth, _pixels(occluders, axes), occluders @ direction)
        front = depth[_pixels(points + 0.02 * point_normals, axes)]
        weight = np.maximum(point_normals @ direction, 0) * (1 + 0.4 * direction[1])
        seen += weight * (points @ direction > front - _BIAS_DM)
        sky += weight
    return seen / np.maximum(sky, 1e-9)


def _sphere(n: int) -> Array:
    """`n` directions spread evenly by a Fibonacci lattice."""
    i = np.arange(n) + 0.5
    polar, azimuth = np.arccos(1 - 2 * i / n), np.pi * (1 + 5**0.5) * i
    return np.stack(
        [np.cos(azimuth) * np.sin(polar), np.cos(polar), np.sin(azimuth) * np.sin(polar)], 1
    )


def _pixels(points: Array, axes: Array) -> tuple[Array, Array]:
    flat = (points - (0, 6.5, 0)) @ axes * (_RESOLUTION / _HALF_WIDTH) + _RESOLUTION
    clipped = np.clip(flat.astype(int), 0, 2 * _RESOLUTION - 1)
    return clipped[:, 0], clipped[:, 1]


def filled(positions: Array, faces: Index) -> Array:
    """Vertices, face centres and two points of each face's edges, as occluders: (m, 3)."""
    a, b, c = (positions[faces[:, k]] for k in range(3))
    return np.concatenate([positions, (a + b + c) / 3, (a + b) / 2, (b + c) / 2])
