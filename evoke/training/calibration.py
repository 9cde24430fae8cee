"""Calibration: a temperature and a bias for each label, fitted on validation windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

SLOPE_BOUNDS = (0.02, 20.0)
"""Of 1 / temperature. Validation windows that a network separates without error would otherwise
ask for a temperature of zero; windows it knows nothing about, for an infinite one."""

BIAS_BOUNDS = (-5.0, 5.0)


@dataclass(frozen=True, slots=True)
class Calibrator:
    """P(high) of label k = sigmoid(logit_k / temperature_k + bias_k)."""

    temperature: tuple[float, float, float] = (1.0, 1.0, 1.0)
    bias: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def apply(self, logits: ArrayLike) -> NDArray[np.float64]:
        """Probabilities (n, 3) of logits (n, 3)."""
        from scipy.special import expit

        return expit(np.asarray(logits, float) / self.temperature + np.array(self.bias))


def fit_calibration(logits: ArrayLike, labels: ArrayLike) -> Calibrator:
    """Temperature (Guo et al. 2017) and bias (Platt 1999) of least negative log-likelihood, for
    logits (n, 3) and labels (n, 3) of 0 or 1. The problem is convex in 1 / temperature and bias,
    and starts from (1, 0): no fit is worse on these windows than no calibration.

    A label of which the windows hold one class stays at (1, 0): the likeliest calibration would
    say that class of everybody, almost for certain."""
    z, y = np.asarray(logits, float), np.asarray(labels, float)
    fits = [_fit_label(z[:, k], y[:, k]) for k in range(3)]
    (t0, b0), (t1, b1), (t2, b2) = fits
    return Calibrator((t0, t1, t2), (b0, b1, b2))


def both_classes(labels: ArrayLike) -> NDArray[np.bool_]:
    """(3,): of which labels the windows (n, 3) hold both classes."""
    y = np.asarray(labels, float)
    return y.min(axis=0) < y.max(axis=0)


def _fit_label(z: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    from scipy.optimize import minimize
    from scipy.special import expit

    if y.min() == y.max():
        return 1.0, 0.0

    def nll(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Mean negative log-likelihood in nats, and its gradient (2,), at slope and bias (2,)."""
        slope, bias = parameters
        x = slope * z + bias
        error = expit(x) - y
        loss = np.mean(np.logaddexp(0, x) - y * x)
        return float(loss), np.array([np.mean(error * z), np.mean(error)])

    start = np.array([1.0, 0.0])
    found = minimize(nll, start, jac=True, method="L-BFGS-B", bounds=(SLOPE_BOUNDS, BIAS_BOUNDS))
    slope, bias = found.x if found.fun <= nll(start)[0] else start
    return 1 / float(slope), float(bias)
