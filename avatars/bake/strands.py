"""Hair as arched strips: guide curves traced over the head, and a ribbon laid along each.

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
"""Where strands want to go: (points (m, 3), share of their length) -> directions (m, 3)."""
Lift = Callable[[float], Array | float]
"""Height over the skin: share of the length -> dm, one for all strands or (m,)."""
Hang = Callable[[Array, float], Array | float]
"""How freely strands fall: (points (m, 3), share) -> 0 (they hug the head) .. 1, (m,)."""

_AXIS = np.array([0.0, 0.0, 0.42])
"""Hair that hangs is shaded as a round mass about the vertical through this point."""

_TONES = 16
"""Clumps differ in where they lie in the shader's noise; this many units of u, then again."""


@dataclass(frozen=True)
class HairMesh:
    """One piece of hair in rest space.

    kind: its material: 'hair-cap' (skin that is covered with short hair), 'hair-strips', ...
    flow: (n, 3) unit direction of growth.
    mask: (n, 3) in 0..1. Strips: across the strip, tone of the clump, along the strip.
        Cap: density, length of the hairs, and one unused.
    facing: (n, 3) the normal that shading should lean to; None for the mesh's own.
    offset: (n,) dm by which the mesh keeps off the skin of any identity.
    follows: whether it lies on the face and moves with each morph of the skin.
    rigid: whether it fits an identity as a whole, without bending.
    """

    kind: str
    positions: Array
    flow: Array
    faces: Index
    uv: Array
    mask: Array
    offset: Array
    facing: Array | None = None
    follows: bool = False
    rigid: bool = False


def trace(
    scalp: Scalp,
    roots: Array,
    towards: Field,
    length: Array | float,
    lift: Lift,
    n: int,
    *,
    hang: Hang = lambda points, share: 0.0,
    ears: bool = False,
) -> tuple[Array, Array]:
    """Guide curves of `n` points from `roots`, (m, 3), and the way they face: (m, n, 3) each.

    They follow `towards`, projected on the skin as far as they hug it, and stay at least `lift`
    over it. `length`: dm. `ears`: whether the hair passes over the ears or ignores them.
    """
    fine = 3
    steps = n * fine
    points, heading = np.array(roots, float), None
    step = np.broadcast_to(length, len(points))[:, None] / (steps - 1)
    curves, facings = [], []
    for i in range(steps):
        share = i / (steps - 1)
        gap, normal = scalp.distance(points, ears=ears)
        free = np.broadcast_to(hang(points, share), len(points))
        short = lift(share) - gap
        points = points + normal * np.where(short > 0, short, short * (1 - free))[:, None]
        if i % fine == 0:
            radial = unit((points - _AXIS) * (1, 0, 1))
            curves.append(points)
            facings.append(unit(normal + free[:, None] * (radial - normal)))
        wanted = unit(towards(points, share))
        inward = (wanted * normal).sum(1) * (1 - free)
        along = unit(wanted - normal * inward[:, None])
        heading = along if heading is None else unit(0.55 * along + 0.45 * heading)
        points = points + heading * step
    return _smooth(np.stack(curves, 1)), _smooth(np.stack(facings, 1))


def _smooth(curves: Array) -> Array:
    out = curves.copy()
    for _ in range(2):
        out[:, 1:-1] = 0.25 * out[:, :-2] + 0.5 * out[:, 1:-1] + 0.25 * out[:, 2:]
    return out


def wave(
    curves: Array, facing: Array, *, size: float, pitch: float, phase: Array, start: float
) -> Array:
    """`curves`, (m, n, 3), wound into flat helices: `size` dm out, one turn in `pitch` dm.

    phase: (m,) radians. start: dm of each strand that stay straight.
    """
    run = _run(curves)
    along = unit(np.gradient(curves, axis=1))
    side = unit(np.cross(along, facing))
    turn = 2 * np.pi * run / pitch + phase[:, None]
    grow = size * smoothstep(0, 1, (run - start) / max(pitch, 1e-9))
    across, out = grow * np.sin(turn), 0.6 * grow * np.cos(turn)
    return curves + side * across[..., None] + facing * out[..., None]


def hemmed(curves: Array, facing: Array, hem: Array | float) -> tuple[Array, Array]:
    """`curves` and `facing`, (m, n, 3), cut off where they fall below the height `hem`, dm, one
    for all or (m,)."""
    n = curves.shape[1]
    below = curves[..., 1] < np.broadcast_to(hem, len(curves))[:, None]
    last = np.where(below.any(1), below.argmax(1), n - 1)
    above = np.maximum(last - 1, 0)
    rows = np.arange(len(curves))
    high, low = curves[rows, above, 1], curves[rows, last, 1]
    part = np.clip((high - hem) / np.maximum(high - low, 1e-9), 0, 1)
    end = np.where(below.any(1), above + part, n - 1)
    at = end[:, None] * np.linspace(0, 1, n)
    first = np.minimum(at.astype(int), n - 2)
    share = (at - first)[..., None]
    return tuple(
        a[rows[:, None], first] * (1 - share) + a[rows[:, None], first + 1] * share
        for a in (curves, facing)
    )


def _run(curves: Array) -> Array:
    """Distance along each curve, (m, n) dm."""
    pieces = np.linalg.norm(np.diff(curves, axis=1), axis=2)
    return np.concatenate([np.zeros((len(curves), 1)), np.cumsum(pieces, 1)], 1)


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

    def add_all(self, curves: Array, facing: Array, width: Array, height: Array) -> None:
        """A ribbon along each of `curves`; see `add`. width and height: (n,) or (m, n)."""
        shape = curves.shape[:2]
        for row in zip(
            curves,
            facing,
            np.broadcast_to(width, shape),
            np.broadcast_to(height, shape),
            strict=True,
        ):
            self.add(*row)

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
        u = clump * 3.7 % _TONES + a * max(float(width.max()), 0.04) * 10
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
        # Below the collar the skin is under a jumper, and the hair on top of that.
        over = offset + 0.09 * smoothstep(6.25, 5.95, positions[:, 1])
        off_skin = np.where(mask[:, 2] > 0.05, over, -1.0)
        return HairMesh("hair-strips", positions, flow, faces, uv, mask, off_skin, lean)
