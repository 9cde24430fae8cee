"""Short styles."""

from __future__ import annotations

import numpy as np

from avatars.bake.caps import cap
from avatars.bake.makehuman import Array
from avatars.bake.scalp import FULL, RECEDING, Hairline, Scalp, inside_hairline
from avatars.bake.strands import HairMesh, Strips, profile, trace
from avatars.bake.topology import smoothstep

_PARTING = -0.34
"""x of the parting, dm."""


def short(scalp: Scalp) -> list[HairMesh]:
    """Parted on one side, combed over the top; back and sides short."""
    strips, jitter = Strips(across=3), np.random.default_rng(4)
    thatch(scalp, strips, jitter, (0.02, 0.22, 0.44, 0.68, 0.92, 1.15))
    _parted_side(scalp, strips, jitter)
    for layer in (0, 1, 2):
        _combed_over(scalp, strips, jitter, layer)
    for layer in (0, 1):
        _front(scalp, strips, jitter, layer)
    return [cap(scalp, _down, thickness=0.0, density=_clipped), strips.mesh(offset=0.010)]


def receding(scalp: Scalp) -> list[HairMesh]:
    """Grown back at the temples, thin on top, short at back and sides."""
    strips, jitter = Strips(across=3), np.random.default_rng(5)
    thatch(scalp, strips, jitter, (0.02, 0.22, 0.44, 0.68, 0.92), RECEDING, 0.050)
    _brushed_back(scalp, strips, jitter)
    under = cap(scalp, _back, thickness=0.0, hairline=RECEDING, density=_thinning)
    return [under, strips.mesh(offset=0.010)]


def shaven(scalp: Scalp) -> list[HairMesh]:
    """A few days' growth."""
    return [cap(scalp, _down, thickness=0.0, soft=0.20, density=lambda r: 0.72, grain=0.0)]


def _down(rest: Array) -> Array:
    return np.stack([0.4 * rest[:, 0], np.full(len(rest), -0.6), np.full(len(rest), -0.5)], 1)


def _back(rest: Array) -> Array:
    down = -0.4 * (1 - smoothstep(7.6, 8.2, rest[:, 1]))
    return np.stack([0.3 * rest[:, 0], down, np.full(len(rest), -1.0)], 1)


def _clipped(rest: Array) -> Array:
    """Hair is clipped shorter towards the ears and the nape."""
    height = rest[:, 1] - 0.25 * np.clip(-(rest[:, 2] - 0.2), 0, 1)
    return np.maximum(0.70, smoothstep(6.7, 7.4, height))


def _thinning(rest: Array) -> Array:
    """Clipped at the sides, and sparse for some way behind the forehead."""
    front = smoothstep(0.3, 0.8, rest[:, 2])
    sparse = 1 - smoothstep(-0.05, 0.25, inside_hairline(rest, RECEDING))
    return _clipped(rest) * (1 - front * sparse)


def thatch(
    scalp: Scalp,
    strips: Strips,
    jitter: np.random.Generator,
    elevations: tuple[float, ...],
    hairline: Hairline = FULL,
    width: float = 0.080,
) -> None:
    """Rows of short hair round back and sides, each over the roots of the one below, in clumps
    half as wide as 2 x `width`."""
    n = 6
    for row, elevation in enumerate(elevations):
        m = round(3.04 / width * np.cos(0.8 * elevation))
        azimuth = np.linspace(0.55, 2 * np.pi - 0.55, m) + 0.05 * (row % 2)
        azimuth = azimuth + jitter.normal(0, 0.02, m)
        roots = scalp.on_head(azimuth, elevation + jitter.normal(0, 0.06, m))
        height = inside_hairline(roots, hairline)
        # No hair grows out of the ear, nor strips out of the very hairline.
        over_ear = np.exp(-(((np.abs(np.sin(azimuth / 2)) - 0.70) / 0.10) ** 2))
        grown = height > 0.10 + 0.14 * over_ear
        azimuth, roots, height = azimuth[grown], roots[grown], height[grown]
        past = 0.20 - 0.25 * over_ear[grown]
        forward = smoothstep(0.3, 1.0, np.cos(azimuth))
        down = np.stack(
            [0.35 * np.sin(azimuth), np.full(len(azimuth), -1.0), 0.3 * np.cos(azimuth) - 0.35], 1
        )
        volume = 0.045 + 0.020 * smoothstep(0.0, 0.7, np.float64(elevation))
        length = np.minimum(0.46 + 0.06 * row, past + height)
        length = length * (1 - 0.3 * forward) + jitter.normal(0, 0.06, len(azimuth))
        curves, facing = trace(
            scalp,
            roots,
            lambda points, s, down=down: down,
            length,
            lambda s, volume=volume: -0.012 + volume * smoothstep(0, 0.35, s) - 0.008 * s,
            n,
        )
        strips.add_all(
            curves,
            facing,
            profile(n, width, root=0.8, peak=0.3, tip=0.06),
            profile(n, 0.010, root=0.4, peak=0.3, tip=0.05),
        )


def _parted_side(scalp: Scalp, strips: Strips, jitter: np.random.Generator) -> None:
    """From the parting down its own side of the head."""
    n, m = 9, 18
    roots = scalp.below(np.full(m, _PARTING - 0.02), np.linspace(1.16, -0.25, m))
    curves, facing = trace(
        scalp,
        roots,
        lambda points, s: np.tile([-1.0, -0.55 - 0.6 * s, -0.40], (m, 1)),
        0.66 + jitter.normal(0, 0.04, m),
        lambda s: -0.012 + 0.085 * np.sin(np.pi * min(0.93 * s + 0.05, 1.0)),
        n,
    )
    strips.add_all(
        curves,
        facing,
        profile(n, 0.075, root=0.6, peak=0.4, tip=0.2),
        profile(n, 0.018, root=0.3, peak=0.4, tip=0.05),
    )


def _combed_over(scalp: Scalp, strips: Strips, jitter: np.random.Generator, layer: int) -> None:
    """From the parting over the top to the other side, higher towards the forehead."""
    n, m = 11, 18
    z = np.linspace(-0.25, 1.14, m) + 0.03 * layer
    front = smoothstep(0.4, 1.25, z)
    roots = scalp.below(np.full(m, _PARTING + 0.01 + 0.16 * layer), z + jitter.normal(0, 0.01, m))

    def over(points: Array, s: float) -> Array:
        ahead = 0.25 * front * (1 - 1.4 * s) - 0.35 * s - 0.14
        return np.stack([np.ones(m), np.full(m, -0.1 - 0.9 * s * s), ahead], 1)

    curves, facing = trace(
        scalp,
        roots,
        over,
        1.22 - 0.20 * front - 0.14 * layer + jitter.normal(0, 0.05, m),
        lambda s: (
            -0.012
            + (0.085 + 0.065 * front + 0.015 * layer)
            * np.sin(np.pi * min(0.90 * s + 0.05, 1.0)) ** 0.8
        ),
        n,
    )
    strips.add_all(
        curves,
        facing,
        profile(n, 0.085, root=0.6, peak=0.4, tip=0.15),
        profile(n, 0.022, root=0.3, peak=0.4, tip=0.05),
    )


def _front(scalp: Scalp, strips: Strips, jitter: np.random.Generator, layer: int) -> None:
    """From the hairline up and over: it hides the roots of what lies behind."""
    n, m = 10, 16
    azimuth, t = np.linspace(-0.46, 0.86, m) + 0.03 * layer, np.linspace(0, 1, m)
    roots = scalp.on_hairline(azimuth, 0.015 + 0.07 * layer + 0.025 * (np.arange(m) % 2))

    def over(points: Array, s: float) -> Array:
        return np.tile([0.75 + 0.35 * s, 0.55 - 1.1 * s, -0.50 - 0.30 * s], (m, 1))

    curves, facing = trace(
        scalp,
        roots,
        over,
        0.92 - 0.38 * t + jitter.normal(0, 0.04, m),
        lambda s: (
            -0.014
            + (0.115 + 0.02 * layer - 0.05 * t) * np.sin(np.pi * min(0.93 * s + 0.03, 1.0)) ** 0.9
        ),
        n,
    )
    strips.add_all(
        curves,
        facing,
        profile(n, 0.072, root=0.6, peak=0.35, tip=0.15),
        profile(n, 0.020, root=0.3, peak=0.4, tip=0.05),
    )


def _brushed_back(scalp: Scalp, strips: Strips, jitter: np.random.Generator) -> None:
    """Thin hair from the receded hairline back over the crown."""
    n, m = 9, 60
    azimuth = np.linspace(-0.95, 0.95, m) + jitter.normal(0, 0.01, m)
    roots = scalp.on_hairline(azimuth, jitter.uniform(0.04, 0.30, m), RECEDING)
    side = np.sign(azimuth) * smoothstep(0.5, 1.0, np.abs(azimuth))

    def back(points: Array, s: float) -> Array:
        return np.stack([0.25 * side, -0.12 * np.abs(side) - 0.2 * s, np.full(m, -1.0)], 1)

    curves, facing = trace(
        scalp,
        roots,
        back,
        0.95 + jitter.normal(0, 0.06, m),
        lambda s: -0.012 + 0.040 * np.sin(np.pi * min(0.95 * s + 0.03, 1.0)) ** 0.8,
        n,
    )
    strips.add_all(
        curves,
        facing,
        profile(n, 0.045, root=0.3, peak=0.5, tip=0.2),
        profile(n, 0.010, root=0.2, peak=0.5, tip=0.1),
    )
