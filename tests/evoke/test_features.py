from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from evoke.errors import SettingsError
from evoke.features import (
    FEATURES,
    VARIANCE_FLOOR_UV2,
    DifferentialEntropy,
    FeatureExtractor,
    PowerSpectralDensity,
    band_power,
    extractor,
    to_grid,
)
from evoke.signal.montage import ELECTRODES, GRID
from evoke.types import BANDS, RATE_HZ

REFERENCE = Path(__file__).parents[1] / "recordings" / "torcheeg_reference.npz"
REST = 3 * RATE_HZ


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    """A seeded trial and what TorchEEG 1.1.3 computes from it."""
    with np.load(REFERENCE) as data:
        return dict(data)


def seconds(trial: np.ndarray) -> np.ndarray:
    return trial.reshape(32, -1, 128).swapaxes(0, 1)


def by_filtering(windows: np.ndarray) -> np.ndarray:
    out = []
    for _, low, high in BANDS:
        b, a = signal.butter(5, (low, high), "bandpass", fs=RATE_HZ)
        variance = signal.lfilter(b, a, windows.astype(np.float64)).var(axis=-1)
        out.append(0.5 * np.log2(2 * math.pi * math.e * variance))
    return np.stack(out, axis=-1)


def test_entropy_agrees_with_torcheeg(reference: dict[str, np.ndarray]) -> None:
    de = DifferentialEntropy().compute(seconds(reference["trial"][:, REST:]))
    assert de.dtype == np.float32
    assert np.abs(de - reference["de"]).max() < 1e-5


def test_power_agrees_with_torcheeg(reference: dict[str, np.ndarray]) -> None:
    psd = PowerSpectralDensity().compute(seconds(reference["trial"][:, REST:]))
    assert np.abs(psd / reference["psd"] - 1).max() < 1e-5


def test_the_order_is_torcheegs(reference: dict[str, np.ndarray]) -> None:
    assert [str(c).lower() for c in reference["channels"]] == [e.lower() for e in ELECTRODES]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(0.5, 200), st.floats(0, 1.2))
def test_entropy_is_that_of_the_filtered_window(seed: int, rms_uv: float, tilt: float) -> None:
    """From white to pink windows (amplitude falling as f^-tilt) the dropped directions cost
    less than 1e-5 bit."""
    rng = np.random.default_rng(seed)
    hz = np.maximum(np.fft.rfftfreq(128, 1 / 128), 1)
    x = np.fft.irfft(np.fft.rfft(rng.normal(size=(4, 32, 128))) / hz**tilt, 128)
    x *= rms_uv / x.std()
    de = DifferentialEntropy().compute(x)
    assert np.abs(de - by_filtering(x.astype(np.float32))).max() < 1e-5


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 20))
def test_scaling_shifts_entropy_and_multiplies_power(seed: int, factor: float) -> None:
    x = np.random.default_rng(seed).normal(0, 10, (2, 32, 128))
    de, psd = DifferentialEntropy(), PowerSpectralDensity()
    assert np.allclose(de.compute(factor * x), de.compute(x) + math.log2(factor), atol=1e-4)
    assert np.allclose(psd.compute(factor * x), psd.compute(x) * factor**2, rtol=1e-4)


def test_a_rhythm_shows_in_its_own_band() -> None:
    t = np.arange(128) / 128
    for index, hz in enumerate((6.0, 11.0, 22.0, 38.0)):
        wave = np.tile(20 * np.sin(2 * np.pi * hz * t), (1, 32, 1))
        for kind in ("de", "psd"):
            assert (extractor(kind).compute(wave)[0].argmax(axis=1) == index).all()


@pytest.mark.parametrize(("hz", "band"), [(6.0, 0), (10.2, 1), (12.0, 1), (22.0, 2), (40.0, 3)])
def test_what_the_screen_shows_of_a_rhythm_is_in_its_band_alone(hz: float, band: int) -> None:
    """A sine of 10 uV is 17 dB of 1 uV^2; the entropy's filters would ring beside it."""
    t = np.arange(128) / RATE_HZ
    power = band_power().compute(10 * np.sin(2 * np.pi * hz * t + 1)[None, None])[0, 0]
    assert power[band] == pytest.approx(10 * math.log10(50), abs=0.1)
    assert np.delete(power, band).max() < power[band] - 30


def test_the_bands_of_the_screen_part_the_power_between_them() -> None:
    windows = np.random.default_rng(0).normal(0, 8, (200, 4, 128))
    power = 10 ** (band_power().compute(windows) / 10)
    hz, density = signal.periodogram(windows, RATE_HZ, np.hanning(128), detrend=False)
    inside = (hz >= 4) & (hz <= 31)
    edges = np.where((hz == 4) | (hz == 31), 0.5, 1.0)
    np.testing.assert_allclose(
        power[..., :3].sum(axis=-1), (density * edges)[..., inside].sum(axis=-1), rtol=1e-4
    )


def test_flat_windows_have_a_finite_entropy() -> None:
    flat = DifferentialEntropy().compute(np.zeros((1, 32, 128)))
    expected = 0.5 * math.log2(2 * math.pi * math.e * VARIANCE_FLOOR_UV2)
    assert np.allclose(flat, expected)
    quiet = DifferentialEntropy().compute(np.random.default_rng(0).normal(0, 0.02, (1, 32, 128)))
    assert (quiet > expected + 1).all(), "a converter's noise lies above the floor"


@pytest.mark.parametrize("kind", ["de", "psd"])
def test_one_window_gives_the_same_bits_as_among_many(kind: str) -> None:
    trial = np.random.default_rng(0).normal(0, 10, (32, 150 * 128)).astype(np.float32)
    windows = seconds(trial)
    compute = extractor(kind).compute
    many = compute(windows)
    for i in (0, 63, 64, 149):
        assert np.array_equal(compute(windows[i : i + 1])[0], many[i])
    assert np.array_equal(compute(windows[10:17]), many[10:17])


def test_matrix_and_pooling_are_the_whole_extraction() -> None:
    de = DifferentialEntropy()
    x = np.random.default_rng(0).normal(0, 10, (3, 32, 128)).astype(np.float32)
    variance = (x @ de.matrix) ** 2 @ de.pooling
    assert np.allclose(0.5 * np.log2(2 * math.pi * math.e * variance), de.compute(x), atol=1e-5)
    assert de.matrix.shape[1] < 300
    assert not de.matrix.flags.writeable


def test_grid(reference: dict[str, np.ndarray]) -> None:
    grid = to_grid(reference["de_minus_baseline"])
    assert grid.shape == (12, 4, 9, 9)
    assert np.abs(grid - reference["de_grid"]).max() < 1e-6
    row, column = GRID[ELECTRODES.index("Oz")]
    assert grid[0, 1, row, column] == np.float32(
        reference["de_minus_baseline"][0, ELECTRODES.index("Oz"), 1]
    )
    assert (to_grid(np.ones((2, 32, 4))) != 0).sum() == 2 * 4 * 32


@pytest.mark.parametrize("kind", FEATURES)
def test_extractors_by_name(kind: str) -> None:
    found = extractor(kind)
    assert isinstance(found, FeatureExtractor)
    described = json.loads(json.dumps(found.describe()))
    assert described["name"] == kind
    bands = [b[0] for b in described.get("bands_hz", [])]
    assert bands == ([] if kind == "raw" else ["theta", "alpha", "beta", "gamma"])


def test_features_are_laid_out_for_networks(reference: dict[str, np.ndarray]) -> None:
    windows = seconds(reference["trial"][:, REST:])
    de, raw = extractor("de"), extractor("raw")
    assert np.array_equal(de.lay_out(de.compute(windows)), to_grid(de.compute(windows)))
    samples = raw.lay_out(raw.compute(windows))
    assert samples.dtype == np.float32
    assert np.array_equal(samples, windows.astype(np.float32))


def test_wrong_names_and_shapes_are_refused() -> None:
    with pytest.raises(SettingsError, match="one of de, psd, raw, got 'wavelet'"):
        extractor("wavelet")
    with pytest.raises(SettingsError, match=r"got \(2, 32, 127\)"):
        DifferentialEntropy().compute(np.zeros((2, 32, 127)))
    with pytest.raises(SettingsError, match=r"got \(1, 32, 64\)"):
        extractor("raw").compute(np.zeros((1, 32, 64)))
    with pytest.raises(SettingsError, match=r"got \(1, 31, 4\)"):
        to_grid(np.zeros((1, 31, 4)))
