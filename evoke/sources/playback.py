"""Playing stored samples as if they arrived: what every file source is made of."""

from __future__ import annotations

import bisect
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from evoke.errors import SettingsError
from evoke.types import Chunk, Marker, StreamInfo

SLOWEST, FASTEST = 0.25, 16.0
UNPACED = float("inf")
_TICK_S = 1 / 60
"""Paced samples are handed over at least this much at a time; the screen shows no finer."""


@dataclass(frozen=True)
class Track:
    """One trial, or a whole recording.

    read: (start, stop) -> samples (n_channels, stop - start) in the file's own dtype, so that a
        file need not lie in memory. Two threads may call it at once: the one that reads, and the
        one that asks for a trial's `opening`.
    markers: samples counted from the start of the track.
    breaks: (sample, lost) wherever the signal does not go on from the sample before, in order:
        how many are missing there, 0 where nobody knows. One sample may have both.
    """

    trial: int
    n_samples: int
    read: Callable[[int, int], NDArray[np.generic]]
    markers: tuple[Marker, ...] = ()
    breaks: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(
        cls,
        trial: int,
        samples: NDArray[np.generic],
        markers: tuple[Marker, ...] = (),
        breaks: tuple[tuple[int, int], ...] = (),
    ) -> Track:
        """A track of samples in memory, (n_channels, n_samples)."""
        return cls(trial, samples.shape[1], lambda a, b: samples[:, a:b], markers, breaks)

    @cached_property
    def _at(self) -> list[int]:
        return [at for at, _ in self.breaks]

    @cached_property
    def _lost_to(self) -> list[int]:
        """Samples lost before the first break, and up to each of them."""
        return [0, *accumulate(lost for _, lost in self.breaks)]

    @cached_property
    def _parts_to(self) -> list[int]:
        """Breaks of unknown length, counted likewise."""
        return [0, *accumulate(int(not lost) for _, lost in self.breaks)]

    @cached_property
    def _begins(self) -> list[int]:
        """The offset of the first sample after each break."""
        return [at + lost for at, lost in zip(self._at, self._lost_to[1:], strict=True)]

    def offset(self, sample: int) -> int:
        """Where a stored sample lies in the trial or recording, those that were lost counted."""
        return sample + self._lost_to[bisect.bisect_right(self._at, sample)]

    def sample(self, offset: int) -> int:
        """The first stored sample at `offset` or after it, at most `n_samples`."""
        i = bisect.bisect_right(self._begins, offset)
        return min([offset - self._lost_to[i], self.n_samples, *self._at[i : i + 1]])

    def chunk(self, a: int, b: int) -> Chunk:
        """Samples from `a` on, up to `b` or the next break, counted from the track's start."""
        here, i = bisect.bisect_left(self._at, a), bisect.bisect_right(self._at, a)
        b = min([b, *self._at[i : i + 1]])
        offset = self.offset(a)
        return Chunk(
            start=offset,
            samples=self.read(a, b),
            segment=self._parts_to[i],
            trial=self.trial,
            offset=offset,
            markers=tuple(
                Marker(m.sample - a + offset, m.label) for m in self.markers if a <= m.sample < b
            ),
            lost=self._lost_to[i] - self._lost_to[here],
        )


class PlaybackSource:
    """Plays tracks in order, at a chosen speed or unpaced. Implements `Transport`.

    At the end `read` returns None, and goes on returning it until a `seek`; with `loop` the
    current track starts again instead. `on_close` releases what the tracks read from.
    """

    def __init__(
        self,
        info: StreamInfo,
        tracks: Sequence[Track],
        *,
        speed: float = 1.0,
        loop: bool = False,
        chunk_samples: int | None = None,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        if not tracks:
            raise SettingsError(f"{info.name} has nothing to play.")
        self._info = info
        self._tracks = tuple(tracks)
        self._chunk = chunk_samples or max(1, round(info.rate_hz))
        self._on_close = on_close
        self._changed = threading.Condition()
        self._index = 0  # which track
        self._offset = 0  # next sample of it
        self._start = 0  # next sample of the stream
        self._segment = 0
        self._parts = 0  # breaks of unknown length that lie before the last chunk
        self._fresh = True  # nothing was played since the last jump
        self._speed = checked_speed(speed)
        self._loop = loop
        self._paused = False
        self._closed = False
        self._ended = False
        self._anchor = (0.0, 0)  # a moment, and the offset that was due then

    def select(self, trial: int) -> None:
        """Play this trial alone. Raises SettingsError if it is not there."""
        with self._changed:
            self._tracks = (self._tracks[self._number(trial)],)
            self._jump(0, 0)

    def set_chunk(self, samples: int) -> None:
        """Hand over this many samples at a time when unpaced (default: a second's)."""
        self._chunk = samples

    # -- Source

    @property
    def info(self) -> StreamInfo:
        return self._info

    def open(self) -> None:
        """Start the clock."""
        with self._changed:
            self._anchor = (time.perf_counter(), self._offset)

    def close(self) -> None:
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
        if self._on_close:
            self._on_close()

    def read(self, timeout_s: float = 0.1) -> Chunk | None:
        """See `Source.read`. Raises FileRefusedError if the file fails while it is read."""
        deadline = time.perf_counter() + timeout_s
        with self._changed:
            while not self._closed:
                if self._ended:
                    self._changed.wait(max(0.0, deadline - time.perf_counter()))
                    if self._ended:
                        return None
                    continue
                if not self._paused and self._offset >= self._tracks[self._index].n_samples:
                    if not self._advance():
                        self._ended = True
                        return None
                    continue
                n, wait_s = self._due()
                left_s = deadline - time.perf_counter()
                if n:
                    return self._take(n)
                if left_s <= 0:
                    return self._take(0)
                self._changed.wait(min(wait_s, left_s))
            return None

    # -- Transport

    @property
    def trials(self) -> tuple[int, ...]:
        return tuple(t.trial for t in self._tracks)

    @property
    def duration_s(self) -> float:
        track = self._tracks[self._index]
        return track.offset(track.n_samples) / self._info.rate_hz

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def loop(self) -> bool:
        return self._loop

    @property
    def speed(self) -> float:
        return self._speed

    def play(self) -> None:
        with self._changed:
            if self._ended:
                self._jump(0, 0)
            self._paused = False
            self._restart_clock()

    def pause(self) -> None:
        with self._changed:
            self._paused = True
            self._changed.notify_all()

    def seek(self, t_s: float, trial: int | None = None) -> None:
        """See `Transport.seek`. Raises SettingsError for a trial that is not there."""
        with self._changed:
            index = self._index if trial is None else self._number(trial)
            self._jump(index, self._tracks[index].sample(max(0, round(t_s * self._info.rate_hz))))

    def set_speed(self, speed: float) -> None:
        """Raises SettingsError outside 0.25..16, unless inf."""
        with self._changed:
            self._speed = checked_speed(speed)
            self._restart_clock()

    def set_loop(self, loop: bool) -> None:
        with self._changed:
            self._loop = loop
            self._changed.notify_all()

    def opening(self, trial: int) -> Iterator[Chunk]:
        track = self._tracks[self._number(trial)]
        at = 0
        while at < track.n_samples:
            chunk = track.chunk(at, min(at + round(self._info.rate_hz), track.n_samples))
            yield chunk
            at += chunk.n_samples

    def _number(self, trial: int) -> int:
        """Which track a trial is."""
        if trial not in self.trials:
            first, last = self.trials[0], self.trials[-1]
            has = f"trials {first} to {last}" if last else "no trials"
            raise SettingsError(f"{self._info.name} has {has}; trial {trial} was asked for.")
        return self.trials.index(trial)

    # -- with the lock held

    def _due(self) -> tuple[int, float]:
        """How many samples are due now, and else how long until some are."""
        left = self._tracks[self._index].n_samples - self._offset
        if self._paused:
            return 0, UNPACED
        if self._speed == UNPACED:
            return min(self._chunk, left), 0.0
        per_s = self._info.rate_hz * self._speed
        moment, offset = self._anchor
        due = offset + int((time.perf_counter() - moment) * per_s) - self._offset
        least = min(max(1, int(_TICK_S * per_s)), left)
        if due >= least:
            return min(due, left), 0.0
        return 0, (least - due) / per_s

    def _take(self, n: int) -> Chunk:
        """The next `n` samples, fewer before a break; its place in the track becomes its place in
        the stream."""
        found = self._tracks[self._index].chunk(self._offset, self._offset + n)
        moved = 0
        if n and not self._fresh:  # what lies before a place that was jumped to is not missing
            self._segment += found.segment - self._parts
            moved = found.lost
        if n:
            self._parts, self._fresh = found.segment, False
        self._start += moved
        chunk = replace(
            found,
            start=self._start,
            segment=self._segment,
            markers=tuple(
                Marker(m.sample - found.start + self._start, m.label) for m in found.markers
            ),
            lost=moved,
            arrival_s=time.perf_counter(),
        )
        self._offset += found.n_samples
        self._start += found.n_samples
        return chunk

    def _advance(self) -> bool:
        if self._loop:
            self._jump(self._index, 0)
        elif self._index + 1 < len(self._tracks):
            self._jump(self._index + 1, 0)
        else:
            return False
        return True

    def _jump(self, index: int, offset: int) -> None:
        self._index, self._offset = index, offset
        self._segment += 1
        self._fresh = True
        self._ended = False
        self._restart_clock()

    def _restart_clock(self) -> None:
        self._anchor = (time.perf_counter(), self._offset)
        self._changed.notify_all()


def checked_speed(speed: float) -> float:
    """Times real time. Raises SettingsError outside 0.25..16, unless inf."""
    if speed != UNPACED and not SLOWEST <= speed <= FASTEST:
        raise SettingsError(f"Speed must be 0.25 to 16, or max; got {speed:g}.")
    return speed
