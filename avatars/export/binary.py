"""The binary chunk of a glTF file, and the views and accessors that describe it."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_COMPONENTS = {"u1": 5121, "u2": 5123, "u4": 5125, "f4": 5126}

VERTICES, INDICES = 34962, 34963
"""What a buffer view is for (glTF 2.0, section 3.6.1.2)."""

Json = dict[str, Any]


class Binary:
    """Arrays packed one after the other, each on a multiple of four bytes."""

    def __init__(self) -> None:
        self._data = bytearray()
        self.views: list[Json] = []
        self.accessors: list[Json] = []

    def view(self, data: bytes, target: int | None = None) -> int:
        """Number of a new buffer view that holds `data`."""
        self._data.extend(b"\0" * (-len(self._data) % 4))
        view = {"buffer": 0, "byteOffset": len(self._data), "byteLength": len(data)}
        self.views.append(view | ({"target": target} if target else {}))
        self._data.extend(data)
        return len(self.views) - 1

    def accessor(
        self,
        array: NDArray[np.generic],
        kind: str,
        target: int | None = None,
        *,
        normalized: bool = False,
        bounds: bool = False,
    ) -> int:
        """Number of a new accessor of `array`, (n, width), stored as `kind`: u1, u2, u4 or f4.

        normalized: 0..1 is spread over the whole range of an integer kind.
        bounds: with the least and the greatest value, as positions must have.
        """
        if normalized:
            array = np.round(np.clip(array, 0.0, 1.0) * np.iinfo(kind).max)
        packed = np.ascontiguousarray(array, f"<{kind}")
        entry = _described(packed, kind) | {"bufferView": self.view(packed.tobytes(), target)}
        if normalized:
            entry["normalized"] = True
        return self._add(entry | (_bounds(packed) if bounds else {}))

    def sparse(self, offsets: NDArray[np.float32], moved: NDArray[np.intp]) -> int:
        """Number of a new accessor of `offsets`, (n, 3), that stores only the rows `moved`; all
        others are zero."""
        dense = np.zeros(offsets.shape, "<f4")
        dense[moved] = offsets[moved]
        entry = _described(dense, "f4") | _bounds(dense)
        entry["sparse"] = {
            "count": len(moved),
            "indices": {
                "bufferView": self.view(moved.astype("<u2").tobytes()),
                "componentType": _COMPONENTS["u2"],
            },
            "values": {"bufferView": self.view(dense[moved].tobytes())},
        }
        return self._add(entry)

    def _add(self, entry: Json) -> int:
        self.accessors.append(entry)
        return len(self.accessors) - 1

    def glb(self, document: Json) -> bytes:
        """The whole file: `document` with the views and accessors, then the binary chunk."""
        body = bytes(self._data) + b"\0" * (-len(self._data) % 4)
        document = document | {
            "accessors": self.accessors,
            "bufferViews": self.views,
            "buffers": [{"byteLength": len(body)}],
        }
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
        text += b" " * (-len(text) % 4)
        head = struct.pack("<4sII", b"glTF", 2, 28 + len(text) + len(body))
        chunks = ((b"JSON", text), (b"BIN\0", body))
        return head + b"".join(struct.pack("<I4s", len(c), kind) + c for kind, c in chunks)


def _described(array: NDArray[np.generic], kind: str) -> Json:
    return {
        "componentType": _COMPONENTS[kind],
        "count": len(array),
        "type": _TYPES[array.shape[1]],
    }


def _bounds(array: NDArray[np.generic]) -> Json:
    return {"min": array.min(0).tolist(), "max": array.max(0).tolist()}
