"""The signal path of one source: stored samples in, 32 electrodes at 128 Hz out.

Filters and resampling keep state and see every sample. Leaving channels out, mapping to the
electrodes and the common average keep none: they are applied to one window at a time, so a
channel that goes bad changes the windows it is bad in and no other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evoke.errors import SettingsError
from evoke.signal.filters import NOTCH_Q, Filter
from evoke.signal.montage import Montage, map_channels
from evoke.signal.quality import MAINS_HZ, assess, frailty, rated
from evoke.signal.resample import STOP_DB, Resampler
from evoke.types import RATE_HZ, WINDOW, Preparation, Quality, StreamInfo

_LOOK_BACK = WINDOW // 2
"""Samples from one second that is looked back at to the next: no sample is left out."""


@dataclass(frozen=True, slots=True)
class ChainSettings:
    """What the chain does to a source that declares no preparation.

    band_hz: edges of the band-pass. order: of its Butterworth prototype.
    notch_hz: mains frequency, 50 or 60, None for no notch.
    Raises SettingsError outside these.
    """

    band_hz: tuple[float, float] = (4.0, 45.0)
    order: int = 4
    notch_hz: float | None = 50.0

    def __post_init__(self) -> None:
        low, high = self.band_hz
        if not 0 < low < high < RATE_HZ / 2:
            raise SettingsError(
                f"The band must lie between 0 and {RATE_HZ // 2} Hz, got {low:g}-{high:g} Hz."
            )
        if not 1 <= self.order <= 8:
            raise SettingsError(f"The filter order must be 1 to 8, got {self.order}.")
        if self.notch_hz not in (50.0, 60.0, None):
            raise SettingsError(f"The notch must be at 50 or 60 Hz or off, got {self.notch_hz}.")

    def describe(self) -> dict[str, object]:
        """The chain as a checkpoint stores it (JSON). Where the mains hums is the room's affair,
        not the network's: the notch counts, its frequency does not."""
        return {
            "band_hz": list(self.band_hz),
            "band_pass": f"butterworth, order {self.order}, causal",
            "notch": f"mains, Q {NOTCH_Q:g}" if self.notch_hz else None,
            "rate_hz": RATE_HZ,
            "resampler": f"kaiser polyphase, {STOP_DB:g} dB",
            "reference": "average of 32",
        }


class SignalChain:
    """Brings one source's samples to where DEAP's preprocessed recordings are, doing only what
    its `StreamInfo` says is missing.

    montage: the user's own; by default it is read from the channel names and positions.
    Raises MontageError where these do not say where the electrodes are, and SettingsError where
    the source is too slow for the band.
    """

    def __init__(
        self, info: StreamInfo, settings: ChainSettings, montage: Montage | None = None
    ) -> None:
        done = info.preparations
        self.info = info
        self.settings = settings
        self.montage = montage or map_channels(info)
        self.prepared = Preparation.BAND_PASS in done
        self._eeg = np.array(info.eeg, np.intp)
        self._scale_uv = np.array([info.channels[i].scale_uv for i in info.eeg])[:, None]
        self._reference = Preparation.AVERAGE_REFERENCE not in done
        try:
            self._filter = Filter(
                info.rate_hz,
                None if self.prepared else settings.band_hz,
                settings.order,
                None if Preparation.NOTCH in done else settings.notch_hz,
            )
        except SettingsError as error:
            raise SettingsError(f"{info.name} cannot be read: {_lower(str(error))}") from error
        self._mains_gains = tuple(self._filter.power_gain(hz) for hz in MAINS_HZ)
        self._resampler = Resampler(info.rate_hz)
        frail = frailty(self.montage)
        self.notes = (*self._filter.notes, *((frail,) if frail else ()))
        """What had to give way to the source's rate, and what its electrodes are too few for, in
        sentences for the user."""
        self.settle_s = self._filter.settle_s() + self._resampler.settle_s
        """Seconds after a start or a reset whose samples still carry the step from the assumed
        past: until 99.9 % of the filters' impulse response has passed, plus the resampler's
        length. 1.3 s for a raw source at 512 Hz; 0 where nothing is left to do."""
        self.delay_s = self._resampler.delay_s
        """Seconds by which the resampler's linear phase shifts the signal (0.11 at 512 Hz)."""
        self.reset()

    def reset(self) -> None:
        """Forget everything, after a gap, a seek or a new trial: the next sample is the first."""
        self._filter.reset()
        self._resampler.reset()
        self._held = np.zeros((len(self._eeg), 1))

    def to_uv(self, samples: NDArray[np.generic]) -> NDArray[np.float64]:
        """The EEG channels (n_eeg, n_samples) in uV of stored samples (n_channels, n_samples)."""
        return samples[self._eeg].astype(np.float64) * self._scale_uv

    def push(self, samples: NDArray[np.generic]) -> NDArray[np.float32]:
        """Filtered, resampled EEG (n_eeg, m) in uV at 128 Hz of the stored samples (n_channels,
        n_samples) that come next. Not yet referenced: see `electrodes`.

        The result does not depend on how the samples were cut into calls. A sample that is no
        number repeats the one before: in a filter's state it would stay for good.
        """
        filtered = self._filter.push(self._hold(self.to_uv(samples)))
        return self._resampler.push(filtered).astype(np.float32)

    def _hold(self, uv: NDArray[np.float64]) -> NDArray[np.float64]:
        known = np.hstack([self._held, uv])
        missing = ~np.isfinite(known)
        if missing.any():
            newest = np.where(missing, 0, np.arange(known.shape[1]))
            newest = np.maximum.accumulate(newest, axis=1)
            known = np.take_along_axis(known, newest, axis=1)
        self._held = known[:, -1:]
        return known[:, 1:]

    def electrodes(
        self, window: ArrayLike, bad: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float32]:
        """The 32 electrodes (..., 32, n) in Geneva order of prepared EEG (..., n_eeg, n) from
        `push`: channels in `bad` (n_eeg,) left out, common average subtracted if missing."""
        mapped = self.montage.matrix(bad) @ np.asarray(window, np.float32)
        if self._reference:
            mapped -= mapped.mean(axis=-2, keepdims=True, dtype=np.float64)
        return mapped

    def quality(self, raw: NDArray[np.generic]) -> Quality:
        """Quality of one second of stored samples (n_channels, n_samples), see `raw_span`, taken
        by itself."""
        uv = self.to_uv(raw)
        flags, bad = assess(uv, self.info.rate_hz, self.prepared, self._mains_gains)
        return rated(self.montage, flags, bad)

    def raw_span(self, end_128: int) -> tuple[int, int]:
        """The source samples [start, stop) that the window of 128 samples before `end_128` shows.

        Both count from the last reset. The resampler's delay is taken into account, that of the
        filters (some hundredths of a second, different for each frequency) is not.
        """
        stop = max(0, self._resampler.place(end_128))
        return max(0, stop - round(self.info.rate_hz)), stop


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


class Judge:
    """Quality of the windows of one unbroken stretch, as the filters leave them.

    A channel that was bad is bad for `settle_s` longer: a step of millivolts rings through the
    filters in seconds that look clean by themselves.
    """

    def __init__(self, chain: SignalChain) -> None:
        self._chain = chain
        steps = math.ceil(chain.settle_s * RATE_HZ / _LOOK_BACK)
        self.reach = steps * _LOOK_BACK
        """How far before a window's end, in samples at 128 Hz, the earliest ends that counts."""
        self._alone: dict[int, Quality] = {}

    def at(self, end_128: int, raw: Callable[[int, int], NDArray[np.generic]]) -> Quality:
        """Quality of the window of 128 samples before `end_128`, counted from the last reset.

        raw: (start, stop) -> the stretch's stored samples (n_channels, stop - start), see
            `raw_span`.
        """
        own = self._by_itself(end_128, raw)
        if not self.reach:
            return own
        flags, bad = own.flags.copy(), own.bad.copy()
        for back in range(_LOOK_BACK, self.reach + 1, _LOOK_BACK):
            earlier = self._by_itself(max(WINDOW, end_128 - back), raw)
            flags[earlier.bad] |= earlier.flags[earlier.bad]
            bad |= earlier.bad
        return rated(self._chain.montage, flags, bad)

    def forget(self, end_128: int) -> None:
        """No window that ends before `end_128` will be asked for any more."""
        oldest = end_128 - self.reach
        self._alone = {end: known for end, known in self._alone.items() if end >= oldest}

    def _by_itself(self, end_128: int, raw: Callable[[int, int], NDArray[np.generic]]) -> Quality:
        if end_128 not in self._alone:
            self._alone[end_128] = self._chain.quality(raw(*self._chain.raw_span(end_128)))
        return self._alone[end_128]
