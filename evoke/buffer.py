"""A ring buffer addressed by sample index, so that readers cannot disturb one another."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray


class RingBuffer:
    """Keeps the newest `capacity` samples of a stream.

    Samples are float32, (n_channels, n_samples). Every sample has the index it had in the stream;
    a jump in the index (lost samples) is kept as NaN. One writer, any number of readers.
    """

    def __init__(self, n_channels: int, capacity: int) -> None:
        self._data = np.full((n_channels, capacity), np.nan, dtype=np.float32)
        self._capacity = capacity
        self._end = 0
        self._first = 0
        self._lock = threading.Lock()
        self.overruns = 0
        """How often a reader asked for samples already overwritten."""

    @property
    def end(self) -> int:
        """Index one past the newest sample."""
        return self._end

    @property
    def start(self) -> int:
        """Index of the oldest sample still kept."""
        return max(self._first, self._end - self._capacity)

    def append(self, start: int, samples: NDArray[np.float32]) -> None:
        """Write `samples` at stream index `start`, which must not lie before `end`."""
        with self._lock:
            if start < self._end:
                raise ValueError(f"Samples must follow on: got index {start}, expected {self._end}")
            if self._end == 0:
                self._first = start
            gap = min(start - self._end, self._capacity)
            if gap and self._end:
                self._data[:, np.arange(start - gap, start) % self._capacity] = np.nan
            n = samples.shape[1]
            kept = min(n, self._capacity)
            at = np.arange(start + n - kept, start + n) % self._capacity
            self._data[:, at] = samples[:, n - kept :]
            self._end = start + n

    def window(self, start: int, n: int) -> NDArray[np.float32]:
        """A copy of the `n` samples from index `start`. Raises LookupError if they have been
        overwritten or have not come yet."""
        with self._lock:
            if start < self.start or start + n > self._end:
                self.overruns += start < self.start
                raise LookupError(
                    f"Samples {start}..{start + n} asked for, {self.start}..{self._end} kept"
                )
            return self._data[:, np.arange(start, start + n) % self._capacity]

    def latest(self, n: int) -> NDArray[np.float32]:
        """A copy of the newest `n` samples, fewer at the start of a stream."""
        with self._lock:
            n = min(n, self._end - self.start)
            return self._data[:, np.arange(self._end - n, self._end) % self._capacity]
