"""Normals under morph targets as they are defined, over the whole mesh, one target at a time."""

from __future__ import annotations

import numpy as np

from avatars.mesh import Floats, Indices, Part, welded


def vertex_normals(positions: Floats, triangles: Indices) -> Floats:
    """Area-weighted vertex normals, (n, 3)."""
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    faces = np.cross(b - a, c - a)
    corners = triangles.ravel()
    spread = np.repeat(faces, 3, axis=0)
    out = np.stack([np.bincount(corners, spread[:, k], len(positions)) for k in range(3)], 1)
    length = np.linalg.norm(out, axis=1, keepdims=True)
    return (out / np.maximum(length, 1e-12)).astype(np.float32)


def welded_normals(positions: Floats, part: Part) -> Floats:
    """Vertex normals, (n, 3), of `part` at other positions, the same on both sides of a seam."""
    first, weld = welded(part)
    return vertex_normals(positions[first], weld[part.triangles].astype(np.uint32))[weld]


def normal_offsets(positions: Floats, part: Part) -> Floats:
    """How each morph target at weight 1 changes the normals of `part` at `positions`, (k, n, 3)."""
    first, weld = welded(part)
    faces = weld[part.triangles].astype(np.uint32)
    base = vertex_normals(positions[first], faces)
    out = np.zeros_like(part.offsets)
    for k, offset in enumerate(part.offsets):
        out[k] = (vertex_normals((positions + offset)[first], faces) - base)[weld]
    return out
