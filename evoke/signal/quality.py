"""What is wrong with a channel during one second, judged on the signal as the source gave it.

Three questions are kept apart. A *flag* tells the user what is seen: blinks and muscle are
ordinary parts of a recording. A channel is *bad*, left out and interpolated, only where it
carries no EEG at all: flat, railed, or drowned in mains hum. And a window is *read* only where
few electrodes rest on channels that are bad, or that carry more muscle or hum than EEG.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evoke.signal.montage import ELECTRODES, Coverage, Montage
from evoke.types import Doubt, Flag, Quality

FLAT_UV = 0.5
"""Peak to peak below which a second is flat: a quarter of the 2 uV below which the American
Clinical Neurophysiology Society speaks of electrocerebral inactivity (guideline 6, 2016)."""

RAIL_UV = 100_000.0
"""Distance from zero that only a channel at its amplifier's limit reaches (the common ones end
at 187 to 400 mV)."""

CLIPPED_SHARE = 0.1
CLIPPED_UV = 100.0
"""A second clips where this share of its samples equals its own largest or smallest value and
it spans this much; quiet signals of coarse converters repeat values without clipping."""

ABSURD_UV = 1000.0
"""Peak to peak, trend removed, beyond anything a scalp gives in a second (blinks stay under
500 uV): a loose electrode. Counted as railed."""

MAINS_HZ = (50.0, 60.0)
LINE_RATIO = 1.0
LINE_BAD_RATIO = 10.0
LINE_BAD_UV = 100.0
"""Mains hum is flagged where its power exceeds that of 4-45 Hz, and makes a channel bad where
it exceeds it tenfold and its amplitude is over 100 uV. The PREP pipeline (Bigdely-Shamlo et
al. 2015, Front Neuroinform 9:16) compares the same two powers between channels; one second of
one channel must be judged by itself. Where what the filters leave of it still exceeds the EEG it
is flagged once more."""

DRIFT_UV_PER_S = 100.0
DRIFT_R2 = 0.5
"""Slope of the second's regression line, and the share of variance it must explain."""

MUSCLE_UV = 10.0
MUSCLE_BAND_HZ = (25.0, 45.0)
"""RMS in a band where scalp EEG stays under some 3 uV and muscle has ten times its power and
more (Whitham et al. 2007, Clin Neurophysiol 118, 1877-1888)."""

BLINK_UV = 100.0
BLINK_BAND_HZ = (1.0, 8.0)
"""Peak to peak of the slow part of the second: the smallest blinks at the forehead (Kleifges
et al. 2017, Front Neurosci 11:12, report 100 uV and more)."""

LEAST_SCORE = 0.5
"""Share of the 32 electrodes on good signal below which nothing is read."""

MOST_LOST = 0.25
"""Share of the electrodes a montage reaches beyond which their loss keeps a window from being
read: the average of all carries it into the others, too. Of synthetic recordings with eight
neighbouring channels out of 32 bad, one reading in six names another word; with twelve, three in
five."""

_EEG_BAND_HZ = (4.0, 45.0)


def frailty(montage: Montage) -> str:
    """How little it takes for nothing to be read, in a sentence for the user: where the electrodes
    are so few that one bad one is too many, or that they never suffice. "" where they do."""
    guessed = sum(c is Coverage.GUESSED for c in montage.coverage)
    far = f"{guessed} of the network's {len(ELECTRODES)} electrodes lie far from any measured one"
    if not suffices(montage, np.zeros(len(montage.channels), bool)):
        return f"{far}: the signal can be looked at, but nothing is read of so little."
    located = np.flatnonzero(montage.located)
    each_bad = np.eye(len(montage.channels), dtype=bool)[located]
    needed = [
        montage.channels[i]
        for i, bad in zip(located, each_bad, strict=True)
        if not suffices(montage, bad)
    ]
    if not needed:
        return ""
    which = "one of its channels" if len(needed) == len(located) else " or ".join(needed)
    return f"{far}: readings say little, and there are none while {which} is bad."


def suffices(montage: Montage, lost: NDArray[np.bool_]) -> bool:
    """Whether a window is read without the channels in `lost` (n_eeg,)."""
    return montage.score(lost) >= LEAST_SCORE and montage.lost(lost) <= MOST_LOST


def rated(montage: Montage, flags: NDArray[np.uint8], bad: NDArray[np.bool_]) -> Quality:
    """Quality of a window whose channels wear `flags` (n_eeg,) and are `bad` (n_eeg,)."""
    noisy = Quality(flags, bad, 0.0).noisy
    doubt = Doubt.NONE
    if not suffices(montage, bad):
        doubt = Doubt.QUALITY
    elif noisy.any() and not suffices(montage, bad | noisy):
        doubt = Doubt.NOISE
    return Quality(flags, bad, montage.score(bad | noisy), doubt)


def assess(
    window_uv: ArrayLike,
    rate_hz: float,
    prepared: bool,
    mains_gains: Sequence[float] = (0.0, 0.0),
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Flags (..., n_channels) uint8 and bad (..., n_channels) bool of seconds of signal.

    window_uv: (..., n_channels, n_samples) in uV at the source's own rate, one second long.
    prepared: the source delivers a band-passed signal; drift and mains hum cannot be seen in
        it and are not judged.
    mains_gains: what the filters leave of the power at each of `MAINS_HZ`, 0..1.

    Channels with samples that are no numbers are railed and bad.
    """
    window = np.asarray(window_uv, np.float64)
    finite = np.asarray(np.isfinite(window).all(axis=-1), bool)
    window = np.where(finite[..., None], window, 0.0)
    slope, r2, rest = _detrend(window, rate_hz)
    spectrum = np.fft.rfft(rest)
    flat = np.ptp(window, axis=-1) < FLAT_UV
    railed = ~finite | _railed(window, rest)
    hum, left, drowned = np.zeros((3, *flat.shape), bool)
    if not prepared:
        hum, left, drowned = _line_noise(rest, rate_hz, mains_gains)
    seen = {
        Flag.FLAT: flat & finite,
        Flag.RAILED: railed,
        Flag.LINE_NOISE: hum,
        Flag.HUM_LEFT: left,
        Flag.DRIFT: (np.abs(slope) > DRIFT_UV_PER_S) & (r2 > DRIFT_R2) & (not prepared),
        Flag.MUSCLE: _band(spectrum, window.shape[-1], rate_hz, MUSCLE_BAND_HZ).std(axis=-1)
        > MUSCLE_UV,
        Flag.BLINK: np.ptp(_band(spectrum, window.shape[-1], rate_hz, BLINK_BAND_HZ), axis=-1)
        > BLINK_UV,
    }
    flags = np.zeros(window.shape[:-1], np.uint8)
    for flag, where in seen.items():
        flags |= np.where(where, flag.value, 0).astype(np.uint8)
    return flags, flat | railed | drowned


def _detrend(
    window: NDArray[np.float64], rate_hz: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Slope in uV/s, its share of the variance, and what remains without it."""
    t = np.arange(window.shape[-1]) / rate_hz
    t -= t.mean()
    centred = window - window.mean(axis=-1, keepdims=True)
    slope = centred @ t / (t @ t)
    rest = centred - slope[..., None] * t
    total = np.square(centred).sum(axis=-1)
    r2 = 1 - np.square(rest).sum(axis=-1) / np.where(total > 0, total, 1.0)
    return slope, r2, rest


def _railed(window: NDArray[np.float64], rest: NDArray[np.float64]) -> NDArray[np.bool_]:
    top, bottom = window.max(axis=-1), window.min(axis=-1)
    at_edge = (window == top[..., None]) | (window == bottom[..., None])
    clipped = (at_edge.mean(axis=-1) >= CLIPPED_SHARE) & (top - bottom > CLIPPED_UV)
    at_rail = np.maximum(np.abs(top), np.abs(bottom)) > RAIL_UV
    return clipped | at_rail | (np.ptp(rest, axis=-1) > ABSURD_UV)


def _line_noise(
    rest: NDArray[np.float64], rate_hz: float, gains: Sequence[float]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether hum outweighs the EEG, does so behind the filters, and drowns it. Both mains
    frequencies are looked for: where the user's setting is the wrong one, it hums no less."""
    hum, left, drowned = np.zeros((3, *rest.shape[:-1]), bool)
    n = rest.shape[-1]
    taper = np.hanning(n)
    power = np.square(np.abs(np.fft.rfft(rest * taper)))
    hz = np.fft.rfftfreq(n, 1 / rate_hz)
    eeg = power[..., (hz >= _EEG_BAND_HZ[0]) & (hz <= _EEG_BAND_HZ[1])].sum(axis=-1)
    for line_hz, gain in zip(MAINS_HZ, gains, strict=True):
        if line_hz + 2 >= rate_hz / 2:
            continue
        line = power[..., np.abs(hz - line_hz) <= 2].sum(axis=-1)
        # a tapered sine of amplitude a leaves a^2 n sum(taper^2) / 4 on its side of the spectrum
        amplitude = np.sqrt(4 * line / (n * np.square(taper).sum()))
        hum |= (line > LINE_RATIO * eeg) & (amplitude > FLAT_UV)
        left |= (gain * line > LINE_RATIO * eeg) & (amplitude > FLAT_UV)
        drowned |= (line > LINE_BAD_RATIO * eeg) & (amplitude > LINE_BAD_UV)
    return hum, left, drowned


def _band(
    spectrum: NDArray[np.complex128], n: int, rate_hz: float, band_hz: tuple[float, float]
) -> NDArray[np.float64]:
    """The part of a second (..., n) that lies in a band, ends included."""
    hz = np.fft.rfftfreq(n, 1 / rate_hz)
    inside = (hz >= band_hz[0]) & (hz <= band_hz[1])
    return np.fft.irfft(np.where(inside, spectrum, 0), n)
