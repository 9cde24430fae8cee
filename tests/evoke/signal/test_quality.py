from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

from evoke.signal.chain import ChainSettings, SignalChain
from evoke.signal.montage import ELECTRODES, map_channels
from evoke.signal.quality import assess, frailty
from evoke.types import Channel, Flag, StreamInfo

Make = Callable[..., NDArray[np.float64]]
RATES = [128.0, 250.0, 512.0, 2048.0]


def judge(
    window: np.ndarray, rate_hz: float, prepared: bool = False
) -> tuple[list[set[Flag]], list[bool]]:
    flags, bad = assess(window, rate_hz, prepared)
    return [{f for f in Flag if value & f.value} for value in flags], bad.tolist()


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("prepared", [True, False])
def test_ordinary_seconds_are_neither_flagged_nor_bad(
    eeg_like: Make, rate_hz: float, prepared: bool
) -> None:
    n = int(rate_hz)
    x = eeg_like(32, 20 * n, rate_hz).reshape(32, 20, n).swapaxes(0, 1)
    flags, bad = assess(x, rate_hz, prepared)
    assert flags.shape == bad.shape == (20, 32)
    assert not bad.any()
    assert (flags == 0).mean() > 0.98


@pytest.mark.parametrize("rate_hz", RATES)
def test_flat_and_railed(eeg_like: Make, rate_hz: float) -> None:
    n = int(rate_hz)
    t = np.arange(n) / rate_hz
    x = eeg_like(6, n, rate_hz)
    x[0] = 5000.0
    x[1] = 187_500.0
    x[2] = np.clip(400 * np.sin(2 * np.pi * 3 * t), -150, 150)
    x[3, n // 2 :] += 3000.0
    x[4, 3] = np.nan
    seen, bad = judge(x, rate_hz)
    assert Flag.FLAT in seen[0]
    assert Flag.RAILED not in seen[0]
    assert {Flag.FLAT, Flag.RAILED} <= seen[1]
    assert all(Flag.RAILED in seen[i] for i in (2, 3, 4))
    assert Flag.FLAT not in seen[4]
    assert bad == [True, True, True, True, True, False]


@pytest.mark.parametrize("prepared", [True, False])
def test_blinks_and_muscle_are_flagged_and_kept(eeg_like: Make, prepared: bool) -> None:
    t = np.arange(512) / 512
    x = eeg_like(3, 512, 512.0, rms_uv=10)
    x[0] += 250 * np.exp(-(((t - 0.5) / 0.08) ** 2))
    burst = np.random.default_rng(1).normal(0, 1, 512)
    x[1] += 60 * signal.sosfiltfilt(
        signal.butter(4, (20, 200), "bandpass", fs=512, output="sos"), burst
    )
    seen, bad = judge(x, 512.0, prepared)
    assert Flag.BLINK in seen[0]
    assert Flag.MUSCLE in seen[1]
    assert seen[2] == set()
    assert bad == [False] * 3


@pytest.mark.parametrize("mains_hz", [50, 60])
def test_hum_is_flagged_and_bad_only_when_it_drowns_the_signal(
    eeg_like: Make, mains_hz: int
) -> None:
    t = np.arange(512) / 512
    x = eeg_like(4, 512, 512.0)
    for i, amplitude in enumerate((0.0, 3.0, 40.0, 300.0)):
        x[i] += amplitude * np.sin(2 * np.pi * mains_hz * t + i)
    seen, bad = judge(x, 512.0)
    assert [Flag.LINE_NOISE in s for s in seen] == [False, False, True, True]
    assert bad == [False, False, False, True]


@pytest.mark.parametrize("mains_hz", [50, 60])
@pytest.mark.parametrize("notch_hz", [50, 60])
def test_hum_that_the_filters_leave_is_noise(eeg_like: Make, mains_hz: int, notch_hz: int) -> None:
    chain = SignalChain(info_of(*ELECTRODES[:8]), ChainSettings(notch_hz=float(notch_hz)))
    t = np.arange(512) / 512
    hum = 90 * np.sin(2 * np.pi * mains_hz * t)
    quality = chain.quality(eeg_like(8, 512, 512.0, rms_uv=8) + hum)
    assert not quality.bad.any()
    assert quality.noisy.all() == (mains_hz != notch_hz)
    assert all(f & Flag.LINE_NOISE.value for f in quality.flags)


def test_drift_is_flagged_and_kept(eeg_like: Make) -> None:
    x = eeg_like(2, 512, 512.0)
    x[1] += 400 * np.arange(512) / 512
    seen, bad = judge(x, 512.0)
    assert [Flag.DRIFT in s for s in seen] == [False, True]
    assert bad == [False, False]


def test_hum_and_drift_are_not_judged_where_filters_have_removed_them(eeg_like: Make) -> None:
    t = np.arange(128) / 128
    x = eeg_like(1, 128, 128.0) + 40 * np.sin(2 * np.pi * 50 * t) + 400 * t
    seen, _ = judge(x, 128.0, prepared=True)
    assert not {Flag.LINE_NOISE, Flag.DRIFT} & seen[0]


def test_a_source_too_slow_to_show_hum_is_judged_without_it(eeg_like: Make) -> None:
    seen, bad = judge(eeg_like(2, 100, 100.0), 100.0)
    assert seen == [set(), set()]
    assert bad == [False, False]


def test_many_windows_at_once_give_the_same(eeg_like: Make) -> None:
    x = eeg_like(4, 5 * 250, 250.0).reshape(4, 5, 250).swapaxes(0, 1).copy()
    x[2, 1] = 0
    x[3, 2] += np.linspace(0, 900, 250)
    flags, bad = assess(x, 250.0, prepared=False)
    for i, window in enumerate(x):
        one = assess(window, 250.0, prepared=False)
        assert np.array_equal(one[0], flags[i])
        assert np.array_equal(one[1], bad[i])
    assert bad[2, 1]


def info_of(*names: str) -> StreamInfo:
    channels = tuple(Channel(name) for name in names)
    return StreamInfo(name="few", rate_hz=512.0, channels=channels)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (ELECTRODES, ""),
        (("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2"), ""),
        (("TP9", "AF7", "AF8", "TP10"), "while one of its channels is bad"),
        (("T7", "T8", "O1", "O2"), "while T7 or T8 or O1 is bad"),
        (("Fp1", "Fp2", "AF3", "AF4", "M1"), "nothing is read"),
    ],
)
def test_electrodes_too_few_to_read_are_said(names: tuple[str, ...], said: str) -> None:
    words = frailty(map_channels(info_of(*names)))
    assert said in words if said else not words
