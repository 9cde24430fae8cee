"""Regression of the EOG: known shares are found again, and nothing else is taken away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evoke.dataset.eog import EogRegression, remove_eog
from evoke.errors import SettingsError


def shares_of(*stretches: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    eeg, eog = stretches[0]
    regression = EogRegression(len(eeg), len(eog))
    for eeg, eog in stretches:
        regression.add(eeg, eog)
    return regression.shares()


@given(
    seed=st.integers(0, 2**32 - 1),
    n_eeg=st.integers(1, 6),
    n_eog=st.integers(1, 3),
    offset=st.floats(-1e4, 1e4),
    scale=st.floats(1e-2, 1e3),
)
@settings(max_examples=50, deadline=None)
def test_shares_are_found_and_the_brain_is_left(
    seed: int, n_eeg: int, n_eog: int, offset: float, scale: float
) -> None:
    """Exactly so where brain and eyes do not correlate, whatever the offsets and amplitudes."""
    rng = np.random.default_rng(seed)
    eog = scale * rng.standard_normal((n_eog, 200))
    eog -= eog.mean(axis=1, keepdims=True)
    brain = rng.standard_normal((n_eeg, 200))
    brain -= brain.mean(axis=1, keepdims=True)
    basis = np.linalg.qr(eog.T)[0]
    brain -= brain @ basis @ basis.T
    true = rng.uniform(-1, 1, (n_eeg, n_eog))
    mixed = brain + true @ eog
    found = shares_of((mixed + offset, eog - offset))
    np.testing.assert_allclose(found, true, atol=1e-7 * max(1, 1 / scale))
    np.testing.assert_allclose(remove_eog(mixed, eog, found), brain, atol=1e-5 * max(1, scale))


def test_stretches_add_up_and_their_own_offsets_do_not_count() -> None:
    rng = np.random.default_rng(1)
    eog = rng.standard_normal((2, 500))
    eeg = rng.standard_normal((4, 2)) @ eog + 0.3 * rng.standard_normal((4, 500))
    eeg[:, :300] -= eeg[:, :300].mean(axis=1, keepdims=True)
    eeg[:, 300:] -= eeg[:, 300:].mean(axis=1, keepdims=True)
    eog[:, :300] -= eog[:, :300].mean(axis=1, keepdims=True)
    eog[:, 300:] -= eog[:, 300:].mean(axis=1, keepdims=True)
    whole = shares_of((eeg, eog))
    parts = shares_of((eeg[:, :300] + 700, eog[:, :300]), (eeg[:, 300:], eog[:, 300:] - 4000))
    np.testing.assert_allclose(parts, whole, atol=1e-9)
    np.testing.assert_allclose(whole, eeg @ np.linalg.pinv(eog), atol=1e-9)


def test_a_flat_or_repeated_eog_channel_does_no_harm() -> None:
    rng = np.random.default_rng(2)
    eye = rng.standard_normal(400)
    brain = rng.standard_normal((3, 400))
    eeg = brain + np.outer([0.5, 0.2, 0.0], eye)
    flat = np.stack([eye, np.full(400, 12.5)])
    found = shares_of((eeg, flat))
    np.testing.assert_allclose(found[:, 1], 0, atol=1e-12)
    np.testing.assert_allclose(found[:, 0], [0.5, 0.2, 0.0], atol=0.2)
    twice = shares_of((eeg, np.stack([eye, eye])))
    np.testing.assert_allclose(twice.sum(axis=1), found[:, 0], atol=1e-9)
    assert np.abs(shares_of((eeg, np.zeros((2, 400))))).max() == 0


def test_shapes_that_do_not_fit_are_refused() -> None:
    regression = EogRegression(3, 2)
    with pytest.raises(SettingsError, match=r"got \(3, 10\) and \(2, 9\)"):
        regression.add(np.ones((3, 10)), np.ones((2, 9)))
    with pytest.raises(SettingsError, match="3, 2"):
        regression.add(np.ones((4, 10)), np.ones((2, 10)))
