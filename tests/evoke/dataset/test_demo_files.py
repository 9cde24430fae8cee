"""Written demo files: DEAP's two forms, whole or not at all, and never over real data."""

from __future__ import annotations

import io
import pickle
import pickletools
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat

from evoke.dataset import demo_files
from evoke.dataset.deap import read_deap
from evoke.dataset.demo import generate_subject
from evoke.dataset.demo_files import write_demo
from evoke.dataset.pickle2 import write_arrays
from evoke.errors import EvokeError

SMALL = {"seed": 5, "preset": "benchmark", "trials": 2, "trial_s": 1}

PYTHON_2 = {
    *("PROTO", "EMPTY_DICT", "MARK", "SETITEMS", "BINPUT", "BINGET", "SHORT_BINSTRING"),
    *("BINSTRING", "GLOBAL", "BININT1", "BININT2", "BININT", "NONE", "NEWFALSE"),
    *("TUPLE1", "TUPLE2", "TUPLE3", "TUPLE", "REDUCE", "BUILD", "STOP"),
}
"""What Python 2's cPickle writes at protocol 2 for a dictionary of arrays."""


def test_dat_and_mat_hold_the_same(tmp_path: Path) -> None:
    (dat,) = write_demo(tmp_path / "dat", [3], **SMALL)
    (mat,) = write_demo(tmp_path / "mat", [3], **SMALL, file_format="mat")
    data, labels = generate_subject(3, 5, "benchmark", trials=2, trial_s=1)
    for path in (dat, mat):
        subject = read_deap(path)
        np.testing.assert_array_equal(subject.data, data)
        np.testing.assert_array_equal(subject.labels, labels)
        assert subject.warnings == ()
    assert (dat.name, mat.name) == ("s03.dat", "s03.mat")
    by_scipy = loadmat(mat)
    np.testing.assert_array_equal(by_scipy["data"], data)
    np.testing.assert_array_equal(by_scipy["labels"], labels)
    with dat.open("rb") as file:
        by_pickle = pickle.load(file, encoding="latin1")
    np.testing.assert_array_equal(by_pickle["data"], data)


def test_dat_holds_only_what_python_2_wrote() -> None:
    file = io.BytesIO()
    write_arrays(file, {"labels": np.full((40, 4), 5.0), "data": np.zeros((2, 40, 8064))})
    opcodes = list(pickletools.genops(file.getvalue()))
    assert {opcode.name for opcode, _, _ in opcodes} <= PYTHON_2
    assert max(opcode.proto for opcode, _, _ in opcodes) == 2
    names = {argument for opcode, argument, _ in opcodes if opcode.name == "GLOBAL"}
    assert names == {"numpy.core.multiarray _reconstruct", "numpy ndarray", "numpy dtype"}
    memoised = [argument for opcode, argument, _ in opcodes if opcode.name == "BINPUT"]
    assert memoised == list(range(1, len(memoised) + 1))


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for file_format in ("dat", "mat"):
        a = write_demo(tmp_path / "a", [1, 2], **SMALL, file_format=file_format)
        b = write_demo(tmp_path / "b", [2], **SMALL, file_format=file_format)
        assert a[1].read_bytes() == b[0].read_bytes()
        assert a[0].read_bytes() != a[1].read_bytes()


def test_readme_says_synthetic_preset_seed_and_version(tmp_path: Path) -> None:
    write_demo(tmp_path, [1], **SMALL)
    text = (tmp_path / "README.txt").read_text()
    for word in ("Synthetic", "preset: benchmark", "seed: 5", "version of the generator: 1"):
        assert word in text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["README.txt", "s01.dat"]


def test_progress_is_told_after_each_file(tmp_path: Path) -> None:
    told: list[tuple[int, int, str, bool]] = []
    write_demo(
        tmp_path,
        [4, 7],
        **SMALL,
        progress=lambda done, total, path: told.append((done, total, path.name, path.exists())),
    )
    assert told == [(1, 2, "s04.dat", True), (2, 2, "s07.dat", True)]


def test_synthetic_files_are_replaced(tmp_path: Path) -> None:
    write_demo(tmp_path, [1], **SMALL)
    (path,) = write_demo(tmp_path, [1], **{**SMALL, "seed": 6})
    data, _ = generate_subject(1, 6, "benchmark", trials=2, trial_s=1)
    np.testing.assert_array_equal(read_deap(path).data, data)


def test_subjects_made_in_another_way_are_not_joined(tmp_path: Path) -> None:
    """README.txt, which speaks of all of them, would be wrong."""
    write_demo(tmp_path, [1, 2], **SMALL)
    write_demo(tmp_path, [3], **SMALL)
    with pytest.raises(EvokeError, match="made in another way"):
        write_demo(tmp_path, [1], **{**SMALL, "seed": 6})
    assert "seed: 5" in (tmp_path / "README.txt").read_text()


def test_real_data_are_left_alone(tmp_path: Path) -> None:
    real = tmp_path / "s02.dat"
    with real.open("wb") as file:
        noise = np.random.default_rng(0).normal(0, 10, (1, 40, 512))
        write_arrays(file, {"labels": np.full((1, 4), 5.0), "data": noise})
    before = real.read_bytes()
    with pytest.raises(EvokeError, match=r"s02\.dat is not synthetic and is left alone"):
        write_demo(tmp_path, [1, 2], **SMALL)
    assert real.read_bytes() == before
    assert list(tmp_path.iterdir()) == [real]


def test_foreign_readme_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "README.txt").write_text("mine")
    with pytest.raises(EvokeError, match=r"README\.txt was not written by EVOKE"):
        write_demo(tmp_path, [1], **SMALL)
    assert (tmp_path / "README.txt").read_text() == "mine"


def test_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EvokeError, match="cannot be written"):
        write_demo(tmp_path / "file" / "folder", [1], **SMALL)


def test_failed_write_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fills up in the middle of the second file."""
    whole = demo_files.write_arrays

    def write(file: io.BufferedWriter, arrays: dict) -> None:
        if ".s02" in file.name:
            file.write(b"\x80\x02}")
            raise OSError(28, "No space left on device")
        whole(file, arrays)

    monkeypatch.setattr(demo_files, "write_arrays", write)
    with pytest.raises(EvokeError, match="No space left"):
        write_demo(tmp_path, [1, 2], **SMALL)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["README.txt", "s01.dat"]
    assert read_deap(tmp_path / "s01.dat").data.shape == (2, 40, 512)
