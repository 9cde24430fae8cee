"""Hair that is combed back and tied."""

from __future__ import annotations

import numpy as np

from avatars.bake.caps import cap
from avatars.bake.makehuman import Array
from avatars.bake.scalp import Scalp
from avatars.bake.strands import HairMesh, Strips, profile, trace
from avatars.bake.topology import smoothstep

_KNOT = np.array([0.0, 8.50, 0.02])


def bun(scalp: Scalp) -> list[HairMesh]:
    """Hair combed back from the whole hairline into a knot on the crown."""
    strips = Strips()
    # Two layers: the lower one closes the gaps between the clumps of the upper one.
    around = np.arange(56)
    _comb_back(scalp, strips, -np.pi + 2 * np.pi * around / 56, 0.02 + 0.045 * (around % 2), 0.75)
    front = np.arange(15)
    _comb_back(scalp, strips, np.linspace(-1.0, 1.0, 15), 0.03 + 0.03 * (front % 2), 1.2)
    _wind(strips, _KNOT + np.array([0.0, 0.10, -0.04]), 0.30)
    return [cap(scalp, lambda rest: _KNOT - rest, thickness=0.002), strips.mesh(offset=0.014)]


def _comb_back(scalp: Scalp, strips: Strips, azimuth: Array, inset: Array, volume: float) -> None:
    """Clumps from the hairline to the knot; fullest over the forehead, flat at the temples,
    where a raised edge would show against the background."""
    n, i = 12, np.arange(len(azimuth))
    front = 1 - smoothstep(0.3, 1.1, np.abs(azimuth))
    temple = np.exp(-(((np.abs(azimuth) - 1.15) / 0.4) ** 2))
    lift = volume * (0.05 + 0.075 * front) * (1 - 0.75 * temple) + 0.014 * (i % 2)
    roots = scalp.on_hairline(azimuth, inset + 0.03 * temple)
    curves, facing = trace(
        scalp,
        roots,
        lambda points, _: _KNOT - points,
        1.12 * np.linalg.norm(roots - _KNOT, axis=1),
        # The root starts under the skin, or its end would stand off the head.
        lambda s: min(-0.010 + 0.6 * s, 0.016) + lift * np.sin(np.pi * min(1.05 * s, 1.0)) ** 1.15,
        n,
    )
    width = (0.105 + 0.02 * (i * 7 % 5) / 4) * (1 - 0.35 * temple)
    height = 0.035 * (1 - 0.5 * temple)
    strips.add_all(
        curves,
        facing,
        width[:, None] * profile(n, 1.0, root=0.45, peak=0.3, tip=0.35),
        height[:, None] * profile(n, 1.0, root=0.2, peak=0.4, tip=0.2),
    )


def _wind(strips: Strips, centre: Array, radius: float, turns: int = 9, n: int = 12) -> None:
    """Strips wound round a ball: the knot."""
    t = np.linspace(0, 1, n)
    elevation = -0.9 + 2.45 * t
    for k in range(turns):
        azimuth = 2 * np.pi * k / turns + 2.2 * t
        out = np.stack(
            [
                np.cos(elevation) * np.sin(azimuth),
                0.92 * np.sin(elevation),
                np.cos(elevation) * np.cos(azimuth),
            ],
            1,
        )
        reach = radius * (1 + 0.05 * np.sin(np.pi * t))
        strips.add(
            centre + out * reach[:, None] * (1.1, 0.9, 1.1),
            out,
            profile(n, 0.135, root=0.9, peak=0.5, tip=0.5),
            profile(n, 0.05, root=0.6, peak=0.5, tip=0.3),
        )
