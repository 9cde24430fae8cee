from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evoke.training.metrics import (
    binary_nll,
    confusion,
    evaluate,
    exact_match,
    expected_calibration_error,
    octants,
    prior_nll,
)

# four windows of valence, worked out by hand; arousal is always right, dominance always wrong
P = np.array([[0.9, 0.8, 0.3], [0.6, 0.1, 0.9], [0.4, 0.9, 0.2], [0.2, 0.2, 0.6]])
Y = np.array([[1, 1, 1], [0, 0, 0], [1, 1, 1], [0, 0, 0]])
TRAINING = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 0], [0, 0, 1]])


def test_by_hand() -> None:
    report = evaluate(P, Y, TRAINING)
    valence = report.scores["valence"]
    assert report.windows == 4
    assert valence["accuracy"] == 0.5
    assert valence["balanced_accuracy"] == 0.5
    assert valence["f1"] == 0.5
    assert valence["auroc"] == 0.75
    assert valence["brier"] == pytest.approx((0.01 + 0.36 + 0.36 + 0.04) / 4)
    assert valence["nll"] == pytest.approx(-math.log(0.9 * 0.4 * 0.4 * 0.8) / 4)
    assert report.scores["arousal"]["accuracy"] == 1
    assert report.scores["dominance"]["accuracy"] == 0
    assert report.scores["macro"]["accuracy"] == 0.5


def test_the_trivial_answer_is_the_commoner_one_and_the_prior_that_of_training() -> None:
    valence = evaluate(P, Y, TRAINING).trivial["valence"]
    assert valence["accuracy"] == 0.5
    assert valence["f1"] == pytest.approx(2 / 3)
    low = np.array([[1, 1, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]])
    assert evaluate(P, low, TRAINING).trivial["valence"]["accuracy"] == 0.75
    assert evaluate(P, low, TRAINING).trivial["valence"]["f1"] == pytest.approx(0.4)  # all high
    assert valence["nll"] == pytest.approx(-(math.log(0.75) + math.log(0.25)) / 2)
    assert valence["brier"] == pytest.approx((0.25**2 + 0.75**2) / 2)


def test_an_absent_class_leaves_two_metrics_undefined() -> None:
    report = evaluate(P, np.ones_like(Y), TRAINING)
    for scores in report.scores.values():
        undefined = {name for name, value in scores.items() if not np.isfinite(value)}
        assert undefined == {"auroc", "balanced_accuracy"}


def test_knowing_nothing_but_the_shares_is_the_best_constant_probability() -> None:
    y = np.zeros((10, 3))
    y[:8, 0], y[:5, 1] = 1, 1  # the third is never high
    told = y[:, :2]
    assert prior_nll(y) == pytest.approx(binary_nll(told.mean(axis=0) + 0 * told, told))
    assert prior_nll(y[:1]) == pytest.approx(math.log(2))


def test_calibration_error() -> None:
    p, y = np.full(100, 0.7), np.zeros(100)
    y[:70] = 1
    assert expected_calibration_error(p, y) == pytest.approx(0)
    assert expected_calibration_error(p, np.ones(100)) == pytest.approx(0.3)
    assert expected_calibration_error(np.array([0.0, 1.0]), np.array([1, 0])) == 1


def test_the_emotion_is_right_where_all_three_labels_are() -> None:
    assert octants([[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 1, 1]]).tolist() == [0, 1, 4, 7]
    p = np.array([[0.9, 0.8, 0.3], [0.1, 0.1, 0.1], [0.1, 0.6, 0.2]])
    y = np.array([[1, 1, 0], [0, 0, 0], [1, 1, 0]])
    assert exact_match(p, y) == pytest.approx(2 / 3)
    found = confusion(p, y)
    assert found.shape == (8, 8)
    assert (found[6, 6], found[0, 0], found[6, 2], found.sum()) == (1, 1, 1, 3)


@given(y=arrays(int, (20, 3), elements=st.integers(0, 1)), answer=st.sampled_from([0.2, 0.5, 0.8]))
def test_no_constant_answer_is_better_than_the_trivial_one(y: np.ndarray, answer: float) -> None:
    report = evaluate(np.full((20, 3), answer), y, y)
    for label, scores in report.scores.items():
        for metric in ("accuracy", "f1", "nll", "brier"):
            worse = report.trivial[label][metric] - scores[metric]
            assert (worse if metric in {"accuracy", "f1"} else -worse) >= -1e-9


@given(p=arrays(float, 20, elements=st.floats(0, 1)), y=arrays(int, 20, elements=st.integers(0, 1)))
def test_measures_stay_in_their_range(p: np.ndarray, y: np.ndarray) -> None:
    assert 0 <= expected_calibration_error(p, y) <= 1
    assert 0 <= binary_nll(p, y) <= 17
