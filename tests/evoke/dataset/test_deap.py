"""What the reader of DEAP accepts, and how it refuses the rest."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from evoke.dataset.deap import MAX_FILE_BYTES, read_deap
from evoke.dataset.pickle2 import write_arrays
from evoke.errors import FileRefusedError
from tests.evoke.dataset.memory import memory_at_most


def write_dat(path: Path, **arrays: np.ndarray) -> Path:
    with path.open("wb") as file:
        write_arrays(file, arrays)
    return path


@pytest.fixture
def data() -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, 10, (3, 40, 512))
    return noise - noise.mean(axis=2, keepdims=True)


@pytest.fixture
def labels() -> np.ndarray:
    return np.array([[1.0, 9.0, 5.0, 5.01]] * 3)


def test_dat_is_read(tmp_path: Path, data: np.ndarray, labels: np.ndarray) -> None:
    subject = read_deap(write_dat(tmp_path / "s07.dat", labels=labels, data=data))
    np.testing.assert_array_equal(subject.data, data)
    np.testing.assert_array_equal(subject.labels, labels)
    assert subject.name == "s07"
    assert subject.trial_s == 1.0
    assert subject.eeg.shape == (3, 32, 512)
    assert subject.data.dtype == np.float64
    assert subject.warnings == ()
    with pytest.raises(ValueError, match="read-only"):
        subject.data[0, 0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        subject.labels[0, 0] = 1


def test_written_file_opens_as_every_script_opens_deap(
    tmp_path: Path, data: np.ndarray, labels: np.ndarray
) -> None:
    path = write_dat(tmp_path / "s01.dat", labels=labels, data=data)
    with path.open("rb") as file:
        plain = pickle.load(file, encoding="latin1")
    assert list(plain) == ["labels", "data"]
    np.testing.assert_array_equal(plain["data"], data)
    np.testing.assert_array_equal(plain["labels"], labels)
    assert plain["data"].dtype == np.dtype("<f8")


def test_eeg_without_all_peripheral_channels_is_read(
    tmp_path: Path, data: np.ndarray, labels: np.ndarray
) -> None:
    subject = read_deap(write_dat(tmp_path / "s01.dat", labels=labels, data=data[:, :32]))
    assert subject.data.shape == (3, 32, 512)


def spoilt(data: np.ndarray, value: float) -> np.ndarray:
    copy = data.copy()
    copy[1, 39, 100] = value
    return copy


DAMAGE = {
    "NaN": (lambda d, r: {"labels": r, "data": spoilt(d, np.nan)}, "NaN or infinity"),
    "infinity": (lambda d, r: {"labels": r, "data": spoilt(d, -np.inf)}, "NaN or infinity"),
    "a unit unheard of": (lambda d, r: {"labels": r, "data": d * 1e150}, r"at most 1e\+09; found"),
    "no signal": (lambda d, r: {"labels": r, "data": d * 0}, "every EEG channel stands still"),
    "a name without end": (lambda d, r: {"k" * 10**6: d}, r"found 'k{30}…'\."),
    "a name of lines": (lambda d, r: {"a\n" * 9: d}, r"found 'a\\na"),
    "31 channels": (lambda d, r: {"labels": r, "data": d[:, :31]}, r"\(3, 31, 512\)"),
    "41 channels": (lambda d, r: {"labels": r, "data": d[:, [*range(40), 0]]}, r"\(3, 41, 512\)"),
    "short trials": (lambda d, r: {"labels": r, "data": d[..., :511]}, r"\(3, 40, 511\)"),
    "two dimensions": (lambda d, r: {"labels": r[:1], "data": d[0]}, r"\(40, 512\)"),
    "a rating missing": (lambda d, r: {"labels": r[:2], "data": d}, r"found \(2, 4\)"),
    "three columns": (lambda d, r: {"labels": r[:, :3], "data": d}, r"found \(3, 3\)"),
    "rating of 0": (lambda d, r: {"labels": r - 1, "data": d}, "found 0 to 8"),
    "rating over 9": (lambda d, r: {"labels": r + 0.5, "data": d}, "found 1.5 to 9.5"),
    "rating NaN": (lambda d, r: {"labels": r * np.nan, "data": d}, "ratings from 1 to 9"),
    "no data": (lambda d, r: {"labels": r, "dat": d}, "found 'dat', 'labels'"),
    "no labels": (lambda d, r: {"data": d}, "found 'data'"),
    "nothing": (lambda d, r: {}, "found neither"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_file_is_refused_in_one_sentence(
    name: str, tmp_path: Path, data: np.ndarray, labels: np.ndarray
) -> None:
    make, found = DAMAGE[name]
    path = write_dat(tmp_path / "s01.dat", **make(data, labels))
    with pytest.raises(FileRefusedError, match=found) as refusal:
        read_deap(path)
    sentence = str(refusal.value)
    assert sentence.startswith(str(path))
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("cut", [0, 1, 40, 200, 4000, -1])
def test_truncated_file_is_refused(
    cut: int, tmp_path: Path, data: np.ndarray, labels: np.ndarray
) -> None:
    path = write_dat(tmp_path / "s01.dat", labels=labels, data=data)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(FileRefusedError, match="is not a DEAP file"):
        read_deap(path)


def test_complex_and_boolean_arrays_are_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    write_arrays(stream, {"labels": np.full((1, 4), 5.0), "data": np.zeros((1, 32, 512))})
    for code in (b"c8", b"b1", b"S8", b"O8"):
        path = tmp_path / "s01.dat"
        path.write_bytes(stream.getvalue().replace(b"f8", code))
        with pytest.raises(FileRefusedError, match="plain numbers"):
            read_deap(path)


@pytest.mark.parametrize("name", ["s01.dat", "s01.mat"])
def test_oversized_file_is_refused_unread(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with (
        memory_at_most(2**20),
        pytest.raises(FileRefusedError, match="134,217,729 bytes"),
    ):
        read_deap(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="There is no file"):
        read_deap(tmp_path / "s01.dat")
    (tmp_path / "s02.dat").mkdir()
    with pytest.raises(FileRefusedError, match="is not a file"):
        read_deap(tmp_path / "s02.dat")
    (tmp_path / "s03.edf").write_bytes(b"0")
    with pytest.raises(FileRefusedError, match=r"must be a DEAP \.dat or \.mat"):
        read_deap(tmp_path / "s03.edf")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_instead_of_waited_on(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "s01.dat")
    with pytest.raises(FileRefusedError, match="is not a file"):
        read_deap(tmp_path / "s01.dat")


def test_a_channel_that_stands_still_is_warned_of(
    tmp_path: Path, data: np.ndarray, labels: np.ndarray
) -> None:
    data[1:, 4] = 0.0
    data[0, 39] = 0.0  # not EEG
    subject = read_deap(write_dat(tmp_path / "s01.dat", labels=labels, data=data))
    (warning,) = subject.warnings
    assert "stand still in 2 of 3 trials (trial 2, FC5)" in warning


def test_offset_is_warned_of(tmp_path: Path, data: np.ndarray, labels: np.ndarray) -> None:
    data[1, 4] += 1.5
    data[2, 39] += 500.0  # not EEG: a temperature has a mean
    subject = read_deap(write_dat(tmp_path / "s01.dat", labels=labels, data=data))
    (warning,) = subject.warnings
    assert "1 of 3 trials" in warning
    assert "trial 2, FC5: 1.5 uV" in warning
