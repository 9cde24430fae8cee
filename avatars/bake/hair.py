"""Hair styles: strips over a cap that fades out at the hairline."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from avatars.bake.makehuman import Array
from avatars.bake.scalp import Scalp, inside_hairline
from avatars.bake.strands import HairMesh, Strips, profile, trace
from avatars.bake.topology import smoothstep, unit


def cap(scalp: Scalp, thickness: float, comb: Callable[[Array], Array]) -> HairMesh:
    """Scalp covered with short hair; its density fades to nothing at the hairline.

    comb: rest positions (n, 3) -> directions of growth (n, 3).
    """
    height = np.where(scalp.ear > 0.3, -1.0, inside_hairline(scalp.positions))
    corners = height[scalp.faces]
    chosen = (corners > -0.14).all(1) & (scalp.positions[scalp.faces][..., 1].min(1) > 6.4)
    used, faces = np.unique(scalp.faces[chosen], return_inverse=True)
    rest, normal, height = scalp.positions[used], scalp.normals[used], height[used]
    offset = 0.003 + thickness * smoothstep(0.0, 0.30, height)
    flow = comb(rest)
    flow = unit(flow - normal * (flow * normal).sum(1, keepdims=True))
    density = smoothstep(-0.055, 0.11, height)
    half = np.full(len(used), 0.5)
    return HairMesh(
        "cap",
        rest + normal * offset[:, None],
        flow,
        faces.reshape(-1, 3),
        np.c_[rest[:, 0] * 9 + rest[:, 2] * 3, rest[:, 1]],
        np.c_[density, half, half],
        offset * 0.6,
    )


_KNOT = np.array([0.0, 8.50, 0.02])


def bun(scalp: Scalp) -> list[HairMesh]:
    """Hair combed back from the whole hairline into a knot on the crown."""
    strips = Strips()
    # Two layers: the lower one closes the gaps between the clumps of the upper one.
    for i, azimuth in enumerate(np.linspace(-np.pi, np.pi, 57)[:-1]):
        _comb_back(scalp, strips, float(azimuth), inset=0.02 + 0.045 * (i % 2), volume=0.75, i=i)
    for i, azimuth in enumerate(np.linspace(-1.0, 1.0, 15)):
        _comb_back(scalp, strips, float(azimuth), inset=0.03 + 0.03 * (i % 2), volume=1.2, i=i)
    _wind(strips, _KNOT + np.array([0.0, 0.18, -0.05]), 0.29)
    return [cap(scalp, 0.002, lambda rest: _KNOT - rest), strips.mesh(offset=0.014)]


def _comb_back(
    scalp: Scalp, strips: Strips, azimuth: float, *, inset: float, volume: float, i: int
) -> None:
    """One clump from the hairline to the knot; fullest over the forehead, flat at the temples,
    where a raised edge would show against the background."""
    n = 12
    front = float(1 - smoothstep(0.3, 1.1, abs(azimuth)))
    temple = float(np.exp(-(((abs(azimuth) - 1.15) / 0.4) ** 2)))
    lift = volume * (0.05 + 0.075 * front) * (1 - 0.75 * temple) + 0.014 * (i % 2)
    root = scalp.on_hairline(azimuth, inset + 0.03 * temple)
    curve, facing = trace(
        scalp,
        root,
        lambda point, _: _KNOT - point,
        1.12 * float(np.linalg.norm(root - _KNOT)),
        # The root starts under the skin, or its end would stand off the head.
        lambda s: (
            min(-0.010 + 0.6 * s, 0.016) + lift * float(np.sin(np.pi * min(1.05 * s, 1.0))) ** 1.15
        ),
        n,
    )
    width = (0.105 + 0.02 * (i * 7 % 5) / 4) * (1 - 0.35 * temple)
    strips.add(
        curve,
        facing,
        profile(n, width, root=0.45, peak=0.3, tip=0.35),
        profile(n, 0.035 * (1 - 0.5 * temple), root=0.2, peak=0.4, tip=0.2),
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


STYLES: Mapping[str, Callable[[Scalp], list[HairMesh]]] = {"bun": bun}
