"""The jumper: the body outside a cylinder round the neck, and the collar on its rim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from avatars.bake.makehuman import Array
from avatars.bake.scalp import Scalp
from avatars.bake.topology import Index, grid, normals, unit

_RIM = 120
_PROFILE = np.array(
    [
        *((-0.085, -0.03), (-0.08, 0.018), (-0.055, 0.040), (-0.01, 0.050)),
        *((0.04, 0.052), (0.070, 0.045), (0.085, 0.022), (0.08, -0.04)),
    ]
)
"""Section of the collar: dm inwards along the skin, and outwards from it."""

_THICKNESS_DM = 0.035


def beyond_collar(rest: Array) -> Array:
    """Positive where the jumper covers the skin, negative on the neck, (n,)."""
    ring = np.hypot(rest[:, 0] / 0.70, (rest[:, 2] - 0.24) / 0.585) - 1
    return np.where(rest[:, 1] > 6.02, -1.0, ring)


@dataclass(frozen=True)
class Jumper:
    """The cloth as a linear map of the base mesh, and the vertices of its rim in order."""

    matrix: sp.csr_matrix
    faces: Index
    rim: Index

    def positions(self, base: Array) -> Array:
        skin = self.matrix @ base
        return skin + _THICKNESS_DM * normals(skin, self.faces)


def jumper(scalp: Scalp) -> Jumper:
    """Cuts the scalp's mesh, which reaches down to the chest, along the collar."""
    rest, faces = scalp.positions, scalp.faces
    corners = rest[faces]
    near = (corners[..., 1].min(1) > 3.6) & (np.abs(corners[..., 0]).max(1) < 2.6)
    cut = _Cut(beyond_collar(rest))
    kept = [piece for face in faces[near] for piece in cut.face(face)]
    used, renamed = np.unique(np.array(kept), return_inverse=True)
    number = {int(vertex): i for i, vertex in enumerate(used)}
    rim = np.array([number[vertex] for vertex in cut.loop()])
    return Jumper(cut.matrix(scalp.surface.matrix)[used], renamed.reshape(-1, 3), rim)


class _Cut:
    """Cuts triangles where a function of their vertices changes sign, keeping its positive side."""

    def __init__(self, values: Array) -> None:
        self._values = values
        self._between: dict[tuple[int, int], int] = {}
        self._next: dict[int, int] = {}

    def _vertex(self, a: int, b: int) -> int:
        edge = (min(a, b), max(a, b))
        return self._between.setdefault(edge, len(self._values) + len(self._between))

    def face(self, face: Index) -> list[tuple[int, int, int]]:
        inside = self._values[face] > 0
        match int(inside.sum()):
            case 3:
                return [tuple(int(v) for v in face)]
            case 1:
                a, b, c = np.roll(face, -int(np.argmax(inside))).tolist()
                p, q = self._vertex(a, b), self._vertex(a, c)
                self._next[p] = q
                return [(a, p, q)]
            case 2:
                a, b, c = np.roll(face, -int(np.argmin(inside))).tolist()
                p, q = self._vertex(a, b), self._vertex(a, c)
                self._next[q] = p
                return [(p, b, c), (p, c, q)]
        return []

    def loop(self) -> list[int]:
        """The longest closed chain of cut edges."""
        left, best = dict(self._next), []
        while left:
            start, vertex = left.popitem()
            chain = [start]
            while vertex in left:
                chain.append(vertex)
                vertex = left.pop(vertex)
            best = max(best, chain, key=len)
        return best

    def matrix(self, matrix: sp.csr_matrix) -> sp.csr_matrix:
        """`matrix` with a row for each cut vertex."""
        ends = np.array(list(self._between))
        a, b = self._values[ends[:, 0]], self._values[ends[:, 1]]
        share = a / (a - b)
        cut = sp.diags(1 - share) @ matrix[ends[:, 0]] + sp.diags(share) @ matrix[ends[:, 1]]
        return sp.vstack([matrix, cut]).tocsr()


def collar(cloth: Jumper, base: Array) -> tuple[Array, Array, Index, Array]:
    """The collar's positions, normals, faces and uv.

    The rim is low-passed to four harmonics: the cut through the body's mesh is wavy.
    """
    positions = cloth.positions(base)
    cut = positions[cloth.rim]
    rim = _harmonics(_resample(cut, cut), 4)
    out = _harmonics(_resample(cut, normals(positions, cloth.faces)[cloth.rim]), 3)
    along = unit(np.roll(rim, -1, 0) - np.roll(rim, 1, 0))
    out = unit(out - along * (out * along).sum(1, keepdims=True))
    inward = np.cross(along, out)
    inward *= np.sign(((rim.mean(0) - rim) * inward).sum(1).mean())
    section = np.concatenate([rim + a * inward + b * out for a, b in _PROFILE])
    rows = len(_PROFILE)
    faces = grid(rows, _RIM, closed=True)
    normal = normals(section, faces)
    if (normal * np.tile(out, (rows, 1))).sum() < 0:
        faces, normal = faces[:, ::-1], -normal
    uv = np.stack([np.tile(np.arange(_RIM) / _RIM, rows), np.repeat(np.linspace(0, 1, rows), _RIM)])
    return section, normal, faces, uv.T


def _resample(loop: Array, values: Array) -> Array:
    """`values` along the closed `loop` at equal steps of its length, (_RIM, 3)."""
    closed, wrapped = np.vstack([loop, loop[:1]]), np.vstack([values, values[:1]])
    run = np.r_[0, np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))]
    at = np.linspace(0, run[-1], _RIM + 1)[:-1]
    return np.stack([np.interp(at, run, wrapped[:, axis]) for axis in range(3)], 1)


def _harmonics(loop: Array, n: int) -> Array:
    spectrum = np.fft.rfft(loop, axis=0)
    spectrum[n + 1 :] = 0
    return np.fft.irfft(spectrum, len(loop), axis=0)
