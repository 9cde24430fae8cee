from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evoke.baseline import rest_windows, window_features
from evoke.errors import SettingsError
from evoke.features import FeatureExtractor, extractor

REFERENCE = Path(__file__).parents[1] / "recordings" / "torcheeg_reference.npz"


def rest_features(mode: str, features: FeatureExtractor, rest: np.ndarray) -> np.ndarray:
    return window_features(mode, features, rest_windows(rest))


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    with np.load(REFERENCE) as data:
        return dict(data)


@pytest.mark.parametrize(("kind", "atol"), [("de", 1e-5), ("psd", 5e-3)])
def test_the_papers_mode_agrees_with_torcheeg(
    reference: dict[str, np.ndarray], kind: str, atol: float
) -> None:
    """Power is in thousands of uV^2, so 5e-3 is the same relative error."""
    rest = rest_features("paper", extractor(kind), reference["trial"][:, :384])
    expected = reference[kind] - reference[f"{kind}_minus_baseline"]
    assert rest.shape == (32, 4)
    assert np.abs(rest - expected[0]).max() < atol


def test_the_products_mode_is_the_mean_of_the_seconds(reference: dict[str, np.ndarray]) -> None:
    de = extractor("de")
    trial = reference["trial"][:, :384]
    each = [de.compute(trial[None, :, i : i + 128])[0] for i in (0, 128, 256)]
    assert np.allclose(rest_features("mean", de, trial), np.mean(each, axis=0), atol=1e-5)


def test_averaging_in_time_lies_lower(reference: dict[str, np.ndarray]) -> None:
    de, trial = extractor("de"), reference["trial"][:, :384]
    assert (rest_features("paper", de, trial) < rest_features("mean", de, trial)).mean() > 0.9


def test_only_whole_seconds_count() -> None:
    rest = np.random.default_rng(0).normal(0, 10, (32, 400)).astype(np.float32)
    windows = rest_windows(rest)
    assert windows.shape == (3, 32, 128)
    assert np.array_equal(windows[2], rest[:, 256:384])
    de = extractor("de")
    assert np.array_equal(rest_features("mean", de, rest), rest_features("mean", de, rest[:, :384]))


def test_refusals() -> None:
    de = extractor("de")
    with pytest.raises(SettingsError, match=r"at least one second, got 0\.50 s"):
        rest_features("mean", de, np.zeros((32, 64)))
    with pytest.raises(SettingsError, match="'de' must be one of mean, paper, got 'median'"):
        rest_features("median", de, np.zeros((32, 384)))
    with pytest.raises(SettingsError, match="'raw' must be one of none, got 'mean'"):
        rest_features("mean", extractor("raw"), np.zeros((32, 384)))


def test_rest_takes_nothing_from_samples(reference: dict[str, np.ndarray]) -> None:
    rest = rest_features("none", extractor("raw"), reference["trial"][:, :384])
    assert rest.shape == (32, 128)
    assert not rest.any()
