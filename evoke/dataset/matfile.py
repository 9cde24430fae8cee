"""Reads plain numeric arrays out of a MATLAB 5 file (`.mat`, saved with -v6 or -v7).

Only what a DEAP `.mat` holds: top-level real numeric arrays, compressed or not. Everything else in
the file (cells, structures, objects, functions) is stepped over unread. No element is inflated past
the size it declares, nor past the caller's limit, so a small file cannot fill the memory.
Layout: MATLAB, "MAT-File Format", level 5.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from evoke.dataset.unpickle import NotAdmittedError

HEADER_BYTES = 128
_MATRIX, _COMPRESSED = 14, 15
_NUMERIC_CLASSES = range(6, 16)  # double, single, then integers of 8 to 64 bits
_DTYPES = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
_START_BYTES = 512
"""Enough of a matrix for its flags, shape and name."""
_LOGICAL, _COMPLEX = 0x0200, 0x0800


def read_arrays(
    content: bytes, names: Collection[str], max_bytes: int
) -> dict[str, NDArray[np.generic]]:
    """Those of the top-level arrays `names` that are there, in their stored type, read-only.

    max_bytes: the largest an element may be once inflated.
    Raises NotAdmittedError.
    """
    endian = _byte_order(content)
    arrays: dict[str, NDArray[np.generic]] = {}
    at = HEADER_BYTES
    try:
        while at < len(content):
            kind, size = struct.unpack_from(endian + "II", content, at)
            body = memoryview(content)[at + 8 : at + 8 + size]
            if len(body) != size:
                raise NotAdmittedError("it is cut short or garbled")
            at += 8 + size
            if kind == _COMPRESSED:
                body = _inflate(body, endian, names, max_bytes)
            elif kind != _MATRIX:
                continue
            if _name(body, endian) not in names:
                continue
            name, array = _read_matrix(body, endian)
            if name in arrays:
                raise NotAdmittedError(f"its variable '{name}' occurs twice")
            arrays[name] = array
    except struct.error:
        raise NotAdmittedError("it is cut short or garbled") from None
    return arrays


def _byte_order(content: bytes) -> str:
    mark = content[126:128]
    endian = {b"IM": "<", b"MI": ">"}.get(mark)
    if len(content) < HEADER_BYTES or endian is None:
        raise NotAdmittedError("it does not start as a MATLAB 5 file")
    (version,) = struct.unpack(endian + "H", content[124:126])
    if version == 0x0200:
        raise NotAdmittedError("it is a MATLAB 7.3 file (HDF5); save it with -v7")
    if version != 0x0100:
        raise NotAdmittedError(f"its MATLAB version is 0x{version:04x}, not 0x0100")
    return endian


def _inflate(packed: memoryview, endian: str, names: Collection[str], max_bytes: int) -> memoryview:
    """The matrix inside a compressed element; only its start, if it is not asked for."""
    try:
        start = zlib.decompressobj().decompress(packed, _START_BYTES)
        kind, size = struct.unpack_from(endian + "II", start)
        if kind != _MATRIX:
            raise NotAdmittedError("a compressed element is not an array")
        if _name(memoryview(start)[8:], endian) not in names:
            return memoryview(start)[8:]
        if size > max_bytes:
            raise NotAdmittedError(f"an array would inflate to {size:,} bytes, over {max_bytes:,}")
        stream = zlib.decompressobj()
        body = memoryview(stream.decompress(packed, 8 + size))[8:]
        surplus = stream.decompress(stream.unconsumed_tail, 1)  # at its end the checksum is tested
    except zlib.error:
        raise NotAdmittedError("its compressed data are damaged") from None
    if len(body) != size or surplus or not stream.eof:
        raise NotAdmittedError("it is cut short or garbled")
    return body


class _Elements:
    """The data elements inside a matrix, one after the other."""

    def __init__(self, body: memoryview, endian: str) -> None:
        self._body, self._at, self.endian = body, 0, endian

    def next(self) -> tuple[int, memoryview]:
        """Type and bytes of the next element; small ones share eight bytes with their tag."""
        (tag,) = struct.unpack_from(self.endian + "I", self._body, self._at)
        if tag >> 16:
            kind, size, start = tag & 0xFFFF, tag >> 16, self._at + 4
            self._at += 8
            if size > 4:
                raise NotAdmittedError("it is cut short or garbled")
        else:
            (size,) = struct.unpack_from(self.endian + "I", self._body, self._at + 4)
            kind, start = tag, self._at + 8
            self._at = start + (size + 7) // 8 * 8
        content = self._body[start : start + size]
        if len(content) != size:
            raise NotAdmittedError("it is cut short or garbled")
        return kind, content


def _name(body: memoryview, endian: str) -> str:
    """Name of a matrix: its third element, after flags and shape."""
    elements = _Elements(body, endian)
    elements.next()
    elements.next()
    return elements.next()[1].tobytes().decode("latin-1")


def _read_matrix(body: memoryview, endian: str) -> tuple[str, NDArray[np.generic]]:
    """Name and values of a numeric matrix."""
    elements = _Elements(body, endian)
    (flags,) = struct.unpack_from(endian + "I", elements.next()[1])
    shape_bytes = elements.next()[1]
    name = elements.next()[1].tobytes().decode("latin-1")
    kind, content = elements.next()
    real = flags & 0xFF in _NUMERIC_CLASSES and not flags & (_LOGICAL | _COMPLEX)
    if not real or kind not in _DTYPES:
        raise NotAdmittedError(f"its variable '{name}' is not an array of real numbers")
    shape = struct.unpack(f"{endian}{len(shape_bytes) // 4}i", shape_bytes)
    dtype = np.dtype(endian + _DTYPES[kind])
    expected = math.prod(shape) * dtype.itemsize
    if not 2 <= len(shape) <= 3 or min(shape) < 1 or len(content) != expected:
        raise NotAdmittedError(
            f"its variable '{name}' of shape {shape} does not fit its {len(content)} bytes"
        )
    return name, np.frombuffer(content, dtype).reshape(shape, order="F")
