"""A `.dat` may be hostile: whatever it holds, nothing runs and the file is refused."""

from __future__ import annotations

import contextlib
import copyreg
import io
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evoke.dataset.deap import read_deap
from evoke.dataset.pickle2 import write_arrays
from evoke.dataset.unpickle import MAX_OPCODES, NotAdmittedError, read_arrays
from evoke.errors import FileRefusedError
from tests.evoke.dataset.memory import memory_at_most

RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
MINUS_ONE = b"J\xff\xff\xff\xff"
F8 = b"cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R"
DTYPE = F8 + b"(K\x03U\x01<NNN" + MINUS_ONE * 2 + b"K\x00tb"
DOUBLED = b"K\x01\x85" + b"q\x01h\x01\x86" * 60
"""A tuple of the tuple of the tuple: 2 to the 60th once anything walks through it."""


class Runs:
    """Pickles as a call of `function`."""

    def __init__(self, function: Callable, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple:
        return self.call


def string(value: bytes) -> bytes:
    return b"T" + struct.pack("<i", len(value)) + value


def touch(canary: Path) -> bytes:
    return f'echo > "{canary}"'.encode()


def python_code(canary: Path) -> bytes:
    return f"open({str(canary)!r}, 'w').close()".encode()


def small_file() -> bytes:
    file = io.BytesIO()
    write_arrays(file, {"labels": np.full((1, 4), 5.0), "data": np.zeros((1, 32, 512))})
    return file.getvalue()


# Each takes the canary's path; all of these make the canary when a plain pickle.loads opens them.
HOSTILE: dict[str, Callable[[Path], bytes]] = {
    "os.system": lambda c: b"\x80\x02cos\nsystem\n" + string(touch(c)) + b"\x85R.",
    "os.system, no protocol": lambda c: b"cos\nsystem\n(" + string(touch(c)) + b"tR.",
    "builtins.eval": lambda c: b"\x80\x02c__builtin__\neval\n" + string(python_code(c)) + b"\x85R.",
    "inside the dictionary, before good arrays": lambda c: (
        b"\x80\x02}(U\x04datac__builtin__\neval\n" + string(python_code(c)) + b"\x85Ru."
    ),
    "in an array's state": lambda c: (
        b"\x80\x02}U\x04data" + RECONSTRUCT + b"(K\x01K\x01\x85" + DTYPE + b"\x89"
        b"c__builtin__\neval\n" + string(b"b'8 bytes.' if " + python_code(c) + b" is None else 0")
        + b"\x85Rtbs."
    ),
    "in a dtype's arguments": lambda c: (
        b"\x80\x02cnumpy\ndtype\nc__builtin__\neval\n"
        + string(python_code(c) + b" or 'f8'") + b"\x85RK\x00K\x01\x87R."
    ),
    "through the memo": lambda c: (
        b"\x80\x02c__builtin__\neval\nq\x010h\x01" + string(python_code(c)) + b"\x85R."
    ),
    "getattr chain": lambda c: (
        b"\x80\x02c__builtin__\ngetattr\nc__builtin__\n__import__\nU\x02os\x85RU\x06system\x86R"
        + string(touch(c)) + b"\x85R."
    ),
    "STACK_GLOBAL, protocol 4": lambda c: pickle.dumps(Runs(eval, python_code(c).decode()), 4),
    "dotted name": lambda c: (
        b"\x80\x04\x8c\x05numpy\x8c\x0ef2py.os.system\x93" + string(touch(c)) + b"\x85R."
    ),
    "INST": lambda c: b"(S'%b'\ni__builtin__\neval\n." % python_code(c).replace(b"'", b'"'),
    "OBJ": lambda c: b"(cos\nsystem\n" + string(touch(c)) + b"o.",
    "NEWOBJ": lambda c: (  # the call comes from iterating a map made without REDUCE
        b"\x80\x02c__builtin__\ntuple\nc__builtin__\nmap\nc__builtin__\neval\n]"
        + string(python_code(c)) + b"a\x86\x81\x85\x81."
    ),
    "BUILD of a partial's state": lambda c: (
        b"\x80\x02cfunctools\npartial\nc__builtin__\nlen\n\x85R"
        b"(c__builtin__\neval\n" + string(python_code(c)) + b"\x85}Ntb)R."
    ),
    "objects in an array": lambda c: pickle.dumps(
        {"data": np.array([Runs(eval, python_code(c).decode())], dtype=object)}, 2
    ),
    "protocol 5": lambda c: pickle.dumps({"data": Runs(eval, python_code(c).decode())}, 5),
}  # fmt: skip

# Shapes that plain pickle also refuses, or that do harm otherwise than by running code.
ODD: dict[str, bytes] = {
    "persistent id": b"\x80\x02U\x04diskQ.",
    "persistent id as text": b"Pdisk\n.",
    "out-of-band buffer": b"\x80\x05\x97.",
    "extension registry": b"\x80\x02\x82\xf0.",
    "bytes as Python 3 writes them": pickle.dumps({"data": np.zeros(3)}, 2),
    "Python 3's default": pickle.dumps({"data": np.zeros(3), "labels": np.zeros(3)}),
    "numpy.load": b"\x80\x02cnumpy\nload\nU\x08evil.npy\x85R.",
    "another codec": b"\x80\x02c_codecs\ndecode\nU\x02abU\x03hex\x86R.",
    "numpy scalar": b"\x80\x02cnumpy.core.multiarray\nscalar\n.",
    "array subclass": b"\x80\x02" + RECONSTRUCT.replace(b"ndarray", b"memmap") + b".",
    "call of ndarray": b"\x80\x02cnumpy\nndarray\nJ\xff\xff\xff\x7f\x85R.",
    "state of a name": b"\x80\x02cnumpy\nndarray\n(K\x01tb.",
    "object dtype": b"\x80\x02" + DTYPE.replace(b"f8", b"O8").replace(b"<", b"|") + b".",
    "structured dtype": b"\x80\x02" + F8.replace(b"f8", b"V8")
    + b"(K\x03U\x01|NU\x01a}K\x08K\x01K\x10tb.",
    "array of unbuilt dtype": b"\x80\x02}U\x04data" + RECONSTRUCT + b"(K\x01K\x01\x85" + F8
    + b"\x89U\x0812345678tbs.",
    "shape that does not fit": b"\x80\x02}U\x04data" + RECONSTRUCT + b"(K\x01J\xff\xff\xff\x7f"
    b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x87" + DTYPE + b"\x89U\x0812345678tbs.",
    "negative shape": b"\x80\x02}U\x04data" + RECONSTRUCT + b"(K\x01J\xff\xff\xff\xff\x85" + DTYPE
    + b"\x89U\x0812345678tbs.",
    "empty array": b"\x80\x02}U\x04data" + RECONSTRUCT + b"(K\x01K\x00\x85" + DTYPE
    + b"\x89U\x00tbs.",
    "array never filled": b"\x80\x02}U\x04data" + RECONSTRUCT + b"s.",
    "string of 2 GiB": b"\x80\x02T\xff\xff\xff\x7f",
    "string of negative length": b"\x80\x02T\xff\xff\xff\xff.",
    "endless integer": b"\x80\x02\x8b\xff\xff\xff\x7f",
    "integer as text": b"\x80\x02I" + b"9" * 60 + b"\n.",
    "memo never set": b"\x80\x02h\x07.",
    "opcode flood": b"\x80\x02" + b"N" * (MAX_OPCODES + 1) + b".",
    "tuple doubled again and again": b"\x80\x02}" + DOUBLED + b"K\x02s.",
    "doubled tuple as a type code": b"\x80\x02cnumpy\ndtype\n" + DOUBLED + b"K\x00K\x01\x87R.",
    "empty stack": b"\x80\x02R.",
    "no mark": b"\x80\x02Nt.",
    "dictionary key without value": b"\x80\x02}(U\x01au.",
    "no dictionary": b"\x80\x02N.",
    "second pickle behind": small_file() + b"\x80\x02N.",
    "protocol 3 before a good file": b"\x80\x03" + small_file()[2:],
    "nothing": b"",
    "a web page": b"<!DOCTYPE html><html></html>",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pickle_is_refused_and_nothing_runs(name: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    payload = HOSTILE[name](canary)
    with contextlib.suppress(Exception):  # it may fail once the harm is done
        pickle.loads(payload, encoding="latin1")
    assert canary.exists(), "the payload must be a real one"
    canary.unlink()
    file = tmp_path / "s01.dat"
    file.write_bytes(payload)
    with pytest.raises(FileRefusedError, match=r"s01\.dat is not a DEAP file: .*\.$"):
        read_deap(file)
    assert not canary.exists()


@pytest.mark.parametrize("name", ODD)
def test_odd_pickle_is_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / "s01.dat"
    file.write_bytes(ODD[name])
    with pytest.raises(FileRefusedError, match=r"s01\.dat is not a DEAP file: .*\.$"):
        read_deap(file)
    assert list(tmp_path.iterdir()) == [file]


def test_extension_registry_is_not_consulted(tmp_path: Path) -> None:
    copyreg.add_extension("builtins", "print", 0xF0)
    try:
        assert pickle.loads(ODD["extension registry"]) is print
        with pytest.raises(NotAdmittedError):
            read_arrays(ODD["extension registry"])
    finally:
        copyreg.remove_extension("builtins", "print", 0xF0)


def test_huge_declared_sizes_take_no_memory() -> None:
    for name in ("string of 2 GiB", "shape that does not fit", "call of ndarray"):
        with memory_at_most(2**20), pytest.raises(NotAdmittedError):
            read_arrays(ODD[name])


def test_every_cut_is_refused() -> None:
    whole = small_file()
    assert set(read_arrays(whole)) == {"data", "labels"}
    structure = [k for k in range(len(whole)) if k < 600 or k > len(whole) - 20]
    for k in structure:
        with pytest.raises(NotAdmittedError):
            read_arrays(whole[:k])


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 500), st.binary(min_size=1, max_size=4))
def test_damage_is_read_or_refused_but_never_crashes(at: int, junk: bytes) -> None:
    damaged = bytearray(small_file())
    damaged[at : at + len(junk)] = junk
    try:
        arrays = read_arrays(bytes(damaged))
    except NotAdmittedError:
        return
    assert all(a.dtype.kind in "fiu" for a in arrays.values())


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(NotAdmittedError):
        read_arrays(b"\x80\x02" + noise)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=3), st.integers(0, 2**32))
def test_what_is_written_is_read_by_us_and_by_pickle_alike(shape: list[int], seed: int) -> None:
    array = np.random.default_rng(seed).normal(size=[*shape[:2], *(n % 7 + 1 for n in shape[2:])])
    file = io.BytesIO()
    write_arrays(file, {"one": array, "two": array[::-1]})
    ours = read_arrays(file.getvalue())
    plain = pickle.loads(file.getvalue(), encoding="latin1")
    assert list(ours) == list(plain) == ["one", "two"]
    for name, expected in (("one", array), ("two", array[::-1])):
        np.testing.assert_array_equal(ours[name], expected)
        np.testing.assert_array_equal(plain[name], expected)


def test_forms_that_real_writers_produce() -> None:
    """Arrays that came from MATLAB are in Fortran order; where a C long has 32 bits, shapes are
    long integers; protocol 1 has no short tuples and writes False as text."""
    values = np.arange(6.0).reshape(2, 3)
    state = b"(K\x01\x8a\x01\x02\x8a\x01\x03\x86" + DTYPE.replace(b"U\x01<", b"U\x01>")
    content = b"\x88U\x30" + values.astype(">f8").tobytes(order="F")
    read = read_arrays(b"\x80\x02}U\x01a" + RECONSTRUCT + state + content + b"tbs.")["a"]
    np.testing.assert_array_equal(read, values)
    assert not read.flags.writeable

    protocol_1 = (
        b"}U\x01acnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR"
        b"(K\x01(K\x02tcnumpy\ndtype\n(U\x02f4K\x00K\x01tR"
        b"(K\x03U\x01<NNN" + MINUS_ONE * 2 + b"K\x00tbI00\nU\x08"
    ) + np.array([1, 2], "<f4").tobytes() + b"tbs."  # fmt: skip
    for read in (read_arrays(protocol_1), pickle.loads(protocol_1, encoding="latin1")):
        np.testing.assert_array_equal(read["a"], np.array([1, 2], np.float32))
