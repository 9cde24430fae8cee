"""Hair that hangs: long, bob, fringe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatars.bake.caps import cap
from avatars.bake.makehuman import Array
from avatars.bake.scalp import Scalp
from avatars.bake.strands import HairMesh, Strips, hemmed, profile, trace, wave
from avatars.bake.topology import smoothstep


@dataclass(frozen=True)
class _Cut:
    """How hanging hair is cut. parting: its x, dm. hem: height of its ends, dm, and how far they
    differ. wave: size of its waves, dm. turn: how far the ends turn in under the jaw.
    tip: how wide a clump still is at its end; blunt ones close the hem.
    """

    parting: float
    hem: float
    uneven: float
    wave: float
    turn: float
    tip: float
    n: int


_LONG = _Cut(parting=-0.16, hem=5.15, uneven=0.10, wave=0.055, turn=0.10, tip=0.45, n=23)
_BOB = _Cut(parting=0.26, hem=6.30, uneven=0.03, wave=0.0, turn=0.45, tip=0.95, n=15)
_FRINGE = _Cut(parting=0.0, hem=5.55, uneven=0.04, wave=0.012, turn=0.15, tip=0.7, n=13)


def long(scalp: Scalp) -> list[HairMesh]:
    """Long and wavy, parted a little off the middle."""
    return _hanging(scalp, _LONG)


def bob(scalp: Scalp) -> list[HairMesh]:
    """To the chin, parted on the side, swept over the forehead."""
    strips, jitter = Strips(across=3), np.random.default_rng(7)
    _swept_fringe(scalp, strips, jitter, _BOB.parting)
    return _hanging(scalp, _BOB, strips)


def fringe(scalp: Scalp) -> list[HairMesh]:
    """Long and straight, with a fringe over the forehead."""
    strips, jitter = Strips(across=3), np.random.default_rng(8)
    for layer in (0, 1, 2):
        _full_fringe(scalp, strips, jitter, layer)
    return _hanging(scalp, _FRINGE, strips)


def _hanging(scalp: Scalp, cut: _Cut, strips: Strips | None = None) -> list[HairMesh]:
    strips, jitter = strips or Strips(across=3), np.random.default_rng(6)
    _behind(scalp, strips, jitter, cut)
    for side in (1, -1):
        for layer in (0, 1):
            _beside(scalp, strips, jitter, cut, side, layer)
        _along_hairline(scalp, strips, jitter, cut.parting, side)

    def comb(rest: Array) -> Array:
        aside = np.tanh(6 * (rest[:, 0] - cut.parting))
        return np.stack([aside, np.full(len(rest), -0.5), np.full(len(rest), -0.3)], 1)

    return [cap(scalp, comb, thickness=0.006), strips.mesh(offset=0.015)]


def _behind(scalp: Scalp, strips: Strips, jitter: np.random.Generator, cut: _Cut) -> None:
    """The curtain at the back, from one ear to the other."""
    for layer, m in enumerate((21, 14)):
        azimuth = np.linspace(1.55, 2 * np.pi - 1.55, m)
        roots = scalp.on_head(azimuth, 1.05 + 0.12 * layer)
        down = np.stack([0.5 * np.sin(azimuth), np.full(m, -1.0), 0.4 * np.cos(azimuth)], 1)
        curves, facing = trace(
            scalp,
            roots,
            lambda points, s, down=down: down * _falling(points),
            9.6 - cut.hem,
            lambda s, layer=layer: 0.03 + 0.05 * layer + 0.09 * np.sin(np.pi * min(1.2 * s, 1.0)),
            cut.n,
            hang=lambda points, s: 0.2 + 0.8 * smoothstep(0.15, 0.45, s),
        )
        _lay(strips, curves, facing, cut, jitter, phase=3 * azimuth, width=0.19)


def _beside(
    scalp: Scalp, strips: Strips, jitter: np.random.Generator, cut: _Cut, side: int, layer: int
) -> None:
    """From the parting over the temple and the ear, and down."""
    m = (17, 11)[layer]
    z = np.linspace(-0.15, 1.24 - 0.04 * layer, m)
    roots = scalp.below(np.full(m, cut.parting + 0.015 * side), z)
    front = smoothstep(0.75, 1.3, z)

    def towards(points: Array, s: float) -> Array:
        y = points[:, 1]
        down = smoothstep(8.2, 7.7, y)
        back = -0.36 * front * smoothstep(8.28, 7.85, y) * smoothstep(7.2, 7.55, y)
        under = smoothstep(6.75, 6.35, y)
        x = side * (1 - 0.98 * down) - side * 1.2 * cut.turn * under
        return np.stack([x, -0.12 - down, back + 0.12 * under], 1)

    curves, facing = trace(
        scalp,
        roots,
        towards,
        9.9 - cut.hem,
        lambda s: (
            -0.012
            + (0.02 + 0.045 * layer) * smoothstep(0, 0.25, s)
            + (0.075 + 0.055 * front) * np.sin(np.pi * min(2.0 * s + 0.02, 1.0))
            + 0.05 * smoothstep(0.3, 0.6, s)
        ),
        cut.n,
        hang=lambda points, s: smoothstep(7.5, 7.0, points[:, 1]),
        ears=True,
    )
    phase = 0.5 * side + 1.2 * z + 0.8 * layer
    _lay(strips, curves, facing, cut, jitter, phase=phase, width=0.135 - 0.02 * layer)


def _falling(points: Array) -> Array:
    """Hair that leaves the head falls straight: factors of its direction, (m, 3)."""
    out = 1 - smoothstep(7.7, 7.0, points[:, 1])
    return np.stack([out, np.ones(len(points)), out], 1)


def _lay(
    strips: Strips,
    curves: Array,
    facing: Array,
    cut: _Cut,
    jitter: np.random.Generator,
    *,
    phase: Array,
    width: float,
) -> None:
    phase = phase + jitter.normal(0, 0.25, len(curves))
    # Where hair would end on a shoulder it ends above it, or its tips would stand out sideways.
    low = np.where(curves[..., 1] < 6.1, np.abs(curves[..., 0]), 0.0).max(1)
    over_shoulder = np.maximum(6.0 - cut.hem, 0.0) * smoothstep(0.80, 0.95, low)
    hem = cut.hem + over_shoulder + jitter.normal(0, cut.uneven, len(curves))
    curves, facing = hemmed(curves, facing, hem)
    if cut.wave:
        curves = wave(curves, facing, size=cut.wave, pitch=1.05, phase=phase, start=1.0)
    strips.add_all(
        curves,
        facing,
        profile(cut.n, width, root=0.6, peak=0.5, tip=cut.tip),
        profile(cut.n, 0.035, root=0.3, peak=0.4, tip=0.1),
    )


def _along_hairline(
    scalp: Scalp, strips: Strips, jitter: np.random.Generator, parting: float, side: int
) -> None:
    """Short runs from just inside the hairline, swept under the curtain: the hairline is made of
    roots, and no edge of a strip shows on the forehead."""
    n, m = 10, 24
    start, t = np.arctan2(parting, 0.80), np.linspace(0, 1, m)
    azimuth = start + side * (0.02 + t * (1.08 - side * start))
    roots = scalp.on_hairline(azimuth, 0.035 + 0.03 * (np.arange(m) % 2))
    upward = 1 - smoothstep(0.25, 0.75, t)

    def towards(points: Array, s: float) -> Array:
        x = side * (0.75 - 0.45 * t) * (1 - 0.8 * s) + 0.05 * side
        y = 0.55 * upward * (1 - 1.5 * s) - 1.1 * s - 0.35 * (1 - upward)
        return np.stack([x, y, np.full(m, -0.75 * (1 - s) - 0.12)], 1)

    curves, facing = trace(
        scalp,
        roots,
        towards,
        1.15 * (1 - 0.25 * t) + jitter.normal(0, 0.03, m),
        lambda s: -0.012 + 0.075 * (1 - 0.35 * t) * np.sin(np.pi * min(0.9 * s + 0.02, 1.0)) ** 0.9,
        n,
    )
    strips.add_all(
        curves,
        facing,
        profile(n, 0.056, root=0.5, peak=0.35, tip=0.3),
        profile(n, 0.022, root=0.25, peak=0.4, tip=0.15),
    )


def _swept_fringe(
    scalp: Scalp, strips: Strips, jitter: np.random.Generator, parting: float
) -> None:
    """From the parting across the forehead to the other temple."""
    n, m = 14, 13
    t = np.linspace(0, 1, m)
    roots = scalp.below(parting + 0.03 + 0.02 * (np.arange(m) % 2), 0.78 + 0.44 * t)

    def towards(points: Array, s: float) -> Array:
        x = np.full(m, -1 + 0.55 * smoothstep(0.5, 1, s))
        return np.stack([x, np.full(m, -0.10 - 0.75 * s), 0.30 - s + 0.45 * t * (1 - s)], 1)

    curves, facing = trace(
        scalp,
        roots,
        towards,
        1.30 - 0.14 * t + jitter.normal(0, 0.04, m),
        lambda s: -0.012 + (0.12 - 0.02 * t) * np.sin(np.pi * min(0.85 * s + 0.03, 1.0)) ** 0.8,
        n,
    )
    strips.add_all(
        curves,
        facing,
        profile(n, 0.085, root=0.7, peak=0.4, tip=0.12),
        profile(n, 0.025, root=0.4, peak=0.4, tip=0.1),
    )


def _full_fringe(scalp: Scalp, strips: Strips, jitter: np.random.Generator, layer: int) -> None:
    """From the crown forward and down over the forehead, to just above the brows."""
    n, m = 10, 28 - 6 * layer
    azimuth = np.linspace(-0.85, 0.85, m)
    roots = scalp.on_hairline(azimuth, 0.16 + 0.17 * layer + jitter.normal(0, 0.02, m))
    away = np.stack([0.5 * np.sin(azimuth), np.zeros(m), np.cos(azimuth)], 1)
    curves, facing = trace(
        scalp,
        roots,
        lambda points, s: away * (1 - s) + np.array([0.0, -1.0, 0.0]),
        0.95 + 0.20 * layer,
        lambda s: -0.012 + (0.07 + 0.025 * layer) * np.sin(np.pi * min(0.6 * s + 0.01, 0.5)),
        n,
        hang=lambda points, s: 0.5 * smoothstep(0.5, 1.0, s),
    )
    # Longer towards the temples, where it meets the sides.
    hem = 7.63 - 0.30 * smoothstep(0.45, 0.85, np.abs(azimuth)) + jitter.normal(0, 0.022, m)
    strips.add_all(
        *hemmed(curves, facing, hem),
        profile(n, 0.062, root=0.8, peak=0.5, tip=0.22),
        profile(n, 0.012, root=0.4, peak=0.4, tip=0.3),
    )
