"""MATLAB files: the same arrays as SciPy reads, and nothing that fills the memory."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from evoke.dataset.deap import MAX_FILE_BYTES, read_deap
from evoke.dataset.matfile import read_arrays
from evoke.dataset.unpickle import NotAdmittedError
from evoke.errors import FileRefusedError
from tests.evoke.dataset.memory import memory_at_most

DATA = np.random.default_rng(2).normal(0, 10, (2, 40, 512))
LABELS = np.array([[1.0, 9.0, 5.0, 6.5], [2.0, 3.0, 4.0, 5.0]])


def saved(path: Path, **options: object) -> Path:
    variables = options.pop("variables", {"data": DATA, "labels": LABELS})
    savemat(path, variables, **options)
    return path


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_are_read_as_saved(compressed: bool, tmp_path: Path) -> None:
    subject = read_deap(saved(tmp_path / "s01.mat", do_compression=compressed))
    np.testing.assert_array_equal(subject.data, DATA)
    np.testing.assert_array_equal(subject.labels, LABELS)


def test_other_variables_are_stepped_over(tmp_path: Path) -> None:
    variables = {
        "note": "text",
        "cell": np.array([1, "a"], dtype=object),
        "struct": {"data": 1},
        "data": DATA.astype(np.float32),
        "labels": LABELS.round().astype(np.uint8),
    }
    subject = read_deap(saved(tmp_path / "s01.mat", variables=variables, do_compression=True))
    assert subject.data.dtype == np.float32
    np.testing.assert_array_equal(subject.labels, LABELS.round())


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (np.array([1, "a"], dtype=object), "not an array of real numbers"),
        ({"a": 1}, "not an array of real numbers"),
        ("text", "not an array of real numbers"),
        (DATA + 1j, "not an array of real numbers"),
        (DATA > 0, "not an array of real numbers"),
    ],
)
def test_variable_of_another_kind_is_refused(value: object, found: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "s01.mat", variables={"data": value, "labels": LABELS})
    with pytest.raises(FileRefusedError, match=found):
        read_deap(path)


def header(version: int = 0x0100) -> bytes:
    return b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", version) + b"IM"


def matrix_start(size: int, shape: tuple[int, ...] = (2, 40, 512)) -> bytes:
    """A double matrix `data` up to its `size` bytes of values."""
    return (
        struct.pack("<IIIIII", 14, (56 if len(shape) > 2 else 48) + size, 6, 8, 6, 0)
        + struct.pack("<II", 5, 4 * len(shape))
        + struct.pack(f"<{len(shape)}i", *shape).ljust(16 if len(shape) > 2 else 8, b"\0")
        + struct.pack("<HH", 1, 4)
        + b"data"
        + struct.pack("<II", 9, size)
    )


def packed_zeros(start: bytes, size: int) -> bytes:
    packer = zlib.compressobj(9)
    block = bytes(2**20)
    content = packer.compress(start)
    for _ in range(size // len(block)):
        content += packer.compress(block)
    return content + packer.flush()


@pytest.mark.parametrize(
    "declared", [MAX_FILE_BYTES + 8, 2**32 - 64, 4096], ids=["too large", "4 GB", "understated"]
)
def test_bomb_is_refused_before_it_swells(declared: int, tmp_path: Path) -> None:
    path = tmp_path / "s01.mat"
    body = packed_zeros(matrix_start(declared), 2**28)
    path.write_bytes(header() + struct.pack("<II", 15, len(body)) + body)
    assert path.stat().st_size < 2**19
    with memory_at_most(2**22), pytest.raises(FileRefusedError):
        read_deap(path)


def test_many_arrays_of_one_name_do_not_add_up(tmp_path: Path) -> None:
    """Ten elements under the limit each, together over it."""
    size = 2**26
    body = packed_zeros(matrix_start(size, (2**23, 1)), size)
    content = header() + (struct.pack("<II", 15, len(body)) + body) * 10
    with memory_at_most(4 * size), pytest.raises(NotAdmittedError, match="twice"):
        read_arrays(content, ("data", "labels"), MAX_FILE_BYTES)


REFUSED = {
    "nothing": (b"", "does not start as a MATLAB 5 file"),
    "a pickle": (b"\x80\x02}." * 50, "does not start as a MATLAB 5 file"),
    "MATLAB 7.3": (header(0x0200) + b"\x89HDF", r"7\.3 file \(HDF5\); save it with -v7"),
    "unknown version": (header(0x0300), "0x0300"),
    "header alone": (header(), "found neither"),
    "half a tag": (header() + b"\x0f\0\0", "cut short or garbled"),
    "no zlib": (header() + struct.pack("<II", 15, 8) + b"notazlib", "compressed data are damaged"),
    "element longer than file": (header() + struct.pack("<II", 14, 999), "cut short or garbled"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_matlab_5_file_is_refused(name: str, tmp_path: Path) -> None:
    content, found = REFUSED[name]
    path = tmp_path / "s01.mat"
    path.write_bytes(content)
    with pytest.raises(FileRefusedError, match=found):
        read_deap(path)


@pytest.mark.parametrize("compressed", [False, True])
def test_cut_file_is_refused(compressed: bool, tmp_path: Path) -> None:
    path = saved(tmp_path / "s01.mat", do_compression=compressed)
    whole = path.read_bytes()
    for k in (127, 128, 135, 140, 200, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:k])
        with pytest.raises(FileRefusedError):
            read_deap(path)


def test_compressed_element_must_end_where_it_says() -> None:
    def element(packed: bytes) -> bytes:
        return header() + struct.pack("<II", 15, len(packed)) + packed

    inside = matrix_start(64, (2, 4)) + bytes(64)
    packed = zlib.compress(inside)
    assert read_arrays(element(packed), ("data",), 2**20)["data"].shape == (2, 4)
    for damaged in (zlib.compress(inside + b"more"), packed[:-4]):
        with pytest.raises(NotAdmittedError, match="cut short or garbled"):
            read_arrays(element(damaged), ("data",), 2**20)


def test_flipped_bit_in_compressed_data_is_noticed(tmp_path: Path) -> None:
    path = saved(tmp_path / "s01.mat", do_compression=True)
    whole = path.read_bytes()
    for at in np.random.default_rng(0).integers(1000, len(whole), 20):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        with pytest.raises(FileRefusedError):
            read_deap(path)


@settings(max_examples=200, deadline=None)
@given(st.integers(124, 330), st.binary(min_size=1, max_size=4))
def test_damage_is_read_or_refused_but_never_crashes(at: int, junk: bytes) -> None:
    damaged = bytearray(header() + matrix_start(64, (2, 4)) + bytes(64))
    damaged[at : at + len(junk)] = junk
    try:
        arrays = read_arrays(bytes(damaged), ("data",), 2**20)
    except NotAdmittedError:
        return
    assert all(a.dtype.kind in "fiu" for a in arrays.values())
