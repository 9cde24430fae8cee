"""Puts one identity's head together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from scipy.spatial import cKDTree

from avatars.bake import clothing, eyes
from avatars.bake.brows import brows, stiffened
from avatars.bake.glb import Baked
from avatars.bake.hair import STYLES
from avatars.bake.makehuman import Array, MakeHuman, sample
from avatars.bake.occlusion import occlusion
from avatars.bake.recipe import Recipe
from avatars.bake.scalp import Scalp
from avatars.bake.strands import HairMesh
from avatars.bake.topology import Index, Surface, normals, surface, unit
from avatars.bake.units import targets

_UPPER_TEETH_SHIFT_DM = np.array([0.0, -0.035, 0.012])
"""The upper teeth sit too high: a smile showed gum on one side only."""

_LASH_DROOP_DM = np.array([0.0, -0.05, 0.01])
"""The face unit for a blink leaves the upper lashes pointing at the viewer, so that a shut eye
shows no line; their tips are turned down by this much."""

_EYE_SCALE = 0.985
_NEGLIGIBLE_DM = 1e-4


class Head:
    """Bakes `recipe` from `source`: `face` and `hair` are the parts of its two files."""

    def __init__(self, source: MakeHuman, recipe: Recipe) -> None:
        self._source, self._recipe = source, recipe
        self._base = recipe.base(source)
        self._units = targets(source)
        self._scalp = Scalp(source)
        self._skin = self._surface("body", levels=0)
        self._jumper = clothing.jumper(self._scalp)
        self._collar = clothing.collar(self._jumper, self._base)
        self._hair = [self._fit(mesh) for mesh in STYLES[recipe.hair](self._scalp)]
        self._occluders = self._dense()

    def face(self) -> list[Baked]:
        return [
            self._bake_skin(),
            self._bake_teeth(),
            self._bake("tongue", self._surface("helper-tongue", levels=1)),
            self._bake_lashes(),
            *self._bake_eyes(),
            self._bake_brows(),
            *self._bake_clothes(),
        ]

    def hair(self) -> list[Baked]:
        out = []
        for mesh, positions, normal, flow in self._hair:
            mask = np.c_[mesh.mask, occlusion(positions, normal, self._occluders)]
            out.append(
                Baked(
                    f"hair-{mesh.kind}",
                    f"hair-{mesh.kind}",
                    positions,
                    normal,
                    mesh.faces,
                    mesh.uv,
                    mesh.positions,
                    mask,
                    flow,
                )
            )
        return out

    def _surface(self, *groups: str, levels: int) -> Surface:
        chosen = np.isin(self._source.quad_groups, groups)
        if groups == ("body",):
            corners = self._source.positions[self._source.quads]
            chosen &= (corners[..., 1].min(1) > 4.75) & (np.abs(corners[..., 0]).max(1) < 2.3)
        return surface(self._source, chosen, levels)

    def _eye_centres(self) -> Array:
        boxes = [self._base[self._source.group(f"helper-{s}-eye")] for s in "lr"]
        return np.array([(box.min(0) + box.max(0)) / 2 for box in boxes])

    def _bake(self, name: str, part: Surface, base: Array | None = None) -> Baked:
        """A part of the base mesh with its morph targets and a full mask."""
        welded = part.welded(self._base if base is None else base)
        moves = {unit: part.welded(d)[part.split] for unit, d in self._units.items()}
        return Baked(
            name=name,
            material=name,
            positions=welded[part.split],
            normals=normals(welded, part.faces)[part.split],
            faces=part.triangles,
            uv=part.uv,
            rest=part.welded(self._source.positions)[part.split],
            mask=np.ones((len(part.split), 4)),
            targets=_moving(moves),
        )

    def _bake_skin(self) -> Baked:
        """Mask: lips, eyelids, inside of the mouth, ambient occlusion."""
        part = self._skin
        baked = self._bake("skin", part)
        welded = part.welded(self._base)
        shade = occlusion(welded, normals(welded, part.faces), self._occluders)
        paint = [sample(self._source.mask(m), part.uv) for m in ("lips", "eyelids", "inside-mouth")]
        covered = clothing.beyond_collar(baked.rest) > 0.14
        bare = part.triangles[~covered[part.triangles].all(1)]
        return replace(baked, faces=bare, mask=np.c_[np.stack(paint, 1), shade[part.split]])

    def _bake_teeth(self) -> Baked:
        """Mask: upper (1) or lower (0) teeth."""
        part = self._surface("helper-upper-teeth", "helper-lower-teeth", levels=2)
        upper = part.share(self._source.group("helper-upper-teeth")) > 0.5
        baked = self._bake("teeth", part)
        mask = baked.mask.copy()
        mask[:, 0] = upper[part.split]
        moved = baked.positions + mask[:, :1] * _UPPER_TEETH_SHIFT_DM
        return replace(baked, positions=moved, mask=mask)

    def _bake_lashes(self) -> Baked:
        """Mask: upper (1) or lower (0) lid, root to tip, inner to outer corner."""
        groups = [f"helper-{s}-eyelashes-{lid}" for s in "lr" for lid in (1, 2)]
        part = self._surface(*groups, levels=1)
        upper = part.share(self._source.group(*groups[1::2])) > 0.5
        baked = self._bake("lashes", part)
        tip, outer = eyes.lash_coordinates(part.quads, part.welded(self._base), self._eye_centres())
        drop = (upper * tip)[part.split]
        droop = {
            f"eyeBlink{side}": (drop * near)[:, None] * _LASH_DROOP_DM
            for side, near in (("Left", baked.rest[:, 0] > 0), ("Right", baked.rest[:, 0] < 0))
        }
        moves = {name: d + droop.get(name, 0.0) for name, d in baked.targets.items()}
        mask = np.stack([upper, tip, outer, np.ones(len(tip))], 1)[part.split]
        return replace(baked, mask=mask, targets=moves)

    def _bake_eyes(self) -> list[Baked]:
        ball, faces = eyes.eyeball()
        boxes = [self._base[self._source.group(f"helper-{s}-eye")] for s in "lr"]
        out = []
        for name, box, centre in zip(
            ("eyeLeft", "eyeRight"), boxes, self._eye_centres(), strict=True
        ):
            radius = _EYE_SCALE * float(np.ptp(box, axis=0).max()) / 2
            out.append(
                Baked(
                    name=name,
                    material="eye",
                    positions=ball * radius,
                    normals=normals(ball, faces),
                    faces=faces,
                    uv=ball[:, :2] * 0.5 + 0.5,
                    rest=ball,
                    mask=np.ones((len(ball), 4)),
                    translation=centre,
                    extras={"radius": round(radius, 6)},
                )
            )
        return out

    def _bake_brows(self) -> Baked:
        recipe = self._recipe
        brow = brows(
            self._scalp,
            thickness=recipe.brow_thickness,
            arch=recipe.brow_arch,
            length=recipe.brow_length,
        )
        bound = self._bind(brow.positions, neighbours=5, softness=0.015)
        skin = self._scalp.surface.welded(self._base)
        skin_normals = normals(skin, self._scalp.faces)
        under = bound @ self._base
        near = cKDTree(skin).query(under, k=6)[1]
        out = unit(skin_normals[near].mean(1))
        positions = under + brow.lift[:, None] * out
        moves = {name: stiffened(bound @ d) for name, d in self._units.items()}
        return Baked(
            name="brows",
            material="brows",
            positions=positions,
            normals=normals(positions, brow.faces),
            faces=brow.faces,
            uv=brow.uv,
            rest=brow.positions,
            mask=np.ones((len(positions), 4)),
            flow=brow.flow,
            targets=_moving(moves),
        )

    def _bake_clothes(self) -> list[Baked]:
        cloth = self._jumper.positions(self._base)
        normal = normals(cloth, self._jumper.faces)
        rest = self._jumper.matrix @ self._source.positions
        rim, rim_normals, rim_faces, rim_uv = self._collar
        return [
            Baked(
                name="jumper",
                material="cloth",
                positions=cloth,
                normals=normal,
                faces=self._jumper.faces,
                uv=np.zeros((len(cloth), 2)),
                rest=rest,
                mask=self._shaded(cloth, normal),
            ),
            Baked(
                name="collar",
                material="knit",
                positions=rim,
                normals=rim_normals,
                faces=rim_faces,
                uv=rim_uv,
                rest=rim,
                mask=self._shaded(rim, rim_normals),
            ),
        ]

    def _shaded(self, positions: Array, normal: Array) -> Array:
        shade = occlusion(positions, normal, self._occluders)
        return np.c_[np.ones((len(positions), 3)), shade]

    def _bind(self, rest: Array, *, neighbours: int = 20, softness: float = 0.10) -> sp.csr_matrix:
        """Rest positions as averages of the skin near them: (n, N_BASE)."""
        scalp = self._scalp
        gap, index = cKDTree(scalp.positions[scalp.outside]).query(rest, k=neighbours)
        weight = 1 / (gap + softness) ** 3
        weight /= weight.sum(1, keepdims=True)
        row = np.repeat(np.arange(len(rest)), neighbours)
        shape = (len(rest), len(scalp.positions))
        picked = sp.csr_matrix((weight.ravel(), (row, scalp.outside[index].ravel())), shape)
        return picked @ scalp.surface.matrix

    def _fit(self, mesh: HairMesh) -> tuple[HairMesh, Array, Array, Array]:
        """Hair carried to this identity and kept out of its skin: positions, normals, flow."""
        change = self._base - self._source.positions
        step = 0.02
        ahead = mesh.positions + step * mesh.flow
        positions = mesh.positions + self._bind(mesh.positions) @ change
        flow = unit(ahead + self._bind(ahead) @ change - positions)

        outside = self._scalp.outside
        skin = self._scalp.surface.welded(self._base)
        skin_normals = normals(skin, self._scalp.faces)[outside]
        skin = skin[outside]
        gap, index = cKDTree(skin).query(positions, k=4)
        out = skin_normals[index]
        above = ((positions[:, None] - skin[index]) * out).sum(2).mean(1)
        push = np.clip(mesh.offset - above, 0, 0.15) * (gap[:, 0] < 0.25)
        positions = positions + out.mean(1) * push[:, None]

        normal = normals(positions, mesh.faces)
        if mesh.facing is not None:
            normal *= np.sign((normal * mesh.facing).sum(1, keepdims=True) + 1e-9)
            normal = unit(normal + mesh.facing)
        return mesh, positions, normal, flow

    def _dense(self) -> Array:
        """Points that stand for every surface that can shade another."""
        skin = self._skin.welded(self._base)
        cloth = self._jumper.positions(self._base)
        rim, _, rim_faces, _ = self._collar
        meshes = [(cloth, self._jumper.faces), (rim, rim_faces)]
        # The cap lies on the skin and would shade it black.
        meshes += [(p, mesh.faces) for mesh, p, _, _ in self._hair if mesh.kind != "cap"]
        clouds = [skin, skin[self._skin.faces].mean(1)]
        return np.concatenate(clouds + [_filled(p, faces) for p, faces in meshes])


def _moving(moves: dict[str, Array]) -> dict[str, Array]:
    return {name: d for name, d in moves.items() if np.abs(d).max() > _NEGLIGIBLE_DM}


def _filled(positions: Array, faces: Index) -> Array:
    """Vertices, face centres and two points of each face's edges."""
    a, b, c = (positions[faces[:, k]] for k in range(3))
    return np.concatenate([positions, (a + b + c) / 3, (a + b) / 2, (b + c) / 2])
