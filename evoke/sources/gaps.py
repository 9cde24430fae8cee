"""What was lost on the way: package counters, silences, clocks that jump, and values that are no
numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SILENCE_S = 1.0
"""Where a board has no usable counter, a silence longer than this between two samples counts as
a gap. Less would invent losses: Bluetooth delivers in bursts some 0.1 to 0.5 s apart."""

CATCH_UP_S = 1.0
"""What was only late has come so long after a silence, by the device clock: it comes in a burst."""

LATE_PACKAGES = 8
"""A counter that falls by so few has been overtaken by packages sent later; one that falls by more
has begun anew."""

LIMIT_UV = 1e9
"""Beyond 1 kV a value is no measurement, whatever it is; float32 would still hold it."""

CLOCK_STEP_S = 60.0
"""A longer step of the clock is no silence of the board, which has been given up by then: the
computer slept, or its clock was set. Which, and so what is missing, the clock cannot tell."""

LONGEST_SLEEP_S = 86_400.0
"""A longer step of the clock says nothing of the turns of a counter, either: the clock was wrong
before. Without a battery it starts in 1970."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a counter tells of n samples.

    lost: (n - 1,) samples lost before each sample but the first.
    anew: (n - 1,) where it began anew, so that nobody knows whether any were lost.
    late: (n,) samples of a package that came after one sent later. It counts as lost: its place
        in the signal has passed.
    """

    lost: NDArray[np.int64]
    anew: NDArray[np.bool_]
    late: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PackageCounter:
    """How a board numbers what it sends: each package `step` more than the last, modulo
    `modulus`, `samples` samples in a package."""

    modulus: int
    step: int = 1
    samples: int = 1

    def follow(
        self, counts: NDArray[np.float64], times: NDArray[np.float64], rate_hz: float
    ) -> Counted:
        """What the counter tells.

        counts, times: (n,) counter and device clock in s. The counter says how many packages
        are missing up to whole turns; the clock says how many turns, at the sample and once a
        burst is over: after a stall the rest comes in one, and the clock was merely late.
        Consecutive numbers are never a loss, however late; see `clock_jumped`.
        """
        known = np.isfinite(counts) & (counts >= 0) & (counts < self.modulus)
        counts = np.where(known, counts, 0)
        known = known[1:] & known[:-1]
        ahead = np.diff(counts).astype(np.int64) % self.modulus // self.step
        turn = self._turn
        due = _samples_between(times, rate_hz, LONGEST_SLEEP_S) / self.samples
        # A loss takes its time. The clock may be late by a stall, yet not by half a turn.
        off = known & (ahead - due > min(turn / 2, CLOCK_STEP_S * rate_hz / self.samples))
        back = off & (turn - ahead <= LATE_PACKAGES)
        anew = off & ~back
        steps = np.where(back, ahead - turn, ahead)
        late_by = np.where(known & ~anew, due - steps, 0.0)
        # After the next number nothing is missing, whatever the clock says.
        doubtful = np.flatnonzero(known & ~off & (ahead != 1) & (due > turn - 1))
        remains = _once_caught_up(late_by, due * self.samples, doubtful, rate_hz)
        steps[doubtful] += np.maximum(np.round(remains / turn).astype(np.int64), 0) * turn
        steps = np.where(anew, turn, np.where(known, steps, 0))
        place = np.append(0, np.cumsum(steps))  # in packages from the first
        furthest = np.maximum.accumulate(place)
        lost = np.maximum(place[1:] - furthest[:-1] - 1, 0) * self.samples
        # The number of the furthest comes again in its own package, or in a late one.
        index = np.arange(place.size)
        reached = np.maximum.accumulate(np.append(0, index[1:] * (place[1:] > furthest[:-1])))
        fell = np.maximum.accumulate(index * (place < furthest))
        late = (fell > reached) & (furthest - place <= LATE_PACKAGES)
        return Counted(np.where(anew, 0, lost), anew, late)

    def turn_s(self, rate_hz: float) -> float:
        """Seconds that one turn takes: of a longer silence the number alone tells nothing."""
        return self._turn * self.samples / rate_hz

    @property
    def memory(self) -> int:
        """Samples before one on which what is told of it rests, see `follow` and `repeated`."""
        return (LATE_PACKAGES + 2) * self.samples

    @property
    def _turn(self) -> int:
        return self.modulus // self.step


def repeated(
    counts: NDArray[np.float64], samples: NDArray[np.float64], per_package: int
) -> NDArray[np.bool_]:
    """Which samples belong to a package that was sent twice: number and values are those of the
    package before. A number that comes more often than twice is a counter that stands still.

    counts: (n,); samples: (n_channels, n). Returns (n,).
    """
    again = np.zeros(counts.size, bool)
    again[per_package:] = (counts[per_package:] == counts[:-per_package]) & (
        samples[:, per_package:] == samples[:, :-per_package]
    ).all(axis=0)
    again[2 * per_package :] &= counts[2 * per_package :] != counts[: -2 * per_package]
    return again


def lost_by_clock(times: NDArray[np.float64], rate_hz: float) -> NDArray[np.int64]:
    """Samples lost before each sample but the first, from the device clock alone.

    times: (n,) in s. Returns (n - 1,), zero for silences up to `SILENCE_S` and for what of a
    longer one a burst made up for.
    """
    silences, remains = _silences(times, rate_hz)
    lost = np.zeros(max(0, times.size - 1), np.int64)
    lost[silences] = np.where(remains > SILENCE_S * rate_hz, np.round(remains) - 1, 0)
    return lost


def settled(times: NDArray[np.float64], rate_hz: float) -> int:
    """How many of the samples can be placed. Those after a silence cannot while a burst may yet
    make up for it.

    times: (n,) device clock in s.
    """
    silences, remains = _silences(times, rate_hz)
    if not silences.size or remains[-1] <= SILENCE_S * rate_hz:
        return times.size
    first = int(silences[-1]) + 1
    since = _samples_between(times[first:], rate_hz, CLOCK_STEP_S).sum()
    return times.size if since >= CATCH_UP_S * rate_hz else first


def clock_jumped(times: NDArray[np.float64], told_s: float = 0.0) -> NDArray[np.bool_]:
    """Where the signal may be broken and nothing tells, before each sample but the first.

    times: (n,) device clock in s. told_s: of steps up to so long a counter tells, see `turn_s`.
    Returns (n - 1,).
    """
    return _steps(times) > max(CLOCK_STEP_S, told_s)


def _silences(
    times: NDArray[np.float64], rate_hz: float
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Steps of the clock longer than `SILENCE_S`, and how many sample periods remain of each."""
    between = _samples_between(times, rate_hz, CLOCK_STEP_S)
    silences = np.flatnonzero(between > SILENCE_S * rate_hz)
    return silences, _once_caught_up(between - 1, between, silences, rate_hz) + 1


def _once_caught_up(
    late_by: NDArray[np.float64],
    between: NDArray[np.float64],
    silences: NDArray[np.intp],
    rate_hz: float,
) -> NDArray[np.float64]:
    """How late the signal still is, at the least, within `CATCH_UP_S` after each of `silences`.

    late_by: (n,) how much later than due each sample came than the one before, in samples or
    packages; between: (n,) sample periods from the one before.
    """
    clock = np.cumsum(between)
    ends = np.searchsorted(clock, clock[silences] + CATCH_UP_S * rate_hz, "right")
    return np.array(
        [np.cumsum(late_by[i:end]).min() for i, end in zip(silences, ends, strict=True)]
    )


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
