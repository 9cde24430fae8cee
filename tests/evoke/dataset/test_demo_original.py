"""Generated originals: what lies in the file, read byte by byte and by MNE."""

from __future__ import annotations

import warnings
from pathlib import Path

import mne
import numpy as np
import pytest

from evoke.dataset.bdf import Signal, write_bdf
from evoke.dataset.deap_original import TWENTE
from evoke.dataset.demo import DemoSubject, generate_subject
from evoke.dataset.demo_original import EOG_SHARES, layout_of, write_demo_original
from evoke.errors import EvokeError
from evoke.signal.montage import ELECTRODES
from tests.evoke.dataset.originals import n_channels, rating_rows, starts, status_words

SMALL = {"seed": 5, "preset": "benchmark", "trials": 3, "trial_s": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Subjects 1 (Twente, 'Status'), 23 (Geneva, 'Status'), 24 (unnamed) and 29 (two unnamed)."""
    folder = tmp_path_factory.mktemp("original")
    write_demo_original(folder, [1, 23, 24, 29], **SMALL)
    return folder


def read_uv(path: Path) -> tuple[list[str], np.ndarray]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MNE numbers channels of the same name
        raw = mne.io.read_raw_bdf(path, stim_channel=None, verbose="error")
    return raw.ch_names, raw.get_data() * 1e6


@pytest.mark.parametrize(
    ("subject", "order", "n", "last", "high"),
    [
        (1, TWENTE, 48, "Status", (0x00, 0x10)),
        (23, ELECTRODES, 48, "Status", (0x00, 0x10)),
        (24, ELECTRODES, 48, "", (0xFF, 0x18)),
        (29, ELECTRODES, 49, "", (0xFF, 0x18)),
    ],
)
def test_channels_and_status_words_are_deaps(
    folder: Path, subject: int, order: tuple[str, ...], n: int, last: str, high: tuple[int, int]
) -> None:
    path = folder / f"s{subject:02d}.bdf"
    content = path.read_bytes()
    assert content[:8] == b"\xffBIOSEMI"
    assert content[192:197] == b"24BIT"
    assert n_channels(path) == n
    labels = [content[256 + 16 * i : 272 + 16 * i].decode().strip() for i in range(n)]
    assert tuple(labels[:32]) == order
    assert labels[32:40] == [f"EXG{i}" for i in range(1, 9)]
    assert labels[40:47] == ["GSR1", "GSR2", "Erg1", "Erg2", "Resp", "Plet", "Temp"]
    assert labels[47:] == [last] * (n - 47)
    words = status_words(path)
    assert {tuple(map(int, word)) for word in words[:, 1:]} == {high}
    codes = words[:, 0]
    onsets = [int(codes[i]) for i in np.flatnonzero(np.diff(codes, prepend=0)) if codes[i]]
    assert onsets == [3, 4, 5, 1] * 3
    before = {int(codes[start - 1]) for start in starts(path)}
    assert before == ({0} if subject <= 23 else {3}), "a pulse, or held until the next"


def test_orders_are_different_and_complete() -> None:
    assert sorted(TWENTE) == sorted(ELECTRODES)
    assert TWENTE[:4] == ("Fp1", "AF3", "F7", "F3")
    assert ELECTRODES[:4] == ("Fp1", "AF3", "F3", "F7")
    assert {layout_of(s).electrodes for s in range(1, 23)} == {TWENTE}
    assert {layout_of(s).electrodes for s in range(23, 33)} == {ELECTRODES}


@pytest.mark.parametrize("subject", [1, 24])
def test_recording_is_the_demo_subject_with_all_that_preprocessing_removes(
    folder: Path, subject: int
) -> None:
    path = folder / f"s{subject:02d}.bdf"
    names, uv = read_uv(path)
    assert np.abs(np.median(uv[:40], axis=1)).min() > 500, "offsets of thousands of uV"
    rows = [row for row in rating_rows(folder) if row["Participant_id"] == str(subject)]
    places = [ELECTRODES.index(name) for name in names[:32]]
    clean, _ = generate_subject(subject, 5, "benchmark", 3, 2)
    for row, start in zip(rows, starts(path), strict=True):
        demo = clean[int(row["Experiment_id"]) - 1]
        n = demo.shape[1]
        first = start - 3 * 512
        seen = uv[:40, first : first + 4 * n : 4]  # every fourth sample is the demo's own
        brain = np.empty((32, n))
        brain[places] = seen[:32]
        brain -= brain.mean(axis=0)  # what is common to all, hum and CMS, is the same for each
        expected = demo[:32] + (EOG_SHARES - EOG_SHARES.mean(axis=0)) @ demo[32:34]
        eyes = np.stack([seen[32] - seen[33], seen[34] - seen[35]])
        rest = np.concatenate([brain - expected, eyes - demo[32:34]]).T
        t = 2 * np.pi * 0.1 * np.arange(n) / 128
        drift = np.stack([np.ones(n), np.sin(t), np.cos(t)]).T  # and the offset
        rest -= drift @ np.linalg.lstsq(drift, rest, rcond=None)[0]
        assert np.abs(rest).max() < 0.1  # three steps of the converter


def test_ratings_are_those_of_the_videos(folder: Path) -> None:
    rows = rating_rows(folder)
    assert list(rows[0]) == [
        *("Participant_id", "Trial", "Experiment_id", "Start_time"),
        *("Valence", "Arousal", "Dominance", "Liking", "Familiarity"),
    ]
    who = [row["Participant_id"] for row in rows]
    assert who == ["1"] * 3 + ["23"] * 3 + ["24"] * 3 + ["29"] * 3
    for row in rows:
        _, ratings = DemoSubject(int(row["Participant_id"]), 5, "benchmark").trial(
            int(row["Experiment_id"]), 2
        )
        rated = [float(row[c]) for c in ("Valence", "Arousal", "Dominance", "Liking")]
        np.testing.assert_allclose(rated, ratings)
        assert 1 <= int(row["Familiarity"]) <= 5
    orders = {tuple(r["Experiment_id"] for r in rows[i : i + 3]) for i in range(0, 12, 3)}
    assert len(orders) > 1, "every subject has an order of its own"


def test_start_times_are_those_of_the_recording(folder: Path) -> None:
    for subject in (1, 24):
        rows = [r for r in rating_rows(folder) if r["Participant_id"] == str(subject)]
        table = np.diff([int(r["Start_time"]) * 1e-4 for r in rows])
        recorded = np.diff(starts(folder / f"s{subject:02d}.bdf")) / 512
        np.testing.assert_allclose(table, recorded, atol=1e-3)


def test_same_arguments_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    (again,) = write_demo_original(tmp_path, [24], **SMALL)
    assert again.read_bytes() == (folder / "s24.bdf").read_bytes()
    (other,) = write_demo_original(tmp_path / "b", [24], **SMALL | {"seed": 6})
    assert other.read_bytes() != again.read_bytes()


def test_a_subject_added_later_joins_the_table(tmp_path: Path) -> None:
    write_demo_original(tmp_path, [2], **SMALL)
    write_demo_original(tmp_path, [1], **SMALL)
    write_demo_original(tmp_path, [2], **SMALL)
    assert [r["Participant_id"] for r in rating_rows(tmp_path)] == ["1"] * 3 + ["2"] * 3
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        *("README.txt", "participant_ratings.csv", "s01.bdf", "s02.bdf")
    ]


@pytest.mark.parametrize("name", ["s01.bdf", "participant_ratings.csv", "README.txt"])
def test_real_files_are_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xffBIOSEMI" + b"a person".ljust(80))
    with pytest.raises(EvokeError, match=f"{name} was not written by EVOKE"):
        write_demo_original(tmp_path, [1], **SMALL)
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(EvokeError, match="taken cannot be written"):
        write_demo_original(tmp_path / "taken", [1], **SMALL)


def test_bdf_keeps_every_bit(tmp_path: Path) -> None:
    """Status words to the last of 24 bits; voltages within half a step; overflow is cut."""
    rng = np.random.default_rng(0)
    words = rng.integers(-(2**23), 2**23, 512).astype(float)
    volts = rng.uniform(-262_143, 262_142, 512)
    volts[:2] = -1e6, 1e6
    signals = [Signal("A1"), Signal("", "Boolean", 2**23)]
    path = tmp_path / "x.bdf"
    with path.open("wb") as file:
        write_bdf(file, signals, 256, [np.stack([volts, words])], "nobody")
    _, seen = read_uv(path)
    np.testing.assert_array_equal(np.rint(seen[1] / 1e6), words)  # MNE leaves Boolean alone
    np.testing.assert_allclose(seen[0, 2:], volts[2:], atol=0.5 * signals[0].step + 1e-9)
    np.testing.assert_allclose(seen[0, :2], [-262_144, 262_143], atol=1e-6)
    assert path.read_bytes()[8:14] == b"nobody"
