"""Short hair on the skin: a layer of it whose density fades at its edge."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from avatars.bake.makehuman import Array
from avatars.bake.scalp import FULL, Hairline, Scalp, inside_hairline
from avatars.bake.strands import HairMesh
from avatars.bake.topology import smoothstep, unit

Comb = Callable[[Array], Array]
"""Rest positions (n, 3) -> directions of growth (n, 3)."""


def cap(
    scalp: Scalp,
    comb: Comb,
    *,
    thickness: float,
    hairline: Hairline = FULL,
    soft: float = 0.11,
    density: Callable[[Array], Array | float] = lambda rest: 1.0,
    grain: float = 1.0,
    depth: float = np.inf,
) -> HairMesh:
    """Scalp covered with hair that fades to nothing at the hairline.

    thickness: dm away from the edge. soft: dm over which the hairline fades.
    density: rest positions (n, 3) -> 0..1. grain: 0 stubble to 1 combed hair.
    depth: dm behind the hairline where it fades away again, under other hair.
    """
    height = np.where(scalp.ear > 0.3, -1.0, inside_hairline(scalp.positions, hairline))
    # Every face with some hair, so that the density is nothing along the rim.
    shown = (height[scalp.faces] > -0.055).any(1)
    shown &= (height[scalp.faces] < depth).any(1)
    shown &= scalp.positions[scalp.faces][..., 1].min(1) > 6.4
    offset = 0.003 + thickness * smoothstep(0.0, 0.30, height)
    cover = smoothstep(-0.055, soft, height) * density(scalp.positions)
    if depth < np.inf:
        cover = cover * (1 - smoothstep(0.6 * depth, depth, height))
    return layer(scalp, shown, offset, cover, comb, grain)


def layer(
    scalp: Scalp, shown: Array, offset: Array, cover: Array, comb: Comb, grain: float
) -> HairMesh:
    """The faces `shown` of the scalp as hair, from `offset` and density `cover` of each vertex."""
    used, faces = np.unique(scalp.faces[shown], return_inverse=True)
    rest, normal, offset = scalp.positions[used], scalp.normals[used], offset[used]
    flow = comb(rest)
    flow = unit(flow - normal * (flow * normal).sum(1, keepdims=True))
    return HairMesh(
        "hair-cap",
        rest + normal * offset[:, None],
        flow,
        faces.reshape(-1, 3),
        np.c_[rest[:, 0] * 9 + rest[:, 2] * 3, rest[:, 1]],
        np.c_[cover[used], np.full(len(used), grain), np.full(len(used), 0.5)],
        offset * 0.6,
    )
