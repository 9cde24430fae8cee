"""Replay without a window reads as the window would."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from app import settings
from app.cli import cli
from app.headless import PICTURES
from app.settings import Settings
from models.checkpoint import load
from models.runtime import BUNDLED_STUDENT
from tests.evoke.sources.test_brainflow_csv import board_data, write


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """12 s of 16 channels without any meaning."""
    return write(tmp_path / "r.csv", board_data("synthetic", 12 * 250))


def replayed(path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Its summary; without pictures."""
    monkeypatch.setenv("DISPLAY", "")
    monkeypatch.setenv("WAYLAND_DISPLAY", "")
    monkeypatch.setenv("PATH", "")
    arguments = ["replay", str(path), "--board", "synthetic", "--headless", "--out", str(out)]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    return dict(json.loads((out / "summary.json").read_text()))


def test_it_reads_by_the_settings_of_the_window(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.save(Settings(mains_hz=50))
    european = replayed(recording, tmp_path / "50", monkeypatch)
    settings.save(Settings(mains_hz=60, emotions="literature"))
    american = replayed(recording, tmp_path / "60", monkeypatch)
    assert (european["mains_hz"], american["mains_hz"]) == (50, 60)
    assert (european["words"]["100"], american["words"]["100"]) == ("sad", "content")  # type: ignore[index]
    assert european["trials"] != american["trials"], "another notch, other readings"


def test_what_decided_the_readings_is_recorded(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.save(Settings(smoothing_s=10, undecided_low=0.3, undecided_high=0.7))
    (tmp_path / "out").mkdir()
    for picture in PICTURES:
        (tmp_path / "out" / picture).write_bytes(b"of another recording")
    summary = replayed(recording, tmp_path / "out", monkeypatch)
    assert (summary["smoothing_s"], summary["undecided_zone"]) == (10, [0.3, 0.7])
    assert summary["model_fingerprint"] == load(BUNDLED_STUDENT).fingerprint
    assert summary["evoke"] == version("evoke")
    assert not any((tmp_path / "out" / picture).exists() for picture in PICTURES)


def test_a_long_recording_without_good_signal_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = board_data("synthetic", 12 * 250)
    data[1:12] = np.float64(0.0)
    summary = replayed(write(tmp_path / "flat.csv", data), tmp_path / "out", monkeypatch)
    assert summary["readings"] == 0
    assert "enough electrodes carry signal" in str(summary["notes"])


def test_means_are_of_what_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cap that comes off for good leaves the means of the trial where they were."""
    data = board_data("synthetic", 12 * 250)
    noisy = replayed(write(tmp_path / "c.csv", data), tmp_path / "noisy", monkeypatch)
    assert noisy["undecided_why"]["too much muscle or mains noise"] == noisy["readings"] > 0  # type: ignore[index]
    data[1:17] /= 8  # white noise like the board's, as strong as EEG
    whole = replayed(write(tmp_path / "a.csv", data[:, : 8 * 250]), tmp_path / "8", monkeypatch)
    data[1:17, 8 * 250 :] = 0.0
    off = replayed(write(tmp_path / "b.csv", data), tmp_path / "12", monkeypatch)
    assert off["readings"] > whole["readings"]  # type: ignore[operator]
    first, other = (one["trials"]["0"] for one in (whole, off))  # type: ignore[index]
    for name in ("p_valence", "p_arousal", "p_dominance"):
        assert other[name] == pytest.approx(first[name], abs=0.03)
