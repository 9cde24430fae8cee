from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evoke.baseline import rest_features
from evoke.dataset.windows import repaired, trial_features, trial_windows
from evoke.errors import SettingsError
from evoke.features import extractor
from evoke.signal.chain import ChainSettings, SignalChain
from evoke.signal.montage import ELECTRODES
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


@pytest.mark.parametrize("mode", ["mean", "paper"])
def test_training_sees_what_the_live_path_gives(mode: str) -> None:
    """Two trials, one with a channel that goes flat and one that goes wild for a while."""
    data = np.random.default_rng(0).normal(0, 10, (2, 32, 384 + 5 * 128))
    data[0, 4, 500:900] = 0
    data[1, 20, 100:200] *= 1e4
    channels = tuple(Channel(name) for name in ELECTRODES)
    info = StreamInfo("trials", 128.0, channels, frozenset(Preparation))
    chain = SignalChain(info, ChainSettings())
    de = extractor("de")
    trained = trial_features(data, 3.0, de, mode, step=HOP)
    assert trained.shape == (2, 17, 32, 4)

    def live(trial: np.ndarray, prepared: np.ndarray, end: int) -> np.ndarray:
        start, stop = chain.raw_span(end)
        bad = chain.quality(trial[:, start:stop]).bad
        return chain.electrodes(prepared[:, end - 128 : end], bad)

    for number, trial in enumerate(data):
        chain.reset()
        prepared = np.hstack([chain.push(part) for part in np.array_split(trial, 9, axis=1)])
        rest = np.hstack([live(trial, prepared, end) for end in (128, 256, 384)])
        base = rest_features(mode, de, rest)
        for index in range(17):
            window = live(trial, prepared, 384 + 128 + index * HOP)
            relative = de.compute(window[None])[0] - base
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


def test_trials_too_short_are_refused() -> None:
    de = extractor("de")
    with pytest.raises(SettingsError, match="at least 128 samples"):
        trial_features(np.ones((1, 32, 400)), 3.0, de, "mean")
    with pytest.raises(SettingsError, match="at least one second"):
        trial_features(np.ones((1, 32, 400)), 0.0, de, "mean")
