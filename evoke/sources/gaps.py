"""What was lost on the way: package counters, silences, and values that are no numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SILENCE_S = 1.0
"""Where a board has no usable counter, a silence longer than this between two samples counts as
a gap. Less would invent losses: Bluetooth delivers in bursts some 0.1 to 0.5 s apart."""

LIMIT_UV = 1e9
"""Beyond 1 kV a value is no measurement, whatever it is; float32 would still hold it."""


CLOCK_STEP_S = 60.0
"""A longer step of the clock is no silence: the computer's clock was set. A board that is silent
for so long has been given up before."""


@dataclass(frozen=True, slots=True)
class PackageCounter:
    """How a board numbers what it sends: each package `step` more than the last, modulo
    `modulus`, `samples` samples in a package."""

    modulus: int
    step: int = 1
    samples: int = 1

    def lost(
        self, counts: NDArray[np.float64], times: NDArray[np.float64], rate_hz: float
    ) -> NDArray[np.int64]:
        """Samples lost before each sample but the first.

        counts, times: (n,) counter and device clock in s. The counter says how many packages
        are missing up to whole turns; the clock says how many turns, at the sample and at the end
        of what is at hand: after a stall the rest comes in a burst, and the clock was merely late.
        Consecutive numbers are never a loss, however late: a computer that slept is not a radio
        that dropped out. Returns (n - 1,).
        """
        known = np.isfinite(counts) & (counts >= 0) & (counts < self.modulus)
        counts = np.where(known, counts, 0)
        ahead = np.diff(counts).astype(np.int64) % self.modulus // self.step
        turn = self.modulus // self.step
        due = _samples_between(times, rate_hz) / self.samples
        turns = np.where(due > turn - 1, np.round((due - ahead) / turn), 0).astype(np.int64)
        late = np.cumsum((due - ahead)[::-1])[::-1]  # packages that the clock is ahead by the end
        turns = np.minimum(turns, np.round(late / turn).astype(np.int64))
        packages = np.maximum(ahead + np.maximum(turns, 0) * turn - 1, 0)
        # The next number, or the same again (the same package, or a repeat): nothing is missing.
        packages[(ahead == 1) | ((ahead == 0) & (turns <= 0)) | ~(known[1:] & known[:-1])] = 0
        return packages * self.samples


def lost_by_clock(times: NDArray[np.float64], rate_hz: float) -> NDArray[np.int64]:
    """Samples lost before each sample but the first, from the device clock alone.

    times: (n,) in s. Returns (n - 1,), zero for silences up to `SILENCE_S`.
    """
    between = _samples_between(times, rate_hz)
    return np.where(between > SILENCE_S * rate_hz, np.round(between) - 1, 0).astype(np.int64)


def _samples_between(times: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """Sample periods from each sample to the next; 0 where the clock was set or is no clock."""
    with np.errstate(over="ignore", invalid="ignore"):
        step = np.diff(times)
    return np.where((step > 0) & (step <= CLOCK_STEP_S), step, 0.0) * rate_hz


def usable(samples: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where samples are numbers a device can have measured: finite and below `LIMIT_UV`."""
    return np.abs(samples) < LIMIT_UV  # false for NaN, too


def hold_last(
    samples: NDArray[np.float64], last: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Put each channel's last usable value where a value is not usable.

    samples: (n_channels, n_samples); last: (n_channels,) the values held from before, 0 at the
    start of a stream. One bad value must not poison filters that remember; a channel that stays
    bad becomes flat and is flagged as such.
    Returns the samples (the same array if nothing was wrong) and the new `last`.
    """
    if not samples.shape[1]:
        return samples, last
    good = usable(samples)
    if good.all():
        return samples, samples[:, -1].copy()
    with_last = np.concatenate([last[:, None], samples], axis=1)
    positions = np.where(good, np.arange(1, samples.shape[1] + 1), 0)
    held = np.take_along_axis(with_last, np.maximum.accumulate(positions, axis=1), axis=1)
    return held, held[:, -1].copy()
