"""How well probabilities fit labels, always beside what knowing nothing reaches."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evoke.types import DIMENSIONS

Scores = dict[str, dict[str, float]]
"""Label or 'macro' (the mean over labels) -> metric -> value."""

ECE_BINS = 15

LEAST_PROBABILITY = 1e-7
"""Probabilities are kept this far from 0 and 1 where a logarithm is taken."""


@dataclass(frozen=True, slots=True)
class Report:
    """scores: of the classifier. trivial: of the constant answer that no other can better in the
    very windows judged (accuracy: the commoner one; f1: always high, since it counts what is rated
    high alone), and of always giving the training windows' prior as the probability (nll, brier).
    probabilities: (n, 3), those that were judged."""

    windows: int
    scores: Scores
    trivial: Scores
    probabilities: NDArray[np.float64] = field(compare=False, repr=False)


def evaluate(probabilities: ArrayLike, labels: ArrayLike, training_labels: ArrayLike) -> Report:
    """Metrics of P(high) (n, 3) against labels (n, 3) of 0 or 1; training_labels (m, 3) give the
    prior. AUROC and balanced accuracy are NaN where one class is absent."""
    p, y = np.asarray(probabilities, float), np.asarray(labels, int)
    prior = np.asarray(training_labels, float).mean(axis=0)
    scores, trivial = {}, {}
    for k, label in enumerate(DIMENSIONS):
        scores[label] = _scores(p[:, k], y[:, k])
        trivial[label] = _trivial(prior[k], y[:, k])
    return Report(len(y), _with_macro(scores), _with_macro(trivial), p)


def binary_nll(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean negative log-likelihood in nats of labels of 0 or 1 under P(high), both (n,) or (n, 3),
    over all windows and labels; chance is 0.693."""
    p = np.clip(np.asarray(probabilities, float), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    y = np.asarray(labels, float)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


def prior_nll(labels: ArrayLike) -> float:
    """NLL of labels (n, 3) for who knows how often each is high and nothing else, mean over the
    labels that show both classes; chance, 0.693, where none does."""
    y = np.asarray(labels, float)
    shares = y.mean(axis=0)
    shares = shares[(shares > 0) & (shares < 1)]
    if not len(shares):
        return math.log(2)
    return float(-np.mean(shares * np.log(shares) + (1 - shares) * np.log(1 - shares)))


def expected_calibration_error(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean distance, 0..1, between P(high) (n,) and how often it was high, by labels (n,) of 0 or
    1, over equal bins of P(high), weighted by their windows (Naeini et al. 2015)."""
    p, y = np.asarray(probabilities, float), np.asarray(labels, float)
    bins = np.minimum((p * ECE_BINS).astype(int), ECE_BINS - 1)
    gaps = np.bincount(bins, weights=p - y, minlength=ECE_BINS)
    return float(np.abs(gaps).sum() / len(p))


def octants(high: ArrayLike) -> NDArray[np.int64]:
    """Index 0..7 of the emotion, 4 valence + 2 arousal + dominance, of bits (n, 3)."""
    return np.asarray(high).astype(np.int64) @ np.array([4, 2, 1])


def exact_match(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Share, 0..1, of the windows of which P(high) (n, 3) has all three labels (n, 3) right: the
    right emotion."""
    return float(np.mean(octants(np.asarray(probabilities) >= 0.5) == octants(labels)))


def confusion(probabilities: ArrayLike, labels: ArrayLike) -> NDArray[np.int64]:
    """Windows by the emotion rated (row) and read (column), (8, 8), from P(high) and labels of 0 or
    1, (n, 3) each."""
    from sklearn.metrics import confusion_matrix

    read = octants(np.asarray(probabilities) >= 0.5)
    return confusion_matrix(octants(labels), read, labels=range(8))


def _scores(p: NDArray[np.float64], y: NDArray[np.int64]) -> dict[str, float]:
    """Of one label: P(high) (n,) against 0 or 1 (n,). Shares of 1; nll in nats."""
    from sklearn import metrics

    high = (p >= 0.5).astype(int)
    both = 0 < y.mean() < 1
    return {
        "accuracy": float(metrics.accuracy_score(y, high)),
        "balanced_accuracy": float(metrics.balanced_accuracy_score(y, high)) if both else math.nan,
        "f1": float(metrics.f1_score(y, high, zero_division=0.0)),
        "auroc": float(metrics.roc_auc_score(y, p)) if both else math.nan,
        "nll": binary_nll(p, y),
        "ece": expected_calibration_error(p, y),
        "brier": float(np.mean((p - y) ** 2)),
    }


def _trivial(prior: float, y: NDArray[np.int64]) -> dict[str, float]:
    """Of one label, y (n,) of 0 or 1; prior: P(high) of the training windows."""
    from sklearn import metrics

    majority = np.full(len(y), int(y.mean() >= 0.5))
    return {
        "accuracy": float(metrics.accuracy_score(y, majority)),
        "f1": float(metrics.f1_score(y, np.ones_like(y), zero_division=0.0)),
        "nll": binary_nll(np.full(len(y), prior), y),
        "brier": float(np.mean((prior - y) ** 2)),
    }


def _with_macro(scores: Scores) -> Scores:
    names = next(iter(scores.values()))
    macro = {name: float(np.mean([s[name] for s in scores.values()])) for name in names}
    return {**scores, "macro": macro}
