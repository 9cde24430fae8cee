"""Carries what is worn (hair, a beard, glasses) from the rest head to one person's head.

A piece is made once, on the unmodified base mesh. There each of its vertices is bound to the skin
near it; on another head it moves as that skin moved, and is then pushed out of the skin.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from scipy.spatial import cKDTree

from avatars.mesh import Floats, Part, locked
from avatars.normals import Normals

_LOOSE = (14, 0.10)
_CLOSE = (5, 0.015)
"""Neighbours on the skin, and the dm that soften the weight of the nearest. A beard moves with
each lip, so it is bound closely; hair that was bound so would show every fold of the scalp."""

_MOUTH, _LOWEST_DM = 2, 4.8
_REACH_DM = 0.25
_MOST_PUSH_DM = 0.15


class Fitting:
    """One piece, bound to the rest head: what depends on neither person nor pose is worked out
    here, once."""

    def __init__(self, piece: Part, skin: Part) -> None:
        """piece: as its file has it. skin: of any head."""
        self._outside = np.flatnonzero((skin.mask[:, _MOUTH] < 77) & (skin.rest[:, 1] > _LOWEST_DM))
        near = _CLOSE if piece.follows else _LOOSE
        self._bound = _bind(piece.rest, skin.rest[self._outside], *near)
        self._piece = self._following(piece, skin) if piece.follows else piece
        self._normals = Normals(self._piece, weld=False) if piece.follows else None

    def _following(self, piece: Part, skin: Part) -> Part:
        """`piece` with the expression targets of the skin that it lies on."""
        used = np.flatnonzero(np.abs(skin.offsets[:, self._outside]).max((1, 2)) > 1e-4)
        flat = skin.offsets[used][:, self._outside].transpose(1, 0, 2)
        offsets = (self._bound @ flat.reshape(len(self._outside), -1)).reshape(-1, len(used), 3)
        return replace(
            piece,
            targets=locked(skin.targets[used], np.intp),
            offsets=locked(offsets.transpose(1, 0, 2), np.float32),
        )

    def on(self, skin: Part) -> Part:
        """The piece on the head that has this skin."""
        piece, outside = self._piece, self._outside
        carried = piece.rest + self._bound @ (skin.positions - skin.rest)[outside]
        if piece.rigid:
            return replace(piece, positions=locked(_similar(piece.rest, carried), np.float32))
        pushed = _pushed(carried, piece.lift, skin.positions[outside], skin.normals[outside])
        positions = locked(pushed, np.float32)
        if self._normals is None:
            return replace(piece, positions=positions)
        _, bends = self._normals.at(positions)
        return replace(piece, positions=positions, normal_offsets=locked(bends, np.float32))


def _bind(points: Floats, skin: Floats, neighbours: int, softness: float) -> sp.csr_matrix:
    """Points as averages of the skin near them: (n, n_skin)."""
    gap, index = nearest(skin, points, neighbours)
    weight = 1 / (gap + softness) ** 3
    weight /= weight.sum(1, keepdims=True)
    row = np.repeat(np.arange(len(points)), neighbours)
    return sp.csr_matrix((weight.ravel(), (row, index.ravel())), (len(points), len(skin)))


def nearest(skin: Floats, points: Floats, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Distance to and number of the `k` nearest points of `skin`, (n, k) each."""
    gap, index = cKDTree(skin).query(points, k=k)
    return np.asarray(gap), np.asarray(index)


def _pushed(positions: Floats, lift: Floats, skin: Floats, skin_normals: Floats) -> Floats:
    gap, index = nearest(skin, positions, 4)
    out = skin_normals[index]
    above = ((positions[:, None] - skin[index]) * out).sum(2).mean(1)
    push = np.clip(lift - above, 0, _MOST_PUSH_DM) * (gap[:, 0] < _REACH_DM)
    return positions + out.mean(1) * push[:, None]


def _similar(rest: Floats, carried: Floats) -> Floats:
    """`rest` under the scale and shift nearest to `carried`; it stays upright and straight."""
    middle, to = rest.mean(0), carried.mean(0)
    scale = ((rest - middle) * (carried - to)).sum() / ((rest - middle) ** 2).sum()
    return to + scale * (rest - middle)
