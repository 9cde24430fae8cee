"""The head in rest space: distance to its skin, the hairline, points on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from avatars.bake.makehuman import Array, MakeHuman, sample
from avatars.bake.topology import normals, surface, unit

SKULL_CENTRE = np.array([0.0, 7.62, 0.5])

_AZIMUTH = (
    *(0, 0.10, 0.22, 0.42, 0.62, 0.80, 0.98, 1.12, 1.24, 1.36, 1.50, 1.75, 1.90, 2.05, 2.4),
    3.15,
)
Hairline = tuple[float, ...]
"""Height in dm over azimuth from the front. It falls to the sideburn at 1.24, runs over the ear,
and down to the nape."""
_SIDES = (7.38, 7.26, 7.27, 7.44, 7.46, 7.10, 6.92, 6.66, 6.58)
FULL: Hairline = (*(7.93, 7.95, 7.965, 7.94, 7.84, 7.71, 7.55), *_SIDES)
RECEDING: Hairline = (*(8.12, 8.13, 8.16, 8.25, 8.23, 8.00, 7.70), *_SIDES)
"""Back from the forehead, most over the temples (Norwood's stage III)."""


class Scalp:
    """The skin of head and neck, subdivided once, in rest space."""

    def __init__(self, source: MakeHuman) -> None:
        corners = source.positions[source.quads]
        near = (corners[..., 1].min(1) > 3.3) & (np.abs(corners[..., 0]).max(1) < 2.75)
        self.surface = surface(source, near & (source.quad_groups == "body"), levels=1)
        self.faces = self.surface.faces
        self.positions = self.surface.welded(source.positions)
        self.normals = normals(self.positions, self.faces)
        uv = np.zeros((len(self.positions), 2))
        uv[self.surface.split] = self.surface.uv
        self.ear = sample(source.mask("ears"), uv)
        self.lips = sample(source.mask("lips"), uv)
        outside = (self.positions[:, 1] > 4.8) & (sample(source.mask("inside-mouth"), uv) < 0.3)
        self.outside = np.flatnonzero(outside)
        """Vertices that are not inside the mouth: what hair and brows are bound to."""
        self._all = _Shell(self, outside)
        self._earless = _Shell(self, outside & (self.ear < 0.15))

    def distance(self, points: Array, *, ears: bool = True) -> tuple[Array, Array]:
        """Signed distance to the skin, (n,) dm, and its smoothed normal there, (n, 3)."""
        return (self._all if ears else self._earless).distance(points)

    def on_head(self, azimuth: Array, elevation: Array) -> Array:
        """Points of the scalp seen from the skull's centre at azimuth (0 front, positive to the
        avatar's left) and elevation, in radians, (m,) each: (m, 3)."""
        azimuth, elevation = np.broadcast_arrays(azimuth, elevation)
        out = np.stack(
            [
                np.sin(azimuth) * np.cos(elevation),
                np.sin(elevation),
                np.cos(azimuth) * np.cos(elevation),
            ],
            -1,
        )
        return self._onto(SKULL_CENTRE + 1.2 * out, out)

    def below(self, x: Array, z: Array) -> Array:
        """Points on top of the head at x and z, (m,) each: (m, 3)."""
        start = np.stack(np.broadcast_arrays(x, 8.5, z), -1)
        return self._onto(start, np.broadcast_to((0.0, 1.0, 0.0), start.shape))

    def _onto(self, points: Array, ray: Array) -> Array:
        """`points` moved along `ray` until they lie on the skin."""
        for _ in range(4):
            gap, normal = self.distance(points, ears=False)
            points = points - ray * (gap / np.maximum((normal * ray).sum(1), 0.3))[:, None]
        return points

    def on_hairline(self, azimuth: Array, inset: Array, hairline: Hairline = FULL) -> Array:
        """The points `inset` dm above the hairline at `azimuth`, (m,) each: (m, 3)."""
        azimuth, inset = np.broadcast_arrays(azimuth, inset)
        height = np.interp(np.abs(azimuth), _AZIMUTH, hairline) + inset
        low, high = np.full(len(azimuth), -1.2), np.full(len(azimuth), 1.5)
        for _ in range(18):
            middle = (low + high) / 2
            under = self.on_head(azimuth, middle)[:, 1] < height
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        return self.on_head(azimuth, high)


class _Shell:
    def __init__(self, scalp: Scalp, chosen: NDArray[np.bool_]) -> None:
        self._positions = scalp.positions[chosen]
        self._normals = scalp.normals[chosen]
        self._tree = cKDTree(self._positions)

    def distance(self, points: Array, neighbours: int = 22) -> tuple[Array, Array]:
        gap, index = self._tree.query(points, k=neighbours)
        weight = 1.0 / (gap + 0.06) ** 2
        weight /= weight.sum(1, keepdims=True)
        normal = unit((self._normals[index] * weight[..., None]).sum(1))
        foot = (self._positions[index] * weight[..., None]).sum(1)
        return ((points - foot) * normal).sum(1), normal


def inside_hairline(points: Array, hairline: Hairline = FULL) -> Array:
    """How far points lie above the hairline, in about dm; negative on the face, (n,)."""
    azimuth = np.arctan2(np.abs(points[:, 0]), points[:, 2] - 0.45)
    # No hairline is a clean curve, nor the same on both sides.
    ragged = 0.010 * np.sin(11 * points[:, 0]) + 0.007 * np.sin(23 * points[:, 0] + 1)
    return (points[:, 1] - np.interp(azimuth, _AZIMUTH, hairline) - ragged) * 0.8
