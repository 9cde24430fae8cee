from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evoke.training.calibration import Calibrator, fit_calibration
from evoke.training.metrics import binary_nll


def _logits_and_labels(
    seed: int, n: int, temperature: float, bias: float
) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from true probabilities, logits that overstate and shift them."""
    rng = np.random.default_rng(seed)
    true = 1.5 * rng.standard_normal((n, 3))
    labels = (rng.random((n, 3)) < 1 / (1 + np.exp(-true))).astype(float)
    return temperature * (true - bias), labels


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 300),
    temperature=st.floats(0.2, 8),
    bias=st.floats(-2, 2),
)
def test_it_never_raises_the_nll_it_was_fitted_on(
    seed: int, n: int, temperature: float, bias: float
) -> None:
    logits, labels = _logits_and_labels(seed, n, temperature, bias)
    fitted = fit_calibration(logits, labels)
    before = binary_nll(Calibrator().apply(logits), labels)
    assert binary_nll(fitted.apply(logits), labels) <= before + 1e-6


def test_it_finds_the_temperature_and_bias_that_were_put_in() -> None:
    logits, labels = _logits_and_labels(1, 20_000, temperature=4.0, bias=0.5)
    fitted = fit_calibration(logits, labels)
    assert fitted.temperature == pytest.approx((4, 4, 4), rel=0.05)
    assert fitted.bias == pytest.approx((0.5, 0.5, 0.5), abs=0.05)


def test_it_helps_on_windows_it_was_not_fitted_on() -> None:
    logits, labels = _logits_and_labels(2, 4000, temperature=5.0, bias=0.3)
    fitted = fit_calibration(logits[:2000], labels[:2000])
    before = binary_nll(Calibrator().apply(logits[2000:]), labels[2000:])
    assert binary_nll(fitted.apply(logits[2000:]), labels[2000:]) < before - 0.1


@pytest.mark.parametrize("labels", [np.zeros((50, 3)), np.ones((50, 3))])
def test_one_class_alone_stays_finite(labels: np.ndarray) -> None:
    fitted = fit_calibration(np.random.default_rng(0).standard_normal((50, 3)), labels)
    assert np.isfinite([*fitted.temperature, *fitted.bias]).all()
    assert min(fitted.temperature) > 0


def test_logits_that_say_nothing_become_the_prior() -> None:
    labels = np.zeros((1000, 3))
    labels[:700] = 1
    logits = np.random.default_rng(0).standard_normal((1000, 3))
    fitted = fit_calibration(logits, labels)
    assert fitted.apply(logits).mean() == pytest.approx(0.7, abs=0.01)
