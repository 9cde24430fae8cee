"""Any sampling rate -> 128 Hz, sample by sample: the result does not depend on the chunks."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evoke.errors import SettingsError
from evoke.types import RATE_HZ

STOP_DB = 70.0
"""Attenuation asked of the Kaiser design; 60 dB is promised."""

PASS_HZ = 45.0
"""Kept flat: the upper edge of the band-pass."""

_NARROWEST_HZ = 10.0
"""Between what passes and what does not: narrower would cost a fifth of a second of delay more."""

LARGEST_UP = 4096
"""Phases the filter may have at 128 Hz, fewer in proportion above it, so that its length stays
bounded. Usual rates are met exactly (124.9 Hz: 1280/1249), odd ones mostly to 1e-6. Worst are
rates right beside a simple ratio: 255.9973 Hz is taken for 256, 11 ppm off; at most 123 ppm,
which is how far the crystals of headsets stray from their label."""


class Resampler:
    """Streaming polyphase FIR from `rate_hz` to 128 Hz for signals (n_channels, n_samples).

    Output sample k leaves as soon as the input has reached k/128 s and shows the signal as it
    was `delay_s` earlier. The filter (Kaiser window, Kaiser 1974) is flat up to 45 Hz for every
    source of 100 Hz and more, and at least 60 dB down from half the lower of the two rates;
    below 110 Hz only from the mirror image of 45 Hz on. So nothing that passes folds back. Before
    its first sample the signal counts as constant. At 128 Hz it hands the samples through.
    """

    def __init__(self, rate_hz: float) -> None:
        if not np.isfinite(rate_hz) or rate_hz <= 0:
            raise SettingsError(f"A sampling rate must be above 0 Hz, got {rate_hz:g} Hz.")
        phases = int(LARGEST_UP * min(1.0, RATE_HZ / rate_hz))
        multiple = (Fraction(str(float(rate_hz))) / RATE_HZ).limit_denominator(max(1, phases))
        if multiple == 0:
            raise SettingsError(f"A rate of {rate_hz:g} Hz is too low to be resampled.")
        ratio = 1 / multiple
        self._rate_hz = rate_hz
        self.up, self.down = ratio.numerator, ratio.denominator
        self.identity = ratio == 1
        self.taps = np.ones(1) if self.identity else _design(rate_hz, self.up)
        """(up * n,) FIR at `up` times the input rate; each of its `up` phases sums to 1."""
        self._reach = len(self.taps) // self.up
        self.delay_s = (len(self.taps) - 1) / 2 / (self.up * rate_hz)
        self.settle_s = 2 * self.delay_s
        """Length of the filter in s: what came before the first sample has left it by then."""
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next sample is the first."""
        self._tail: NDArray[np.float64] | None = None
        self._n_in = 0
        self._n_out = 0

    def place(self, n_out: int) -> int:
        """Which of the input samples, counted from the last reset, the signal had reached that
        is at the end of the first `n_out` output samples: with the ratio that is in use, and the
        delay taken off."""
        return round(n_out * self.down / self.up - self.delay_s * self._rate_hz)

    def n_out(self, n_in: int) -> int:
        """Output samples that the first `n_in` input samples yield."""
        return (n_in - 1) * self.up // self.down + 1 if n_in > 0 else 0

    def push(self, samples: ArrayLike) -> NDArray[np.float64]:
        """The samples at 128 Hz, (n_channels, m), that have become known with these."""
        x = np.asarray(samples, np.float64)
        if self.identity or not x.shape[1]:
            return x
        if self._tail is None:
            self._tail = np.repeat(x[:, :1], self._reach, axis=1)
        known = np.hstack([self._tail, x])
        first_known = self._n_in - self._tail.shape[1]
        self._n_in += x.shape[1]
        wanted = self.n_out(self._n_in) - self._n_out
        y = self._filter(known, first_known, wanted)
        self._tail = known[:, -self._reach :]
        self._n_out += wanted
        return y

    def _filter(
        self, known: NDArray[np.float64], first_known: int, wanted: int
    ) -> NDArray[np.float64]:
        """Outputs self._n_out ... + wanted from inputs that begin at index `first_known`."""
        if not wanted:
            return np.empty((known.shape[0], 0))
        from scipy import signal

        # upfirdn counts its outputs from the first sample it is given; zeros before the taps
        # move that count onto ours, whatever the chunk. It sums each output in a fixed order,
        # so the same output is the same to the last bit.
        position = self._n_out * self.down - first_known * self.up
        skipped = -(-position // self.down)
        lead = skipped * self.down - position
        taps = np.concatenate([np.zeros(lead), self.taps])
        y = signal.upfirdn(taps, known, self.up, self.down, axis=1)
        return y[:, skipped : skipped + wanted]


def _design(rate_hz: float, up: int) -> NDArray[np.float64]:
    """Low-pass taps at `up` times `rate_hz`, a whole number for every phase."""
    from scipy import signal

    stop_hz = min(rate_hz, RATE_HZ) / 2
    pass_hz = min(PASS_HZ, 0.9 * stop_hz)
    if stop_hz - pass_hz < _NARROWEST_HZ:  # a slow source: no image of what passes is let in
        stop_hz = rate_hz - pass_hz
    dense_hz = rate_hz * up
    length, beta = signal.kaiserord(STOP_DB, (stop_hz - pass_hz) / (dense_hz / 2))
    length = -(-length // up) * up
    taps = signal.firwin(length, (stop_hz + pass_hz) / 2, window=("kaiser", beta), fs=dense_hz)
    # equal sums leave no trace of the phases on a constant offset
    phases = taps.reshape(-1, up)
    return (phases / phases.sum(axis=0)).ravel()
