from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evoke.baseline import rest_windows, window_features
from evoke.dataset.deap import read_deap
from evoke.dataset.demo import generate_subject
from evoke.dataset.demo_files import write_demo
from evoke.dataset.pickle2 import write_arrays
from evoke.dataset.subject import Subject, subject_features
from evoke.errors import SettingsError
from evoke.features import DifferentialEntropy, FeatureExtractor, RawWindows, to_grid
from evoke.training.data import LabelledWindows, collect, high, load_windows

DE = DifferentialEntropy()


def small(subject: int) -> Subject:
    data, ratings = generate_subject(subject, seed=3, trials=5, trial_s=4)
    return Subject(f"s{subject:02d}", data[:, :32], ratings, synthetic=True)


def made(
    *subjects: int, extractor: FeatureExtractor = DE, baseline: str = "mean", step: int = 128
) -> LabelledWindows:
    parts = (subject_features(small(n), extractor, baseline, step) for n in subjects)
    return collect(parts, extractor)


@pytest.fixture(scope="module")
def windows() -> LabelledWindows:
    return made(1, 2)


def test_every_window_knows_where_it_comes_from(windows: LabelledWindows) -> None:
    assert len(windows) == 2 * 5 * 4
    assert windows.trials == 10
    assert windows.subjects == ("s01", "s02")
    groups = windows.groups
    assert np.array_equal(np.unique(groups.trial), np.arange(10))
    assert np.array_equal(groups.trial, groups.subject * 5 + groups.video)
    at = (groups.subject == 1) & (groups.video == 3)
    assert np.array_equal(windows.high[at], np.repeat(high(small(2).ratings[3:4]), 4, axis=0))


def test_the_features_are_those_of_the_signal_path(windows: LabelledWindows) -> None:
    trial = small(2).eeg[3].astype(np.float32)
    rest, second = trial[:, :384], trial[:, 384 + 128 : 384 + 256]
    before = window_features("mean", DE, rest_windows(rest))
    expected = to_grid(DE.compute(second[None]) - before)
    index = np.flatnonzero((windows.groups.subject == 1) & (windows.groups.video == 3))[1]
    assert np.abs(windows.grid[index] - expected[0]).max() < 1e-5


def test_raw_windows_are_the_signal_itself() -> None:
    raw = made(1, 2, extractor=RawWindows(), baseline="none")
    assert raw.grid.shape == (40, 32, 128)
    index = np.flatnonzero((raw.groups.subject == 1) & (raw.groups.video == 3))[1]
    expected = small(2).eeg[3][:, 384 + 128 : 384 + 256].astype(np.float32)
    assert np.array_equal(raw.grid[index], expected)


def test_neighbouring_windows_may_overlap() -> None:
    assert len(made(1, step=32)) == 5 * (3 * 4 + 1)


def test_high_is_over_five() -> None:
    assert np.array_equal(high([[5.0, 5.01, 1.0, 9.0]]), [[0, 1, 0]])


def test_the_fingerprint_follows_the_contents(windows: LabelledWindows) -> None:
    assert made(1, 2).fingerprint == windows.fingerprint
    assert made(2, 1).fingerprint != windows.fingerprint
    assert made(1, 2, baseline="paper").fingerprint != windows.fingerprint


def test_the_fingerprint_is_that_of_the_recordings_whatever_the_last_bits_of_features(
    tmp_path: Path,
) -> None:
    write_demo(tmp_path / "a", [1, 2], seed=3, trials=5, trial_s=4)
    read = load_windows(str(tmp_path / "a"), DE, "mean")
    assert replace(read, grid=np.nextafter(read.grid, 9, dtype=np.float32)).fingerprint == (
        read.fingerprint
    )
    (tmp_path / "a").rename(tmp_path / "b")
    assert load_windows(str(tmp_path / "b"), DE, "mean").fingerprint == read.fingerprint
    different = [
        load_windows(str(tmp_path / "b"), DE, "paper"),
        load_windows(str(tmp_path / "b"), DE, "mean", step=64),
        load_windows(str(tmp_path / "b"), DE, "mean", leave_out=("s01.dat",)),
        load_windows("demo:showcase:2", DE, "mean"),
        replace(read, high=1 - read.high),
    ]
    assert len({read.fingerprint, *(data.fingerprint for data in different)}) == 6


def test_files_and_generator_give_the_same_windows(tmp_path: Path) -> None:
    write_demo(tmp_path, [1, 2], seed=3, trials=5, trial_s=4)
    read = load_windows(str(tmp_path), DE, "mean")
    generated = made(1, 2)
    assert read.synthetic
    np.testing.assert_array_equal(read.grid, generated.grid)
    np.testing.assert_array_equal(read.high, generated.high)
    one = load_windows(str(tmp_path / "s02.dat"), DE, "mean")
    assert one.subjects == ("s02",)


def test_generated_subjects_are_named_in_the_source() -> None:
    seen = []
    data = load_windows(
        "demo:benchmark:7-7:3", DE, "mean", 1280, lambda done, total: seen.append((done, total))
    )
    assert (data.subjects, data.preset, data.synthetic) == (("s07",), "benchmark", True)
    assert "seed 3" in data.description
    assert seen == [(1, 1)]


@pytest.mark.parametrize(
    "source", ["demo:", "demo:showcase", "demo:easy:3", "demo:showcase:0", "demo:showcase:3-1",
               "demo:showcase:x", "demo:showcase:3:x", "demo:showcase:0-3", "demo:showcase:3:1:1"]
)  # fmt: skip
def test_a_source_that_cannot_be_read_says_how_to_write_it(source: str) -> None:
    with pytest.raises(SettingsError, match="demo:PRESET:SUBJECTS"):
        load_windows(source, DE, "mean")


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no DEAP files"):
        load_windows(str(tmp_path), DE, "mean")
    with pytest.raises(SettingsError, match=r"There is no .*nowhere: expected a folder"):
        load_windows(str(tmp_path / "nowhere"), DE, "mean")


def test_a_subject_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s01.dat").touch()
    (tmp_path / "s01.mat").touch()
    with pytest.raises(SettingsError, match="twice"):
        load_windows(str(tmp_path), DE, "mean")


def test_a_recording_under_two_names_is_refused(tmp_path: Path) -> None:
    """It would be tested on what was learned from it; so would the same signal in another form."""
    write_demo(tmp_path, [1, 2], seed=1, trials=2, trial_s=5)
    other = tmp_path / "other"
    write_demo(other, [1], seed=1, trials=2, trial_s=5, file_format="mat")
    for copied, name in ((tmp_path / "s01.dat", "s01 (copy).dat"), (other / "s01.mat", "s41.mat")):
        copy = tmp_path / name
        shutil.copy(copied, copy)
        first, second = sorted(("s01.dat", name))
        said = re.escape(f"{second} holds the same recording as {first}: leave one out")
        with pytest.raises(SettingsError, match=said):
            load_windows(str(tmp_path), DE, "mean")
        left = load_windows(str(tmp_path), DE, "mean", leave_out=(name,))
        assert left.subjects == ("s01", "s02")
        copy.unlink()


def test_a_synthetic_file_among_recordings_is_refused(tmp_path: Path) -> None:
    """Such data were called synthetic whole, and people trained on then passed as strangers."""
    for path in write_demo(tmp_path, [1, 2, 3], seed=1, trials=2, trial_s=5)[:2]:
        file = read_deap(path)
        with path.open("wb") as out:  # off the generator's grid, as recordings are
            write_arrays(out, {"data": file.data + 1e-4, "labels": file.labels})
    with pytest.raises(SettingsError, match=r"^s03\.dat is synthetic, the other files are"):
        load_windows(str(tmp_path), DE, "mean")
    people = load_windows(str(tmp_path), DE, "mean", leave_out=("s03.dat",))
    assert not people.synthetic
    assert load_windows(str(tmp_path / "s03.dat"), DE, "mean").synthetic


def test_what_is_left_out_might_as_well_not_be_there(tmp_path: Path) -> None:
    write_demo(tmp_path, [1, 2, 3], seed=1, trials=2, trial_s=5)
    left = load_windows(str(tmp_path), DifferentialEntropy(), "mean", leave_out=("s02.dat",))
    assert left.subjects == ("s01", "s03")
    assert left.description.endswith(", without s02.dat")
    (tmp_path / "s02.dat").unlink()
    gone = load_windows(str(tmp_path), DifferentialEntropy(), "mean")
    assert left.fingerprint == gone.fingerprint


def test_generated_subjects_can_be_left_out_too() -> None:
    left = load_windows("demo:showcase:2", DifferentialEntropy(), "mean", leave_out=("s01",))
    other = load_windows("demo:showcase:2-2", DifferentialEntropy(), "mean")
    assert left.subjects == ("s02",)
    assert left.fingerprint == other.fingerprint


@pytest.mark.parametrize(
    ("leave_out", "said"),
    [
        (("s09.dat",), "has no s09.dat that could be left out"),
        (("s01.dat", "s02.mat"), "Everything that .* holds is left out"),
    ],
)
def test_leaving_out_nothing_or_everything_is_refused(
    tmp_path: Path, leave_out: tuple[str, ...], said: str
) -> None:
    for name in ("s01.dat", "s02.mat"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(SettingsError, match=said):
        load_windows(str(tmp_path), DifferentialEntropy(), "mean", leave_out=leave_out)


def test_a_subject_that_is_there_twice_can_be_left_out_once(tmp_path: Path) -> None:
    write_demo(tmp_path, [1], seed=1, trials=2, trial_s=5)
    (tmp_path / "s01.mat").write_bytes(b"")
    found = load_windows(str(tmp_path), DifferentialEntropy(), "mean", leave_out=("s01.mat",))
    assert found.subjects == ("s01",)
