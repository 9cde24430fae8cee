"""BrainFlow's own files: one line a sample, one column for each row of the board's data.

Written by `DataFilter.write_file` and the `file://` streamer with six decimals, columns parted
by tabs (by commas in old versions). The file does not say which board it came from, nor its rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evoke.errors import FileRefusedError, SourceError
from evoke.sources.boards import Board, boards, find_board
from evoke.sources.gaps import clock_jumped, hold_last, lost_by_clock, repeated, usable
from evoke.sources.playback import PlaybackSource, Track
from evoke.types import Marker

LONGEST_LINE = 8192
"""Bytes; BrainFlow's own reader takes no longer line."""

_BLOCK = 1 << 22
_UNKNOWN = "Say which board recorded it (--board NAME)"


def open_brainflow_csv(
    path: str | Path, board: str | None = None, *, speed: float = 1.0
) -> PlaybackSource:
    """A BrainFlow file as a source.

    board: name of the board that recorded it; by default the only one whose data have as many
        rows as the file has columns.
    Samples are read as they stand, float64 uV; what is no number, and what was lost, is treated as
    `BrainFlowSource` treats it live. Markers are the board's own.
    Raises FileRefusedError for a damaged file or one without a single usable sample, SourceError
    if the board is unknown or ambiguous.
    """
    path = Path(path)
    columns = count_columns(path)
    recorder = find_board(board) if board else guess_board(path, columns)
    data = read_rows(path, recorder, columns)
    index, segment, fresh = places(data, recorder)
    alive = fresh & usable(data[[recorder.rows[i] for i in recorder.eeg]]).any(axis=0)
    if not alive.any():
        raise FileRefusedError(f"{path.name} has no sample with a usable EEG value.")
    marked = markers_of(data[recorder.marker_row], index, fresh)
    data, index, segment = data[:, alive], index[alive], segment[alive]
    samples, _ = hold_last(data[list(recorder.rows)], np.zeros(len(recorder.rows)))
    missing = np.diff(index) - 1
    jumps = [(int(i) + 1, 0) for i in np.flatnonzero(np.diff(segment) > 0)]
    losses = [(int(i) + 1, int(missing[i])) for i in np.flatnonzero(missing > 0)]
    breaks = tuple(sorted(jumps + losses))
    stored = [int(np.searchsorted(index, m.sample)) for m in marked]
    markers = tuple(
        Marker(min(at, index.size - 1), m.label) for at, m in zip(stored, marked, strict=True)
    )
    info = recorder.stream_info(path.name, live=False)
    return PlaybackSource(info, [Track.of(0, samples, markers, breaks)], speed=speed)


def guess_board(path: Path, columns: int) -> Board:
    """The only board with EEG whose data have that many rows.

    Raises SourceError listing the candidates if there are several, FileRefusedError if there is
    none.
    """
    fitting = [b for b in boards() if b.n_rows == columns and b.eeg]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise FileRefusedError(
            f"{path.name} has {columns} columns, and no board of BrainFlow has as many."
        )
    names = ", ".join(b.name for b in fitting)
    raise SourceError(f"{path.name} has {columns} columns. {_UNKNOWN}: {names}.")


def count_columns(path: Path) -> int:
    """Columns of the first line. Raises FileRefusedError if there is no such line."""
    try:
        with path.open("rb") as file:
            first = file.readline(LONGEST_LINE + 1)
    except FileNotFoundError:
        raise FileRefusedError(f"There is no file {path}.") from None
    except OSError as error:
        raise FileRefusedError(f"{path} cannot be read: {error.strerror}.") from error
    if not first.strip():
        raise FileRefusedError(f"{path.name} is empty.")
    _check_length(path, first, 1)
    return len(_fields(first))


def read_rows(path: Path, board: Board, columns: int) -> NDArray[np.float64]:
    """The whole file as (n_rows, n_samples) float64, laid out as the board's data.

    Raises FileRefusedError naming the first line that is not one of this board's.
    """
    if columns != board.n_rows:
        raise FileRefusedError(
            f"{path.name} has {columns} columns, but {board.name} records {board.n_rows}."
        )
    blocks = [_parse(path, lines, number, columns) for number, lines in _line_blocks(path)]
    return np.concatenate(blocks).T


def _line_blocks(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Number of the first line, and some megabytes of whole lines without their ends."""
    number, rest = 1, b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            *lines, rest = (rest + block).split(b"\n")
            _check_length(path, rest, number + len(lines))
            if lines:
                yield number, lines
            number += len(lines)
    if rest.strip():
        yield number, [rest]


def _parse(path: Path, lines: list[bytes], number: int, columns: int) -> NDArray[np.float64]:
    """(n_lines, columns). A line that is cut short, too long or no numbers refuses the file."""
    values = np.empty((len(lines), columns))
    for i, line in enumerate(lines):
        fields = _fields(line)
        if len(fields) != columns:
            _check_length(path, line, number + i)
            raise FileRefusedError(
                f"{path.name} is damaged: line {number + i} has {len(fields)} columns, "
                f"the first has {columns}."
            )
        try:
            values[i] = fields
        except ValueError:
            raise FileRefusedError(
                f"{path.name} is not a BrainFlow file: line {number + i} has something other "
                "than numbers."
            ) from None
    return values


def _fields(line: bytes) -> list[bytes]:
    return line.rstrip(b"\t\r\n").split(b"\t" if b"\t" in line else b",")


def _check_length(path: Path, line: bytes, number: int) -> None:
    if len(line) > LONGEST_LINE:
        raise FileRefusedError(
            f"{path.name} is not a BrainFlow file: line {number} is longer than "
            f"{LONGEST_LINE} characters."
        )


def places(
    data: NDArray[np.float64], board: Board
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Where each sample of a board's data (n_rows, n_samples) lies, (n_samples,) each: its index,
    lost ones counted; its segment, which grows where nobody knows whether any were lost; and
    whether it is to be used: what came twice, or after what was sent later, is not."""
    times, rate_hz = data[board.timestamp_row], board.rate_hz
    if board.counter is None:
        lost, jumped = lost_by_clock(times, rate_hz), clock_jumped(times)
        anew, fresh = np.zeros_like(jumped), np.ones(times.size, bool)
    else:
        counts, eeg = data[board.counter_row], data[[board.rows[i] for i in board.eeg]]
        told = board.counter.follow(counts, times, rate_hz)
        lost, jumped = told.lost, clock_jumped(times, board.counter.turn_s(rate_hz))
        anew, fresh = told.anew, ~(told.late | repeated(counts, eeg, board.counter.samples))
    index = np.cumsum(fresh) - 1 + np.append(0, np.cumsum(lost))
    return index, np.append(0, np.cumsum(anew | (jumped & (lost == 0)))), fresh


def markers_of(
    row: NDArray[np.float64], index: NDArray[np.int64], fresh: NDArray[np.bool_]
) -> list[Marker]:
    """Markers of a board's data, in order; that of a sample which is not to be used lies where the
    next one does.

    row: (n_samples,), 0 where there is none. index, fresh: see `places`.
    """
    at = np.where(fresh, index, index + 1)
    return [Marker(int(at[i]), f"{row[i]:g}") for i in np.flatnonzero(row)]
