"""What is worn on the head (hair, beards, glasses): shaded, and the shade it throws."""

from __future__ import annotations

import numpy as np

from avatars.bake.glb import Baked
from avatars.bake.head import Head
from avatars.bake.makehuman import Array, MakeHuman
from avatars.bake.occlusion import filled, occlusion
from avatars.bake.strands import HairMesh
from avatars.bake.topology import normals, unit


class Dresser:
    """Shades pieces on the unmodified base mesh, where they are made; avatars.fit carries them
    to an identity."""

    def __init__(self, source: MakeHuman, head: Head) -> None:
        self._bare = head.occluders(source.positions)
        self._skin, self._skin_normals = head.skin_at_rest()
        self._open = occlusion(self._skin, self._skin_normals, self._bare)

    def dress(self, meshes: list[HairMesh]) -> tuple[list[Baked], Array]:
        """The parts of one piece, and what share of its light the piece leaves to each of the
        skin's vertices, (n,)."""
        # A cap lies on the skin and would shade it black.
        raised = [filled(m.positions, m.faces) for m in meshes if m.kind != "hair-cap"]
        occluders = np.concatenate([self._bare, *raised])
        parts = [_part(mesh, occluders) for mesh in meshes]
        shade = occlusion(self._skin, self._skin_normals, occluders)
        return parts, np.clip(shade / np.maximum(self._open, 1e-3), 0, 1)


def _part(mesh: HairMesh, occluders: Array) -> Baked:
    normal = normals(mesh.positions, mesh.faces)
    if mesh.facing is not None:
        normal = normal * np.sign((normal * mesh.facing).sum(1, keepdims=True) + 1e-9)
        normal = unit(normal + mesh.facing)
    return Baked(
        name=mesh.kind,
        material=mesh.kind,
        positions=mesh.positions,
        normals=normal,
        faces=mesh.faces,
        uv=mesh.uv,
        mask=np.c_[mesh.mask, occlusion(mesh.positions, normal, occluders)],
        flow=mesh.flow,
        lift=mesh.offset,
        extras={"follows": float(mesh.follows), "rigid": float(mesh.rigid)},
    )
