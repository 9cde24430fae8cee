"""Eyeballs, and the coordinates along the lashes."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components, dijkstra

from avatars.bake.makehuman import Array
from avatars.bake.topology import Index

_RINGS, _SPOKES = 24, 40


def eyeball() -> tuple[Array, Index]:
    """A unit eyeball that looks along +z, with a cornea, denser at the front: positions, faces."""
    polar = np.linspace(0, 1, _RINGS)[:, None] ** 1.25 * np.pi * 0.75
    azimuth = np.arange(_SPOKES)[None] / _SPOKES * 2 * np.pi
    radius = 1 + 0.055 * np.clip(1 - (polar / 0.52) ** 2, 0, 1) ** 1.5
    positions = radius[..., None] * np.stack(
        np.broadcast_arrays(
            np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)
        ),
        -1,
    )
    i, j = (k.ravel() for k in np.meshgrid(range(_RINGS - 1), range(_SPOKES), indexing="ij"))
    a, b = i * _SPOKES + j, i * _SPOKES + (j + 1) % _SPOKES
    c, d = a + _SPOKES, b + _SPOKES
    return positions.reshape(-1, 3), np.concatenate(
        [np.stack([a, c, b], 1), np.stack([b, c, d], 1)]
    )


def lash_coordinates(quads: Index, positions: Array, centres: Array) -> tuple[Array, Array]:
    """Share of the way from root to tip and from inner to outer corner, (n,) each.

    quads: of the four lash strips, each a grid that is longer than high. positions: (n, 3).
    centres: (2, 3) of the left and the right eye.
    """
    n = len(positions)
    sides = np.sort(np.stack([quads, np.roll(quads, -1, 1)], 2).reshape(-1, 2), 1)
    edges, count = np.unique(sides, axis=0, return_counts=True)
    graph = sp.coo_matrix((np.ones(len(edges)), edges.T), (n, n)).tocsr()
    rim = edges[count == 1]
    corner = np.bincount(quads.ravel(), minlength=n) == 1
    # A strip's rim without its corners falls into its four sides.
    inner_rim = rim[~corner[rim].any(1)]
    rim_graph = sp.coo_matrix((np.ones(len(inner_rim)), inner_rim.T), (n, n)).tocsr()
    _, side = connected_components(rim_graph, directed=False)
    _, strip = connected_components(graph, directed=False)

    centre = np.where(positions[:, :1] > 0, centres[0], centres[1])
    reach = np.linalg.norm(positions - centre, axis=1)
    along, across = np.zeros(n), np.zeros(n)
    on_rim = np.setdiff1d(rim, np.flatnonzero(corner))
    for number in range(strip.max() + 1):
        own = on_rim[strip[on_rim] == number]
        groups = [own[side[own] == label] for label in np.unique(side[own])]
        groups.sort(key=len)
        inner = min(groups[:2], key=lambda group: np.abs(positions[group, 0]).mean())
        root = min(groups[2:], key=lambda group: reach[group].mean())
        inside = strip == number
        along[inside] = _hops(graph, root)[inside]
        across[inside] = _hops(graph, inner)[inside]
    return along, across


def _hops(graph: sp.csr_matrix, sources: Index) -> Array:
    """Edges to the nearest of `sources`, as a share of the longest way; unreachable is 0."""
    steps = dijkstra(graph, directed=False, indices=sources, unweighted=True, min_only=True)
    steps[np.isinf(steps)] = 0
    return steps / steps.max()
