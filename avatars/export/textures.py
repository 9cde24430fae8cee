"""Small textures drawn from formulas: irises, hairs of brows and lashes, clumps of hair.

Images are (height, width, 4) uint8, sRGB, v down. They follow the fragment shaders of the same
names, so that an exported face looks like the one on the screen.
"""

from __future__ import annotations

import functools
import io

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Field = NDArray[np.floating]

_IRIS, _PUPIL = 0.53, 0.215
"""Radii on the unit sphere of the eyeball."""

_VARIANTS = 8
"""Different clumps side by side in one texture."""


def png(image: Image) -> bytes:
    """`image` as a PNG file."""
    from PIL import Image as Pillow

    out = io.BytesIO()
    Pillow.fromarray(image).save(out, "PNG", optimize=True)
    return out.getvalue()


def smooth(low: float, high: float, x: Field) -> Field:
    """GLSL's smoothstep; `low` may be above `high`."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def noise(*at: Field) -> Field:
    """Value noise, 0..1, at x, y, z; as in noise.glsl."""
    whole = [np.floor(a) for a in at]
    part = [(a - w) ** 2 * (3.0 - 2.0 * (a - w)) for a, w in zip(at, whole, strict=True)]
    total = np.zeros(np.broadcast_shapes(*(a.shape for a in at)))
    for corner in np.ndindex(2, 2, 2):
        weight = np.ones_like(total)
        for c, t in zip(corner, part, strict=True):
            weight = weight * (t if c else 1.0 - t)
        total += weight * cell_hash(*(w + c for w, c in zip(whole, corner, strict=True)))
    return total


def cell_hash(x: Field, y: Field, z: Field) -> Field:
    """A random number, 0..1, of a point; as `hash` in noise.glsl."""
    x, y, z = (17.0 * np.mod(a * 0.3183099 + 0.1, 1.0) for a in (x, y, z))
    return np.mod(x * y * z * (x + y + z), 1.0)


def _random(x: Field) -> Field:
    return np.mod(np.sin(x * 127.1) * 43758.5453, 1.0)


def _grid(height: int, width: int) -> tuple[Field, Field]:
    """u to the right and v down at the middle of each texel, 0..1."""
    v, u = np.mgrid[0:height, 0:width]
    return (u + 0.5) / width, (v + 0.5) / height


def packed(linear: Field, alpha: Field | float = 1.0) -> Image:
    """Linear colours, (h, w, 3), and alpha as sRGB bytes."""
    c = np.clip(linear, 0.0, 1.0)
    srgb = np.where(c <= 0.0031308, 12.92 * c, 1.055 * c ** (1 / 2.4) - 0.055)
    full = np.broadcast_to(alpha, c.shape[:2])[..., None]
    return np.round(np.concatenate([srgb, np.clip(full, 0.0, 1.0)], 2) * 255).astype(np.uint8)


def iris(colour: tuple[float, float, float]) -> Image:
    """The eyeball seen from the front: white, iris of linear `colour`, pupil, a catchlight."""
    u, v = _grid(256, 256)
    x, y = (u - 0.5) / 0.46, (0.5 - v) / 0.46
    r = np.hypot(x, y)
    dx, dy = x / np.maximum(r, 1e-4), y / np.maximum(r, 1e-4)
    fibre = 0.5 * noise(dx * 7, dy * 7, r * 5) + 0.5 * noise(dx * 22, dy * 22, r * 9)
    light = (0.55 + 0.65 * fibre) * (1.35 - 0.5 * smooth(_PUPIL, _IRIS, r))
    ring = np.array(colour) * light[..., None]
    amber = (0.45 * smooth(0.36, 0.22, r))[..., None]
    ring = ring * (1 - amber) + (ring * (1.4, 1.2, 0.85) + 0.02) * amber
    # The cornea focuses light from above on the lower part of the iris.
    ring *= (1 + 0.6 * np.clip(-dy, -1, 1) * smooth(_PUPIL, _IRIS, r))[..., None]
    ring *= (1 - 0.72 * smooth(_IRIS - 0.10, _IRIS, r))[..., None]
    open_ = smooth(_PUPIL - 0.02, _PUPIL + 0.025, r)[..., None]
    ring = 0.010 * (1 - open_) + ring * open_
    blood = 0.5 * smooth(0.65, 1.08, r)[..., None]
    white = np.array((0.86, 0.845, 0.83)) * (1 - blood) + np.array((0.80, 0.62, 0.57)) * blood
    inside = smooth(_IRIS + 0.03, _IRIS - 0.015, r)[..., None]
    shade = (0.5 + 0.5 * smooth(0.62, 0.0, y)) * (0.75 + 0.25 * smooth(1.02, 0.65, r))
    out = (white * (1 - inside) + ring * inside) * shade[..., None]
    spark = smooth(0.085, 0.055, np.hypot(x + 0.17, y - 0.22))[..., None]
    return packed(out + 0.9 * spark)


@functools.cache
def brow_hairs() -> Image:
    """A brow in white on nothing: u from its inner end, v across."""
    t, v = _grid(64, 256)
    across = v * 2 - 1
    u = t * 9 - across * 0.55 / (2.2 - 1.7 * smooth(0.0, 0.6, t))
    fine = 0.6 * noise(u * 7, across * 1.2, np.ones_like(u))
    fine += 0.4 * noise(u * 15, across * 2, np.full_like(u, 5.0))
    alpha = smooth(1.08, 0.45, np.abs(across) + 0.55 * (fine - 0.45))
    alpha *= smooth(-0.02, 0.16, t + 0.1 * (fine - 0.5)) * smooth(1.0, 0.9, t)
    alpha *= (0.72 + 0.28 * smooth(0.05, 0.3, t)) * 0.95
    return packed(np.repeat((0.75 + 0.25 * fine)[..., None], 3, 2), alpha)


@functools.cache
def lash_hairs() -> Image:
    """Lashes in white on nothing: u from the inner corner, v from root to tip; upper lashes in the
    upper half of the picture."""
    along, tip = _grid(64, 1024)
    halves = [_lashes(along, tip, upper) for upper in (True, False)]
    alpha = np.concatenate(halves)
    return packed(np.ones((*alpha.shape, 3)), alpha)


def _lashes(along: Field, tip: Field, upper: bool) -> Field:
    alpha = np.zeros_like(along)
    for k in range(2):
        u = along * (34 if upper else 26) + 0.5 * k + tip**2 * (along - 0.45) * 3
        number = np.floor(u) + 91 * k
        x = 2 * np.abs(np.mod(u, 1.0) - 0.5 + 0.22 * (_random(number) - 0.5) * tip)
        reach = (0.55 + 0.45 * _random(number + 7)) * (0.95 if upper else 0.55)
        reach = reach * smooth(0.0, 0.25, along) * smooth(1.02, 0.8, along)
        share = tip / np.maximum(reach, 0.01)
        wide = 0.62 * (1 - share) + 0.05
        hair = (share <= 1) * (1 - smooth(0.0, 0.18, x - wide)) * (1 - 0.5 * share)
        alpha = np.maximum(alpha, hair)
    if not upper:
        return 0.45 * alpha
    root = (1 - smooth(0.10, 0.35, tip)) * smooth(0.0, 0.1, along) * smooth(1.0, 0.95, along)
    return 0.95 * np.maximum(alpha, root)


@functools.cache
def clumps() -> tuple[Image, int]:
    """Clumps of hair in grey, side by side, and how many: u across, v from root to tip; they fray
    at the edges, the root and the tip."""
    u, along = _grid(256, 512)
    number, across = np.floor(u * _VARIANTS), np.mod(u * _VARIANTS, 1.0)
    x, y, z = across * 1.6 + number * 5.3, along * 2.2, number * 3.7
    fine = 0.55 * noise(x * 5.2, y * 0.55, z) + 0.45 * noise(x * 13, y * 0.9, z + 1)
    coarse = noise(x * 1.6, y * 0.4, z + 7)
    side = np.abs(across - 0.5) * 2
    fray = np.maximum(smooth(0.84, 1.0, along), 0.75 * smooth(0.8, 1.0, side))
    fray = np.maximum(fray, 0.95 * smooth(0.2, 0.0, along))
    alpha = smooth(0.15, -0.15, fray * 1.25 - 0.70 - 0.55 * fine)
    tone = (0.70 + 0.42 * fine + 0.30 * coarse) * (1.06 - 0.34 * smooth(0.5, 1.0, side))
    tone = tone * (0.80 + 0.30 * smooth(0.0, 0.7, along)) / 1.35
    return packed(np.repeat(tone[..., None], 3, 2), alpha), _VARIANTS


@functools.cache
def ribs() -> Image:
    """One rib of a knitted collar, which repeats along u."""
    u, _ = _grid(8, 32)
    return packed(np.repeat((0.93 + 0.07 * np.cos(2 * np.pi * u))[..., None], 3, 2))
