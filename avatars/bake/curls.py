"""Curly and coily hair."""

from __future__ import annotations

import numpy as np

from avatars.bake.caps import cap
from avatars.bake.makehuman import Array
from avatars.bake.scalp import SKULL_CENTRE, Scalp, inside_hairline
from avatars.bake.strands import HairMesh, Strips, profile, trace, wave
from avatars.bake.topology import smoothstep, unit


def curly(scalp: Scalp) -> list[HairMesh]:
    """Ringlets to the jaw."""
    strips, jitter = Strips(across=3), np.random.default_rng(9)
    roots = _spread(scalp, 0.156, jitter, least=0.02)
    # The crown is what the light falls on: closer there.
    dense = _spread(scalp, 0.115, jitter, least=0.02)
    roots = np.concatenate([roots[roots[:, 1] < 8.1], dense[dense[:, 1] >= 8.1]])
    high = smoothstep(7.4, 8.5, roots[:, 1])
    # From the crown curls fall to all sides, or it would show through.
    away = unit((roots - SKULL_CENTRE) * (1.0, 0.0, 1.0))
    away += high[:, None] * jitter.normal(0, 0.45, roots.shape) * (1, 0, 1)
    crown = smoothstep(8.25, 8.5, roots[:, 1]) * (1 - smoothstep(0.8, 1.1, roots[:, 2]))
    # Curls over the forehead are short and fall aside, or they would hang in the eyes.
    front = smoothstep(0.9, 1.3, roots[:, 2]) * smoothstep(0.75, 0.45, np.abs(roots[:, 0]))
    temple = smoothstep(0.6, 1.0, roots[:, 2]) * smoothstep(0.3, 0.6, np.abs(roots[:, 0]))
    aside = np.tanh(3 * roots[:, 0] + jitter.normal(0, 0.7, len(roots))) * front

    def towards(points: Array, s: float) -> Array:
        out = away * (0.9 - 0.8 * s)
        out[:, 0] += 0.7 * aside
        out[:, 2] -= 1.3 * temple
        out[:, 1] = 0.10 * high * (1 - 2 * s) - 0.35 - 0.9 * s
        return out

    n = 15
    curves, facing = trace(
        scalp,
        roots,
        towards,
        0.75 + 0.35 * high - 0.46 * front - 0.30 * crown + jitter.normal(0, 0.06, len(roots)),
        lambda s: -0.01 + (0.11 + 0.075 * high) * smoothstep(0, 0.35 - 0.2 * high, s),
        n,
        hang=lambda points, s: 0.75 * smoothstep(0.2, 0.6, s),
        ears=True,
    )
    phase = jitter.uniform(0, 2 * np.pi, len(roots))
    curves = wave(curves, facing, size=0.060, pitch=0.36, phase=phase, start=0.02)
    strips.add_all(
        curves,
        facing,
        profile(n, 0.064, root=0.8, peak=0.5, tip=0.4),
        profile(n, 0.028, root=0.5, peak=0.5, tip=0.4),
    )
    under = cap(scalp, lambda rest: rest - SKULL_CENTRE, thickness=0.01, grain=0.5, depth=0.5)
    # Between the curls one sees more hair, and no scalp.
    return [under, _shell(scalp, 0.165), strips.mesh(offset=0.02)]


def coily(scalp: Scalp) -> list[HairMesh]:
    """Tight coils in a round shape."""
    jitter = np.random.default_rng(10)
    shell = _shell(scalp, 0.34)
    return [
        # Thin as far as the shell stands off the temples, or it would be a flat band there.
        cap(scalp, lambda rest: rest - SKULL_CENTRE, thickness=0.01, grain=0.5, soft=0.24),
        shell,
        _tufts(shell, 230, jitter),
    ]


def _spread(scalp: Scalp, apart: float, jitter: np.random.Generator, least: float) -> Array:
    """Points of the scalp inside the hairline, about `apart` dm from each other, (m, 3)."""
    height = np.where(scalp.ear > 0.2, -1.0, inside_hairline(scalp.positions))
    grown = scalp.positions[(height > least) & (scalp.positions[:, 1] > 6.5)]
    grown = grown[jitter.permutation(len(grown))]
    kept: list[Array] = []
    for point in grown:
        if not kept or np.linalg.norm(np.array(kept) - point, axis=1).min() > apart:
            kept.append(point)
    return np.array(kept)


def _shell(scalp: Scalp, thickness: float) -> HairMesh:
    """The scalp blown up: thick where hair is far from the hairline, rounded off towards it."""
    height = np.where(scalp.ear > 0.3, -1.0, inside_hairline(scalp.positions))
    shown = (height[scalp.faces] > -0.02).all(1)
    used, faces = np.unique(scalp.faces[shown], return_inverse=True)
    rest, inside = scalp.positions[used], np.clip(height[used] + 0.02, 0, None)
    out = unit(0.75 * unit(rest - SKULL_CENTRE) + 0.25 * scalp.normals[used])
    # A quarter circle in profile.
    round_off = np.sqrt(1 - (1 - np.minimum(inside / 0.35, 1)) ** 2)
    low = 0.45 + 0.55 * smoothstep(6.6, 7.6, rest[:, 1])
    positions = rest + out * (thickness * round_off * low)[:, None]
    flow = unit(np.cross(out, np.sin(9 * rest[:, [1, 2, 0]]) + 0.1))
    half = np.full(len(used), 0.5)
    return HairMesh(
        "hair-curls",
        positions,
        flow,
        faces.reshape(-1, 3),
        np.c_[rest[:, 0] + rest[:, 2], rest[:, 1]],
        np.c_[smoothstep(0.0, 0.06, inside), half, half],
        np.full(len(used), 0.004),
        facing=out,
    )


def _tufts(shell: HairMesh, count: int, jitter: np.random.Generator) -> HairMesh:
    """Single coils that stand out of the shell and break its outline."""
    strips = Strips(across=3)
    corners = shell.positions[shell.faces]
    area = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    chosen = jitter.choice(len(area), count, p=area / area.sum())
    share = jitter.dirichlet((1, 1, 1), count)
    centre = (corners[chosen] * share[..., None]).sum(1)
    out = unit((shell.facing[shell.faces[chosen]] * share[..., None]).sum(1))
    turn = unit(np.cross(out, jitter.normal(size=(count, 3))))
    other = np.cross(out, turn)
    t = np.linspace(0, 1, 7)
    angle = 5.2 * t + jitter.uniform(0, 6, (count, 1))
    radius = jitter.uniform(0.045, 0.075, (count, 1))
    rise = 0.035 * np.sin(np.pi * t) - 0.012
    curves = (
        centre[:, None]
        + turn[:, None] * (radius * np.cos(angle))[..., None]
        + other[:, None] * (radius * np.sin(angle))[..., None]
        + out[:, None] * np.broadcast_to(rise, angle.shape)[..., None]
    )
    strips.add_all(
        curves,
        np.repeat(out[:, None], 7, 1),
        profile(7, 0.042, root=0.5, peak=0.5, tip=0.5),
        profile(7, 0.022, root=0.5, peak=0.5, tip=0.5),
    )
    return strips.mesh(offset=0.004)
