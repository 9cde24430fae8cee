"""Hair as arched strips: a guide curve traced over the head, and a ribbon laid along it.

Each strip is a clump of hair with exact tangents and strand coordinates, which is what a
two-lobe highlight needs (Kajiya & Kay 1989; Marschner et al. 2003).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from avatars.bake.makehuman import Array
from avatars.bake.scalp import Scalp
from avatars.bake.topology import Index, grid, smoothstep, unit

Field = Callable[[Array, float], Array]
"""Where a strand wants to go: (point, share of its length) -> direction."""


@dataclass(frozen=True)
class HairMesh:
    """One piece of hair in rest space.

    kind: 'cap' (skin that is covered with short hair) or 'strips'.
    flow: (n, 3) unit direction of growth.
    mask: (n, 3) in 0..1. Strips: across the strip, tone of the clump, along the strip.
        Cap: density, and two unused.
    facing: (n, 3) the normal that shading should lean to; None for the mesh's own.
    offset: (n,) dm by which the mesh keeps off the skin of any identity.
    """

    kind: str
    positions: Array
    flow: Array
    faces: Index
    uv: Array
    mask: Array
    offset: Array
    facing: Array | None = None


def trace(
    scalp: Scalp,
    start: Array,
    towards: Field,
    length: float,
    lift: Callable[[float], float],
    n: int,
) -> tuple[Array, Array]:
    """A guide curve of `n` points over the head, and the head's normals there: (n, 3) each.

    It follows `towards`, projected on the skin, at `lift`(share of the length) dm above it.
    """
    fine = 3
    steps = n * fine
    step = length / (steps - 1)
    point, heading = np.array(start, float), None
    curve, facing = [], []
    for i in range(steps):
        share = i / (steps - 1)
        gap, normal = (a[0] for a in scalp.distance(point[None], ears=False))
        point = point + normal * (lift(share) - gap)
        if i % fine == 0:
            curve.append(point)
            facing.append(normal)
        wanted = unit(np.asarray(towards(point, share), float))
        along = unit(wanted - normal * (wanted @ normal))
        heading = along if heading is None else unit(0.55 * along + 0.45 * heading)
        point = point + heading * step
    return _smooth(np.array(curve)), _smooth(np.array(facing))


def _smooth(curve: Array) -> Array:
    out = curve.copy()
    for _ in range(2):
        out[1:-1] = 0.25 * out[:-2] + 0.5 * out[1:-1] + 0.25 * out[2:]
    return out


def profile(n: int, most: float, *, root: float, peak: float, tip: float) -> Array:
    """A width or height along a strip, (n,): `root` and `tip` as shares of `most`, which it
    reaches at the share `peak` of the length."""
    s = np.linspace(0, 1, n)
    rising = root + (1 - root) * smoothstep(0, peak, s)
    falling = 1 - (1 - tip) * smoothstep(peak, 1, s) ** 1.3
    return most * np.where(s < peak, rising, falling)


@dataclass
class Strips:
    """Collects strips into one mesh; `across` vertices each."""

    across: int = 5
    _parts: list[tuple[Array, ...]] = field(default_factory=list)
    _faces: list[Index] = field(default_factory=list)
    _count: int = 0

    def add(self, curve: Array, facing: Array, width: Array, height: Array) -> None:
        """A ribbon along `curve`, half as wide as 2 x `width`, arched by `height`, (n,) dm."""
        n, across = len(curve), self.across
        along = unit(np.gradient(curve, axis=0))
        facing = unit(facing - along * (facing * along).sum(1, keepdims=True))
        side = np.cross(along, facing)
        a = np.linspace(-1, 1, across)
        arch = (1 - a**2) * height[:, None] - a**2 * (0.35 * width**2)[:, None]
        positions = (
            curve[:, None]
            + side[:, None] * (a * width[:, None])[..., None]
            + facing[:, None] * arch[..., None]
        )
        clump = len(self._parts) + 1
        run = np.r_[0, np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))]
        shape = (n, across)
        u = clump * 3.7 + a * max(float(width.max()), 0.04) * 10
        uv = np.stack([np.broadcast_to(u, shape), np.broadcast_to(run[:, None], shape)], -1)
        tone = float(np.random.default_rng(clump).random())
        mask = np.stack(
            [
                np.broadcast_to(a * 0.5 + 0.5, shape),
                np.full(shape, tone),
                np.broadcast_to(np.linspace(0, 1, n)[:, None], shape),
            ],
            -1,
        )
        lean = unit(facing[:, None] + side[:, None] * (0.45 * a)[None, :, None])
        flow = np.repeat(along, across, 0)
        self._parts.append(
            (
                positions.reshape(-1, 3),
                flow,
                uv.reshape(-1, 2),
                mask.reshape(-1, 3),
                lean.reshape(-1, 3),
            )
        )
        self._faces.append(grid(n, across, offset=self._count))
        self._count += n * across

    def mesh(self, offset: float) -> HairMesh:
        """The strips so far, `offset` dm off the skin but for their roots, which may be in it."""
        positions, flow, uv, mask, lean = (
            np.concatenate(column) for column in zip(*self._parts, strict=True)
        )
        faces = np.concatenate(self._faces)
        off_skin = np.where(mask[:, 2] > 0.05, offset, -1.0)
        return HairMesh("strips", positions, flow, faces, uv, mask, off_skin, lean)
