from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from evoke.errors import SettingsError
from evoke.signal.filters import Filter

BAND = (4.0, 45.0)


def gain(f: Filter, hz: float) -> float:
    _, response = signal.sosfreqz(f.sections, worN=[hz], fs=f.rate_hz)
    return float(np.abs(response[0]))


def by_chunks(f: Filter, x: np.ndarray, size: int) -> np.ndarray:
    f.reset()
    return np.hstack([f.push(x[:, i : i + size]) for i in range(0, x.shape[1], size)])


@pytest.mark.parametrize("rate_hz", [125.0, 128.0, 250.0, 512.0, 1000.0, 2048.0, 16384.0])
def test_band_edges_and_notch_depth(rate_hz: float) -> None:
    f = Filter(rate_hz, BAND, 4, 50.0)
    band_only = Filter(rate_hz, BAND, 4)
    assert gain(band_only, 4) == pytest.approx(np.sqrt(0.5), rel=1e-3)
    assert gain(band_only, 45) == pytest.approx(np.sqrt(0.5), rel=1e-3)
    assert gain(band_only, 14) == pytest.approx(1, abs=1e-3)
    assert gain(f, 50) < 1e-4
    assert gain(f, 40) > 0.9 * gain(band_only, 40)
    assert gain(f, 0.5) < 1e-3


@pytest.mark.parametrize("line_hz", [50.0, 60.0])
def test_hum_disappears_once_settled(line_hz: float) -> None:
    f = Filter(250.0, None, notch_hz=line_hz)
    t = np.arange(2000) / 250
    y = f.push(100 * np.sin(2 * np.pi * line_hz * t)[None])
    assert np.abs(y[:, int(f.settle_s() * 250) :]).max() < 0.2


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 90), min_size=1, max_size=8), st.integers(0, 2**32 - 1))
def test_chunks_change_no_bit(sizes: list[int], seed: int) -> None:
    x = np.random.default_rng(seed).normal(0, 50, (3, sum(sizes) + 1))
    f = Filter(250.0, BAND, 4, 50.0)
    whole = f.push(x)
    f.reset()
    parts = [f.push(part) for part in np.split(x, np.cumsum(sizes), axis=1)]
    assert np.array_equal(np.hstack(parts), whole)


@settings(deadline=None, max_examples=25)
@given(st.floats(-50, 50), st.floats(-50, 50), st.integers(0, 2**32 - 1))
def test_linear(a: float, b: float, seed: int) -> None:
    x, y = np.random.default_rng(seed).normal(0, 10, (2, 2, 300))
    f = Filter(128.0, BAND, 4, 50.0)
    mixed = by_chunks(f, a * x + b * y, 300)
    assert np.allclose(mixed, a * by_chunks(f, x, 300) + b * by_chunks(f, y, 300), atol=1e-9)


def test_an_offset_leaves_no_transient() -> None:
    f = Filter(512.0, BAND, 4, 50.0)
    assert np.abs(f.push(np.full((2, 1000), 5000.0))).max() < 1e-6


def test_settling_time_bounds_what_is_left_of_a_step() -> None:
    f = Filter(512.0, BAND, 4, 50.0)
    settled = int(f.settle_s() * 512)
    assert 0.5 < f.settle_s() < 2.0
    impulse = np.zeros((1, 8 * 512))
    impulse[0, 1] = 1.0
    y = np.abs(f.push(impulse))
    assert y[0, settled + 1 :].sum() <= 1e-3 * y.sum()
    assert y[0, settled // 2 :].sum() > 1e-3 * y.sum()


def test_a_slow_source_has_no_notch_and_says_so() -> None:
    f = Filter(100.0, BAND, 4, 50.0)
    assert gain(f, 45.0) == pytest.approx(np.sqrt(0.5), rel=1e-3)
    assert ["no notch" in note for note in f.notes] == [True]
    assert Filter(250.0, BAND, 4, 60.0).notes == ()


@pytest.mark.parametrize("rate_hz", [16.0, 64.0, 99.0])
def test_a_source_too_slow_for_the_band_is_refused(rate_hz: float) -> None:
    wrong = f"needs a source of at least 100 Hz, got {rate_hz:g} Hz"
    with pytest.raises(SettingsError, match=wrong):
        Filter(rate_hz, BAND)


def test_without_a_step_the_samples_pass_unchanged() -> None:
    f = Filter(128.0, None)
    x = np.random.default_rng(0).normal(size=(2, 50))
    assert np.array_equal(f.push(x), x)
    assert f.settle_s() == 0
