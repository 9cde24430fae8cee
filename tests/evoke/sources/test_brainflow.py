"""BrainFlow's own boards, live: synthetic, playback, streaming; and boards that are not there."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evoke.errors import FileRefusedError, SourceError
from evoke.sources.base import Source
from evoke.sources.boards import BoardParams, brainflow, find_board
from evoke.sources.brainflow import BrainFlowSource
from evoke.sources.brainflow_csv import open_brainflow_csv
from evoke.sources.playback import UNPACED
from evoke.types import Chunk, Marker
from tests.waiting import wait_for

BOARD = find_board("synthetic")
PATIENCE_S = 30.0  # only a hang is longer
GROUP, PORT = "225.1.1.1", 6677


@contextmanager
def opened(source: BrainFlowSource) -> Iterator[BrainFlowSource]:
    source.open()
    try:
        yield source
    finally:
        source.close()


def read(source: BrainFlowSource, n_samples: float = np.inf) -> list[Chunk]:
    """Chunks up to that many samples, or to the end."""
    chunks: list[Chunk] = []
    deadline = time.monotonic() + PATIENCE_S
    while sum(c.n_samples for c in chunks) < n_samples:
        assert time.monotonic() < deadline, "no samples came"
        chunk = source.read()
        if chunk is None:
            break
        chunks.append(chunk)
    return [c for c in chunks if c.n_samples]


def joined(chunks: list[Chunk]) -> np.ndarray:
    return np.concatenate([c.samples for c in chunks], axis=1)


def recording(path: Path, n_samples: int = 100, **change: Any) -> tuple[BoardParams, np.ndarray]:
    """A file as the synthetic board records it, and what the playback board needs to play it.

    change: rows (by name) or columns to set or leave out.
    """
    from brainflow.data_filter import DataFilter

    data = np.random.default_rng(4).normal(0, 50, (BOARD.n_rows, n_samples)).round(6)
    data[BOARD.timestamp_row] = 1.7e9 + np.arange(n_samples) / BOARD.rate_hz
    data[BOARD.marker_row] = 0
    data[BOARD.marker_row, 7] = 3
    data[BOARD.counter_row] = (np.arange(n_samples) + 200) % 256
    for rows, columns in change.get("nan", ()):
        data[np.ix_(rows, columns)] = np.nan
    data = np.delete(data, change.get("lost", []), axis=1)
    DataFilter.write_file(np.ascontiguousarray(data), str(path), "w")
    return BoardParams(file=str(path), master_board="synthetic"), data


# -- synthetic


def test_the_synthetic_board_delivers_every_sample_in_order() -> None:
    source = BrainFlowSource("synthetic")
    assert isinstance(source, Source)
    with opened(source):
        chunks = read(source, 300)
    assert [c.start for c in chunks] == list(
        itertools.accumulate([c.n_samples for c in chunks[:-1]], initial=0)
    )
    assert all(c.lost == 0 and c.segment == c.trial == 0 for c in chunks)
    samples = joined(chunks)
    assert samples.dtype == np.float64
    assert samples.shape[0] == len(source.info.channels) == 16
    assert source.info.live
    times = np.concatenate([c.timestamps for c in chunks if c.timestamps is not None])
    rate_hz = (times.size - 1) / (times[-1] - times[0])
    assert source.info.rate_hz / 2 < rate_hz < source.info.rate_hz * 2
    counts = np.concatenate([c.counter for c in chunks if c.counter is not None])
    assert set(np.diff(counts) % 256) == {1}


def test_a_read_without_samples_is_empty_and_keeps_the_place() -> None:
    with opened(BrainFlowSource("synthetic")) as source:
        read(source, 1)
        # reads follow each other much faster than samples
        empty = next(c for c in iter(lambda: source.read(0), None) if not c.n_samples)
        following = read(source, 1)[0]
    assert empty.samples.shape == (16, 0)
    assert following.start == empty.start


def test_after_a_minute_without_counter_a_new_segment_begins_once() -> None:
    with opened(BrainFlowSource(replace(BOARD, counter=None))) as source:
        read(source, 1)
        assert source._previous is not None
        source._previous[BOARD.timestamp_row] -= 61  # as if the computer had slept since
        following = read(source, 1)[0]
        empty = next(c for c in iter(lambda: source.read(0), None) if not c.n_samples)
    assert (following.segment, following.lost, empty.segment) == (1, 0, 1)


def test_close_lets_a_waiting_read_return_and_frees_the_board() -> None:
    source = BrainFlowSource("synthetic")
    source.open()
    ended = threading.Event()

    def run() -> None:
        while source.read(PATIENCE_S) is not None:
            pass
        ended.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    source.close()
    assert ended.wait(PATIENCE_S)
    source.close()
    with opened(BrainFlowSource("synthetic")) as again:
        assert read(again, 1)


def test_what_the_board_has_sent_is_given_after_the_close() -> None:
    source = BrainFlowSource("synthetic")
    with opened(source):
        before = read(source, 1)[-1]
        session = source._session
        assert session is not None
        wait_for(lambda: session._shim.get_board_data_count() > 0)
    after = read(source)
    assert after[0].start == before.start + before.n_samples
    assert source.read() is None


@pytest.mark.parametrize("end", ["stop_stream", "release_session"])
def test_what_waits_is_given_before_a_board_counts_as_silent_or_gone(end: str) -> None:
    with opened(BrainFlowSource("synthetic", silence_s=0.5)) as source:
        read(source, 1)
        session = source._session
        assert session is not None
        source._previous[BOARD.timestamp_row] -= 5  # as if nothing had come for so long
        wait_for(lambda: source.read(0) is not None and source._waiting.shape[1] > 0)
        getattr(session._shim, end)()
        assert read(source, 1)
        with pytest.raises(SourceError, match=r"sent nothing for|is gone"):
            read(source)
        assert not source._waiting.size


def test_a_source_closed_while_it_opens_delivers_nothing() -> None:
    source = BrainFlowSource("synthetic")
    source.close()
    source.open()
    assert source.read() is None
    with opened(BrainFlowSource("synthetic")):
        pass


def test_a_second_session_is_refused_and_leaves_the_first_alone() -> None:
    with opened(BrainFlowSource("synthetic")) as first:
        with pytest.raises(SourceError, match="already open in this program"):
            BrainFlowSource("synthetic").open()
        assert read(first, 50)


def test_what_is_left_of_a_closed_session_leaves_the_next_alone() -> None:
    """As where an error, and so all that it names, is kept for a while."""
    with opened(BrainFlowSource("synthetic")) as first:
        assert first._session is not None
        left = first._session._shim
    with opened(BrainFlowSource("synthetic")) as second:
        del left
        assert read(second, 50)


def test_a_session_that_is_still_being_given_up_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stop while a board is looked for, then Open: the search ends in its own time."""
    shim, searching, found = brainflow().BoardShim, threading.Event(), threading.Event()
    prepare = shim.prepare_session

    def search(self: Any) -> None:
        searching.set()
        found.wait(PATIENCE_S)
        prepare(self)

    monkeypatch.setattr(shim, "prepare_session", search)
    given_up, wanted = BrainFlowSource("synthetic"), BrainFlowSource("synthetic")
    first = threading.Thread(target=lambda: (given_up.open(), given_up.close()))
    second = threading.Thread(target=wanted.open)
    first.start()
    assert searching.wait(PATIENCE_S)
    second.start()
    found.set()
    for thread in (first, second):
        thread.join(PATIENCE_S)
    assert read(wanted, 50)
    wanted.close()


# -- playback


def test_playback_delivers_what_the_file_holds(tmp_path: Path) -> None:
    params, data = recording(tmp_path / "a.csv")
    with opened(BrainFlowSource("playback", params)) as source:
        chunks = read(source)
        assert source.read() is None
    direct = open_brainflow_csv(tmp_path / "a.csv", "synthetic", speed=UNPACED)
    chunk = direct.read()
    assert chunk is not None
    assert np.array_equal(joined(chunks), chunk.samples)
    assert np.array_equal(joined(chunks), data[list(BOARD.rows)])
    assert [m for c in chunks for m in c.markers] == list(chunk.markers) == [Marker(7, "3")]
    assert (source.info.rate_hz, source.info.name) == (BOARD.rate_hz, "a.csv")
    assert source.info.channels == direct.info.channels


def test_lost_packages_move_the_index_on(tmp_path: Path) -> None:
    params, data = recording(tmp_path / "a.csv", lost=[30, 31, 32, 60])
    with opened(BrainFlowSource("playback", params)) as source:
        chunks = read(source)
    gaps = [(c.start, c.lost) for c in chunks if c.lost]
    assert gaps == [(33, 3), (61, 1)]
    assert chunks[-1].start + chunks[-1].n_samples == 100
    assert np.array_equal(joined(chunks), data[list(BOARD.rows)])


def test_a_bad_value_is_held_and_a_sample_without_any_good_one_is_lost(tmp_path: Path) -> None:
    one, all_rows = [BOARD.rows[5]], list(BOARD.rows)
    params, data = recording(
        tmp_path / "a.csv", nan=[(one, [20, 21]), (all_rows, [50, 51, 52]), (one, [99])]
    )
    with opened(BrainFlowSource("playback", params)) as source:
        chunks = read(source)
    assert [(c.start, c.lost) for c in chunks if c.lost] == [(53, 3)]
    samples = joined(chunks)
    assert np.isfinite(samples).all()
    assert (samples[5, 20:22] == data[one[0], 19]).all()
    assert samples[5, -1] == samples[5, -2]


def test_a_board_that_sends_only_rubbish_is_given_up(tmp_path: Path) -> None:
    params, _ = recording(tmp_path / "a.csv", 2000, nan=[(list(BOARD.rows), range(2000))])
    source = BrainFlowSource("playback", params, silence_s=0.2)
    with opened(source), pytest.raises(SourceError, match=r"no usable EEG for 0\.2 s"):
        read(source)


def test_playback_refuses_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    params, _ = recording(path)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(FileRefusedError, match=r"a\.csv is damaged: line 100"):
        BrainFlowSource("playback", params).open()
    path.unlink()
    with pytest.raises(FileRefusedError, match="There is no file"):
        BrainFlowSource("playback", params).open()


# -- streaming


@contextmanager
def sender() -> Iterator[Any]:
    """Another BrainFlow session that streams to the group."""
    shim = brainflow()
    inputs = shim.BrainFlowInputParams()
    inputs.other_info = "sender"
    board = shim.BoardShim(BOARD.id, inputs)
    board.prepare_session()
    try:
        try:
            board.add_streamer(f"streaming_board://{GROUP}:{PORT}", 0)
        except shim.BrainFlowError:
            pytest.skip("this computer has no network that multicasts")
        board.start_stream()
        yield board
    finally:
        board.release_session()


def test_a_stream_is_read_and_missed_when_it_ends() -> None:
    params = BoardParams(ip_address=GROUP, ip_port=PORT, master_board="synthetic")
    source = BrainFlowSource("streaming", params, silence_s=1.0)
    with opened(source):
        with sender():
            try:
                chunks = read(source, 100)
            except SourceError as error:
                if "Nothing has come" not in str(error):
                    raise
                pytest.skip("multicast does not come back on this computer")
        assert joined(chunks).shape[0] == 16
        assert chunks[0].start == 0
        with pytest.raises(SourceError, match=r"Nothing has come from .*225.1.1.1:6677 for 1 s"):
            read(source)


# -- what is not there


@pytest.mark.parametrize(
    ("board", "params", "words"),
    [
        ("cyton", BoardParams(), "OpenBCI Cyton needs its serial port"),
        ("playback", BoardParams(), "needs its file and master board"),
        ("cyton-wifi", BoardParams(), "needs its ip port"),
        ("cyton-wifi", BoardParams(ip_port=70000), "1 to 65535; got 70000"),
        ("emotibit", BoardParams(), "EmotiBit has no EEG channels"),
        ("nonsense", BoardParams(), "no board named 'nonsense'"),
        ("playback", BoardParams(file="a", master_board="b"), "no board named 'b'"),
        (
            "streaming",
            BoardParams(ip_address="300.1.1.1", ip_port=1, master_board="synthetic"),
            "multicast address.*got 300.1.1.1",
        ),
    ],
)
def test_wrong_inputs_are_refused_before_anything_is_opened(
    board: str, params: BoardParams, words: str
) -> None:
    with pytest.raises(SourceError, match=words):
        BrainFlowSource(board, params)


def test_playback_cannot_borrow_from_a_board_that_borrows() -> None:
    with pytest.raises(SourceError, match="no EEG channels"):
        BrainFlowSource("playback", BoardParams(file="a", master_board="streaming"))


def test_a_port_that_is_not_there_is_one_sentence_and_leaves_nothing_open() -> None:
    for _ in range(2):  # the second would find a session left behind
        source = BrainFlowSource("cyton", BoardParams(serial_port="/dev/evoke-none"))
        with pytest.raises(SourceError, match="port /dev/evoke-none cannot be opened; check"):
            source.open()
        source.close()
        assert source.read() is None
