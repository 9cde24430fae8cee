from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evoke.baseline import rest_windows, window_features
from evoke.dataset.windows import repaired, suspects, trial_features, trial_windows
from evoke.errors import SettingsError
from evoke.features import extractor
from evoke.signal.chain import ChainSettings, SignalChain
from evoke.signal.montage import ELECTRODES, map_channels
from evoke.signal.quality import assess
from evoke.types import HOP, Channel, Preparation, StreamInfo

REFERENCE = Path(__file__).parents[2] / "recordings" / "torcheeg_reference.npz"


@pytest.mark.parametrize(("kind", "rtol"), [("de", 0.0), ("psd", 1e-5)])
def test_torcheegs_features_of_a_trial(kind: str, rtol: float) -> None:
    with np.load(REFERENCE) as data:
        ours = trial_features(data["trial"][None], 3.0, extractor(kind), "paper")
        expected = data[f"{kind}_minus_baseline"]
        scale = data[kind]
    assert ours.shape == (1, 12, 32, 4)
    assert (np.abs(ours[0] - expected) < 1e-5 + rtol * np.abs(scale)).all()


@pytest.mark.parametrize(("kind", "mode"), [("de", "mean"), ("de", "paper"), ("raw", "none")])
def test_training_sees_what_the_live_path_gives(kind: str, mode: str) -> None:
    """Two trials, one with a channel that goes flat and one that goes wild for a while."""
    data = np.random.default_rng(0).normal(0, 10, (2, 32, 384 + 5 * 128))
    data[0, 4, 500:900] = 0
    data[1, 20, 100:200] *= 1e4
    channels = tuple(Channel(name) for name in ELECTRODES)
    info = StreamInfo("trials", 128.0, channels, frozenset(Preparation))
    chain = SignalChain(info, ChainSettings())
    features = extractor(kind)
    trained = trial_features(data, 3.0, features, mode, step=HOP)
    assert trained.shape == (2, 17, 32, 128 if kind == "raw" else 4)

    def live(trial: np.ndarray, prepared: np.ndarray, end: int) -> np.ndarray:
        start, stop = chain.raw_span(end)
        bad = chain.quality(trial[:, start:stop]).bad
        return chain.electrodes(prepared[:, end - 128 : end], bad)

    for number, trial in enumerate(data):
        chain.reset()
        prepared = np.hstack([chain.push(part) for part in np.array_split(trial, 9, axis=1)])
        rest = np.hstack([live(trial, prepared, end) for end in (128, 256, 384)])
        base = window_features(mode, features, rest_windows(rest))
        for index in range(17):
            window = live(trial, prepared, 384 + 128 + index * HOP)
            relative = features.compute(window[None])[0] - base
            assert np.array_equal(relative, trained[number, index])


def test_windows_step_through_a_trial() -> None:
    trial = np.arange(2 * 320, dtype=np.float32).reshape(2, 320)
    windows = trial_windows(trial, step=64)
    assert windows.shape == (4, 2, 128)
    assert np.array_equal(windows[2], trial[:, 128:256])
    assert np.shares_memory(windows, trial)


def test_repair_leaves_good_windows_alone() -> None:
    windows = np.random.default_rng(0).normal(0, 10, (3, 32, 128)).astype(np.float32)
    assert repaired(windows) is windows
    damaged = windows.copy()
    damaged[1, 9] = 0
    whole = repaired(damaged)
    assert np.array_equal(whole[[0, 2]], windows[[0, 2]])
    assert whole[1, 9].std() > 1
    assert not damaged[1, 9].any(), "the caller's array stays as it was"


def damaged_trials() -> np.ndarray:
    """(3, 32, 8 s) with every fault that `quality.assess` knows, and some that are near to one."""
    trials = np.random.default_rng(0).normal(0, 10, (3, 32, 8 * 128))
    trials[0, 3, 500:700] = 0  # flat
    trials[0, 4, 400:460] = 90  # repeats a value, but no extreme one
    trials[0, 5, 600:660] = 120  # clipped
    trials[1, 6, 100:160] += 2000  # torn off, during rest
    trials[1, 7, :] += np.linspace(0, 3000, 8 * 128)  # a steep drift is none
    trials[1, 8, 700] = 2e5  # at its limit
    trials[2, 9, 512:640] = 0.2 * np.sin(np.arange(128))  # flat, but not constant
    return trials


@pytest.mark.parametrize("step", [128, 32])
def test_what_is_suspect_and_bad_is_repaired_and_nothing_else(step: int) -> None:
    """As if every window had been judged."""
    montage = map_channels(StreamInfo("", 128.0, tuple(Channel(name) for name in ELECTRODES)))
    changed = 0
    for trial in damaged_trials():
        windows = trial_windows(trial, step)
        _, bad = assess(windows, 128.0, prepared=True)
        expected = np.stack([montage.matrix(b) @ w for b, w in zip(bad, windows, strict=True)])
        np.testing.assert_allclose(repaired(windows), expected, rtol=1e-5, atol=1e-4)
        changed += int(bad.any(axis=1).sum())
    assert changed > 5


@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.floats(0.01, 2000),
    slope=st.floats(-3000, 3000),
    clip=st.floats(0.2, 3),
    offset=st.floats(-2e5, 2e5),
)
@settings(max_examples=200, deadline=None)
def test_no_bad_window_escapes_suspicion(
    seed: int, scale: float, slope: float, clip: float, offset: float
) -> None:
    rng = np.random.default_rng(seed)
    windows = scale * np.clip(rng.standard_normal((4, 3, 128)), -clip, clip)
    windows[0] += offset
    windows[1] += slope * np.arange(128) / 128
    windows[2, :, 64:] += slope
    windows = windows.astype(np.float32)
    _, bad = assess(windows, 128.0, prepared=True)
    assert not (bad.any(axis=1) & ~suspects(windows)).any()


def test_ordinary_windows_are_not_suspected() -> None:
    """Else it would be no faster: blinks and alpha of 200 uV are nothing to look into."""
    rng = np.random.default_rng(1)
    windows = 25 * rng.standard_normal((50, 32, 128))
    assert np.ptp(windows, axis=-1).max() > 150
    assert not suspects(windows).any()


def test_trials_too_short_are_refused() -> None:
    de = extractor("de")
    with pytest.raises(SettingsError, match="at least 128 samples"):
        trial_features(np.ones((1, 32, 400)), 3.0, de, "mean")
    with pytest.raises(SettingsError, match="at least one second"):
        trial_features(np.ones((1, 32, 400)), 0.0, de, "mean")
