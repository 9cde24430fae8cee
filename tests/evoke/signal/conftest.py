"""Signals and sources that the tests of the signal path share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from evoke.signal.montage import ELECTRODES
from evoke.types import Channel, Preparation, StreamInfo

SHARED = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture
def real_file() -> Callable[[str], Path]:
    """Path of a real recording, which is not part of the product."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"the real recording {name} is not beside this checkout ({SHARED})")
        return path

    return find


@pytest.fixture
def eeg_like() -> Callable[..., NDArray[np.float64]]:
    """Noise with power falling as 1/f and an alpha rhythm, `rms_uv` in 1-45 Hz."""

    def make(
        n_channels: int, n_samples: int, rate_hz: float, rms_uv: float = 15.0, seed: int = 0
    ) -> NDArray[np.float64]:
        rng = np.random.default_rng(seed)
        hz = np.fft.rfftfreq(n_samples, 1 / rate_hz)
        shape = np.where((hz >= 1) & (hz <= 45), 1 / np.sqrt(np.maximum(hz, 1)), 0)
        phase = rng.uniform(0, 2 * np.pi, (n_channels, len(hz)))
        x = np.fft.irfft(shape * np.exp(1j * phase), n_samples)
        x *= rms_uv / x.std(axis=1, keepdims=True)
        t = np.arange(n_samples) / rate_hz
        noise = rng.normal(0, 0.5, x.shape)
        return x + 8 * np.sin(2 * np.pi * 10 * t + rng.uniform(0, 6, (n_channels, 1))) + noise

    return make


@pytest.fixture
def source() -> Callable[..., StreamInfo]:
    """A source with the given rate, preparations and channel names."""

    def make(
        rate_hz: float,
        preparations: frozenset[Preparation] = frozenset(),
        names: tuple[str, ...] = ELECTRODES,
        scale_uv: float = 1.0,
    ) -> StreamInfo:
        channels = tuple(Channel(name, scale_uv=scale_uv) for name in names)
        return StreamInfo("test source", rate_hz, channels, preparations)

    return make
