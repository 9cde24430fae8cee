"""Trials -> windows -> features relative to each trial's own rest: what training reads."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evoke.baseline import STAND_IN_REST_S, rest_windows, window_features
from evoke.errors import SettingsError
from evoke.features import Measure
from evoke.signal.montage import ELECTRODES, Montage, map_channels
from evoke.signal.quality import (
    ABSURD_UV,
    CLIPPED_SHARE,
    CLIPPED_UV,
    FLAT_UV,
    RAIL_UV,
    assess,
    rated,
    suffices,
)
from evoke.types import RATE_HZ, WINDOW, Channel, Doubt, StreamInfo


def trial_windows(trial: ArrayLike, step: int = WINDOW) -> NDArray[np.float32]:
    """Windows (n_windows, 32, 128) of one trial (32, n_samples) at 128 Hz, `step` samples apart;
    a view where `trial` is float32. Raises SettingsError if not one window fits."""
    samples = np.asarray(trial, np.float32)
    if samples.shape[-1] < WINDOW:
        raise SettingsError(
            f"A trial must hold at least {WINDOW} samples (1 s), got {samples.shape[-1]}."
        )
    sliding = np.lib.stride_tricks.sliding_window_view(samples, WINDOW, axis=-1)
    return np.moveaxis(sliding[..., ::step, :], -2, 0)


def repaired(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Windows (n, 32, 128) with the bad electrodes of each interpolated from its good ones, as
    the live path does it to a prepared source; the array itself where nothing is bad.

    Only `suspects` are judged by `quality.assess`: the whole extraction is three times as fast.
    """
    bad = _bad(windows)
    damaged = np.flatnonzero(bad.any(axis=1))
    if len(damaged) == 0:
        return windows
    whole = windows.copy()
    for i in damaged:
        whole[i] = _montage().matrix(bad[i]) @ windows[i]
    return whole


def _bad(windows: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(n, 32) the bad electrodes of each window (n, 32, 128)."""
    bad = np.zeros(windows.shape[:2], bool)
    suspect = np.flatnonzero(suspects(windows))
    if len(suspect):
        bad[suspect] = assess(windows[suspect], RATE_HZ, prepared=True)[1]
    return bad


def suspects(windows: ArrayLike) -> NDArray[np.bool_]:
    """(n,) True for those of the prepared windows (n, n_electrodes, 128) that may hold an electrode
    that `quality.assess` calls bad: flat, clipped, at its amplifier's limit, or torn off.

    The last is judged there with the trend removed, which stretches a window to 2.5 times at most
    (a step's regression line rises by 1.5 times the step). What is no number is suspect too.
    """
    window = np.asarray(windows)
    top, bottom = window.max(axis=-1), window.min(axis=-1)
    span = top.astype(np.float64) - bottom  # as `assess` takes it
    ordinary = (span >= FLAT_UV) & (span <= ABSURD_UV / 2.5) & (np.maximum(top, -bottom) < RAIL_UV)
    wide = np.flatnonzero((span > CLIPPED_UV).any(axis=-1))
    edge = (window[wide] == top[wide, :, None]) | (window[wide] == bottom[wide, :, None])
    ordinary[wide] &= np.count_nonzero(edge, axis=-1) < CLIPPED_SHARE * window.shape[-1]
    return np.asarray(~ordinary.all(axis=-1))


def trial_features(
    data: ArrayLike,
    rest_s: float,
    extractor: Measure,
    baseline_mode: str,
    step: int = WINDOW,
) -> NDArray[np.float32]:
    """Features (n_trials, n_windows, 32, n_values) float32 minus each trial's rest features.

    data: (n_trials, 32, n_samples), prepared, at 128 Hz, in uV, the electrodes in Geneva order,
        each trial opening with `rest_s` seconds of rest (DEAP: 3), which yield no windows.
    step: samples between the starts of neighbouring windows.

    Bad electrodes are interpolated window by window, and rest is what `_rest` says, so the live
    path computes the same figures for the same windows. Raises SettingsError where the rest is
    under one second or no window is left after it.
    """
    rest = round(rest_s * RATE_HZ)
    relative = []
    for trial in np.asarray(data):
        before = repaired(_rest(trial, rest))
        absolute = extractor.compute(repaired(trial_windows(trial[:, rest:], step)))
        relative.append(absolute - window_features(baseline_mode, extractor, before))
    return np.stack(relative)


def _rest(trial: NDArray[np.generic], rest: int) -> NDArray[np.float32]:
    """Seconds (n, 32, 128) that count as the rest of a trial whose first `rest` samples were
    recorded as such: the clean ones; where there are none, the first clean ones that follow, as
    live; all that was recorded where nothing is clean."""
    recorded = rest_windows(trial[:, :rest])
    clean = [i for i, bad in enumerate(_bad(recorded)) if suffices(_montage(), bad)]
    if clean:
        return recorded[clean]
    following = trial_windows(trial[:, rest:])
    judged = zip(*assess(following, RATE_HZ, prepared=True), strict=True)
    doubts = [rated(_montage(), *one).doubt for one in judged]
    clean = [i for i, doubt in enumerate(doubts) if doubt is Doubt.NONE]
    if len(clean) < STAND_IN_REST_S:
        clean = [i for i, doubt in enumerate(doubts) if doubt is not Doubt.QUALITY]
    return following[clean[:STAND_IN_REST_S]] if clean else recorded


@cache
def _montage() -> Montage:
    channels = tuple(Channel(name) for name in ELECTRODES)
    return map_channels(StreamInfo("trials", RATE_HZ, channels))
