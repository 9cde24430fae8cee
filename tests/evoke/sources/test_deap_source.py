"""A DEAP file played as a source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evoke.dataset.deap_original import read_deap_original
from evoke.dataset.demo import generate_subject
from evoke.dataset.demo_files import write_demo
from evoke.dataset.demo_original import write_demo_original
from evoke.dataset.pickle2 import write_arrays
from evoke.errors import FileRefusedError
from evoke.signal.montage import ELECTRODES
from evoke.sources.base import Transport
from evoke.sources.deap import open_deap
from evoke.sources.playback import UNPACED
from evoke.types import ChannelKind, Preparation
from tests.evoke.dataset.originals import edit_codes, rating_rows, starts


@pytest.mark.parametrize("file_format", ["dat", "mat"])
def test_all_trials_are_played_in_order(file_format: str, tmp_path: Path) -> None:
    (path,) = write_demo(
        tmp_path, [3], 5, "benchmark", trials=2, trial_s=2, file_format=file_format
    )
    source = open_deap(path, speed=UNPACED)
    assert isinstance(source, Transport)
    source.open()
    played: dict[int, list[np.ndarray]] = {}
    while (chunk := source.read()) is not None:
        played.setdefault(chunk.trial, []).append(chunk.samples)
    source.close()
    data, _ = generate_subject(3, 5, "benchmark", trials=2, trial_s=2)
    assert list(played) == [1, 2]
    for trial, chunks in played.items():
        np.testing.assert_array_equal(np.concatenate(chunks, axis=1), data[trial - 1])


def test_stream_says_what_deap_is(tmp_path: Path) -> None:
    (path,) = write_demo(tmp_path, [3], 5, "benchmark", trials=2, trial_s=2)
    source = open_deap(path)
    info = source.info
    assert info.name == "s03.dat"
    assert info.rate_hz == 128
    assert tuple(c.name for c in info.channels[:32]) == ELECTRODES
    assert info.eeg == tuple(range(32))
    kinds = [c.kind for c in info.channels[32:]]
    assert kinds == [ChannelKind.EOG] * 2 + [ChannelKind.EMG] * 2 + [ChannelKind.AUX] * 4
    assert {c.scale_uv for c in info.channels} == {1.0}
    assert info.preparations == frozenset(Preparation)
    assert info.rest_s == 3.0
    assert info.synthetic
    assert not info.live
    opening = np.concatenate([chunk.samples for chunk in source.opening(2)], axis=1)
    data, _ = generate_subject(3, 5, "benchmark", trials=2, trial_s=2)
    np.testing.assert_array_equal(opening, data[1])
    source.close()


def test_an_original_is_prepared_and_its_trials_have_their_videos_numbers(tmp_path: Path) -> None:
    (path,) = write_demo_original(tmp_path, [24], 5, "benchmark", trials=3, trial_s=3)
    second = starts(path)[1]
    edit_codes(path, lambda codes: codes[second + 512 : second + 528].fill(5))  # broken off
    lost = next(int(r["Experiment_id"]) for r in rating_rows(tmp_path) if r["Trial"] == "2")
    source = open_deap(path, speed=UNPACED)
    kept = tuple(number for number in (1, 2, 3) if number != lost)
    assert source.trials == kept
    info = source.info
    assert (info.name, info.rate_hz, info.rest_s, info.synthetic) == ("s24.bdf", 128, 3.0, True)
    assert info.preparations == frozenset(Preparation)
    assert any("2 of 3 trials are kept" in note for note in info.notes)
    source.open()
    chunk = source.read()
    assert chunk is not None
    np.testing.assert_array_equal(chunk.samples, read_deap_original(path).data[0][:, :128])
    source.close()


def test_other_files_are_not_called_synthetic(tmp_path: Path) -> None:
    path = tmp_path / "s01.dat"
    noise = np.random.default_rng(0).normal(0, 10, (1, 34, 512))
    with path.open("wb") as file:
        write_arrays(file, {"labels": np.full((1, 4), 5.0), "data": noise})
    source = open_deap(path)
    assert not source.info.synthetic
    assert [c.name for c in source.info.channels[32:]] == ["hEOG", "vEOG"]
    source.close()


def test_bad_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="There is no file"):
        open_deap(tmp_path / "s01.dat")
