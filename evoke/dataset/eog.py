"""Removal of eye movements and blinks from EEG by regression on the EOG.

The eyes reach every electrode at once and without delay, each in a fixed share, so the EEG is taken
as brain + shares x EOG and the shares are found by least squares (Gratton, Coles & Donchin 1983,
Electroencephalogr Clin Neurophysiol 55, 468-484; Croft & Barry 2000, Neurophysiol Clin 30, 5-19).
DEAP's own preprocessing removed them by blind source separation; its result differs a little.

The shares do not depend on frequency, but the EOG picks up some brain as well, and what is shared
of that is taken away too. They are therefore learned where the eyes outweigh the brain by far, in
`EOG_BAND_HZ`, and applied to whatever band is analysed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evoke.errors import SettingsError

EOG_BAND_HZ = (1.0, 8.0)
"""Where blinks and saccades have most of their power (as `BLINK_BAND_HZ` in signal/quality.py)."""


class EogRegression:
    """Shares of the EOG in the EEG, learned from stretch after stretch of one recording.

    Every stretch is centred by itself, so offsets and what lies between stretches do not count.
    """

    def __init__(self, n_eeg: int, n_eog: int) -> None:
        self._cross = np.zeros((n_eog, n_eeg))
        self._own = np.zeros((n_eog, n_eog))

    def add(self, eeg: NDArray[np.floating], eog: NDArray[np.floating]) -> None:
        """Learn from EEG (n_eeg, n_samples) and EOG (n_eog, n_samples), both in `EOG_BAND_HZ`.

        Raises SettingsError where their shapes do not fit.
        """
        if eeg.shape[1] != eog.shape[1] or self._cross.shape != (len(eog), len(eeg)):
            raise SettingsError(
                f"EEG and EOG must be {self._cross.shape[::-1]} channels of the same length, "
                f"got {eeg.shape} and {eog.shape}."
            )
        x = eeg - eeg.mean(axis=1, keepdims=True, dtype=np.float64)
        y = eog - eog.mean(axis=1, keepdims=True, dtype=np.float64)
        self._cross += y @ x.T
        self._own += y @ y.T

    def shares(self) -> NDArray[np.float64]:
        """(n_eeg, n_eog) uV of EEG per uV of EOG. An EOG channel that is flat, or follows from
        the others, has no share of its own: the smallest solution is taken."""
        solution = np.linalg.lstsq(self._own, self._cross, rcond=1e-10)[0]
        return np.asarray(solution.T, np.float64)


def remove_eog(
    eeg: NDArray[np.floating], eog: NDArray[np.floating], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """EEG (..., n_eeg, n_samples) without its shares (n_eeg, n_eog) of EOG (..., n_eog, n_samples),
    which must have passed the same filters."""
    return np.asarray(eeg - shares @ eog, np.float64)
