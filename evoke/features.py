"""One-second windows -> features -> what the networks read: bands on a 9x9 grid, or samples.

Differential entropy and power are both functions of energies of linear maps of the window: a
filter started from rest on 128 samples is one fixed 128x128 matrix, and so is a windowed Fourier
transform. A whole extraction is therefore one matrix product followed by squares and sums, needs
no state of its own, and runs unchanged in NumPy, in torch and on a GPU.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evoke.errors import SettingsError
from evoke.signal.montage import ELECTRODES, GRID, GRID_SHAPE
from evoke.types import BANDS, RATE_HZ, WINDOW

Bands = tuple[tuple[str, float, float], ...]

VARIANCE_FLOOR_UV2 = 1e-6
"""Band variance below which a window counts as flat, in uV^2. It lies under the quantisation
noise that the finest common converter leaves in one band (BDF: steps of 1/32 uV, 8e-5 uV^2 over
all frequencies), so no living signal reaches it; a flat window gets this finite entropy (-7.9
bits) in place of minus infinity."""

SINGULAR_VALUE_FLOOR = 3e-4
"""Share of a band's largest singular value below which a direction is dropped."""

_BLOCK_WINDOWS = 64
"""Windows multiplied at a time: the product then stays in the cache."""


class Measure(Protocol):
    """What can be said of a window, and compared with rest."""

    name: str
    baselines: tuple[str, ...]
    """Modes of the rest baseline that suit it (`evoke.baseline`), the default first."""

    def compute(self, windows: ArrayLike) -> NDArray[np.float32]:
        """Values (n, n_electrodes, n_values) of windows (n, n_electrodes, 128) in uV."""


@runtime_checkable
class FeatureExtractor(Measure, Protocol):
    """What turns windows into what a network reads."""

    def lay_out(self, features: ArrayLike) -> NDArray[np.float32]:
        """Features (n, 32, n_values) as a network reads them."""

    def describe(self) -> dict[str, object]:
        """What a checkpoint stores, to refuse other features than it was trained on."""


class _BandEnergies:
    """Features that are energies in bands: `matrix` (128, n_columns) maps a window linearly, and
    `pooling` (n_columns, n_bands) weighs the squared columns that add up to a band's energy."""

    baselines: tuple[str, ...] = ("mean", "paper")
    matrix: NDArray[np.float32]
    pooling: NDArray[np.float32]

    def lay_out(self, features: ArrayLike) -> NDArray[np.float32]:
        """See `to_grid`."""
        return to_grid(features)


class DifferentialEntropy(_BandEnergies):
    """DE of every band in bits: 0.5 log2(2 pi e var), the entropy of a normal density with the
    variance of the band-passed window (Shi, Jiao & Lu 2013, EMBC, 6627-6630).

    The band-pass is `butter(5, band)` in transfer-function form, started from rest in every
    window, as TorchEEG computes it. With H its 128x128 matrix and C the centring matrix, the
    variance is |C H x|^2 / 128; the singular value decomposition of C H keeps the directions
    that matter (278 of 512), which costs less than 1e-5 bit on EEG.
    """

    name = "de"

    def __init__(self, bands: Bands = BANDS) -> None:
        self.bands = bands
        blocks = [_band_variance_map(low, high) for _, low, high in bands]
        self.matrix = _locked(np.hstack(blocks))
        owner = np.repeat(np.arange(len(blocks)), [b.shape[1] for b in blocks])
        self.pooling = _locked(owner[:, None] == np.arange(len(blocks)))

    def compute(self, windows: ArrayLike) -> NDArray[np.float32]:
        """DE (n, n_electrodes, n_bands) float32 of windows (n, n_electrodes, 128) in uV.

        Raises SettingsError if the last axis is not one window long.
        """
        variance = _energies(windows, self.matrix, self.pooling)
        np.maximum(variance, VARIANCE_FLOOR_UV2, out=variance)
        return 0.5 * np.log2(np.float32(2 * math.pi * math.e) * variance)

    def describe(self) -> dict[str, object]:
        return {
            "name": self.name,
            "bands_hz": [[name, low, high] for name, low, high in self.bands],
            "window": WINDOW,
            "filter": "butter(5), transfer function, zero state",
            "variance_floor_uv2": VARIANCE_FLOOR_UV2,
        }


class PowerSpectralDensity(_BandEnergies):
    """Mean |X|^2 of every band in uV^2: symmetric Hann window of 128, Fourier transform over 128
    points, bins [low - 1 : high] as TorchEEG counts them (neighbouring bands share a bin)."""

    name = "psd"

    def __init__(self, bands: Bands = BANDS) -> None:
        self.bands = bands
        spans = [range(round(low) - 1, round(high)) for _, low, high in bands]
        bins = np.unique(np.concatenate(spans))
        phase = 2 * np.pi * np.outer(np.arange(WINDOW), bins) / WINDOW
        hann = np.hanning(WINDOW)[:, None]
        self.matrix = _locked(np.hstack([hann * np.cos(phase), hann * np.sin(phase)]))
        share = np.stack([np.isin(bins, span) / len(span) for span in spans], axis=1)
        self.pooling = _locked(np.vstack([share, share]))

    def compute(self, windows: ArrayLike) -> NDArray[np.float32]:
        """Power (n, n_electrodes, n_bands) float32 of windows (n, n_electrodes, 128) in uV.

        Raises SettingsError if the last axis is not one window long.
        """
        return _energies(windows, self.matrix, self.pooling)

    def describe(self) -> dict[str, object]:
        return {
            "name": self.name,
            "bands_hz": [[name, low, high] for name, low, high in self.bands],
            "window": WINDOW,
            "taper": "hann, symmetric",
        }


class BandPower:
    """What the screen shows: power of every band, one-sided periodogram behind a symmetric Hann
    window, in dB of 1 uV^2. A bin on the edge between two bands is shared by halves, so that the
    powers of neighbouring bands add up to that of both.

    The networks' differential entropy is no measure of a band: its filter starts from rest in
    every window, and what that sets ringing (10 Hz alpha of closed eyes, say) fills beta and gamma.
    """

    name = "band power"
    baselines: tuple[str, ...] = ("mean",)

    def __init__(self, bands: Bands = BANDS) -> None:
        hz = np.arange(WINDOW // 2 + 1) * RATE_HZ / WINDOW
        hann = np.hanning(WINDOW)
        phase = 2 * np.pi * np.outer(np.arange(WINDOW), hz) / RATE_HZ
        scaled = hann[:, None] * math.sqrt(2 / (WINDOW * np.sum(hann**2)))
        edges = [(hz - low, hz - high) for _, low, high in bands]
        share = np.stack([(np.sign(over) - np.sign(beyond)) / 2 for over, beyond in edges], axis=1)
        used = share.any(axis=1)
        wave, share = phase[:, used], share[used]
        self.matrix = _locked(np.hstack([scaled * np.cos(wave), scaled * np.sin(wave)]))
        self.pooling = _locked(np.vstack([share, share]))

    def compute(self, windows: ArrayLike) -> NDArray[np.float32]:
        """Power (n, n_electrodes, n_bands) float32, dB, of windows (n, n_electrodes, 128) in uV.

        Raises SettingsError if the last axis is not one window long.
        """
        power = _energies(windows, self.matrix, self.pooling)
        return 10 * np.log10(np.maximum(power, VARIANCE_FLOOR_UV2))


class RawWindows:
    """The prepared window itself, 128 samples in uV: for networks that find their own features.

    Rest is not subtracted from samples: no phase is shared between seconds, so the mean of the
    rest's windows is noise, which would be added to every window of a trial alike and tell a
    network which trial it hears.
    """

    name = "raw"
    baselines: tuple[str, ...] = ("none",)

    def compute(self, windows: ArrayLike) -> NDArray[np.float32]:
        """The windows (n, n_electrodes, 128) as float32, where they are that already themselves.

        Raises SettingsError if the last axis is not one window long.
        """
        return _checked(windows)

    def lay_out(self, features: ArrayLike) -> NDArray[np.float32]:
        """Samples (n, 32, 128) as they are."""
        return _checked(features)

    def describe(self) -> dict[str, object]:
        return {"name": self.name, "window": WINDOW, "unit": "uV"}


_EXTRACTORS: dict[str, type[DifferentialEntropy | PowerSpectralDensity | RawWindows]] = {
    kind.name: kind for kind in (DifferentialEntropy, PowerSpectralDensity, RawWindows)
}

FEATURES = tuple(_EXTRACTORS)
"""Names of all features."""


@cache
def band_power() -> BandPower:
    """The extractor of what the screen shows, made once."""
    return BandPower()


@cache
def extractor(name: str) -> FeatureExtractor:
    """The extractor called `name`, one of `FEATURES`, made once: its matrices take a fifth of a
    second. Raises SettingsError for any other."""
    return _kind(name)()


def baselines_of(name: str) -> tuple[str, ...]:
    """Modes of the rest baseline that suit features, the default first, without the extractor's
    matrices. Raises SettingsError for an unknown name."""
    return _kind(name).baselines


def _kind(name: str) -> type[DifferentialEntropy | PowerSpectralDensity | RawWindows]:
    if name not in _EXTRACTORS:
        raise SettingsError(f"Features must be one of {', '.join(FEATURES)}, got '{name}'.")
    return _EXTRACTORS[name]


def to_grid(features: ArrayLike) -> NDArray[np.float32]:
    """Lay features (n, 32, n_bands) on the scalp's grid: (n, n_bands, 9, 9) float32, zero where
    there is no electrode."""
    values = np.asarray(features, np.float32)
    if values.ndim != 3 or values.shape[1] != len(ELECTRODES):
        raise SettingsError(
            f"Features must have the shape (n, {len(ELECTRODES)}, n_bands), got {values.shape}."
        )
    grid = np.zeros((values.shape[0], values.shape[2], *GRID_SHAPE), np.float32)
    rows, columns = np.array(GRID).T
    grid[:, :, rows, columns] = values.swapaxes(1, 2)
    return grid


def _band_variance_map(low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """(128, rank) matrix A with |A^T x|^2 = variance of the band-passed window x."""
    from scipy import signal

    b, a = signal.butter(5, (low_hz, high_hz), "bandpass", fs=RATE_HZ)
    filtered = signal.lfilter(b, a, np.eye(WINDOW), axis=0)
    centred = filtered - filtered.mean(axis=0)
    _, singular, directions = np.linalg.svd(centred)
    keep = singular > SINGULAR_VALUE_FLOOR * singular[0]
    return directions[keep].T * (singular[keep] / math.sqrt(WINDOW))


def _energies(
    windows: ArrayLike, matrix: NDArray[np.float32], pooling: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Pooled squares (n, n_electrodes, n_bands) of windows (n, n_electrodes, 128)."""
    samples = _checked(windows)
    energies = np.empty((*samples.shape[:2], pooling.shape[1]), np.float32)
    for start in range(0, len(samples), _BLOCK_WINDOWS):
        block = slice(start, start + _BLOCK_WINDOWS)
        # One product per window, not one over all rows: BLAS sums in an order that depends on
        # the number of rows, and a window must give the same bits alone (live) as among
        # thousands (training). It costs a fifth of the speed.
        columns = np.matmul(np.ascontiguousarray(samples[block]), matrix)
        np.square(columns, out=columns)
        np.matmul(columns, pooling, out=energies[block])
    return energies


def _checked(windows: ArrayLike) -> NDArray[np.float32]:
    """Windows (n, n_electrodes, 128) as float32."""
    samples = np.asarray(windows, np.float32)
    if samples.ndim != 3 or samples.shape[2] != WINDOW:
        raise SettingsError(
            f"Windows must have the shape (n, n_electrodes, {WINDOW}), got {samples.shape}."
        )
    return samples


def _locked(values: ArrayLike) -> NDArray[np.float32]:
    array = np.ascontiguousarray(values, dtype=np.float32)
    array.setflags(write=False)
    return array
