"""Normals of one mesh under its morph targets, fast for one shape after another.

What depends on the triangles, and on which vertices a target moves, is worked out once. A target
moves a fifth of the face at most, so only the triangles near it are looked at. The results are
those of the whole mesh.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from avatars.mesh import Floats, Part, welded

_Rows = NDArray[np.intp]


class Normals:
    """Of the triangles and targets of `part`, at any positions of its vertices.

    weld: whether vertices that a UV seam has split share their normal.
    """

    def __init__(self, part: Part, *, weld: bool) -> None:
        every = np.arange(len(part.positions))
        self._first, self._weld = welded(part) if weld else (every, every)
        n = len(self._first)
        self._faces = self._weld[part.triangles]
        self._around = _around(self._faces, n)
        # The triangles near every target as one mesh, in which each has its own vertices.
        self._bent: list[_Rows] = []
        self._rows: list[_Rows] = []
        used, moved, near = [every[:0]], [part.rest[:0]], [self._faces[:0]]
        start = 0
        for offset in part.offsets[:, self._first]:
            bent, faces = _near(self._faces, np.any(offset != 0, axis=1))
            mine = _members(faces, n)
            local = np.zeros(n, np.intp)
            local[mine] = start + np.arange(len(mine))
            self._bent.append(bent)
            self._rows.append(local[bent])
            used.append(mine)
            moved.append(offset[mine])
            near.append(local[faces])
            start += len(mine)
        self._used, self._moved = np.concatenate(used), np.concatenate(moved)
        self._near = np.concatenate(near)
        self._near_around = _around(self._near, start)

    def at(self, positions: Floats) -> tuple[Floats, Floats]:
        """Normals (n, 3) at `positions` (n, 3), and how each target at weight 1 changes them,
        (k, n, 3)."""
        at = positions[self._first]
        base = _unit(self._around @ _crossed(at, self._faces))
        near = _unit(self._near_around @ _crossed(at[self._used] + self._moved, self._near))
        change = np.zeros((len(self._bent), len(self._first), 3), np.float32)
        for k, (bent, rows) in enumerate(zip(self._bent, self._rows, strict=True)):
            change[k, bent] = near[rows] - base[bent]
        return base[self._weld], change[:, self._weld]


def _near(faces: _Rows, moved: NDArray[np.bool_]) -> tuple[_Rows, _Rows]:
    """Vertices whose normal a target may bend, and the triangles that those normals need."""
    bent = _members(faces[moved[faces].any(1)], len(moved))
    touched = np.zeros(len(moved), np.bool_)
    touched[bent] = True
    return bent, faces[touched[faces].any(1)]


def _members(faces: _Rows, n: int) -> _Rows:
    """The vertices of `faces`, each once, in order."""
    there = np.zeros(n, np.bool_)
    there[faces] = True
    return np.flatnonzero(there)


def _around(faces: _Rows, n: int) -> sp.csr_matrix:
    """Sums what the triangles round each of `n` vertices have, (n, n_faces)."""
    face = np.repeat(np.arange(len(faces)), 3)
    return sp.csr_matrix((np.ones(faces.size), (faces.ravel(), face)), (n, len(faces)))


def _crossed(positions: Floats, faces: _Rows) -> Floats:
    """Normals of triangles, as long as twice their area, (n_faces, 3)."""
    a = positions[faces[:, 0]]
    u, v = positions[faces[:, 1]] - a, positions[faces[:, 2]] - a
    out = np.empty_like(u)
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        out[:, i] = u[:, j] * v[:, k] - u[:, k] * v[:, j]
    return out


def _unit(vectors: NDArray[np.floating]) -> Floats:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(length, 1e-12)).astype(np.float32)
