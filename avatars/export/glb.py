"""An avatar as glTF 2.0 binary: one mesh a part, with sparse, named morph targets and a skin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from avatars.export.binary import INDICES, VERTICES, Binary, Json
from avatars.export.licence import asset_licence
from avatars.export.lids import Eyes, turning_eye, with_lids
from avatars.export.materials import Surface, surface
from avatars.export.skeleton import METRES, Bone, bones, hanging, to_metres
from avatars.export.textures import Image, png
from avatars.expression import EXPRESSION, blend
from avatars.mesh import Floats, Part
from avatars.scene import Scene

GENERATOR = "EVOKE"

_NEGLIGIBLE_DM, _NEGLIGIBLE_BEND = 2e-4, 5e-3
_LIFT_DM = {"hair-cap": 0.012, "brows": 0.006}
"""How far thin layers are moved off the skin, which the renderer does in the depth buffer."""
_LINEAR, _MIPMAPPED, _REPEAT, _CLAMP = 9729, 9987, 10497, 33071
_SIDES = ("Left", "Right")


def glb_bytes(scene: Scene) -> bytes:
    """The avatar as a .glb file.

    Its morph targets are named in each mesh's extras (targetNames): the 52 blendshapes of ARKit,
    AU21 and AU38. It opens with the neutral face. The skeleton is that of `vrm_bytes`.
    """
    return Model(scene, calm=True).file({})


class Model:
    """The glTF document of one avatar while it is put together.

    parts: as exported, lids included. skeleton: its bones; bone i is node i, and part j is node
    len(skeleton) + j. calm: the file opens with the neutral expression, not with all weights 0.
    """

    def __init__(self, scene: Scene, *, calm: bool) -> None:
        self.scene = scene
        self.binary = Binary()
        self.skeleton = bones(scene)
        self.parts = exported_parts(scene)
        self._calm = calm
        self._eye_bones = dict(
            zip((eye.name for eye in scene.eyes), ("leftEye", "rightEye"), strict=True)
        )
        self._images: list[Json] = []
        self._textures: list[Json] = []
        self._known: dict[bytes, int] = {}
        self._materials: list[Json] = []

    def file(self, additions: Json) -> bytes:
        """The file's bytes; `additions` join the top level of the document."""
        first = len(self.skeleton)
        meshes = [self._mesh(part) for part in self.parts]
        document = {
            "asset": {
                "version": "2.0",
                "generator": GENERATOR,
                **asset_licence(self.scene.identity),
            },
            "scene": 0,
            "scenes": [{"nodes": [0, *range(first, first + len(meshes))]}],
            "nodes": [*_bone_nodes(self.skeleton), *_mesh_nodes(self.parts)],
            "meshes": meshes,
            "skins": [self._skin()],
            "materials": self._materials,
            "textures": self._textures,
            "images": self._images,
            "samplers": [
                {"magFilter": _LINEAR, "minFilter": _MIPMAPPED, "wrapS": _REPEAT, "wrapT": _CLAMP}
            ],
        }
        return self.binary.glb(document | additions)

    def _skin(self) -> Json:
        inverse = np.tile(np.eye(4), (len(self.skeleton), 1, 1))
        inverse[:, :3, 3] = [[-v for v in bone.at_m] for bone in self.skeleton]
        columns = inverse.transpose(0, 2, 1).reshape(-1, 16)  # glTF stores matrices by columns
        return {
            "joints": list(range(len(self.skeleton))),
            "inverseBindMatrices": self.binary.accessor(columns, "f4"),
        }

    def _mesh(self, part: Part) -> Json:
        add, drawn = self.binary.accessor, surface(part, self.scene.identity)
        numbers, shares = hanging(part, self.skeleton, self._eye_bones.get(part.name))
        attributes = {
            "POSITION": add(to_metres(part.positions + part.origin), "f4", VERTICES, bounds=True),
            "NORMAL": add(_unit(part.normals), "f4", VERTICES),
            "COLOR_0": add(drawn.colours, "u2", VERTICES, normalized=True),
            "JOINTS_0": add(numbers, "u1", VERTICES),
            "WEIGHTS_0": add(shares, "f4", VERTICES),
        }
        if drawn.uv is not None:
            attributes["TEXCOORD_0"] = add(drawn.uv, "f4", VERTICES)
        primitive: Json = {
            "attributes": attributes,
            "indices": add(part.triangles.reshape(-1, 1), "u2", INDICES),
            "material": self._material(part.name, drawn),
        }
        mesh: Json = {"name": part.name, "primitives": [primitive]}
        if len(part.targets):
            primitive["targets"] = [
                self._target(offset, bend)
                for offset, bend in zip(part.offsets, part.normal_offsets, strict=True)
            ]
            worn = blend({})[part.targets] if self._calm else np.zeros(len(part.targets))
            mesh["weights"] = [round(float(weight), 4) for weight in worn]
            mesh["extras"] = {"targetNames": [EXPRESSION[i] for i in part.targets]}
        return mesh

    def _target(self, offset: Floats, bend: Floats) -> Json:
        moved = np.flatnonzero(_moving(offset, bend))
        return {
            "POSITION": self.binary.sparse(offset * np.float32(METRES), moved),
            "NORMAL": self.binary.sparse(bend, moved),
        }

    def _material(self, name: str, drawn: Surface) -> int:
        plain: Json = {"metallicFactor": 0.0, "roughnessFactor": drawn.roughness}
        if drawn.image is not None:
            plain["baseColorTexture"] = {"index": self._texture(drawn.image)}
        material: Json = {"name": name, "pbrMetallicRoughness": plain}
        if drawn.alpha != "OPAQUE":
            material["alphaMode"] = drawn.alpha
        if not drawn.solid:
            material["doubleSided"] = True
        self._materials.append(material)
        return len(self._materials) - 1

    def _texture(self, image: Image) -> int:
        data = png(image)
        if data not in self._known:
            self._known[data] = len(self._textures)
            self._textures.append({"sampler": 0, "source": self.add_image(data)})
        return self._known[data]

    def add_image(self, data: bytes) -> int:
        """Number of a new image of the document from a PNG file's bytes."""
        self._images.append({"bufferView": self.binary.view(data), "mimeType": "image/png"})
        return len(self._images) - 1


def exported_parts(scene: Scene) -> tuple[Part, ...]:
    """The parts of `scene` as they are exported: lids that need no vertex shader, eyes that turn
    by morph targets, thin layers clear of what they lie on."""
    eyes = Eyes(
        np.array([eye.origin for eye in scene.eyes]), np.array([eye.radius for eye in scene.eyes])
    )
    sides = {eye.name: side for eye, side in zip(scene.eyes, _SIDES, strict=True)}
    return tuple(
        _without_idle_targets(
            turning_eye(part, sides[part.name])
            if part.name in sides
            else with_lids(_lifted(part), eyes)
        )
        for part in scene.parts
    )


def _without_idle_targets(part: Part) -> Part:
    """glTF has no morph target that moves nothing."""
    kept = np.flatnonzero(_moving(part.offsets, part.normal_offsets).any(1))
    return replace(
        part,
        targets=part.targets[kept],
        offsets=part.offsets[kept],
        normal_offsets=part.normal_offsets[kept],
    )


def _moving(offsets: Floats, bends: Floats) -> NDArray[np.bool_]:
    """Which vertices a target visibly moves or bends, (..., n) from (..., n, 3)."""
    moved = np.abs(offsets).max(-1) > _NEGLIGIBLE_DM
    return moved | (np.abs(bends).max(-1) > _NEGLIGIBLE_BEND)


def _lifted(part: Part) -> Part:
    lift = np.float32(_LIFT_DM.get(part.material, 0.0))
    return replace(part, positions=part.positions + lift * part.normals)


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return np.where(length > 0.0, vectors / np.maximum(length, 1e-12), (0.0, 0.0, 1.0))


def _bone_nodes(skeleton: Sequence[Bone]) -> list[Json]:
    nodes: list[Json] = []
    for number, bone in enumerate(skeleton):
        above = skeleton[bone.parent].at_m if bone.parent is not None else (0.0, 0.0, 0.0)
        shift = [round(a - b, 6) for a, b in zip(bone.at_m, above, strict=True)]
        node: Json = {"name": bone.name, "translation": shift}
        children = [i for i, other in enumerate(skeleton) if other.parent == number]
        nodes.append(node | ({"children": children} if children else {}))
    return nodes


def _mesh_nodes(parts: Sequence[Part]) -> list[Json]:
    return [{"name": part.name, "mesh": i, "skin": 0} for i, part in enumerate(parts)]
