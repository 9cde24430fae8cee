"""What the traces show: signal filtered for the eye and reduced to the columns of the screen.

Analysis never sees any of it. Both classes take samples once, as they come.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evoke.signal.positions import electrode_name

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DisplayFilterSettings:
    """Edges in Hz, 0 for off; notch_hz is the mains frequency or 0."""

    high_pass_hz: float = 1.0
    low_pass_hz: float = 45.0
    notch_hz: float = 50.0
    average_reference: bool = False


class DisplayFilter:
    """Causal high-pass, low-pass and notch over (n_channels, n_samples), keeping its state.

    Butterworth, order 2 and 4, and a notch of Q 30; an edge beyond the Nyquist rate is left out.
    """

    def __init__(self, rate_hz: float, settings: DisplayFilterSettings) -> None:
        self._sections = _sections(rate_hz, settings)
        self._average = settings.average_reference
        self._state: NDArray[np.float64] | None = None

    def reset(self) -> None:
        """Begin anew: the next samples do not continue the last ones."""
        self._state = None

    def push(self, samples: Samples, referred: NDArray[np.bool_] | None = None) -> Samples:
        """Filter samples that follow on; shape is kept.

        referred: (n_channels,) those whose average is the reference where one is wanted, by
            default all. It may change from push to push: the average is taken of what is
            filtered, so that the filters do not ring with the change.
        """
        if not samples.shape[1]:
            return samples
        out = self._filtered(samples)
        if not self._average:
            return out
        averaged = out if referred is None or not referred.any() else out[referred]
        return out - averaged.mean(axis=0, keepdims=True)

    def _filtered(self, samples: Samples) -> Samples:
        if not len(self._sections):
            return samples
        from scipy.signal import sosfilt, sosfilt_zi

        if self._state is None:
            # as if the first sample had always been there: an offset leaves no step
            steady = sosfilt_zi(self._sections)
            self._state = steady[:, None, :] * samples[None, :, :1].astype(np.float64)
        out, self._state = sosfilt(self._sections, samples, axis=1, zi=self._state)
        return out.astype(np.float32)


def _sections(rate_hz: float, settings: DisplayFilterSettings) -> NDArray[np.float64]:
    from scipy.signal import butter, iirnotch, tf2sos

    nyquist = rate_hz / 2
    parts = []
    if 0 < settings.high_pass_hz < nyquist:
        parts.append(butter(2, settings.high_pass_hz, "highpass", fs=rate_hz, output="sos"))
    if 0 < settings.low_pass_hz < nyquist:
        parts.append(butter(4, settings.low_pass_hz, "lowpass", fs=rate_hz, output="sos"))
    if 0 < settings.notch_hz < nyquist:
        parts.append(tf2sos(*iirnotch(settings.notch_hz, 30.0, fs=rate_hz)))
    return np.concatenate(parts) if parts else np.empty((0, 6))


class Envelope:
    """The newest page of a signal as (least, greatest) of every column of the screen.

    Columns are aligned to the stream, so what was drawn does not shimmer as it scrolls. A column
    without a sample, and one where the signal breaks, is NaN.
    """

    def __init__(self, n_channels: int, page: int, columns: int) -> None:
        self.step = max(1, page // max(1, columns))
        self._n = page // self.step + 2
        self._low = np.full((n_channels, self._n), np.nan, np.float32)
        self._high = np.full((n_channels, self._n), np.nan, np.float32)
        self._next = 0  # the first column not yet drawn
        self._at = 0  # stream index that must come next
        self._pending = np.empty((n_channels, 0), np.float32)

    def break_at(self, start: int) -> None:
        """The signal does not continue: nothing is drawn across stream index `start`."""
        first = -(-start // self.step)
        gone = np.arange(max(self._next, first + 1 - self._n), first + 1) % self._n
        self._low[:, gone] = self._high[:, gone] = np.nan
        self._next = first + 1
        self._at = self._next * self.step
        self._pending = self._pending[:, :0]

    def push(self, start: int, samples: Samples) -> None:
        """Take the samples from stream index `start` on; a jump in the index is a break."""
        if start > self._at:
            self.break_at(start)
        new = samples[:, self._at - start :]
        self._at += new.shape[1]
        held = np.concatenate([self._pending, new], axis=1)
        whole = held.shape[1] // self.step
        self._pending = held[:, whole * self.step :]
        done = held[:, : whole * self.step].reshape(len(held), whole, self.step)[:, -self._n :]
        columns = np.arange(self._next + whole - done.shape[1], self._next + whole) % self._n
        self._low[:, columns] = done.min(axis=2)
        self._high[:, columns] = done.max(axis=2)
        self._next += whole

    def lines(self) -> tuple[NDArray[np.float64], Samples]:
        """Polylines through the columns: stream indices (n,) and values (n_channels, n)."""
        columns = np.arange(max(0, self._next - self._n), self._next)
        at = columns % self._n
        if self.step == 1:
            return columns.astype(np.float64), self._low[:, at]
        x = np.repeat(columns * float(self.step), 2)
        x[1::2] += self.step / 2
        values = np.empty((len(self._low), x.size), np.float32)
        values[:, 0::2], values[:, 1::2] = self._low[:, at], self._high[:, at]
        return x, values


_NAME = re.compile(r"([A-Za-z]+?)(z|\d{1,2})")
_ROWS = ("N", "Fp", "AF", "F", "FC", "C", "CP", "P", "PO", "O", "I")
_RING = {"FT": "FC", "T": "C", "TP": "CP"}


def montage_order(labels: Sequence[str]) -> list[int]:
    """Indices of channels as an EEG page shows them: left, midline, right, each front to back;
    labels that are not 10-20 keep their order at the end."""

    def key(index: int) -> tuple[int, int, int]:
        match = _NAME.fullmatch(electrode_name(labels[index]) or "")
        if match is None:
            return (3, 0, index)
        level = _ROWS.index(_RING.get(match[1], match[1]))
        if match[2] == "z":
            return (1, level, 0)
        number = int(match[2])
        return (0, level, -number) if number % 2 else (2, level, number)

    return sorted(range(len(labels)), key=key)
