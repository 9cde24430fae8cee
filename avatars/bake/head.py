"""The shared head and shoulders: one topology, the identity basis, one set of expressions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from avatars.bake import clothing, eyes
from avatars.bake.brows import Brows, bound, brows, stiffened
from avatars.bake.glb import Baked
from avatars.bake.makehuman import Array, MakeHuman, sample
from avatars.bake.occlusion import filled, occlusion
from avatars.bake.scalp import Scalp
from avatars.bake.shapes import Shapes
from avatars.bake.topology import Surface, normals, surface, unit
from avatars.bake.units import targets

_UPPER_TEETH_SHIFT_DM = np.array([0.0, -0.035, 0.012])
"""The upper teeth sit too high: a smile showed gum on one side only."""

_LOWER_TEETH_SHIFT_DM = np.array([0.0, -0.017, 0.0])
"""The lower ones stood over the lip of an open mouth like a single tooth."""

_TONGUE_SHIFT_DM = np.array([0.0, -0.04, -0.04])
"""And the tongue over the teeth."""

_LASH_DROOP_DM = np.array([0.0, -0.05, 0.01])
"""The face unit for a blink leaves the upper lashes pointing at the viewer, so that a shut eye
shows no line; their tips are turned down by this much."""

_EYE_SCALE = 0.985
_NEGLIGIBLE_DM = 1e-4
_BROW_SHAPES = {"brow-thickness": 2.0, "brow-arch": 2.0, "brow-length": 1.3}
"""Shapes that only the brows have, and the proportion that weight 1 gives them."""


class Head:
    """Bakes the head from `source`, in the average shape with every departure from it.

    `parts` are complete but for the eyeballs' shapes, which `eye_shapes` holds: each part's
    positions, expression targets and identity shapes are linear in the base mesh, so that any
    identity's head is a weighted sum.
    """

    def __init__(self, source: MakeHuman, scalp: Scalp) -> None:
        self._source, self._scalp = source, scalp
        shapes = Shapes(source)
        self._base, self._shapes = shapes.average, shapes.targets
        self._units = targets(source)
        self._skin = self._surface("body", levels=0)
        self._jumper = clothing.jumper(scalp)
        self.shape_names = (*self._shapes, *_BROW_SHAPES)
        self._occluders = self.occluders(self._base)

    def parts(self) -> list[Baked]:
        return [
            self._bake_skin(),
            self._bake_teeth(),
            self._bake_tongue(),
            self._bake_lashes(),
            *self._bake_eyes(),
            self._bake_brows(),
            *self._bake_clothes(),
        ]

    def eye_shapes(self) -> Array:
        """Change of centre (x, y, z) and radius of the left and the right eye under each of
        `shape_names`, (k, 2, 4) dm."""
        still = _sockets(self._source, self._base)
        changes = [_sockets(self._source, self._base + d) - still for d in self._shapes.values()]
        return np.array(changes + [np.zeros((2, 4))] * len(_BROW_SHAPES))

    def occluders(self, base: Array) -> Array:
        """Points that stand for skin and clothes, which shade one another, on the base mesh
        `base`: (n, 3)."""
        skin = self._skin.welded(base)
        cloth = self._jumper.positions(base)
        rim, _, rim_faces, _ = clothing.collar(self._jumper, base)
        clouds = [skin, skin[self._skin.faces].mean(1)]
        meshes = [(cloth, self._jumper.faces), (rim, rim_faces)]
        return np.concatenate(clouds + [filled(p, faces) for p, faces in meshes])

    def skin_at_rest(self) -> tuple[Array, Array]:
        """Positions and normals of the skin's drawn vertices on the unmodified base mesh."""
        welded = self._skin.welded(self._source.positions)
        return welded[self._skin.split], normals(welded, self._skin.faces)[self._skin.split]

    def _surface(self, *groups: str, levels: int) -> Surface:
        chosen = np.isin(self._source.quad_groups, groups)
        if groups == ("body",):
            corners = self._source.positions[self._source.quads]
            chosen &= (corners[..., 1].min(1) > 4.75) & (np.abs(corners[..., 0]).max(1) < 2.3)
        return surface(self._source, chosen, levels)

    def _bake(self, name: str, part: Surface) -> Baked:
        """A part of the base mesh with its morph targets, its shapes and a full mask."""
        welded = part.welded(self._base)
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
            shapes={name: part.welded(d)[part.split] for name, d in self._shapes.items()},
        )

    def _bake_skin(self) -> Baked:
        """Mask: lips, eyelids, inside of the mouth, ambient occlusion."""
        part = self._skin
        baked = self._bake("skin", part)
        shade = occlusion(baked.positions, baked.normals, self._occluders)
        paint = [sample(self._source.mask(m), part.uv) for m in ("lips", "eyelids", "inside-mouth")]
        covered = clothing.beyond_collar(baked.rest) > 0.14
        bare = part.triangles[~covered[part.triangles].all(1)]
        return replace(baked, faces=bare, mask=np.c_[np.stack(paint, 1), shade])

    def _bake_teeth(self) -> Baked:
        """Mask: upper (1) or lower (0) teeth."""
        part = self._surface("helper-upper-teeth", "helper-lower-teeth", levels=2)
        upper = part.share(self._source.group("helper-upper-teeth")) > 0.5
        baked = self._bake("teeth", part)
        mask = baked.mask.copy()
        mask[:, 0] = upper[part.split]
        moved = baked.positions + mask[:, :1] * _UPPER_TEETH_SHIFT_DM
        moved += (1 - mask[:, :1]) * _LOWER_TEETH_SHIFT_DM
        return replace(baked, positions=moved, mask=mask)

    def _bake_tongue(self) -> Baked:
        baked = self._bake("tongue", self._surface("helper-tongue", levels=1))
        out = {"tongueOut": baked.targets["tongueOut"] - _TONGUE_SHIFT_DM}
        moved = baked.positions + _TONGUE_SHIFT_DM
        return replace(baked, positions=moved, targets=baked.targets | out)

    def _bake_lashes(self) -> Baked:
        """Mask: upper (1) or lower (0) lid, root to tip, inner to outer corner."""
        groups = [f"helper-{s}-eyelashes-{lid}" for s in "lr" for lid in (1, 2)]
        part = self._surface(*groups, levels=1)
        upper = part.share(self._source.group(*groups[1::2])) > 0.5
        baked = self._bake("lashes", part)
        centres = _sockets(self._source, self._base)[:, :3]
        tip, outer = eyes.lash_coordinates(part.quads, part.welded(self._base), centres)
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
        sockets = _sockets(self._source, self._base)
        return [
            Baked(
                name=name,
                material="eye",
                positions=ball * radius,
                normals=normals(ball, faces),
                faces=faces,
                uv=ball[:, :2] * 0.5 + 0.5,
                rest=ball,
                mask=np.ones((len(ball), 4)),
                translation=np.array(centre),
                extras={"radius": round(float(radius), 6)},
            )
            for name, (*centre, radius) in zip(("eyeLeft", "eyeRight"), sockets, strict=True)
        ]

    def _bake_brows(self) -> Baked:
        average = brows(self._scalp)
        on_skin = bound(self._scalp, average.positions)
        under, lift = on_skin @ self._base, self._lift(average)
        moves = {name: stiffened(on_skin @ d) for name, d in self._units.items()}
        shapes = {name: on_skin @ d for name, d in self._shapes.items()}
        for name, proportion in _BROW_SHAPES.items():
            other = brows(self._scalp, **{name.removeprefix("brow-"): proportion})
            shapes[name] = other.positions - average.positions + self._lift(other) - lift
        return Baked(
            name="brows",
            material="brows",
            positions=under + lift,
            normals=normals(under + lift, average.faces),
            faces=average.faces,
            uv=average.uv,
            rest=average.positions,
            mask=np.ones((len(under), 4)),
            flow=average.flow,
            targets=_moving(moves),
            shapes=shapes,
        )

    def _lift(self, brow: Brows) -> Array:
        """How the hairs of a brow stand off the skin of the average head, (n, 3)."""
        skin = self._scalp.surface.welded(self._base)
        near = cKDTree(self._scalp.positions).query(brow.positions, k=6)[1]
        out = unit(normals(skin, self._scalp.faces)[near].mean(1))
        return brow.lift[:, None] * out

    def _bake_clothes(self) -> list[Baked]:
        def rim(base: Array) -> Array:
            return clothing.collar(self._jumper, base)[0]

        cloth, faces = self._jumper.positions(self._base), self._jumper.faces
        section, section_normals, section_faces, uv = clothing.collar(self._jumper, self._base)
        at_rest = self._jumper.matrix @ self._source.positions
        jumper = Baked(
            name="jumper",
            material="cloth",
            positions=cloth,
            normals=normals(cloth, faces),
            faces=faces,
            uv=np.zeros((len(cloth), 2)),
            rest=at_rest,
            mask=np.ones((len(cloth), 4)),
            shapes=self._changed(self._jumper.positions),
        )
        collar = Baked(
            name="collar",
            material="knit",
            positions=section,
            normals=section_normals,
            faces=section_faces,
            uv=uv,
            rest=rim(self._source.positions),
            mask=np.ones((len(section), 4)),
            shapes=self._changed(rim),
        )
        return [self._shaded(jumper), self._shaded(collar)]

    def _changed(self, positions: Callable[[Array], Array]) -> dict[str, Array]:
        """What each shape does to a part that is not quite linear in the base mesh."""
        still = positions(self._base)
        return {name: positions(self._base + d) - still for name, d in self._shapes.items()}

    def _shaded(self, part: Baked) -> Baked:
        shade = occlusion(part.positions, part.normals, self._occluders)
        return replace(part, mask=np.c_[part.mask[:, :3], shade])


def _sockets(source: MakeHuman, base: Array) -> Array:
    """Centre and radius of the left and the right eyeball, (2, 4) dm."""
    boxes = [base[source.group(f"helper-{s}-eye")] for s in "lr"]
    radii = [_EYE_SCALE * np.ptp(box, axis=0).max() / 2 for box in boxes]
    return np.array([[*(b.min(0) + b.max(0)) / 2, r] for b, r in zip(boxes, radii, strict=True)])


def _moving(moves: dict[str, Array]) -> dict[str, Array]:
    return {name: d for name, d in moves.items() if np.abs(d).max() > _NEGLIGIBLE_DM}
