"""Beards and moustaches: they lie on the face and move with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from avatars.bake.caps import layer
from avatars.bake.makehuman import Array
from avatars.bake.scalp import Scalp
from avatars.bake.strands import HairMesh, Strips, profile
from avatars.bake.topology import smoothstep, unit

_HALF_WIDTH = (0.0, 0.10, 0.20, 0.32, 0.42, 0.52, 0.62, 0.70, 0.76)
_CHEEK = (6.50, 6.50, 6.47, 6.54, 6.64, 6.74, 6.90, 7.10, 7.30)
"""Upper edge of the beard on the cheek: height in dm over |x|, up to the sideburn."""

_LIP_HALF_WIDTH = (0.0, 0.04, 0.12, 0.25, 0.36, 0.46)
_UPPER_EDGE = (6.815, 6.83, 6.825, 6.79, 6.73, 6.60)
"""Upper edge of the moustache, under the nose and down to the corner of the mouth."""


def full(scalp: Scalp) -> list[HairMesh]:
    """A trimmed full beard with its moustache."""
    jaw, lip = _on_jaw(scalp), _on_lip(scalp, down_to=6.42)
    inside = np.maximum(jaw, lip)
    # On the lip they are short and close, or single ones would hang over the mouth.
    high = scalp.positions[:, 1] > 6.66
    strips = Strips(across=3)
    _bristles(strips, scalp, np.where(high, -1.0, inside), apart=0.047, length=0.16, seed=11)
    _bristles(strips, scalp, np.where(high, inside, -1.0), apart=0.026, length=0.09, seed=12)
    return [_shadow(scalp, inside, density=0.96, thickness=0.020), _bearded(strips)]


def moustache(scalp: Scalp) -> list[HairMesh]:
    inside = _on_lip(scalp, down_to=6.62)
    strips = Strips(across=3)
    _bristles(strips, scalp, inside, apart=0.026, length=0.12, seed=12)
    return [_shadow(scalp, inside, density=0.90, thickness=0.012), _bearded(strips)]


def stubble(scalp: Scalp) -> list[HairMesh]:
    """Some days without shaving."""
    inside = np.maximum(_on_jaw(scalp), _on_lip(scalp, down_to=6.42))
    return [_shadow(scalp, inside, density=0.50, thickness=0.0, soft=0.12)]


def _on_jaw(scalp: Scalp) -> Array:
    """How far the scalp's vertices lie inside the beard of cheeks, chin and throat, dm, (n,)."""
    x, y, z = np.abs(scalp.positions[:, 0]), scalp.positions[:, 1], scalp.positions[:, 2]
    under_cheek = np.interp(x, _HALF_WIDTH, _CHEEK) - y
    over_throat = 1.2 * (y - np.interp(z, (0.3, 0.8, 1.2), (6.62, 6.34, 6.10)))
    inside = np.minimum(under_cheek, over_throat)
    # Towards the ear it thins out.
    return _shaven_round(scalp, np.minimum(inside, np.maximum(1.1 * (z - 0.50), -0.2)))


def _on_lip(scalp: Scalp, down_to: float) -> Array:
    """The same for the moustache, which runs round the corners of the mouth to the height
    `down_to`, dm."""
    x, y, z = np.abs(scalp.positions[:, 0]), scalp.positions[:, 1], scalp.positions[:, 2]
    edge = np.minimum(np.interp(x, _LIP_HALF_WIDTH, _UPPER_EDGE) - y, 0.42 - x)
    inside = 1.4 * np.minimum(edge, y - down_to)
    return _shaven_round(scalp, np.where(z > 1.05, inside, -0.2))


def _shaven_round(scalp: Scalp, inside: Array) -> Array:
    """`inside`, kept off the lips, the ears and the mouth."""
    gap = cKDTree(scalp.positions[scalp.lips > 0.45]).query(scalp.positions)[0]
    inside = np.minimum(inside, 2.2 * (gap - 0.030))
    outside = np.zeros(len(inside), bool)
    outside[scalp.outside] = True
    inside = np.where((scalp.lips > 0.45) | (scalp.ear > 0.2), np.minimum(inside, -0.2), inside)
    return np.where(outside, inside, -1.0)


def _down(points: Array) -> Array:
    """Away from the middle, and down; hair on the lip parts under the nose."""
    aside = np.where(points[:, 1] > 6.6, 1.6, 0.35) * np.sign(points[:, 0])
    return np.stack([aside, np.full(len(points), -1.0), np.full(len(points), 0.1)], 1)


def _shadow(
    scalp: Scalp, inside: Array, *, density: float, thickness: float, soft: float = 0.12
) -> HairMesh:
    shown = (inside[scalp.faces] > -0.05).any(1) & (inside[scalp.faces] > -0.9).all(1)
    offset = 0.004 + thickness * smoothstep(0.02, 0.18, inside)
    cover = density * smoothstep(-0.05, soft, inside)
    mesh = layer(scalp, shown, offset, cover, _down, grain=0.3)
    return replace(mesh, follows=True)


def _bearded(strips: Strips) -> HairMesh:
    return replace(strips.mesh(offset=0.004), follows=True)


def _bristles(
    strips: Strips, scalp: Scalp, inside: Array, *, apart: float, length: float, seed: int
) -> None:
    """Short strips that give the outline of a beard its hairs."""
    jitter = np.random.default_rng(seed)
    # Beside the ear they would stand out from the outline of the head.
    grown = (inside > 0.015) & (scalp.positions[:, 2] > 0.70)
    corners = scalp.faces[grown[scalp.faces].all(1)]
    spots = scalp.positions[corners].mean(1)
    kept: list[int] = []
    for i in jitter.permutation(len(spots)):
        if not kept or np.linalg.norm(spots[kept] - spots[i], axis=1).min() > apart:
            kept.append(int(i))
    roots, out = spots[kept], unit(scalp.normals[corners[kept]].mean(1))
    thick = smoothstep(0.0, 0.16, inside[corners[kept]].mean(1))
    along = _down(roots) + jitter.normal(0, 0.28, roots.shape)
    along = unit(along - out * (along * out).sum(1, keepdims=True))
    s = np.linspace(0, 1, 4)
    run = length * (0.55 + 0.45 * thick)[:, None] * s
    rise = -0.006 + (0.018 + 0.030 * thick)[:, None] * np.sin(1.9 * s)
    curves = roots[:, None] + along[:, None] * run[..., None] + out[:, None] * rise[..., None]
    strips.add_all(
        curves,
        np.repeat(out[:, None], 4, 1),
        profile(4, 0.017, root=0.8, peak=0.3, tip=0.1),
        profile(4, 0.008, root=0.5, peak=0.4, tip=0.2),
    )
