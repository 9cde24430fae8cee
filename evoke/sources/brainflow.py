"""Live EEG from any board that BrainFlow drives."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evoke.errors import SourceError
from evoke.sources.board_session import BoardSession, require_inputs
from evoke.sources.boards import PLAYBACK_ID, STREAMING_ID, Board, BoardParams, find_board
from evoke.sources.brainflow_csv import count_columns, markers_of, places, read_rows
from evoke.sources.gaps import hold_last, settled, usable
from evoke.types import Chunk, Marker, StreamInfo

_POLL_S = 1 / 60
"""BrainFlow cannot be waited for, only asked. More often would cost the analysis more chunks than
the screen can show."""


class BrainFlowSource:
    """One board as a `Source`: float64 uV, EEG first, then EOG, EMG and ECG rows.

    Samples whose every EEG value is no number (NaN, infinite, beyond 1 kV) count as lost; a
    single such value takes the channel's last good one. Lost samples follow from the package
    counter, or from the device clock where no counter can be trusted; where neither tells, a new
    segment begins. After a silence samples wait, a second at most by the device clock, until it is
    clear whether any are missing. See `gaps`. A marker on a sample that is not delivered comes with
    the next one.
    """

    def __init__(
        self, board: Board | str, params: BoardParams | None = None, *, silence_s: float = 5.0
    ) -> None:
        """silence_s: how long nothing usable may come before the board counts as gone.

        Raises SourceError if an input is missing or the board has no EEG.
        """
        self._board = find_board(board) if isinstance(board, str) else board
        self._params = params or BoardParams()
        require_inputs(self._board, self._params)
        self._layout = find_board(self._params.master_board) if self._board.borrows else self._board
        if not self._layout.eeg:
            raise SourceError(f"{self._layout.title} has no EEG channels.")
        self._silence_s = silence_s
        self._info = self._layout.stream_info(self._title(), live=True)
        self._lock = threading.Lock()  # a close comes from another thread
        self._closed = threading.Event()
        self._session: BoardSession | None = None
        self._chunks: deque[Chunk] = deque()
        self._marks: NDArray[np.float64] | None = None  # of a file: its marker row
        self._came = 0  # samples that came
        self._index = 0  # of the next sample to come, lost ones counted
        self._segment = 0  # of the last sample that came
        self._next = 0  # of the next sample to deliver
        # (n_rows, 0 or more) the last that were placed, on which the place of the next rests
        self._previous = np.empty((self._layout.n_rows, 0))
        self._waiting = np.empty((self._layout.n_rows, 0))  # those that cannot be placed yet
        self._marked: deque[Marker] = deque()  # waiting for their sample to be delivered
        self._held = np.zeros(len(self._layout.rows))
        self._usable_at_s = 0.0
        self._ask_at_s = 0.0

    @property
    def info(self) -> StreamInfo:
        return self._info

    def open(self) -> None:
        """Find the board and start it; some boards take up to half a minute.

        Raises SourceError saying what to do if it is not there, FileRefusedError if the file to
        play back is damaged.
        """
        if self._board.id == PLAYBACK_ID:
            path = Path(self._params.file)
            rows = read_rows(path, self._layout, count_columns(path))
            self._marks = rows[self._layout.marker_row].copy()
        session = BoardSession(self._info.name, self._board, self._params, self._layout)
        with self._lock:
            self._session = session
            if self._closed.is_set():
                self._release()
        self._usable_at_s = time.perf_counter()

    def read(self, timeout_s: float = 0.1) -> Chunk | None:
        """See `Source.read`. Raises SourceError once nothing usable has come for `silence_s`."""
        deadline = time.perf_counter() + timeout_s
        while True:
            now = time.perf_counter()
            with self._lock:
                if self._session is not None and not self._chunks:
                    self._ask(self._session, now)
                if self._chunks:
                    return self._chunks.popleft()
                if self._session is None or self._played_out:
                    return None
                if now >= deadline:
                    empty = np.empty((len(self._layout.rows), 0))
                    return Chunk(
                        start=self._next,
                        samples=empty,
                        segment=self._segment,
                        offset=self._next,
                        arrival_s=now,
                    )
            self._closed.wait(min(self._ask_at_s, deadline) - now)

    def close(self) -> None:
        self._closed.set()
        with self._lock:
            data = self._nothing
            if self._session is not None:
                with suppress(SourceError):  # of a board that is gone only what waits is left
                    data = self._session.data()
            self._take(data, time.perf_counter(), last=True)
            self._release()

    def _release(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    # -- what came

    @property
    def _nothing(self) -> NDArray[np.float64]:
        return np.empty((self._layout.n_rows, 0))

    @property
    def _played_out(self) -> bool:
        """Whether this was a file, and has ended."""
        return self._marks is not None and self._came >= self._marks.size

    def _ask(self, session: BoardSession, now: float) -> None:
        """Take what has come. Raises SourceError if the board is gone or silent, once nothing
        waits any more."""
        try:
            if now >= self._ask_at_s:
                self._ask_at_s = now + _POLL_S
                self._take(session.data(), now)
            silent = now - self._usable_at_s > self._silence_s
            if silent and not self._chunks and not self._played_out:
                raise SourceError(self._silence())
        except SourceError:
            self._take(self._nothing, now, last=True)
            if not self._chunks:
                raise

    def _take(self, data: NDArray[np.float64], now: float, *, last: bool = False) -> None:
        """Cut what came, (n_rows, n_samples), into chunks without gaps. last: nothing more comes,
        so that what waits is placed by what is known."""
        n = data.shape[1]
        if not n and not (last and self._waiting.shape[1]):
            return
        layout = self._layout
        if self._marks is not None:  # the playback board leaves them out
            data[layout.marker_row, : self._marks.size - self._came] = self._marks[
                self._came : self._came + n
            ]
        self._came += n
        eeg = [layout.rows[i] for i in layout.eeg]
        if usable(data[eeg]).any():
            self._usable_at_s = now
        data = np.concatenate([self._previous, self._waiting, data], axis=1)
        placed, ready = self._previous.shape[1], data.shape[1]
        if not last and not self._played_out:
            ready = max(placed, settled(data[layout.timestamp_row], layout.rate_hz))
        self._waiting, data = data[:, ready:], data[:, :ready]
        if ready <= placed:
            return
        index, segment, fresh = places(data, layout)
        self._previous = data[:, -layout.counter.memory if layout.counter else -1 :]
        if placed:
            index += self._index - 1 - index[placed - 1]
            segment += self._segment - segment[placed - 1]
        self._index, self._segment = int(index[-1]) + 1, int(segment[-1])
        data, index, segment = data[:, placed:], index[placed:], segment[placed:]
        fresh = fresh[placed:]
        self._marked += markers_of(data[layout.marker_row], index, fresh)
        alive = np.flatnonzero(fresh & usable(data[eeg]).any(axis=0))
        if not alive.size:
            return
        broken = (np.diff(index[alive]) > 1) | (np.diff(segment[alive]) > 0)
        for run in np.split(alive, np.flatnonzero(broken) + 1):
            start, part = int(index[run[0]]), int(segment[run[0]])
            self._chunks.append(self._chunk(data[:, run], start, part, now))

    def _chunk(self, data: NDArray[np.float64], start: int, segment: int, now: float) -> Chunk:
        layout = self._layout
        samples, self._held = hold_last(data[list(layout.rows)], self._held)
        markers = []
        while self._marked and self._marked[0].sample < start + samples.shape[1]:
            marker = self._marked.popleft()
            markers.append(Marker(max(marker.sample, start), marker.label))
        chunk = Chunk(
            start=start,
            samples=samples,
            segment=segment,
            offset=start,
            timestamps=data[layout.timestamp_row].copy(),
            counter=data[layout.counter_row].copy() if layout.counter_row >= 0 else None,
            markers=tuple(markers),
            lost=start - self._next,
            arrival_s=now,
        )
        self._next = start + chunk.n_samples
        return chunk

    # -- words

    def _title(self) -> str:
        if self._board.id == PLAYBACK_ID:
            return Path(self._params.file).name
        if self._board.id == STREAMING_ID:
            return f"{self._layout.title} at {self._params.ip_address}:{self._params.ip_port}"
        return self._board.title

    def _silence(self) -> str:
        name, seconds = self._info.name, f"{self._silence_s:g} s"
        if self._next < self._index:
            return f"{name} has sent no usable EEG for {seconds}: check electrodes and cables."
        if self._board.id == STREAMING_ID:
            return (
                f"Nothing has come from {name} for {seconds}: check that the other program "
                "streams to this address."
            )
        if self._came:
            return (
                f"{name} has sent nothing for {seconds}: check battery, distance and cable, "
                "then connect again."
            )
        return f"{name} is open but sends nothing: switch it off and on, then connect again."
