"""Glasses: two rims, a bridge, temples to the ears, and the glass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from avatars.bake.makehuman import Array
from avatars.bake.scalp import Scalp
from avatars.bake.strands import HairMesh
from avatars.bake.topology import Index, grid, unit

_MIDDLE = np.array([0.345, 7.225, 1.560])
"""Centre of the left lens; the eye is at (0.31, 7.28, 1.39)."""
_WRAP, _TILT = 0.16, 0.10
"""How far a lens turns outwards and its lower edge inwards, radians."""
_EAR = np.array([0.815, 7.30, 0.50])
_AROUND, _SECTION = 40, 6

Outline = Callable[[Array], Array]
"""Angles (n,) -> the rim in the plane of the lens, (n, 2) dm."""


def round_glasses(scalp: Scalp) -> list[HairMesh]:
    return _glasses(lambda t: np.stack([0.232 * np.cos(t), 0.208 * np.sin(t)], 1), 0.013)


def square_glasses(scalp: Scalp) -> list[HairMesh]:
    """Rounded rectangles: a superellipse of degree four."""

    def outline(t: Array) -> Array:
        c, s = np.cos(t), np.sin(t)
        # Wider at the top than at the bottom.
        wide = 0.250 * (1 + 0.05 * np.sign(s) * np.abs(s) ** 0.5)
        return np.stack(
            [wide * np.sign(c) * np.abs(c) ** 0.5, 0.175 * np.sign(s) * np.abs(s) ** 0.5], 1
        )

    return _glasses(outline, 0.016)


def _glasses(outline: Outline, radius: float) -> list[HairMesh]:
    angles = 2 * np.pi * np.arange(_AROUND) / _AROUND
    across = np.array([np.cos(_WRAP), 0.0, -np.sin(_WRAP)])
    up = unit(np.array([0.0, np.cos(_TILT), np.sin(_TILT)]))
    rim = _MIDDLE + outline(angles) @ np.stack([across, up])
    hinge = rim[np.argmax(rim @ (0.8, 0.6, 0.0))]
    nose = rim[np.argmin(rim @ (0.9, -0.45, 0.0))]
    t = np.linspace(-1, 1, 9)[:, None]
    arch = np.array([0.0, 0.030, 0.035]) * (1 - t**2)
    bridge = nose * np.concatenate([t, np.ones_like(t), np.ones_like(t)], 1) + arch
    frames = [
        _tube(rim, radius, closed=True),
        _tube(rim * (-1, 1, 1), radius, closed=True),
        _tube(bridge, radius, closed=False),
    ]
    frames += [_tube(_temple(hinge) * (s, 1, 1), 0.9 * radius, closed=False) for s in (1, -1)]
    lenses = [_pane(rim * (s, 1, 1)) for s in (1, -1)]
    return [_rigid("frames", frames), _rigid("lenses", lenses)]


def _temple(hinge: Array) -> Array:
    """From the hinge past the temple to the ear, and down behind it."""
    corner = np.array([0.72, hinge[1] + 0.01, hinge[2] - 0.10])
    at_ear = _EAR + np.array([(0.0, 0.0, 0.25), (-0.05, 0.03, -0.05), (-0.13, -0.18, -0.26)])
    path = np.vstack([hinge, corner, at_ear])
    run = np.r_[0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]
    at = np.linspace(0, run[-1], 16)
    line = np.stack([np.interp(at, run, path[:, k]) for k in range(3)], 1)
    for _ in range(2):
        line[1:-1] = 0.25 * line[:-2] + 0.5 * line[1:-1] + 0.25 * line[2:]
    return line


def _tube(line: Array, radius: float, *, closed: bool) -> tuple[Array, Index]:
    """A tube of hexagonal section round `line`, (n, 3)."""
    if closed:
        along = unit(np.roll(line, -1, 0) - np.roll(line, 1, 0))
    else:
        along = unit(np.gradient(line, axis=0))
    side = unit(np.cross(along, np.array([0.05, 0.1, 1.0])))
    up = np.cross(side, along)
    turn = 2 * np.pi * np.arange(_SECTION) / _SECTION
    ring = side[:, None] * np.cos(turn)[:, None] + up[:, None] * np.sin(turn)[:, None]
    points = (line[:, None] + radius * ring).reshape(-1, 3)
    rows = len(line)
    faces = grid(rows, _SECTION, closed=True)
    if closed:
        last = grid(2, _SECTION, closed=True)
        faces = np.concatenate([faces, (last + (rows - 1) * _SECTION) % (rows * _SECTION)])
    return points, faces


def _pane(rim: Array) -> tuple[Array, Index]:
    """The glass within `rim`, a little domed."""
    middle = rim.mean(0) + np.array([0.0, 0.0, 0.012])
    n = len(rim)
    i = np.arange(n)
    return np.vstack([rim, middle]), np.stack([i, (i + 1) % n, np.full(n, n)], 1)


def _rigid(kind: str, pieces: list[tuple[Array, Index]]) -> HairMesh:
    count = np.cumsum([0, *(len(points) for points, _ in pieces)])
    positions = np.concatenate([points for points, _ in pieces])
    faces = np.concatenate([f + first for (_, f), first in zip(pieces, count, strict=False)])
    n = len(positions)
    # Across and up the lens, 0..1, where a lens is.
    uv = 0.5 + 2.0 * np.stack(
        [np.abs(positions[:, 0]) - _MIDDLE[0], positions[:, 1] - _MIDDLE[1]], 1
    )
    return HairMesh(
        kind, positions, np.zeros((n, 3)), faces, uv, np.ones((n, 3)), np.full(n, -1.0), rigid=True
    )
