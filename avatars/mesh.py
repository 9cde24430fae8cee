"""glTF assets -> parts with morph targets.

trimesh reads and checks the geometry; it reads no morph targets, so those have a decoder here.
How a target changes the normals is no file's to say: it depends on the identity, and
`avatars.normals` works it out.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatars.errors import AvatarError
from avatars.expression import INDEX

Floats = NDArray[np.float32]
Indices = NDArray[np.uint32]

_COMPONENTS = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


@dataclass(frozen=True, slots=True)
class Part:
    """One mesh of the avatar, n vertices, k morph targets. Lengths in dm.

    uv: (n, 2); for hair across and along the strand. rest: (n, 3) position on the unmodified base
    mesh, the same for every identity. mask: (n, 4) uint8, its meaning is the material's.
    flow: (n, 3) direction of hair, zero elsewhere. origin: (3,) where the part's own origin lies.
    targets: (k,) which weights of an expression move it. offsets, normal_offsets: (k, n, 3), the
    latter 0 until a head has its shape.
    radius: of an eyeball, 0 elsewhere. Of what is worn, lift: (n,) how far it keeps off the skin;
    follows: it moves with the skin's expression; rigid: it fits a head without bending.
    """

    name: str
    material: str
    positions: Floats
    normals: Floats
    triangles: Indices
    uv: Floats
    rest: Floats
    mask: NDArray[np.uint8]
    flow: Floats
    origin: Floats
    targets: NDArray[np.intp]
    offsets: Floats
    normal_offsets: Floats
    lift: Floats
    radius: float = 0.0
    follows: bool = False
    rigid: bool = False


def load_parts(path: Path) -> list[Part]:
    """The parts of a glTF binary file, in the file's order.

    Raises AvatarError for a file that is missing or damaged.
    """
    import trimesh

    try:
        scene = trimesh.load_scene(path, process=False)
        morphs = decode_morphs(path)
        return [_part(scene, name, *morphs[name]) for name in morphs]
    except (OSError, ValueError, KeyError, IndexError, struct.error) as error:
        raise AvatarError(
            f"{path.name} is not a readable avatar asset: expected glTF 2.0, found {error!r}."
        ) from error


def _part(scene: Any, name: str, names: list[str], offsets: Floats) -> Part:
    mesh = scene.geometry[name]
    transform = scene.graph.get(name)[0]
    if not mesh.is_winding_consistent:
        raise ValueError(f"mesh {name} has faces that are wound both ways")
    extra = mesh.vertex_attributes
    positions = locked(mesh.vertices, np.float32)
    return Part(
        name=name,
        material=str(mesh.visual.material.name),
        positions=positions,
        normals=locked(mesh.vertex_normals, np.float32),
        triangles=locked(mesh.faces, np.uint32),
        # trimesh counts v from the bottom, as the baked coordinates do.
        uv=locked(mesh.visual.uv, np.float32),
        rest=locked(extra.get("_REST", positions), np.float32),
        mask=locked(extra["_MASK"], np.uint8),
        flow=locked(extra.get("_FLOW", np.zeros_like(positions)), np.float32),
        origin=locked(transform[:3, 3], np.float32),
        targets=locked([INDEX[target] for target in names], np.intp),
        offsets=locked(offsets, np.float32),
        normal_offsets=locked(np.zeros_like(offsets), np.float32),
        lift=locked(np.ravel(extra.get("_LIFT", np.zeros(len(positions)))), np.float32),
        radius=float(mesh.metadata.get("radius", 0.0)),
        follows=bool(mesh.metadata.get("follows", 0.0)),
        rigid=bool(mesh.metadata.get("rigid", 0.0)),
    )


def locked(values: object, kind: type) -> NDArray:
    """`values` as a read-only array of `kind`."""
    out: NDArray = np.array(values, kind, order="C")
    out.setflags(write=False)
    return out


def welded(part: Part) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First drawn vertex of each welded one, and the welded vertex of each drawn one: vertices
    that a UV seam has split share their rest position."""
    import trimesh

    first, weld = trimesh.grouping.unique_rows(part.rest)
    return first, weld


def decode_morphs(path: Path) -> dict[str, tuple[list[str], Floats]]:
    """Per mesh of a glTF binary file, in order: names of its morph targets, and their position
    offsets (k, n, 3). Accessors may be sparse, dense, or both."""
    document, body = _chunks(path.read_bytes())
    reader = _Accessors(document, body)
    out: dict[str, tuple[list[str], Floats]] = {}
    for mesh in document["meshes"]:
        primitive = mesh["primitives"][0]
        count = document["accessors"][primitive["attributes"]["POSITION"]]["count"]
        names = mesh.get("extras", {}).get("targetNames", [])
        offsets = [reader.read(target["POSITION"]) for target in primitive.get("targets", [])]
        if len(names) != len(offsets):
            raise ValueError(f"{len(offsets)} morph targets but {len(names)} names")
        out[mesh["name"]] = (names, np.array(offsets, np.float32).reshape(-1, count, 3))
    return out


def _chunks(data: bytes) -> tuple[dict, bytes]:
    magic, version, length = struct.unpack_from("<4sII", data)
    if magic != b"glTF" or version != 2 or length != len(data):
        raise ValueError("no glTF 2.0 header of the file's own length")
    size, _ = struct.unpack_from("<I4s", data, 12)
    document = json.loads(data[20 : 20 + size])
    return document, data[20 + size + 8 :]


class _Accessors:
    """Reads accessors of glTF 2.0 (section 3.6.2), sparse ones included."""

    def __init__(self, document: dict, body: bytes) -> None:
        self._accessors = document["accessors"]
        self._views = document["bufferViews"]
        self._body = body

    def _values(self, source: dict, component: int, count: int) -> NDArray:
        view = self._views[source["bufferView"]]
        start = view.get("byteOffset", 0) + source.get("byteOffset", 0)
        return np.frombuffer(self._body, _COMPONENTS[component], count, start)

    def read(self, number: int) -> NDArray:
        """Accessor `number` as (count, width)."""
        entry = self._accessors[number]
        width, component = _WIDTHS[entry["type"]], entry["componentType"]
        shape = (entry["count"], width)
        if "bufferView" in entry:
            out = self._values(entry, component, shape[0] * width).reshape(shape).copy()
        else:
            out = np.zeros(shape, _COMPONENTS[component])
        if "sparse" in entry:
            sparse = entry["sparse"]
            count = sparse["count"]
            rows = self._values(sparse["indices"], sparse["indices"]["componentType"], count)
            out[rows] = self._values(sparse["values"], component, count * width).reshape(-1, width)
        return out
