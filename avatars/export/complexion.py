"""What years leave on skin, as a texture that multiplies its colour.

The renderer draws what years, sun and blood leave on skin into maps (skin-maps.frag); here the
same formulas are drawn into the skin's texture coordinates, at rest: folds that come and go with
an expression stay the renderer's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avatars.export.textures import Field, Image, cell_hash, noise, packed, smooth
from avatars.mesh import Part

_SIZE = 1024
_FOLD_TINT = np.array((0.74, 0.62, 0.58))
_SPOT_TINT = np.array((0.80, 0.70, 0.62))
_FRECKLE_TINT = np.array((0.72, 0.53, 0.42))
_RED_TINT = np.array((1.0, 0.90, 0.89))
_GRAIN_TINT = np.array((1.02, 0.955, 0.95)) / 1.02


def complexion(part: Part, ageing: float, freckles: float) -> tuple[Image, NDArray[np.float32]]:
    """A texture for the skin `part`, and coordinates (n, 2) with v down for it.

    ageing: 0 young to 1 old. freckles: 0 none to 1 many.
    """
    from scipy.ndimage import distance_transform_edt

    uv = (part.uv * (1.0, -1.0) + (0.0, 1.0)).astype(np.float32)
    rest, covered = _unfolded(part, uv)
    colour = np.ones((_SIZE, _SIZE, 3))
    colour[covered] = _tint(rest[covered], ageing, freckles)
    # Bilinear filters and mipmaps look past the edges of what is covered.
    nearest = distance_transform_edt(~covered, return_distances=False, return_indices=True)
    return packed(colour[tuple(nearest)]), uv


def _unfolded(part: Part, uv: NDArray[np.float32]) -> tuple[Field, NDArray[np.bool_]]:
    """Rest position (_SIZE, _SIZE, 3) under the middle of each texel, and where there is one."""
    rest = np.zeros((_SIZE, _SIZE, 3))
    covered = np.zeros((_SIZE, _SIZE), bool)
    for corners, at in zip(part.rest[part.triangles], uv[part.triangles] * _SIZE, strict=True):
        low, high = np.floor(at.min(0)).astype(int), np.ceil(at.max(0)).astype(int)
        (ax, ay), (bx, by), (cx, cy) = at.astype(float)
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area == 0.0:
            continue
        y, x = np.mgrid[low[1] : high[1], low[0] : high[0]] + 0.5
        b = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area
        c = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area
        inside = (b >= 0.0) & (c >= 0.0) & (b + c <= 1.0)
        rows, columns = y[inside].astype(int), x[inside].astype(int)
        shares = np.stack([1 - b - c, b, c], -1)[inside]
        rest[rows, columns] = shares @ corners
        covered[rows, columns] = True
    return rest, covered


def _tint(rest: Field, ageing: float, freckles: float) -> Field:
    """Factor of the skin's colour, (m, 3), at rest positions (m, 3)."""
    x, y, z = rest.T
    grain = noise(x * 66, y * 66, z * 66)[:, None]
    out = 1 + (_GRAIN_TINT - 1) * 0.5 * grain
    out *= _mottled(x, y, z)
    if freckles > 0:
        where = freckles * _freckling(x, y, z)
        here = where > 0.005
        out[here] *= _freckled(x[here], y[here], z[here], where[here])
    if ageing > 0.05:
        patches = 0.6 * noise(x * 5, y * 5, z * 5) + 0.4 * noise(x * 13, y * 13, z * 13) - 0.5
        out *= 1 + ageing * patches[:, None] * (0.10, 0.20, 0.22)
        out *= 1 + (_SPOT_TINT - 1) * (_spots(x, y, z) * ageing * 0.40)[:, None]
        out *= 1 + (_FOLD_TINT - 1) * (_folds(x, y, z) * ageing * 0.75)[:, None]
    return out


def _blob(across: Field, up: Field) -> Field:
    return np.exp(-(across**2) - up**2)


def _mottled(x: Field, y: Field, z: Field) -> Field:
    """Factor of young skin's colour, (m, 3): redder round nose and mouth, uneven everywhere."""
    ax = np.abs(x)
    uneven = 0.5 * noise(x * 7 + 3, y * 7 + 3, z * 7 + 3) + 0.3 * noise(x * 19, y * 19, z * 19)
    uneven = (uneven + 0.2 * noise(x * 41, y * 41, z * 41) - 0.5)[:, None]
    red = 0.9 * _blob((ax - 0.165) / 0.07, (y - 6.965) / 0.08)
    red += 0.5 * _blob(ax / 0.20, (y - 6.42) / 0.10)
    red += 0.4 * _blob((ax - 0.20) / 0.16, (y - 6.70) / 0.12)
    red *= smooth(0.8, 1.05, z)
    return (1 + uneven * (0.05, 0.11, 0.12)) * (1 + (_RED_TINT - 1) * red[:, None])


def _freckling(x: Field, y: Field, z: Field) -> Field:
    """How likely freckles are, (m,): most over the nose and the upper cheeks."""
    ax = np.abs(x)
    where = _blob((ax - 0.30) / 0.22, (y - 7.00) / 0.13)
    where += 0.8 * _blob(x / 0.16, (y - 7.05) / 0.15)
    where += 0.35 * _blob(x / 0.45, (y - 7.80) / 0.25)
    where += 0.25 * _blob((ax - 0.35) / 0.35, (y - 6.75) / 0.35)
    return np.clip(where, 0, 1) * smooth(0.8, 1.05, z)


def _freckled(x: Field, y: Field, z: Field, where: Field) -> Field:
    """Factor of the skin's colour, (m, 3): none or one freckle in each cell of two grids."""
    dark = np.zeros_like(x)
    shift_x = 0.012 * (noise(x * 30, y * 30, z * 30) - 0.5)
    shift_y = 0.012 * (noise(x * 30 + 9, y * 30 + 9, z * 30 + 9) - 0.5)
    for layer, scale in enumerate((26.0, 43.0)):
        px, py = (x + shift_x) * scale, (y + shift_y) * scale
        for k in range(9):
            cell_x, cell_y = np.floor(px) + k % 3 - 1, np.floor(py) + k // 3 - 1

            def chance(
                step: float, at: tuple[Field, Field] = (cell_x, cell_y), layer: int = layer
            ) -> Field:
                depth = np.full_like(at[0], 7.0 + 5.0 * layer + step)
                return cell_hash(at[0] + 0.5 + step, at[1] + 0.5 + step, depth)

            gap = np.hypot(px - cell_x - 0.2 - 0.6 * chance(0), py - cell_y - 0.2 - 0.6 * chance(3))
            there = (chance(17) + 0.001 <= where * 1.1) * (0.35 + 0.65 * chance(23))
            dark = np.maximum(dark, there * smooth(1.0, 0.45, gap / (0.14 + 0.20 * chance(11))))
    veil = np.array((0.98, 0.94, 0.92)) - 1
    return (1 + (_FRECKLE_TINT - 1) * 0.75 * dark[:, None]) * (1 + veil * where[:, None])


def _spots(x: Field, y: Field, z: Field) -> Field:
    speck = 0.5 * noise(x * 21 + 5, y * 21 + 5, z * 21 + 5)
    speck += 0.5 * noise((y + 0.6 * z) * 17, (z + 0.6 * x) * 17, (x + 0.6 * y) * 17)
    return smooth(0.60, 0.72, speck) * smooth(0.35, 0.6, noise(x * 4, y * 4, z * 4))


def _folds(x: Field, y: Field, z: Field) -> Field:
    """How deep old skin is folded, 0..1: from nose to mouth, beside the chin, under the eyes,
    between the brows, on the forehead, crow's feet, round the lips, on the neck."""
    ax, front = np.abs(x), smooth(0.8, 1.05, z)
    cheek = _line(ax, y, (0.19, 7.00), (0.385, 6.60), 0.026)
    chin = 0.8 * _line(ax, y, (0.31, 6.60), (0.345, 6.33), 0.022)
    across, up = (ax - 0.315) / 0.205, (y - 7.245) / 0.150
    bag = 0.75 * _ridge(np.hypot(across, up) - 1, 0.14) * smooth(0.15, -0.45, up)
    brow = 0.35 * _ridge(ax - 0.082 + 0.10 * (y - 7.46), 0.019)
    brow *= smooth(7.41, 7.47, y) * smooth(7.63, 7.50, y)
    wavy = y + 0.035 * np.cos(x * 7 + 1) + 0.012 * noise(x * 9, y * 9, z * 9)
    forehead = 0.5 * smooth(0.60, 0.25, ax) * smooth(7.66, 7.74, y) * smooth(8.12, 7.95, y)
    forehead *= np.maximum(np.cos(wavy * 56), 0) ** 4
    reach, angle = np.hypot(ax - 0.475, y - 7.27), np.arctan2(y - 7.27, ax - 0.475)
    feet = 0.7 * smooth(0.03, 0.07, reach) * smooth(0.25, 0.12, reach)
    feet *= smooth(1.0, 0.5, np.abs(angle)) * np.maximum(np.cos(angle * 13), 0) ** 3
    lips = 0.35 * smooth(0.24, 0.12, ax) * smooth(6.68, 6.73, y) * smooth(6.86, 6.78, y)
    lips *= np.maximum(np.cos(ax * 115), 0) ** 2
    neck = 0.5 * smooth(6.15, 6.0, y) * np.maximum(np.cos(y * 33 + ax * 1.5), 0) ** 5
    face = np.max([cheek, chin, bag, brow, forehead, feet, lips], axis=0) * front
    return np.clip(np.maximum(face, neck * (1 - 0.5 * front)), 0, 1)


def _ridge(distance: Field, width: float) -> Field:
    return np.exp(-((distance / width) ** 2))


def _line(
    x: Field, y: Field, start: tuple[float, float], end: tuple[float, float], width: float
) -> Field:
    """A fold from `start` to `end`, which fades at both."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    t = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy), 0, 1)
    gap = np.hypot(x - start[0] - dx * t, y - start[1] - dy * t)
    return _ridge(gap, width) * smooth(0.0, 0.2, t) * smooth(1.0, 0.75, t)
