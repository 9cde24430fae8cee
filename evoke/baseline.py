"""The rest baseline: features of the seconds before a trial, subtracted from every window's.

Three modes. 'mean': the mean of the rest windows' features. 'paper': the rest windows are averaged
in time and the features of that one second are taken (arXiv 2401.06957, as TorchEEG does it);
averaging signals whose phases differ shrinks them, so these features lie lower. 'none': nothing is
subtracted. Which of them suit, the features say (`FeatureExtractor.baselines`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evoke.errors import SettingsError
from evoke.features import Measure
from evoke.types import RATE_HZ, WINDOW

STAND_IN_REST_S = 3
"""Clean seconds taken for rest where none was recorded, or none of it is clean."""


def rest_windows(rest: ArrayLike) -> NDArray[np.float32]:
    """Cut rest (..., n_samples) at 128 Hz into its whole seconds, (n, ..., 128).

    What is left over at the end is not used. Raises SettingsError below one second.
    """
    samples = np.asarray(rest, np.float32)
    n = samples.shape[-1] // WINDOW
    if n == 0:
        raise SettingsError(
            "The rest baseline must last at least one second, "
            f"got {samples.shape[-1] / RATE_HZ:.2f} s."
        )
    cut = samples[..., : n * WINDOW].reshape(*samples.shape[:-1], n, WINDOW)
    return np.moveaxis(cut, -2, 0)


def window_features(
    mode: str, extractor: Measure, windows: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Features (32, n_values) of rest windows (n, 32, 128) that need not be neighbours, prepared,
    in uV. Raises SettingsError for a mode that does not suit."""
    if mode not in extractor.baselines:
        raise SettingsError(
            f"The rest baseline of features '{extractor.name}' must be one of "
            f"{', '.join(extractor.baselines)}, got '{mode}'."
        )
    if mode == "paper":
        return extractor.compute(windows.mean(axis=0, keepdims=True))[0]
    mean = extractor.compute(windows).mean(axis=0)
    return mean if mode == "mean" else np.zeros_like(mean)
