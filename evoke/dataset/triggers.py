"""The status channel of a DEAP recording: when each video was played.

BioSemi's status channel is the last one, whatever its name (the later files leave it unnamed). Each
of its samples is a word of 24 bits: the low byte is the code that the presentation sent, the others
are the amplifier's own state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evoke.dataset.ratings import RatedTrial
from evoke.errors import FileRefusedError

CLOCK_TOLERANCE_S = 1.0
"""How far a video's start in the recording may lie from its start in the table of ratings, once
their clocks agree. Trials are over a minute apart."""

_SAMPLE_BYTES = 3


class Code(IntEnum):
    """What the presentation sends (DEAP's page, section 'Data_original')."""

    BLOCK = 1  # also each rating screen
    FIXATION = 3
    VIDEO = 4
    AFTER = 5


@dataclass(frozen=True, slots=True)
class Video:
    """Samples at which a video began and ended; `stop` is None where no end was marked."""

    start: int
    stop: int | None


def read_codes(path: Path, n_channels: int, record_samples: int) -> NDArray[np.uint8]:
    """The code at every sample, (n_samples,), of a BDF in which all channels have one rate.

    Read from the file itself, not through MNE, which would scale the words as the header says and
    masks them or not depending on the channel's name. Only the last channel's bytes are touched.
    """
    header = 256 * (n_channels + 1)
    record = n_channels * record_samples * _SAMPLE_BYTES
    n_records = (path.stat().st_size - header) // record
    stored = np.memmap(path, np.uint8, "r", header, (n_records, record))
    last = stored[:, (n_channels - 1) * record_samples * _SAMPLE_BYTES :]
    return np.ascontiguousarray(last[:, ::_SAMPLE_BYTES]).ravel()  # little endian: low byte first


def videos(codes: NDArray[np.uint8]) -> list[Video]:
    """Every video that was started, in order. A code may be held or sent as a short pulse."""
    onsets = np.flatnonzero(np.diff(codes, prepend=np.uint8(0)))
    starts = [int(i) for i in onsets if codes[i] == Code.VIDEO]
    stops = [int(i) for i in onsets if codes[i] == Code.AFTER]
    following = [*starts, len(codes)][1:]
    return [
        Video(start, next((stop for stop in stops if start < stop < end), None))
        for start, end in zip(starts, following, strict=True)
    ]


def match(
    name: str, found: Sequence[Video], rated: Sequence[RatedTrial], rate_hz: float
) -> list[tuple[Video, RatedTrial]]:
    """Which video belongs to which row, in order of presentation.

    As many of the one as of the other are taken in order. Otherwise the videos whose starts fit
    the table's `start_s`, the two clocks shifted against each other so that most fit, are kept.
    Raises FileRefusedError where that leaves a doubt.
    """
    if len(found) == len(rated):
        return list(zip(found, rated, strict=True))
    starts_s = np.array([v.start / rate_hz for v in found])
    table_s = np.array([t.start_s for t in rated])
    shifts = (starts_s[:, None] - table_s).ravel()
    fits = {_pairs(starts_s - shift, table_s) for shift in shifts}
    most = max(map(len, fits), default=0)
    best = [pairs for pairs in fits if len(pairs) == most]
    if len(best) != 1 or most < min(len(found), len(rated)):
        raise FileRefusedError(
            f"{name} must have a video start (code {Code.VIDEO.value}) for each of the "
            f"{len(rated)} trials rated; found {len(found)}"
            + (", and their times do not say which." if found else ".")
        )
    return [(found[i], rated[j]) for i, j in best[0]]


def _pairs(
    starts_s: NDArray[np.float64], table_s: NDArray[np.float64]
) -> tuple[tuple[int, int], ...]:
    """For each entry of `table_s` the nearest start, where one is near enough."""
    apart = np.abs(starts_s[:, None] - table_s)
    nearest = apart.argmin(axis=0)
    return tuple((int(i), j) for j, i in enumerate(nearest) if apart[i, j] <= CLOCK_TOLERANCE_S)
