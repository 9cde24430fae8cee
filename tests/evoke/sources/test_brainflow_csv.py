"""BrainFlow's own files, written by BrainFlow and damaged by hand."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from evoke.errors import FileRefusedError, SourceError
from evoke.sources.boards import BoardParams, boards, find_board
from evoke.sources.brainflow import BrainFlowSource
from evoke.sources.brainflow_csv import LONGEST_LINE, open_brainflow_csv
from evoke.sources.playback import UNPACED, PlaybackSource
from evoke.types import Chunk, Marker

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


Runs = tuple[list[tuple[int, int, int]], np.ndarray]


def runs_of(chunks: list[Chunk]) -> Runs:
    """Where the signal goes on after a break: start, how often it had an unknown length, lost
    samples. And all samples."""
    runs = [
        (after.start, after.segment - chunks[0].segment, after.lost)
        for before, after in pairwise(chunks)
        if after.lost or after.segment > before.segment
    ]
    return runs, np.concatenate([c.samples for c in chunks], axis=1)


def recorded(path: Path, name: str, data: np.ndarray) -> Runs:
    """Of a file of that board."""
    source = open_brainflow_csv(write(path, data), name, speed=UNPACED)
    source.open()
    return runs_of([c for c in iter(lambda: source.read(0), None) if c.n_samples])


def live(name: str, data: np.ndarray, at_once: int) -> Runs:
    """Of what a board sends, so many samples at once."""
    return runs_of(live_chunks(name, data, at_once))


def live_chunks(name: str, data: np.ndarray, at_once: int) -> list[Chunk]:
    source = BrainFlowSource(name, BoardParams(serial_port="none"))
    for start in range(0, data.shape[1], at_once):
        source._take(data[:, start : start + at_once], 0.0)
    source.close()
    return list(iter(source.read, None))


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
    data = board_data("crown", 400)
    data[board.timestamp_row, 100:] += away_s
    assert recorded(tmp_path / "a.csv", "crown", data)[0] == [later]
    assert live("crown", data, 10)[0] == [later]


@pytest.mark.parametrize("unusable", [1, 4])
def test_a_sleep_is_no_less_one_where_the_first_samples_after_it_are_unusable(
    tmp_path: Path, unusable: int
) -> None:
    data, board = board_data("synthetic", 400), find_board("synthetic")
    data[board.timestamp_row, 100:] += 7200
    data[[board.rows[i] for i in board.eeg], 100 : 100 + unusable] = np.nan
    expected = [(100 + unusable, 1, unusable)]
    assert recorded(tmp_path / "a.csv", "synthetic", data)[0] == expected
    for at_once in (1, 7, 400):
        assert live("synthetic", data, at_once)[0] == expected


def test_a_marker_on_a_sample_that_is_dropped_comes_with_the_next(tmp_path: Path) -> None:
    board = find_board("unicorn")
    data = board_data("unicorn", 300)
    data[board.counter_row] = np.arange(300)
    data[board.marker_row, [20, 50, 52, 100, 201, 299]] = 1, 2, 3, 4, 5, 6
    data[[board.rows[i] for i in board.eeg], 50:53] = np.nan
    order = np.arange(300)
    order[[100, 101]] = 101, 100  # 100 is late
    order = np.insert(order, 201, 200)
    came = data[:, order]
    came[board.timestamp_row] = EPOCH_S + np.arange(301) / board.rate_hz
    came[board.marker_row, 201] = 7  # on the one that comes twice
    expected = [(20, "1"), (53, "2"), (53, "3"), (102, "4"), (201, "7"), (201, "5"), (299, "6")]
    source = open_brainflow_csv(write(tmp_path / "a.csv", came), "unicorn", speed=UNPACED)
    assert [(m.sample, m.label) for m in played(source)[1]] == expected
    for at_once in (1, 7, 301):
        chunks = live_chunks("unicorn", came, at_once)
        assert [(m.sample, m.label) for c in chunks for m in c.markers] == expected
        assert all(c.start <= m.sample < c.start + c.n_samples for c in chunks for m in c.markers)


def test_what_waits_after_a_silence_is_given_after_the_close() -> None:
    data = np.delete(board_data("crown", 700), range(300, 608), axis=1)
    assert live("crown", data, 7)[0] == [(608, 0, 308)]


def test_the_burst_after_a_stall_is_no_loss_though_it_comes_later(tmp_path: Path) -> None:
    """Of a board without counter: 1.2 s of samples late and all stamped as they came."""
    data = board_data("crown", 1100)
    board = find_board("crown")
    data[board.timestamp_row, 300:608] = data[board.timestamp_row, 608]
    whole = recorded(tmp_path / "a.csv", "crown", data)
    for at_once in (1, 7, 300, 1100):
        runs, samples = live("crown", data, at_once)
        assert runs == whole[0] == []
        assert np.array_equal(samples, data[list(board.rows)])


def test_what_is_lost_in_a_silence_is_counted_in_small_reads_too(tmp_path: Path) -> None:
    data = np.delete(board_data("crown", 1100), range(300, 608), axis=1)
    assert recorded(tmp_path / "a.csv", "crown", data)[0] == [(608, 0, 308)]
    for at_once in (1, 7, 300, 792):
        assert live("crown", data, at_once)[0] == [(608, 0, 308)]


@pytest.mark.parametrize(
    ("name", "per_package", "away_s"), [("unicorn", 1, 30), ("muse-2", 12, 30), ("cyton", 1, 0)]
)
def test_a_counter_that_begins_anew_loses_nothing_and_breaks(
    tmp_path: Path, name: str, per_package: int, away_s: float
) -> None:
    """Two recordings in one file; a headset that was switched off and on."""
    data, board = board_data(name, 900), find_board(name)
    assert board.counter is not None
    counts = np.append(np.arange(360), np.arange(540)) // per_package
    data[board.counter_row] = counts % board.counter.modulus
    data[board.timestamp_row, 360:] += away_s
    assert recorded(tmp_path / "a.csv", name, data)[0] == [(360, 1, 0)]
    for at_once in (1, 7, 900):
        assert live(name, data, at_once)[0] == [(360, 1, 0)]


@pytest.mark.parametrize(("name", "n"), [("unicorn", 1), ("muse-2", 12), ("cyton", 1)])
def test_a_package_that_is_late_or_comes_twice_is_counted_once(
    tmp_path: Path, name: str, n: int
) -> None:
    board = find_board(name)
    data = board_data(name, 600)
    assert board.counter is not None
    data[board.counter_row] = np.arange(600) // n % board.counter.modulus
    order = np.arange(600).reshape(-1, n)
    order[[20, 21]] = order[[21, 20]]  # the second of them is too late
    order = np.insert(order, 31, order[30], axis=0)  # twice in a row
    order = np.insert(order, 42, order[38], axis=0)  # again, after others
    came = data[:, order.ravel()]
    came[board.timestamp_row] = EPOCH_S + np.arange(came.shape[1]) / board.rate_hz
    kept = np.delete(data, range(20 * n, 21 * n), axis=1)[list(board.rows)]
    for runs, samples in (
        recorded(tmp_path / "a.csv", name, came),
        *(live(name, came, at_once) for at_once in (1, 7, 600)),
    ):
        assert runs == [(21 * n, 0, n)]
        assert np.array_equal(samples, kept)


def test_a_counter_that_stands_still_keeps_every_sample(tmp_path: Path) -> None:
    data = board_data("cyton", 300)
    data[find_board("cyton").counter_row] = 0
    data[list(find_board("cyton").rows), 100:] = 5.0
    runs, samples = recorded(tmp_path / "a.csv", "cyton", data)
    assert runs == []
    assert samples.shape[1] == live("cyton", data, 7)[1].shape[1] == 300


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
