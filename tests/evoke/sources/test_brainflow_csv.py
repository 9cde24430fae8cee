"""BrainFlow's own files, written by BrainFlow and damaged by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evoke.errors import FileRefusedError, SourceError
from evoke.sources.boards import boards, find_board
from evoke.sources.brainflow import BrainFlowSource
from evoke.sources.brainflow_csv import LONGEST_LINE, open_brainflow_csv
from evoke.sources.playback import UNPACED, PlaybackSource
from evoke.types import Marker

EPOCH_S = 1.7e9


def board_data(name: str, n_samples: int = 300) -> np.ndarray:
    """Data as a board gives them, (n_rows, n_samples), with six decimals."""
    board = find_board(name)
    data = np.random.default_rng(4).normal(0, 50, (board.n_rows, n_samples)).round(6)
    data[board.timestamp_row] = (EPOCH_S + np.arange(n_samples) / board.rate_hz).round(6)
    data[board.marker_row] = 0
    data[board.counter_row] = np.arange(n_samples) % 256
    return data


def write(path: Path, data: np.ndarray) -> Path:
    from brainflow.data_filter import DataFilter

    DataFilter.write_file(np.ascontiguousarray(data), str(path), "w")
    return path


def played(source: PlaybackSource) -> tuple[np.ndarray, list[Marker]]:
    source.open()
    chunks = list(iter(lambda: source.read(0), None))
    source.close()
    samples = np.concatenate([c.samples for c in chunks], axis=1)
    return samples, [m for c in chunks for m in c.markers]


def test_samples_and_markers_are_those_of_the_file(tmp_path: Path) -> None:
    board = find_board("synthetic")
    data = board_data("synthetic", 600)
    data[board.marker_row, [0, 300, 599]] = 1, 2.5, 7
    source = open_brainflow_csv(write(tmp_path / "a.csv", data), "synthetic", speed=UNPACED)
    samples, markers = played(source)
    assert np.array_equal(samples, data[list(board.rows)])
    assert markers == [Marker(0, "1"), Marker(300, "2.5"), Marker(599, "7")]
    assert (source.info.rate_hz, source.info.name, source.info.live) == (250, "a.csv", False)


def test_commas_and_windows_line_ends_read_the_same(tmp_path: Path) -> None:
    data = board_data("synthetic", 20)
    path = write(tmp_path / "a.csv", data)
    other = tmp_path / "b.csv"
    other.write_bytes(path.read_bytes().replace(b"\t", b",").replace(b"\n", b"\r\n"))
    first = played(open_brainflow_csv(path, "synthetic", speed=UNPACED))[0]
    assert np.array_equal(played(open_brainflow_csv(other, "synthetic", speed=UNPACED))[0], first)


def test_lost_samples_break_the_signal_as_they_do_live(tmp_path: Path) -> None:
    """Three the counter misses, and two of which no EEG value is usable."""
    board = find_board("synthetic")
    data = np.delete(board_data("synthetic"), [100, 101, 102], axis=1)
    data[[board.rows[i] for i in board.eeg], 150:152] = np.nan
    data[board.marker_row, 160] = 7
    source = open_brainflow_csv(write(tmp_path / "a.csv", data), "synthetic", speed=UNPACED)
    assert source.duration_s == pytest.approx(300 / board.rate_hz)
    source.open()
    chunks = list(iter(lambda: source.read(0), None))
    assert [(c.start, c.offset, c.n_samples, c.lost) for c in chunks] == [
        *((0, 0, 100, 0), (103, 103, 50, 3), (155, 155, 145, 2)),
    ]
    assert [m for c in chunks for m in c.markers] == [Marker(163, "7")]


@pytest.mark.parametrize(
    ("away_s", "later"), [(59.0, (100 + 59 * 256, 0, 59 * 256)), (61.0, (100, 1, 0))]
)
def test_a_board_without_a_counter_breaks_where_the_computer_slept(
    tmp_path: Path, away_s: float, later: tuple[int, int, int]
) -> None:
    """What is missing is counted up to a minute; beyond, the clock may have been set."""
    board = find_board("crown")
    assert board.counter is None
    data = board_data("crown", 200)
    data[board.timestamp_row, 100:] += away_s
    source = open_brainflow_csv(write(tmp_path / "a.csv", data), "crown", speed=UNPACED)
    source.open()
    recorded = [c for c in iter(lambda: source.read(0), None) if c.n_samples]
    first = (0, recorded[0].segment, 0)
    expected = [first, (later[0], first[1] + later[1], later[2])]
    assert [(c.start, c.segment, c.lost) for c in recorded] == expected
    live = BrainFlowSource("crown")
    for part in (data[:, :90], data[:, 90:100], data[:, 100:]):
        live._take(part, 0.0)
    assert [(c.start, c.segment, c.lost) for c in live._chunks] == [(0, 0, 0), (90, 0, 0), later]


def test_a_file_without_a_usable_value_is_refused(tmp_path: Path) -> None:
    board = find_board("synthetic")
    data = board_data("synthetic", 20)
    data[[board.rows[i] for i in board.eeg]] = np.nan
    with pytest.raises(FileRefusedError, match=r"a.csv has no sample with a usable EEG value"):
        open_brainflow_csv(write(tmp_path / "a.csv", data), "synthetic")


def test_a_value_that_is_no_number_takes_the_last_one(tmp_path: Path) -> None:
    board = find_board("synthetic")
    data = board_data("synthetic")
    data[board.rows[2], 50:53] = np.nan
    source = open_brainflow_csv(write(tmp_path / "a.csv", data), "synthetic", speed=UNPACED)
    samples, _ = played(source)
    assert (samples[2, 50:53] == data[board.rows[2], 49]).all()
    assert np.isfinite(samples).all()


def test_the_board_is_guessed_only_if_one_alone_fits(tmp_path: Path) -> None:
    with_eeg = [b for b in boards() if b.eeg]
    counts = [b.n_rows for b in with_eeg]
    alone = next(b for b in with_eeg if counts.count(b.n_rows) == 1)
    source = open_brainflow_csv(write(tmp_path / "a.csv", board_data(alone.name)), speed=UNPACED)
    assert source.info.rate_hz == alone.rate_hz
    path = write(tmp_path / "b.csv", board_data("synthetic"))
    with pytest.raises(SourceError, match=r"--board NAME.*synthetic, cyton-daisy"):
        open_brainflow_csv(path)


def test_a_file_of_another_board_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", board_data("synthetic"))
    with pytest.raises(FileRefusedError, match="has 32 columns, but cyton records 24"):
        open_brainflow_csv(path, "cyton")
    (tmp_path / "b.csv").write_text("1\t2\n3\t4\n")
    with pytest.raises(FileRefusedError, match="no board of BrainFlow has as many"):
        open_brainflow_csv(tmp_path / "b.csv")


GOOD = b"\t".join([b"1.000000"] * 32) + b"\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (GOOD * 5 + GOOD[:100], "line 6 has 12 columns"),
        (GOOD + b"\n" + GOOD, "line 2 has 1 columns"),
        (GOOD + GOOD.replace(b"1.0", b"uV.", 1), "line 2 has something other than numbers"),
        (GOOD + GOOD.replace(b"1.000000\t", b"\t", 1), "line 2 has something other than numbers"),
        (b"x" * (LONGEST_LINE + 1), "line 1 is longer"),
        (GOOD + b"7" * 9_000_000, "line 2 is longer"),
        (GOOD * 20_000 + b"1\t2\n", "line 20001 has 2 columns"),
        (b"\x00" * 5000, "has 1 columns"),
    ],
    ids=["empty", "blank", "cut", "gap", "letters", "hole", "huge", "huge2", "late", "zeros"],
)
def test_a_damaged_file_is_refused_by_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(FileRefusedError, match=words) as refusal:
        open_brainflow_csv(path, "synthetic")
    assert "bad.csv" in str(refusal.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="There is no file"):
        open_brainflow_csv(tmp_path / "none.csv", "synthetic")
