"""Carries what is worn (hair, a beard, glasses) from the rest head to one person's head.

A piece is made once, on the unmodified base mesh. There each of its vertices is bound to the skin
near it; on another head it moves as that skin moved, and is then pushed out of the skin.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from scipy.spatial import cKDTree

from avatars.mesh import Floats, Part, locked, vertex_normals

_LOOSE = (14, 0.10)
_CLOSE = (5, 0.015)
"""Neighbours on the skin, and the dm that soften the weight of the nearest. A beard moves with
each lip, so it is bound closely; hair that was bound so would show every fold of the scalp."""

_MOUTH, _LOWEST_DM = 2, 4.8
_REACH_DM = 0.25
_MOST_PUSH_DM = 0.15


def fitted(piece: Part, skin: Part) -> Part:
    """`piece`, as its file has it, on the head whose skin is `skin`."""
    outside = np.flatnonzero((skin.mask[:, _MOUTH] < 77) & (skin.rest[:, 1] > _LOWEST_DM))
    rest, change = skin.rest[outside], (skin.positions - skin.rest)[outside]
    bound = _bind(piece.rest, rest, *(_CLOSE if piece.follows else _LOOSE))
    carried = piece.rest + bound @ change
    if piece.rigid:
        return replace(piece, positions=locked(_similar(piece.rest, carried), np.float32))
    positions = _pushed(carried, piece.lift, skin.positions[outside], skin.normals[outside])
    out = replace(piece, positions=locked(positions, np.float32))
    return _following(out, skin, outside, bound) if piece.follows else out


def _bind(points: Floats, skin: Floats, neighbours: int, softness: float) -> sp.csr_matrix:
    """Points as averages of the skin near them: (n, n_skin)."""
    gap, index = _nearest(skin, points, neighbours)
    weight = 1 / (gap + softness) ** 3
    weight /= weight.sum(1, keepdims=True)
    row = np.repeat(np.arange(len(points)), neighbours)
    return sp.csr_matrix((weight.ravel(), (row, index.ravel())), (len(points), len(skin)))


def _nearest(skin: Floats, points: Floats, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Distance to and number of the `k` nearest vertices of the skin, (n, k) each."""
    gap, index = cKDTree(skin).query(points, k=k)
    return np.asarray(gap), np.asarray(index)


def _pushed(positions: Floats, lift: Floats, skin: Floats, skin_normals: Floats) -> Floats:
    gap, index = _nearest(skin, positions, 4)
    out = skin_normals[index]
    above = ((positions[:, None] - skin[index]) * out).sum(2).mean(1)
    push = np.clip(lift - above, 0, _MOST_PUSH_DM) * (gap[:, 0] < _REACH_DM)
    return positions + out.mean(1) * push[:, None]


def _similar(rest: Floats, carried: Floats) -> Floats:
    """`rest` under the scale and shift nearest to `carried`; it stays upright and straight."""
    middle, to = rest.mean(0), carried.mean(0)
    scale = ((rest - middle) * (carried - to)).sum() / ((rest - middle) ** 2).sum()
    return to + scale * (rest - middle)


def _following(piece: Part, skin: Part, outside: np.ndarray, bound: sp.csr_matrix) -> Part:
    """`piece` with the expression targets of the skin that it lies on."""
    used = np.flatnonzero(np.abs(skin.offsets[:, outside]).max((1, 2)) > 1e-4)
    flat = skin.offsets[used][:, outside].transpose(1, 0, 2).reshape(len(outside), -1)
    offsets = (bound @ flat).reshape(-1, len(used), 3).transpose(1, 0, 2)
    base = vertex_normals(piece.positions, piece.triangles)
    bends = [vertex_normals(piece.positions + d, piece.triangles) - base for d in offsets]
    return replace(
        piece,
        targets=locked(skin.targets[used], np.intp),
        offsets=locked(offsets, np.float32),
        normal_offsets=locked(bends, np.float32),
    )
