from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from evoke.errors import SettingsError
from evoke.signal.resample import Resampler

RATES = [
    100.0,
    105.0,
    110.0,
    124.9,
    125.0,
    173.61,
    200.0,
    250.0,
    256.0,
    500.0,
    512.0,
    1000.0,
    2000.0,
    2048.0,
]


@pytest.mark.parametrize("rate_hz", RATES)
def test_stop_band_and_pass_band(rate_hz: float) -> None:
    r = Resampler(rate_hz)
    hz, response = signal.freqz(r.taps / r.up, worN=1 << 18, fs=r.up * rate_hz)
    gain_db = 20 * np.log10(np.abs(response) + 1e-12)
    stop_hz = min(rate_hz, 128.0) / 2 if rate_hz >= 110 else rate_hz - 45
    assert gain_db[hz >= stop_hz].max() < -60
    assert np.abs(gain_db[hz <= 45.0]).max() < 0.01


@pytest.mark.parametrize("rate_hz", [250.0, 512.0, 2048.0])
def test_a_tone_above_half_the_rate_does_not_fold_back(rate_hz: float) -> None:
    r = Resampler(rate_hz)
    t = np.arange(int(4 * rate_hz)) / rate_hz
    y = r.push(np.sin(2 * np.pi * 100 * t)[None])
    assert np.abs(y[:, int(128 * r.settle_s) + 1 :]).max() < 1e-3


@pytest.mark.parametrize("rate_hz", RATES)
def test_output_shows_the_signal_as_it_was_one_delay_before(rate_hz: float) -> None:
    r = Resampler(rate_hz)
    t = np.arange(int(4 * rate_hz)) / rate_hz
    y = r.push(np.sin(2 * np.pi * 11 * t)[None])[0]
    k = np.arange(len(y))
    expected = np.sin(2 * np.pi * 11 * (k / 128 - r.delay_s))
    settled = k / 128 > r.settle_s
    assert np.abs(y - expected)[settled].max() < 1e-3
    assert r.delay_s < (0.15 if rate_hz > 115 else 0.23)
    assert len(y) == r.n_out(len(t))
    assert abs(len(y) - 4 * 128) <= 2


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(RATES),
    st.lists(st.integers(0, 200), min_size=1, max_size=8),
    st.integers(0, 2**32 - 1),
)
def test_chunks_change_no_bit(rate_hz: float, sizes: list[int], seed: int) -> None:
    x = np.random.default_rng(seed).normal(5000, 50, (2, sum(sizes) + 1))
    r = Resampler(rate_hz)
    whole = r.push(x)
    r.reset()
    parts = [r.push(part) for part in np.split(x, np.cumsum(sizes), axis=1)]
    assert np.array_equal(np.hstack(parts), whole)
    assert whole.shape[1] == r.n_out(x.shape[1])


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_constant_stays_exactly_where_it_is(rate_hz: float) -> None:
    y = Resampler(rate_hz).push(np.full((1, 700), 5000.0))
    assert np.abs(y - 5000).max() < 1e-8


def test_agrees_with_filtering_the_whole_signal_at_once() -> None:
    r = Resampler(250.0)
    x = np.random.default_rng(1).normal(size=(2, 1000))
    x[:, 0] = 0
    expected = signal.upfirdn(r.taps, x, r.up, r.down, axis=1)
    y = r.push(x)
    assert np.abs(y - expected[:, : y.shape[1]]).max() < 1e-12


@pytest.mark.parametrize("rate_hz", [124.9, 173.61, 499.93, 2048.5, 1999.7, 16_384.0])
def test_odd_rates_keep_time(rate_hz: float) -> None:
    """An hour of samples is an hour long, to 20 ms."""
    r = Resampler(rate_hz)
    assert r.n_out(round(3600 * rate_hz)) / 128 == pytest.approx(3600, abs=0.02)
    assert abs(r.up / r.down * rate_hz / 128 - 1) * 3600 < 0.02
    assert len(r.taps) < 130_000


def test_a_rate_next_to_a_simple_one_is_taken_for_it() -> None:
    r = Resampler(255.9973)
    assert (r.up, r.down) == (1, 2)


def test_at_128_hz_samples_pass_unchanged() -> None:
    r = Resampler(128.0)
    x = np.random.default_rng(0).normal(size=(2, 60))
    assert np.array_equal(r.push(x), x)
    assert r.delay_s == r.settle_s == 0


@pytest.mark.parametrize("rate_hz", [0.0, -250.0, float("nan"), float("inf")])
def test_impossible_rates_are_refused(rate_hz: float) -> None:
    with pytest.raises(SettingsError, match="above 0 Hz"):
        Resampler(rate_hz)
