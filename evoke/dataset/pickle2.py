"""Writes a dictionary of arrays as Python 2's cPickle did at protocol 2: the form of a DEAP `.dat`.

Python 3 cannot be asked for it: at protocol 2 it writes bytes through `_codecs.encode` and names
that Python 2 and old NumPy never used. So the opcodes are written here one by one; the result opens
with `pickle.load(file, encoding="latin1")`, as every script for DEAP does it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray


def write_arrays(file: BinaryIO, arrays: Mapping[str, NDArray[np.float64]]) -> None:
    """Write {name: float64 array of one to three dimensions}, C order, little endian."""
    writer = _Writer(file)
    writer.raw(b"\x80\x02}").put().raw(b"(")
    for name, array in arrays.items():
        writer.string(name.encode("ascii"))
        _write_array(writer, np.ascontiguousarray(array, "<f8"))
    writer.raw(b"u.")


def _write_array(writer: _Writer, array: NDArray[np.float64]) -> None:
    writer.name("numpy.core.multiarray", "_reconstruct").name("numpy", "ndarray")
    writer.integer(0).raw(b"\x85").put().string(b"b").raw(b"\x87").put().raw(b"R").put()
    writer.raw(b"(").integer(1)
    for n in array.shape:
        writer.integer(n)
    writer.raw({1: b"\x85", 2: b"\x86", 3: b"\x87"}[array.ndim]).put()
    writer.name("numpy", "dtype").string(b"f8").integer(0).integer(1).raw(b"\x87").put()
    writer.raw(b"R").put()
    writer.raw(b"(").integer(3).string(b"<").raw(b"NNN").integer(-1).integer(-1).integer(0)
    writer.raw(b"t").put().raw(b"b")  # the dtype's state
    writer.raw(b"\x89").string(array.data.cast("B")).raw(b"t").put().raw(b"b")


class _Writer:
    """Opcodes with Python 2's memo: every string, name and tuple is numbered, names are reused."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._memoised = 0
        self._names: dict[tuple[str, str], int] = {}

    def raw(self, opcodes: bytes) -> _Writer:
        self._file.write(opcodes)
        return self

    def put(self) -> _Writer:
        self._memoised += 1  # cPickle counts from 1
        return self.raw(b"q" + struct.pack("<B", self._memoised))

    def name(self, module: str, attribute: str) -> _Writer:
        known = self._names.get((module, attribute))
        if known is not None:
            return self.raw(b"h" + struct.pack("<B", known))
        self.raw(f"c{module}\n{attribute}\n".encode("ascii")).put()
        self._names[module, attribute] = self._memoised
        return self

    def integer(self, value: int) -> _Writer:
        if 0 <= value < 1 << 8:
            return self.raw(b"K" + struct.pack("<B", value))
        if 0 <= value < 1 << 16:
            return self.raw(b"M" + struct.pack("<H", value))
        return self.raw(b"J" + struct.pack("<i", value))

    def string(self, value: bytes | memoryview) -> _Writer:
        short = len(value) < 1 << 8
        self.raw(
            b"U" + struct.pack("<B", len(value)) if short else b"T" + struct.pack("<i", len(value))
        )
        self._file.write(value)
        return self.put()
