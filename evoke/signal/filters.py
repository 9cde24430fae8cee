"""Causal band-pass and notch, sample by sample: the result does not depend on the chunks."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evoke.errors import SettingsError

NOTCH_Q = 30.0
"""Centre frequency over -3 dB width of the notch: 1.7 Hz wide at 50 Hz."""

NYQUIST_SHARE = 0.9
"""Share of half the sampling rate up to which a band edge or a notch is placed. Nearer to it the
bilinear transform squeezes the edge into a resonance."""

SETTLED_SHARE = 0.999
"""Share of the absolute sum of the impulse response after which a filter counts as settled."""


class Filter:
    """Band-pass (Butterworth, second-order sections) and notch (second-order IIR) in one causal
    cascade with float64 state, for signals (n_channels, n_samples) at the source's own rate.

    The state begins as if the first sample had been there forever, so a constant offset, which
    raw recordings carry by the millivolt, passes through as zero from the first sample on.

    band_hz: edges of the band-pass, None for none. order: of the Butterworth prototype.
    notch_hz: mains frequency, None for no notch.
    Raises SettingsError where the rate cannot carry the band: what a network reads in a band must
    be signal, not the noise of a converter.
    """

    def __init__(
        self,
        rate_hz: float,
        band_hz: tuple[float, float] | None,
        order: int = 4,
        notch_hz: float | None = None,
    ) -> None:
        self.rate_hz = rate_hz
        self.notes: tuple[str, ...] = ()
        """What had to give way to the source's rate, in sentences for the user."""
        sections = []
        if band_hz is not None:
            sections.append(self._band_pass(band_hz, order))
        if notch_hz is not None:
            sections.append(self._notch(notch_hz))
        self.sections = np.vstack(sections) if sections else np.empty((0, 6))
        """(n_sections, 6) second-order sections as SciPy orders them."""
        self._state: NDArray[np.float64] | None = None

    def _band_pass(self, band_hz: tuple[float, float], order: int) -> NDArray[np.float64]:
        from scipy import signal

        low, high = band_hz
        if not 0 < low < high <= NYQUIST_SHARE * self.rate_hz / 2:
            raise SettingsError(
                f"A band of {low:g}-{high:g} Hz needs a source of at least "
                f"{2 * high / NYQUIST_SHARE:.0f} Hz, got {self.rate_hz:g} Hz."
            )
        return signal.butter(order, (low, high), "bandpass", fs=self.rate_hz, output="sos")

    def _notch(self, notch_hz: float) -> NDArray[np.float64]:
        from scipy import signal

        if notch_hz >= NYQUIST_SHARE * self.rate_hz / 2:
            self.notes += (
                f"At {self.rate_hz:g} Hz the source cannot be filtered at {notch_hz:g} Hz: "
                "there is no notch.",
            )
            return np.empty((0, 6))
        return signal.tf2sos(*signal.iirnotch(notch_hz, NOTCH_Q, fs=self.rate_hz))

    def push(self, samples: ArrayLike) -> NDArray[np.float64]:
        """The filtered samples that follow, in the shape (n_channels, n_samples) given."""
        x = np.asarray(samples, np.float64)
        if not len(self.sections) or not x.shape[1]:
            return x
        from scipy import signal

        if self._state is None:
            steady = signal.sosfilt_zi(self.sections)
            self._state = steady[:, None, :] * x[None, :, :1]
        y, self._state = signal.sosfilt(self.sections, x, axis=1, zi=self._state)
        return y

    def power_gain(self, hz: float) -> float:
        """What it leaves of the power at a frequency."""
        if not len(self.sections) or hz >= self.rate_hz / 2:
            return 1.0
        from scipy import signal

        _, response = signal.sosfreqz(self.sections, [hz], fs=self.rate_hz)
        return float(np.abs(response[0]) ** 2)

    def reset(self) -> None:
        """Forget everything: the next sample is the first."""
        self._state = None

    def settle_s(self) -> float:
        """Seconds after which 99.9 % of the impulse response (its absolute sum) has passed."""
        if not len(self.sections):
            return 0.0
        from scipy import signal

        impulse = np.zeros(int(8 * self.rate_hz))
        impulse[0] = 1.0
        passed = np.cumsum(np.abs(signal.sosfilt(self.sections, impulse)))
        return float(np.searchsorted(passed, SETTLED_SHARE * passed[-1]) + 1) / self.rate_hz
