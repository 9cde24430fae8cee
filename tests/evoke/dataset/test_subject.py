"""From a recording to labelled windows: in any form, by one process or more, cached or not."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
import pytest

from evoke.dataset.cache import FeatureCache
from evoke.dataset.check import Level, check_path
from evoke.dataset.demo_files import write_demo
from evoke.dataset.demo_original import write_demo_original
from evoke.dataset.subject import (
    DemoRecording,
    FileRecording,
    cached_features,
    subject_features,
)
from evoke.errors import FileRefusedError, SettingsError
from evoke.features import DifferentialEntropy, PowerSpectralDensity, RawWindows
from evoke.training import data as training_data
from evoke.training.data import load_windows
from tests.evoke.dataset.originals import edit_codes, rating_rows, starts, write_ratings

DE = DifferentialEntropy()
SMALL = {"seed": 5, "preset": "benchmark", "trials": 3, "trial_s": 3}


def entries() -> list[Path]:
    return sorted((Path(os.environ["EVOKE_DATA_DIR"]) / "cache").glob("*.features"))


# -- the cache


def test_a_second_reading_comes_from_the_cache(tmp_path: Path) -> None:
    (path,) = write_demo(tmp_path / "a", [1], **SMALL)
    cache = FeatureCache(tmp_path / "cache")
    first = cached_features(FileRecording(path), DE, "mean", 128, cache)
    (entry,) = cache.folder.iterdir()
    written = entry.stat().st_mtime_ns, entry.stat().st_ino
    elsewhere = path.rename(tmp_path / "s07.dat")
    again = cached_features(FileRecording(elsewhere), DE, "mean", 128, cache)
    assert again.name == "s07", "the content is the same, the name is its file's"
    assert entry.stat().st_ino == written[1]
    np.testing.assert_array_equal(first.features, again.features)
    np.testing.assert_array_equal(first.ratings, again.ratings)
    assert again.synthetic


def test_what_decides_the_features_decides_the_entry(tmp_path: Path) -> None:
    (path,) = write_demo(tmp_path, [1], **SMALL)
    cache = FeatureCache(tmp_path / "cache")
    for count, (extractor, mode, step) in enumerate(
        [(DE, "mean", 128), (PowerSpectralDensity(), "mean", 128), (DE, "paper", 128),
         (DE, "mean", 64), (DifferentialEntropy((("alpha", 8.0, 12.0),)), "mean", 128),
         (RawWindows(), "none", 128)], start=1
    ):  # fmt: skip
        found = cached_features(FileRecording(path), extractor, mode, step, cache)
        subject = FileRecording(path).read()
        expected = subject_features(subject, extractor, mode, step)
        np.testing.assert_array_equal(found.features, expected.features)
        assert len(list(cache.folder.iterdir())) == count
    write_demo(tmp_path, [1], **SMALL | {"seed": 6})
    cached_features(FileRecording(path), DE, "mean", 128, cache)
    assert len(list(cache.folder.iterdir())) == count + 1, "other bytes under the same name"


def test_ratings_of_an_original_decide_its_entry(tmp_path: Path) -> None:
    (path,) = write_demo_original(tmp_path, [24], **SMALL)
    cache = FeatureCache(tmp_path / "cache")
    before = cached_features(FileRecording(path), DE, "mean", 128, cache)
    rows = rating_rows(tmp_path)
    first = next(row for row in rows if row["Experiment_id"] == "1")
    first["Valence"] = "1.25"
    write_ratings(tmp_path, rows)
    after = cached_features(FileRecording(path), DE, "mean", 128, cache)
    assert after.ratings[0, 0] == 1.25 != before.ratings[0, 0]
    np.testing.assert_array_equal(after.features, before.features)


# -- a folder of recordings


def test_a_folder_of_originals_is_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Videos keep their number where one is left out, so that `videos` holds out the same ones."""
    s01, _ = write_demo_original(tmp_path, [1, 24], **SMALL)
    second = starts(s01)[1]
    edit_codes(s01, lambda codes: codes[second + 512 : second + 528].fill(5))
    (tmp_path / "s1x.bdf").write_bytes(b"of another study")
    lost = next(int(r["Experiment_id"]) for r in rating_rows(tmp_path) if r["Trial"] == "2") - 1
    with caplog.at_level(logging.WARNING):
        windows = load_windows(str(tmp_path), DE, "mean")
    assert "2 of 3 trials are kept" in caplog.text
    assert windows.subjects == ("s01", "s24")
    assert windows.synthetic
    assert len(windows) == (2 + 3) * 3
    groups = windows.groups
    assert set(groups.video[groups.subject == 0]) == {0, 1, 2} - {lost}
    assert set(groups.video[groups.subject == 1]) == {0, 1, 2}
    again = load_windows(str(tmp_path), DE, "mean")
    assert again.fingerprint == windows.fingerprint
    assert len(entries()) == 2


def test_either_form_of_a_subject_gives_the_same_labels(tmp_path: Path) -> None:
    write_demo(tmp_path / "dat", [24], **SMALL)
    write_demo_original(tmp_path / "bdf", [24], **SMALL)
    one = load_windows(str(tmp_path / "dat"), DE, "mean")
    other = load_windows(str(tmp_path / "bdf" / "s24.bdf"), DE, "mean")
    np.testing.assert_array_equal(one.high, other.high)
    np.testing.assert_array_equal(one.groups.video, other.groups.video)
    assert np.corrcoef(one.grid.ravel(), other.grid.ravel())[0, 1] > 0.9


def test_several_processes_read_what_one_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_demo(tmp_path, [1, 2, 3, 4], **SMALL)
    seen: list[tuple[int, int]] = []
    side_by_side = load_windows(str(tmp_path), DE, "mean", 128, lambda *n: seen.append(n))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert len(entries()) == 4
    for entry in entries():
        entry.unlink()
    monkeypatch.setattr(training_data, "PARALLEL_FROM", 99)
    alone = load_windows(str(tmp_path), DE, "mean")
    assert alone.fingerprint == side_by_side.fingerprint
    assert alone.subjects == side_by_side.subjects == ("s01", "s02", "s03", "s04")


def test_a_bad_file_among_good_ones_is_named_whoever_reads_it(tmp_path: Path) -> None:
    write_demo(tmp_path, [1, 2, 3, 4], **SMALL)
    (tmp_path / "s03.dat").write_bytes(b"\x80\x02cos\nsystem\nU\x04trueR.")
    with pytest.raises(FileRefusedError, match=r"s03\.dat is not a DEAP file"):
        load_windows(str(tmp_path), DE, "mean")


def test_a_subject_in_two_forms_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s01.dat").touch()
    (tmp_path / "s01.bdf").touch()
    with pytest.raises(SettingsError, match=r"twice: s01 as \.bdf and as \.dat"):
        load_windows(str(tmp_path), DE, "mean")


def test_what_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="There is no file"):
        FileRecording(tmp_path / "s01.dat").identity()


def test_generated_subjects_differ_in_their_identity() -> None:
    made = [DemoRecording(1, 5, "showcase"), DemoRecording(2, 5, "showcase"),
            DemoRecording(1, 6, "showcase"), DemoRecording(1, 5, "benchmark")]  # fmt: skip
    assert len({str(recording.identity()) for recording in made}) == 4
    assert made[1].name == "s02"


# -- `evoke check`


def test_originals_are_checked(tmp_path: Path) -> None:
    write_demo_original(tmp_path, [1, 24], **SMALL)
    (tmp_path / "s02.bdf").write_bytes(b"nothing")
    twente, broken, geneva = check_path(tmp_path)
    assert (twente.level, broken.level, geneva.level) == (Level.OK, Level.ERROR, Level.OK)
    assert twente.facts["order of channels"] == "Twente"
    assert geneva.facts["order of channels"] == "Geneva"
    assert geneva.facts["trials"] == "3"
    assert geneva.facts["channels"] == "40"
    assert geneva.facts["synthetic"] == "yes"
    assert "s02.bdf is named like BDF, but holds something else: choose another" in broken.message
    start = starts(tmp_path / "s01.bdf")[0]
    edit_codes(tmp_path / "s01.bdf", lambda codes: codes[start + 512 : start + 528].fill(5))
    (warned,) = check_path(tmp_path / "s01.bdf")
    assert warned.level is Level.WARNING
    assert "2 of 3 trials are kept" in warned.message
