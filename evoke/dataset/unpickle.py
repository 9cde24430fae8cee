"""Reads the arrays out of a DEAP `.dat` without unpickling it.

A `.dat` is a pickle, and a pickle is a program: its REDUCE, BUILD, INST, OBJ and NEWOBJ opcodes
call whatever the file names. This module never calls anything. It steps through the few opcodes
that Python 2 needs (binary pickle, protocols 1 and 2) to write a dictionary of NumPy arrays, and
keeps book of what the file describes; three names are known, each a mere symbol here:

- numpy.core.multiarray._reconstruct makes the empty array that every pickled array starts as,
- numpy.ndarray is its first argument,
- numpy.dtype describes the samples.

Every other name and opcode is refused: persistent ids, the extension registry, protocols 3 to 5
with their out-of-band buffers, and `_codecs.encode`, by which Python 3 writes bytes at protocol 2.
Opcodes as documented in the standard library's pickletools.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

MAX_OPCODES = 500
"""A real file takes fewer than 100."""


class NotAdmittedError(ValueError):
    """The bytes are no pickle of arrays as DEAP's; the message says what was found instead."""


class _Name(Enum):
    RECONSTRUCT = b"numpy.core.multiarray\n_reconstruct"
    NDARRAY = b"numpy\nndarray"
    DTYPE = b"numpy\ndtype"


@dataclass(slots=True, eq=False)
class _Dtype:
    code: bytes
    order: bytes = b""


@dataclass(slots=True, eq=False)
class _Array:
    value: NDArray[np.generic] | None = None


_MARK = object()
_DTYPE_CODES = {*(b"f4", b"f8", b"i1", b"i2", b"i4", b"i8", b"u1", b"u2", b"u4", b"u8")}


def read_arrays(pickled: bytes) -> dict[str, NDArray[np.generic]]:
    """The arrays of a pickled dictionary {name: array}, read-only views of `pickled`.

    Raises NotAdmittedError for anything else; nothing that the bytes name is imported or called.
    """
    machine = _Machine(pickled)
    try:
        result = machine.run()
    except (struct.error, IndexError, KeyError):
        raise NotAdmittedError("it is cut short or garbled") from None
    if not isinstance(result, dict):
        raise NotAdmittedError("it holds no dictionary")
    arrays = {}
    for key, item in result.items():
        if not isinstance(item, _Array) or item.value is None:
            raise NotAdmittedError("its dictionary holds something other than arrays")
        arrays[key.decode("latin-1")] = item.value
    return arrays


class _Machine:
    """A pickle's stack and memo, over plain values, tuples, `_Name`, `_Dtype` and `_Array`."""

    def __init__(self, pickled: bytes) -> None:
        self._bytes = memoryview(pickled)
        self._at = 0
        self._stack: list[object] = []
        self._memo: dict[int, object] = {}

    def run(self) -> object:
        for count in range(MAX_OPCODES):
            opcode = self._take(1)[0:1].tobytes()
            if opcode == b".":
                if self._at != len(self._bytes) or len(self._stack) != 1:
                    raise NotAdmittedError("more follows the end of its pickle")
                return self._stack[0]
            step = _STEPS.get(opcode)
            if step is None:
                where = self._at - 1
                raise NotAdmittedError(
                    f"byte {where} is opcode 0x{opcode.hex()}, which no DEAP file holds"
                    if count
                    else f"it starts with 0x{opcode.hex()}, not as a pickle of Python 2"
                )
            step(self)
        raise NotAdmittedError(f"it has more than {MAX_OPCODES} opcodes")

    # -- bytes

    def _take(self, n: int) -> memoryview:
        if n < 0 or self._at + n > len(self._bytes):
            raise NotAdmittedError("it is cut short or garbled")
        taken = self._bytes[self._at : self._at + n]
        self._at += n
        return taken

    def _number(self, layout: str) -> int:
        return int(struct.unpack(layout, self._take(struct.calcsize(layout)))[0])

    def _line(self) -> bytes:
        """Up to the next newline, at most 64 bytes."""
        line, newline, _ = self._bytes[self._at : self._at + 65].tobytes().partition(b"\n")
        if not newline:
            raise NotAdmittedError("it is cut short or garbled")
        self._at += len(line) + 1
        return line

    # -- opcodes

    def protocol(self) -> None:
        version = self._take(1)[0]
        if version not in (1, 2):
            raise NotAdmittedError(f"its pickle protocol is {version}, not 2 as in DEAP")

    def mark(self) -> None:
        self._stack.append(_MARK)

    def constant(self, value: object) -> None:
        self._stack.append(value)

    def integer(self, layout: str) -> None:
        self._stack.append(self._number(layout))

    def long_integer(self) -> None:
        """LONG1: where a C long has 32 bits, Python 2 writes shapes so."""
        self._stack.append(int.from_bytes(self._take(self._number("<B")), "little", signed=True))

    def text_boolean(self) -> None:
        """INT: protocol 1 writes False and True as 00 and 01."""
        value = {b"00": False, b"01": True}.get(self._line())
        if value is None:
            raise NotAdmittedError("it writes a number as text, which no DEAP file does")
        self._stack.append(value)

    def string(self, layout: str) -> None:
        self._stack.append(self._take(self._number(layout)))

    def put(self, layout: str) -> None:
        self._memo[self._number(layout)] = self._stack[-1]

    def get(self, layout: str) -> None:
        self._stack.append(self._memo[self._number(layout)])

    def pop_tuple(self, n: int) -> None:
        if n > len(self._stack):
            raise IndexError
        self._stack[len(self._stack) - n :] = [tuple(self._stack[len(self._stack) - n :])]

    def pop_mark(self) -> list[object]:
        at = len(self._stack) - 1
        while self._stack[at] is not _MARK:  # IndexError where there is none
            at -= 1
        items = self._stack[at + 1 :]
        del self._stack[at:]
        return items

    def tuple_from_mark(self) -> None:
        self._stack.append(tuple(self.pop_mark()))

    def empty_dict(self) -> None:
        self._stack.append({})

    def set_items(self) -> None:
        items = self.pop_mark()
        self._fill(items[::2], items[1::2])

    def set_item(self) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._fill([key], [value])

    def _fill(self, keys: list[object], values: list[object]) -> None:
        target = self._stack[-1]
        if not isinstance(target, dict) or len(keys) != len(values):
            raise NotAdmittedError("it is cut short or garbled")
        for key, value in zip(keys, values, strict=True):
            if not isinstance(key, memoryview):
                raise NotAdmittedError("a key of its dictionary is not a string")
            target[key.tobytes()] = value

    def name(self) -> None:
        module, attribute = self._line(), self._line()
        try:
            self._stack.append(_Name(module + b"\n" + attribute))
        except ValueError:
            shown = b".".join((module, attribute)).decode("ascii", "backslashreplace")
            raise NotAdmittedError(
                f"it asks for {shown!r}, which no DEAP file does, so it may run code"
            ) from None

    def reduce(self) -> None:
        """A call: of `_reconstruct` or `dtype`, which here only starts a description."""
        arguments, called = self._stack.pop(), self._stack.pop()
        if not isinstance(arguments, tuple):
            raise NotAdmittedError("it makes a call that no DEAP file makes")
        plain = tuple(a.tobytes() if isinstance(a, memoryview) else a for a in arguments)
        if called is _Name.RECONSTRUCT and plain == (_Name.NDARRAY, (0,), b"b"):
            self._stack.append(_Array())
        elif called is _Name.DTYPE and plain[1:] == (0, 1) and isinstance(plain[0], bytes):
            self._stack.append(_Dtype(plain[0]))
        else:
            raise NotAdmittedError("it makes a call that no DEAP file makes, or holds no numbers")

    def build(self) -> None:
        """The state of the array or dtype just started."""
        state, target = self._stack.pop(), self._stack[-1]
        if not isinstance(state, tuple):
            raise NotAdmittedError("it sets a state that no DEAP file sets")
        if isinstance(target, _Dtype):
            _build_dtype(target, state)
        elif isinstance(target, _Array):
            target.value = _build_array(state)
        else:
            raise NotAdmittedError("it sets a state that no DEAP file sets")


def _build_dtype(dtype: _Dtype, state: tuple[object, ...]) -> None:
    """State of a plain dtype: (3, byte order, None, None, None, -1, -1, 0)."""
    order = state[1]
    plain = (3, order, None, None, None, -1, -1, 0)
    if dtype.code not in _DTYPE_CODES or state != plain or not isinstance(order, memoryview):
        raise NotAdmittedError("its arrays hold something other than plain numbers")
    if order.tobytes() not in (b"<", b">", b"|"):
        raise NotAdmittedError("the byte order of its numbers is unknown")
    dtype.order = order.tobytes()


def _build_array(state: tuple[object, ...]) -> NDArray[np.generic]:
    """State of an array: (1, shape, dtype, stored in Fortran order, bytes)."""
    if len(state) != 5 or state[0] != 1:
        raise NotAdmittedError("its arrays are of an unknown version")
    _, shape, dtype, fortran, content = state
    if not (isinstance(shape, tuple) and isinstance(dtype, _Dtype) and isinstance(fortran, bool)):
        raise NotAdmittedError("the description of an array is garbled")
    if not dtype.order or not isinstance(content, memoryview):
        raise NotAdmittedError("an array holds objects where bytes were expected")
    sizes = tuple(n for n in shape if isinstance(n, int) and n > 0)
    if len(sizes) != len(shape) or not 1 <= len(sizes) <= 3:
        raise NotAdmittedError("an array's shape is not one to three positive numbers")
    numpy_dtype = np.dtype((dtype.order + dtype.code).decode("ascii"))
    expected = math.prod(sizes) * numpy_dtype.itemsize
    if len(content) != expected:
        raise NotAdmittedError(
            f"an array of shape {sizes} needs {expected} bytes but has {len(content)}"
        )
    return np.frombuffer(content, numpy_dtype).reshape(sizes, order="F" if fortran else "C")


_STEPS: dict[bytes, Callable[[_Machine], None]] = {
    b"\x80": _Machine.protocol,
    b"(": _Machine.mark,
    b"N": lambda m: m.constant(None),
    b"\x88": lambda m: m.constant(True),
    b"\x89": lambda m: m.constant(False),
    b"I": _Machine.text_boolean,
    b"K": lambda m: m.integer("<B"),
    b"M": lambda m: m.integer("<H"),
    b"J": lambda m: m.integer("<i"),
    b"\x8a": _Machine.long_integer,
    b"U": lambda m: m.string("<B"),
    b"T": lambda m: m.string("<i"),
    b"q": lambda m: m.put("<B"),
    b"r": lambda m: m.put("<I"),
    b"h": lambda m: m.get("<B"),
    b"j": lambda m: m.get("<I"),
    b"\x85": lambda m: m.pop_tuple(1),
    b"\x86": lambda m: m.pop_tuple(2),
    b"\x87": lambda m: m.pop_tuple(3),
    b"t": _Machine.tuple_from_mark,
    b"}": _Machine.empty_dict,
    b"s": _Machine.set_item,
    b"u": _Machine.set_items,
    b"c": _Machine.name,
    b"R": _Machine.reduce,
    b"b": _Machine.build,
}
