"""What was lost on the way: package counters, silences, clocks that jump, and values that are no
numbers."""

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
"""A longer step of the clock is no silence of the board, which has been given up by then: the
computer slept, or its clock was set. Which, and so what is missing, the clock cannot tell."""

LONGEST_SLEEP_S = 86_400.0
"""A longer step of the clock says nothing of the turns of a counter, either: the clock was wrong
before. Without a battery it starts in 1970."""


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
        Consecutive numbers are never a loss, however late; see `clock_jumped`. Returns (n - 1,).
        """
        known = np.isfinite(counts) & (counts >= 0) & (counts < self.modulus)
        counts = np.where(known, counts, 0)
        ahead = np.diff(counts).astype(np.int64) % self.modulus // self.step
        turn = self._turn
        due = _samples_between(times, rate_hz, LONGEST_SLEEP_S) / self.samples
        turns = np.where(due > turn - 1, np.round((due - ahead) / turn), 0).astype(np.int64)
        late = np.cumsum((due - ahead)[::-1])[::-1]  # packages that the clock is ahead by the end
        turns = np.minimum(turns, np.round(late / turn).astype(np.int64))
        packages = np.maximum(ahead + np.maximum(turns, 0) * turn - 1, 0)
        # The next number, or the same again (the same package, or a repeat): nothing is missing.
        packages[(ahead == 1) | ((ahead == 0) & (turns <= 0)) | ~(known[1:] & known[:-1])] = 0
        return packages * self.samples

    def turn_s(self, rate_hz: float) -> float:
        """Seconds that one turn takes: of a longer silence the number alone tells nothing."""
        return self._turn * self.samples / rate_hz

    @property
    def _turn(self) -> int:
        return self.modulus // self.step


def lost_by_clock(times: NDArray[np.float64], rate_hz: float) -> NDArray[np.int64]:
    """Samples lost before each sample but the first, from the device clock alone.

    times: (n,) in s. Returns (n - 1,), zero for silences up to `SILENCE_S`.
    """
    between = _samples_between(times, rate_hz, CLOCK_STEP_S)
    return np.where(between > SILENCE_S * rate_hz, np.round(between) - 1, 0).astype(np.int64)


def clock_jumped(times: NDArray[np.float64], told_s: float = 0.0) -> NDArray[np.bool_]:
    """Where the signal may be broken and nothing tells, before each sample but the first.

    times: (n,) device clock in s. told_s: of steps up to so long a counter tells, see `turn_s`.
    Returns (n - 1,).
    """
    return _steps(times) > max(CLOCK_STEP_S, told_s)


def _samples_between(
    times: NDArray[np.float64], rate_hz: float, longest_s: float
) -> NDArray[np.float64]:
    """Sample periods from each sample to the next; 0 where it is longer or the clock is none."""
    step = _steps(times)
    return np.where((step > 0) & (step <= longest_s), step, 0.0) * rate_hz


def _steps(times: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.diff(times)


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
