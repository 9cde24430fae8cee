from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evoke.training.calibration import Calibrator, both_classes, fit_calibration
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


@pytest.mark.parametrize("side", [0, 1])
def test_a_label_of_one_class_is_left_as_it_is(side: int) -> None:
    """A fit would state that class of everybody, with 99 in 100."""
    logits, labels = _logits_and_labels(3, 300, temperature=4.0, bias=0.5)
    both = fit_calibration(logits, labels)
    labels[:, 2] = side
    fitted = fit_calibration(logits, labels)
    assert (fitted.temperature[2], fitted.bias[2]) == (1, 0)
    assert (fitted.temperature[:2], fitted.bias[:2]) == (both.temperature[:2], both.bias[:2])
    assert both_classes(labels).tolist() == [True, True, False]


def test_logits_that_say_nothing_become_the_prior() -> None:
    labels = np.zeros((1000, 3))
    labels[:700] = 1
    logits = np.random.default_rng(0).standard_normal((1000, 3))
    fitted = fit_calibration(logits, labels)
    assert fitted.apply(logits).mean() == pytest.approx(0.7, abs=0.01)
