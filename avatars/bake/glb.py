"""Writes parts as glTF 2.0 binary: one mesh a part, sparse morph targets, deterministic bytes."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatars.bake.makehuman import Array
from avatars.bake.topology import Index

_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
_COMPONENTS = {"u1": 5121, "u2": 5123, "u4": 5125, "f4": 5126}
_ATTRIBUTES, _INDICES = 34962, 34963
_NEGLIGIBLE_DM = 2e-4


@dataclass(frozen=True)
class Baked:
    """One part, ready to write.

    mask: (n, 4) in 0..1, stored as bytes; what it holds depends on the material.
    rest: (n, 3) rest-space positions, or None where `positions` are that.
    flow: (n, 3) direction of hair, or None. lift: (n,) dm that a worn piece keeps off the skin.
    targets: blendshape name -> offsets (n, 3) dm. extras: stored on the mesh.
    shapes: identity shape -> offsets (n, 3) dm; these go to the basis, not into the mesh's file.
    """

    name: str
    material: str
    positions: Array
    normals: Array
    faces: Index
    uv: Array
    mask: Array
    rest: Array | None = None
    flow: Array | None = None
    lift: Array | None = None
    targets: dict[str, Array] = field(default_factory=dict)
    translation: Array | None = None
    extras: dict[str, float] = field(default_factory=dict)
    shapes: dict[str, Array] = field(default_factory=dict)


class _Buffer:
    """The binary chunk and the views and accessors that describe it."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[dict[str, object]] = []
        self.accessors: list[dict[str, object]] = []

    def _view(self, array: NDArray[np.generic], target: int | None = None) -> int:
        self.data.extend(b"\0" * (-len(self.data) % 4))
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": array.nbytes}
        self.views.append(view | ({"target": target} if target else {}))
        self.data.extend(np.ascontiguousarray(array).tobytes())
        return len(self.views) - 1

    def _described(self, array: NDArray[np.generic], kind: str) -> dict[str, object]:
        return {
            "componentType": _COMPONENTS[kind],
            "count": len(array),
            "type": _TYPES[array.shape[1]],
        }

    def accessor(
        self, array: Array | Index, kind: str, target: int | None, *, bounds: bool = False
    ) -> int:
        packed = np.asarray(array).astype(f"<{kind}")
        entry = self._described(packed, kind)
        entry["bufferView"] = self._view(packed, target)
        if kind == "u1":
            entry["normalized"] = True
        if bounds:
            entry |= {"min": packed.min(0).tolist(), "max": packed.max(0).tolist()}
        self.accessors.append(entry)
        return len(self.accessors) - 1

    def sparse(self, offsets: Array) -> int:
        """An accessor that holds only the vertices that move."""
        moved = np.flatnonzero(np.abs(offsets).max(1) > _NEGLIGIBLE_DM)
        values = offsets[moved].astype("<f4")
        entry = self._described(offsets, "f4")
        dense = np.zeros_like(offsets, dtype="<f4")
        dense[moved] = values
        entry |= {"min": dense.min(0).tolist(), "max": dense.max(0).tolist()}
        entry["sparse"] = {
            "count": len(moved),
            "indices": {
                "bufferView": self._view(moved.astype("<u2")),
                "componentType": _COMPONENTS["u2"],
            },
            "values": {"bufferView": self._view(values)},
        }
        self.accessors.append(entry)
        return len(self.accessors) - 1


def write(path: Path, parts: list[Baked], copyright_notice: str) -> None:
    """Writes `parts` to `path`. The same parts give the same bytes."""
    buffer = _Buffer()
    materials = sorted({part.material for part in parts})
    document = {
        "asset": {"version": "2.0", "generator": "avatars.bake", "copyright": copyright_notice},
        "scene": 0,
        "scenes": [{"nodes": list(range(len(parts)))}],
        "nodes": [_node(i, part) for i, part in enumerate(parts)],
        "materials": [{"name": name} for name in materials],
        "meshes": [_mesh(buffer, part, materials) for part in parts],
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": len(buffer.data)}],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    body = bytes(buffer.data) + b"\0" * (-len(buffer.data) % 4)
    total = 12 + 8 + len(text) + 8 + len(body)
    path.write_bytes(
        struct.pack("<4sII", b"glTF", 2, total)
        + struct.pack("<I4s", len(text), b"JSON")
        + text
        + struct.pack("<I4s", len(body), b"BIN\0")
        + body
    )


def _node(mesh: int, part: Baked) -> dict[str, object]:
    node: dict[str, object] = {"name": part.name, "mesh": mesh}
    if part.translation is not None:
        node["translation"] = [float(np.float32(x)) for x in part.translation]
    return node


def _mesh(buffer: _Buffer, part: Baked, materials: list[str]) -> dict[str, object]:
    attributes = {
        "POSITION": buffer.accessor(part.positions, "f4", _ATTRIBUTES, bounds=True),
        "NORMAL": buffer.accessor(part.normals, "f4", _ATTRIBUTES),
        # glTF counts v from the top.
        "TEXCOORD_0": buffer.accessor(part.uv * (1, -1) + (0, 1), "f4", _ATTRIBUTES),
        "_MASK": buffer.accessor(np.round(np.clip(part.mask, 0, 1) * 255), "u1", _ATTRIBUTES),
    }
    lift = None if part.lift is None else part.lift[:, None]
    for name, values in (("_REST", part.rest), ("_FLOW", part.flow), ("_LIFT", lift)):
        if values is not None:
            attributes[name] = buffer.accessor(values, "f4", _ATTRIBUTES)
    primitive: dict[str, object] = {
        "attributes": attributes,
        "indices": buffer.accessor(part.faces.reshape(-1, 1), "u2", _INDICES),
        "material": materials.index(part.material),
    }
    mesh: dict[str, object] = {"name": part.name, "primitives": [primitive]}
    extras: dict[str, object] = dict(part.extras)
    if part.targets:
        primitive["targets"] = [{"POSITION": buffer.sparse(d)} for d in part.targets.values()]
        mesh["weights"] = [0.0] * len(part.targets)
        extras["targetNames"] = list(part.targets)
    return mesh | ({"extras": extras} if extras else {})
