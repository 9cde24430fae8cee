"""A raw session -> trials as DEAP's preprocessed files hold them.

Filters and resampling are those of the live path, `SignalChain`, and causal like them: a network
trained on these trials meets the same signal when a headset delivers it. Forward and backward
filtering would shift no phase, but no live signal can have it. What a live signal does not get is
the removal of EOG, whose shares are learned from the whole session.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from evoke.dataset.deap import PERIPHERALS, REST_S
from evoke.dataset.eog import EOG_BAND_HZ, EogRegression, remove_eog
from evoke.signal.chain import ChainSettings, Judge, SignalChain
from evoke.signal.filters import Filter
from evoke.signal.montage import ELECTRODES, map_channels
from evoke.signal.resample import Resampler
from evoke.types import RATE_HZ, WINDOW, Channel, StreamInfo

N_EOG = 2
"""Horizontal and vertical: the first two peripherals, without which EOG cannot be removed."""

Read = Callable[[int, int], NDArray[np.float64]]
"""Samples [start, stop) of the 32 electrodes in the recording's own order, then the peripherals,
of which the EOG must be there: (32 + n_peripherals, stop - start) in uV."""

_N_EEG = len(ELECTRODES)


class Preparation:
    """Trials cut from one session and prepared.

    Each is filtered by itself, from far enough before its baseline that the filters have settled.
    It begins where the resampler's delay shows the baseline's first sample.

    electrodes: names of the recording's EEG channels. trial_s: length of a trial, s.
    """

    def __init__(self, name: str, rate_hz: float, electrodes: Sequence[str], trial_s: int) -> None:
        self.trial_s = trial_s
        self._rate_hz = rate_hz
        self._seconds = REST_S + trial_s
        # The EOG goes the way of the EEG, as channels without a place on the head: after the same
        # filters its shares can be subtracted at 128 Hz.
        names = (*electrodes, *PERIPHERALS[:N_EOG])
        info = StreamInfo(name, rate_hz, tuple(Channel(name) for name in names))
        montage = map_channels(info, {_N_EEG + i: None for i in range(N_EOG)})
        self._chain = SignalChain(info, ChainSettings(), montage)
        self._lead = self._lead_in()

    def _lead_in(self) -> int:
        """Samples by which filtering begins before the baseline: as many as the filters take to
        settle, and so many more that the baseline begins with a sample at 128 Hz."""
        least = math.ceil(self._chain.settle_s * self._rate_hz)
        per_sample = self._rate_hz / RATE_HZ
        delay = self._chain.delay_s * self._rate_hz

        def astray(lead: int) -> float:
            return abs((lead + delay) / per_sample - round((lead + delay) / per_sample))

        return min(range(least, least + math.ceil(per_sample)), key=astray)

    def needs(self, start: int) -> tuple[int, int]:
        """The samples [start, stop) without which the trial at sample `start` is not whole."""
        rest = round(REST_S * self._rate_hz)
        length_s = self.trial_s + self._chain.delay_s
        return start - rest, start + math.ceil(length_s * self._rate_hz) + 1

    def run(self, read: Read, starts: Sequence[int]) -> NDArray[np.float32]:
        """Trials that begin at the samples `starts`: (n_trials, 32 + n_peripherals,
        128 (3 + trial_s)), electrodes in Geneva order, peripherals only resampled."""
        regression = EogRegression(_N_EEG, N_EOG)
        filtered = [self._filter(read, start, regression) for start in starts]
        shares = regression.shares()
        trials = []
        for eeg_eog, peripherals, bad in filtered:
            clean = remove_eog(eeg_eog[:_N_EEG], eeg_eog[_N_EEG:], shares)
            eeg_eog[:_N_EEG] = clean
            trials.append(np.concatenate([self._electrodes(eeg_eog, bad), peripherals]))
        return np.stack(trials)

    def _filter(
        self, read: Read, start: int, regression: EogRegression
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
        """EEG and EOG as the chain leaves them, all peripherals resampled only, and the bad
        channels of each second (n_seconds, n_eeg + n_eog)."""
        first, stop = self.needs(start)
        begin = max(0, first - self._lead)
        raw = read(begin, stop)
        eeg_eog = raw[: _N_EEG + N_EOG]
        delay_s = self._chain.delay_s
        origin = round(((first - begin) / self._rate_hz + delay_s) * RATE_HZ)
        trial = slice(origin, origin + self._seconds * RATE_HZ)
        self._chain.reset()
        prepared = self._chain.push(eeg_eog)[:, trial]
        resampled = Resampler(self._rate_hz).push(raw)
        slow = Filter(RATE_HZ, EOG_BAND_HZ).push(resampled[: _N_EEG + N_EOG])[:, trial]
        regression.add(slow[:_N_EEG], slow[_N_EEG:])
        judge = Judge(self._chain)
        ends = (origin + (second + 1) * WINDOW for second in range(self._seconds))
        bad = np.stack([judge.at(end, lambda a, b: eeg_eog[:, a:b]).bad for end in ends])
        return prepared.copy(), resampled[_N_EEG:, trial].astype(np.float32), bad

    def _electrodes(
        self, eeg_eog: NDArray[np.float32], bad: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """The 32 electrodes of a trial, re-referenced; bad channels left out second by second, as
        the live path does it, so that they do not reach the others through the average."""
        electrodes = self._chain.electrodes(eeg_eog)
        for second in np.flatnonzero(bad[:, :_N_EEG].any(axis=1)):
            inside = slice(second * WINDOW, (second + 1) * WINDOW)
            electrodes[:, inside] = self._chain.electrodes(eeg_eog[:, inside], bad[second])
        return electrodes
