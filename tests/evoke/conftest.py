"""A classifier plain enough to follow by hand, and recordings to read with it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from scipy.special import expit

from evoke.dataset.demo import generate_subject
from evoke.features import extractor
from evoke.signal.chain import ChainSettings
from evoke.signal.montage import ELECTRODES
from evoke.sources.deap import deap_stream
from evoke.sources.playback import UNPACED, PlaybackSource, Track
from evoke.types import Channel, StreamInfo


class LinearClassifier:
    """P(high) as the logistic function of a fixed weighting of the features."""

    name = "linear"
    device = "CPU"
    synthetic = True
    fingerprint = "0" * 64
    electrodes = ELECTRODES

    def __init__(self, features: str = "de", baseline: str = "mean") -> None:
        self.features = features
        self.baseline = baseline
        self.chain: object = ChainSettings().describe()
        n_values = 32 * 128 if features == "raw" else 4 * 81
        self.seen: list[np.ndarray] = []
        self._weights = np.random.default_rng(5).normal(0, 0.15, (n_values, 3))

    @property
    def feature_settings(self) -> Mapping[str, object]:
        return extractor(self.features).describe()

    def classify(self, grid: np.ndarray) -> np.ndarray:
        self.seen.append(np.array(grid))
        logits = np.asarray(grid).reshape(len(grid), -1) @ self._weights
        return expit(logits).astype(np.float32)


@pytest.fixture
def classifier() -> LinearClassifier:
    return LinearClassifier()


@pytest.fixture(scope="session")
def trials() -> np.ndarray:
    """Two short trials in DEAP's layout, (2, 40, n), with 3 s of rest."""
    data, _ = generate_subject(7, seed=3, preset="showcase", trials=2, trial_s=9)
    return data


def prepared_source(trials: np.ndarray, **options: object) -> PlaybackSource:
    """DEAP-like: nothing left to prepare."""
    tracks = [Track.of(k, trial) for k, trial in enumerate(trials, start=1)]
    return PlaybackSource(
        deap_stream("s07", synthetic=True), tracks, **{"speed": UNPACED} | options
    )


RAW_RATE_HZ = 500.0


def raw_recording(seconds: float = 16, offset_uv: float = 0.0) -> np.ndarray:
    """As an amplifier gives it, (32, n) in uV: rhythms, 1/f noise, mains hum, an offset."""
    rng = np.random.default_rng(11)
    n = round(seconds * RAW_RATE_HZ)
    t = np.arange(n) / RAW_RATE_HZ
    noise = np.cumsum(rng.standard_normal((32, n)), axis=1)
    noise -= np.linspace(noise[:, :1], noise[:, -1:], n, axis=1)[..., 0]
    rhythm = 8 * np.sin(2 * np.pi * 10 * t + rng.uniform(0, 6, (32, 1)))
    hum = 5 * np.sin(2 * np.pi * 50 * t)
    return 0.3 * noise + rhythm + 6 * rng.standard_normal((32, n)) + hum + offset_uv


def raw_source(samples: np.ndarray, **options: object) -> PlaybackSource:
    """A recording without any preparation and without rest."""
    info = StreamInfo("raw", RAW_RATE_HZ, tuple(Channel(name) for name in ELECTRODES))
    return PlaybackSource(info, [Track.of(0, samples)], **{"speed": UNPACED} | options)
