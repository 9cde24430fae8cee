"""Parts as linear maps of the base mesh, so that identities and morphs pass through unchanged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from avatars.bake.makehuman import N_BASE, Array, MakeHuman

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Surface:
    """A piece of the base mesh.

    matrix: (n_welded, N_BASE); welded positions = matrix @ base positions.
    faces: (m, 3) triangles over welded vertices.
    split: (n_vertices,) welded vertex of each drawn vertex; UV seams make the difference.
    triangles: (m, 3) triangles over drawn vertices.
    uv: (n_vertices, 2).
    """

    matrix: sp.csr_matrix
    faces: Index
    split: Index
    triangles: Index
    uv: Array

    @property
    def quads(self) -> Index:
        """(m / 2, 4) over welded vertices: the faces as they were before triangulation."""
        first, second = np.split(self.faces, 2)
        return np.c_[first, second[:, 2]]

    def welded(self, base: Array) -> Array:
        return self.matrix @ base

    def share(self, vertices: Index) -> Array:
        """How much of each welded vertex comes from `vertices` of the base mesh, (n_welded,)."""
        return np.asarray(self.matrix[:, vertices].sum(axis=1)).ravel()


def smoothstep(low: float | Array, high: float | Array, x: float | Array) -> Array:
    t = np.clip((x - low) / (np.asarray(high) - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def unit(vectors: Array) -> Array:
    """`vectors` scaled to length one along the last axis; zero stays zero."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def normals(positions: Array, faces: Index) -> Array:
    """Area-weighted vertex normals, (n, 3)."""
    a, b, c = (positions[faces[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    out = np.zeros_like(positions)
    for corner in range(3):
        for axis in range(3):
            out[:, axis] += np.bincount(faces[:, corner], face[:, axis], minlength=len(positions))
    return unit(out)


def triangulate(quads: Index) -> Index:
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def grid(rows: int, cols: int, *, closed: bool = False, offset: int = 0) -> Index:
    """Triangles of a row-major grid of vertices; `closed` joins the last column to the first."""
    last = cols if closed else cols - 1
    i, j = (k.ravel() for k in np.meshgrid(np.arange(rows - 1), np.arange(last), indexing="ij"))
    a, b = i * cols + j, i * cols + (j + 1) % cols
    c, d = a + cols, b + cols
    return np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)]) + offset


def surface(source: MakeHuman, chosen: NDArray[np.bool_], levels: int = 0) -> Surface:
    """The quads `chosen` (a mask over source.quads), subdivided `levels` times."""
    used, quads = _compact(source.quads[chosen])
    used_uv, quad_uvs = _compact(source.quad_uvs[chosen])
    matrix = sp.csr_matrix((np.ones(len(used)), (np.arange(len(used)), used)), (len(used), N_BASE))
    uv = source.uvs[used_uv]
    for _ in range(levels):
        step, quads_next = _catmull_clark(quads, matrix.shape[0])
        step_uv, quad_uvs = _linear(quad_uvs, len(uv))
        quads, matrix, uv = quads_next, (step @ matrix).tocsr(), step_uv @ uv
    key = quads.astype(np.int64) * len(uv) + quad_uvs
    keys, corners = np.unique(key, return_inverse=True)
    corners = corners.reshape(quads.shape)
    return Surface(
        matrix, triangulate(quads), keys // len(uv), triangulate(corners), uv[keys % len(uv)]
    )


def _compact(faces: Index) -> tuple[Index, Index]:
    used, renamed = np.unique(faces, return_inverse=True)
    return used, renamed.reshape(faces.shape)


def _edges(quads: Index) -> tuple[Index, Index, Index]:
    """Unique edges (e, 2), the edge of each side of each quad (m, 4), faces per edge (e,)."""
    sides = np.sort(np.stack([quads, np.roll(quads, -1, 1)], 2).reshape(-1, 2), 1)
    unique, inverse, count = np.unique(sides, axis=0, return_inverse=True, return_counts=True)
    return unique, inverse.reshape(quads.shape), count


def _refined(quads: Index, sides: Index, n_vertices: int, n_edges: int) -> Index:
    edge = sides + n_vertices
    centre = np.arange(len(quads)) + n_vertices + n_edges
    return np.stack(
        [np.stack([quads[:, i], edge[:, i], centre, edge[:, i - 1]], 1) for i in range(4)], 1
    ).reshape(-1, 4)


def _averages(quads: Index, edges: Index, n: int) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    n_faces, n_edges = len(quads), len(edges)
    faces = sp.csr_matrix(
        (np.full(4 * n_faces, 0.25), (np.repeat(np.arange(n_faces), 4), quads.ravel())),
        (n_faces, n),
    )
    middles = sp.csr_matrix(
        (np.full(2 * n_edges, 0.5), (np.repeat(np.arange(n_edges), 2), edges.ravel())),
        (n_edges, n),
    )
    return faces, middles


def _linear(quads: Index, n: int) -> tuple[sp.csr_matrix, Index]:
    edges, sides, _ = _edges(quads)
    faces, middles = _averages(quads, edges, n)
    step = sp.vstack([sp.identity(n), middles, faces]).tocsr()
    return step, _refined(quads, sides, n, len(edges))


def _catmull_clark(quads: Index, n: int) -> tuple[sp.csr_matrix, Index]:
    """One step of Catmull & Clark (1978) with their boundary rule, as a matrix."""
    edges, sides, count = _edges(quads)
    n_faces, n_edges = len(quads), len(edges)
    boundary = count == 1
    face_points, middles = _averages(quads, edges, n)
    owner = np.repeat(np.arange(n_faces), 4)
    edge_faces = sp.csr_matrix((np.ones(4 * n_faces), (sides.ravel(), owner)), (n_edges, n_faces))
    edge_points = sp.diags(np.where(boundary, 1.0, 0.5)) @ middles
    edge_points += sp.diags(np.where(boundary, 0.0, 0.25)) @ (edge_faces @ face_points)

    ends = edges.ravel()
    touches = sp.csr_matrix(
        (np.ones(2 * n_edges), (ends, np.repeat(np.arange(n_edges), 2))), (n, n_edges)
    )
    around = sp.csr_matrix((np.ones(4 * n_faces), (quads.ravel(), owner)), (n, n_faces))
    valence = np.maximum(np.bincount(ends, minlength=n), 1).astype(float)
    n_around = np.maximum(np.bincount(quads.ravel(), minlength=n), 1).astype(float)
    on_boundary = np.zeros(n, bool)
    on_boundary[edges[boundary].ravel()] = True

    mean_faces = sp.diags(1 / n_around) @ around @ face_points
    mean_edges = sp.diags(1 / valence) @ touches @ middles
    inside = (
        sp.diags(1 / valence) @ mean_faces
        + sp.diags(2 / valence) @ mean_edges
        + sp.diags((valence - 3) / valence)
    )
    n_boundary = np.maximum(np.asarray(touches @ boundary.astype(float)), 1)
    rim = 0.5 * sp.identity(n) + sp.diags(0.5 / n_boundary) @ (
        touches @ sp.diags(boundary.astype(float)) @ middles
    )
    vertex_points = sp.diags((~on_boundary).astype(float)) @ inside
    vertex_points += sp.diags(on_boundary.astype(float)) @ rim
    step = sp.vstack([vertex_points, edge_points, face_points]).tocsr()
    return step, _refined(quads, sides, n, n_edges)
