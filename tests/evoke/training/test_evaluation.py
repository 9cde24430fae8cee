"""Intervals, chance and floors, against scikit-learn and against what must come out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn import metrics

from evoke.errors import TrainingError
from evoke.training.evaluation import (
    Assessment,
    _draws,
    _estimate,
    _resampled,
    _weighted_mean,
    assess,
    paired_difference,
)
from evoke.training.metrics import expected_calibration_error
from evoke.training.verdict import bounds as bounds_of
from evoke.types import DIMENSIONS

Floats = NDArray[np.float64]


def readings(
    trials: int, windows: int, signal: float, seed: int = 0
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """P(high), labels and trial of each window; windows of a trial read nearly alike."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, (trials, 3)).astype(float)
    trial = np.repeat(np.arange(trials), windows)
    logit = signal * (label - 0.5) + rng.normal(size=(trials, 3))
    logit = logit[trial] + 0.2 * rng.normal(size=(len(trial), 3))
    return 1 / (1 + np.exp(-logit)), label[trial], trial


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), rounding=st.sampled_from([1, 8]))
def test_a_resample_scores_as_scikit_learn_weighs_it(seed: int, rounding: int) -> None:
    p, y, trial = readings(12, 5, 1.0, seed)
    p = p.round(rounding)  # with one decimal, many ties
    weights = np.random.default_rng(seed).multinomial(12, np.full(12, 1 / 12), size=6).astype(float)
    found = _draws(p[:, 0], y[:, 0], trial, weights)
    for b, weight in enumerate(weights):
        window = weight[trial]
        truth, high = y[:, 0], p[:, 0] >= 0.5
        if window[truth == 1].sum() == 0 or window[truth == 0].sum() == 0:
            assert np.isnan(found["auroc"][b])
            continue
        expected = {
            "accuracy": metrics.accuracy_score(truth, high, sample_weight=window),
            "balanced_accuracy": metrics.balanced_accuracy_score(truth, high, sample_weight=window),
            "f1": metrics.f1_score(truth, high, sample_weight=window, zero_division=0.0),
            "auroc": metrics.roc_auc_score(truth, p[:, 0], sample_weight=window),
            "brier": np.average((p[:, 0] - truth) ** 2, weights=window),
            "nll": metrics.log_loss(truth, np.clip(p[:, 0], 1e-7, 1 - 1e-7), sample_weight=window),
        }
        assert {m: draw[b] for m, draw in found.items()} == pytest.approx(expected)


def test_a_calibration_error_has_no_interval() -> None:
    """Resamples would seldom hold the true one, 0 here; its floor says what luck does."""
    rng = np.random.default_rng(0)
    p = rng.uniform(size=(600, 3))
    y = p > rng.random((600, 3))
    found = assess(p, y, np.arange(600), y, resamples=100)
    for label, row in found.scores.items():
        assert 0 < row["ece"].value < 1.5 * found.ece_floor[label].high
        assert np.isnan([row["ece"].low, row["ece"].high]).all()
    assert "ece" not in bounds_of(found)["macro"]


def test_trials_are_what_counts() -> None:
    """Sixty copies of a window tell nothing new, so the interval stays as wide."""
    p, y, trial = readings(40, 1, 0.8)
    one = assess(p, y, trial, y)
    many = assess(*(np.repeat(a, 60, axis=0) for a in (p, y, trial, y)))
    for metric, estimate in one.scores["macro"].items():
        other = many.scores["macro"][metric]
        assert (other.value, other.low, other.high) == pytest.approx(
            (estimate.value, estimate.low, estimate.high), abs=1e-9, nan_ok=True
        )
    assert one.scores["macro"]["accuracy"].high - one.scores["macro"]["accuracy"].low > 0.1


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    expected = norm.cdf(0.5 / np.sqrt(1 + 0.2**2))
    inside = 0
    for seed in range(100):
        p, y, trial = readings(60, 3, 1.0, seed)
        found = assess(p, y, trial, y, resamples=200).scores["valence"]["accuracy"]
        inside += found.low <= expected <= found.high
    assert 85 <= inside <= 100


@pytest.mark.parametrize("trials", [4, 8, 16])
def test_the_interval_of_few_trials_covers_the_truth_too(trials: int) -> None:
    """Percentiles alone hold it 73, 90 and 91 times in 100."""
    rng, inside = np.random.default_rng(0), 0
    for _ in range(400):
        right = (rng.random((trials, 3)) < 0.6).mean(axis=1)
        drawn = _weighted_mean(right, np.arange(trials), _resampled(trials, 200, rng))
        found = _estimate(float(right.mean()), drawn, trials)
        assert 0 <= found.low <= found.value <= found.high <= 1
        inside += found.low <= 0.6 + 1e-9 and found.high >= 0.6 - 1e-9
    assert inside >= 0.915 * 400


def test_the_interval_covers_the_truth_where_one_class_is_rare() -> None:
    """Of 12 trials 3 are rated low, as a rule: as wide as of 12, they hold it 85 times in 100."""
    rng, held = np.random.default_rng(0), []
    for _ in range(80):
        y = (rng.random((12, 3)) < 0.75).astype(float)
        p = 1 / (1 + np.exp(0.5 - y - rng.standard_normal((12, 3))))
        truth = {"balanced_accuracy": norm.cdf(0.5), "auroc": norm.cdf(np.sqrt(0.5))}
        scores = assess(p, y, np.arange(12), y, resamples=60).scores
        for k, label in enumerate(DIMENSIONS):
            rarer = min(y[:, k].sum(), 12 - y[:, k].sum())
            for metric, value in truth.items():
                found = scores[label][metric]
                assert np.isnan(found.low) == (rarer < 2), "of a single one nothing is known"
                held += [found.low <= value <= found.high] if rarer > 1 else []
    assert np.mean(held) >= 0.9


def test_always_right_in_few_trials_is_not_always_right() -> None:
    y = np.tile([[1.0], [0.0]], (4, 3))
    found = assess(np.where(y, 0.9, 0.1), y, np.arange(8), y, resamples=100)
    for metric in ("accuracy", "balanced_accuracy", "f1", "auroc"):
        estimate = found.scores["macro"][metric]
        # 8 of 8 right: that happens once in forty times where 63 in 100 are
        assert (estimate.low, estimate.high) == (pytest.approx(0.025 ** (1 / 8)), 1)
    many = np.tile(y, (5, 1))
    found = assess(np.where(many, 0.9, 0.1), many, np.arange(40), many, resamples=100)
    assert found.scores["macro"]["accuracy"].low == pytest.approx(0.025 ** (1 / 40))


def test_knowing_nothing_is_no_better_than_luck_and_knowing_is() -> None:
    p, y, trial = readings(60, 4, 0.0)
    assert assess(p, y, trial, y).chance["macro"] > 0.05
    p, y, trial = readings(60, 4, 2.0)
    known = assess(p, y, trial, y)
    assert known.chance["macro"] == pytest.approx(1 / 1001)
    assert known.scores["macro"]["accuracy"].low > known.trivial["macro"]["accuracy"]


def test_knowing_the_person_is_not_knowing_the_emotion() -> None:
    """One person rates everything high, the other low, and the answers say no more than who."""
    rng = np.random.default_rng(0)
    person = np.repeat([0, 1], 20)
    label = (rng.random((40, 3)) < np.where(person, 0.85, 0.15)[:, None]).astype(float)
    p = np.where(person, 0.8, 0.2)[:, None] + 0.01 * rng.random((40, 3))
    trial = np.arange(40)
    assert assess(p, label, trial, label).chance["macro"] < 0.01
    assert assess(p, label, trial, label, person).chance["macro"] == 1


def test_no_constant_answer_is_better_than_the_trivial_one() -> None:
    p, y, trial = readings(30, 2, 1.0)
    training = np.array([[1, 0, 1], [1, 0, 0], [1, 1, 1]])
    found = assess(p, y, trial, training)
    for k, label in enumerate(DIMENSIONS):
        share = y[:, k].mean()
        assert found.majority[label] == ("high" if share >= 0.5 else "low")
        assert found.trivial[label]["accuracy"] == pytest.approx(max(share, 1 - share))
    every = [np.mean((y == bits).all(axis=1)) for bits in itertools.product((0, 1), repeat=3)]
    assert found.exact_trivial == pytest.approx(max(every))
    assert found.confusion.sum() == found.windows == 60
    assert np.trace(found.confusion) / 60 == pytest.approx(found.exact_match.value)


def test_an_absent_class_is_said_not_guessed() -> None:
    p, y, trial = readings(20, 3, 1.0)
    y[:, 1] = 1
    found = assess(p, y, trial, y)
    assert np.isnan(found.scores["arousal"]["auroc"].value)
    assert np.isnan(found.scores["macro"]["auroc"].value)
    assert np.isfinite(found.scores["arousal"]["accuracy"].value)
    assert np.isfinite(found.scores["valence"]["auroc"].value)
    [sentence] = found.undefined
    assert "arousal" in sentence
    assert "high" in sentence


def test_the_floor_is_what_true_probabilities_show() -> None:
    p, y, trial = readings(50, 8, 1.0)
    floor = assess(p, y, trial, y).ece_floor["valence"]
    rng = np.random.default_rng(7)
    seen = [
        expected_calibration_error(p[:, 0], rng.random(50)[trial] < p[:, 0]) for _ in range(400)
    ]
    assert floor.mean == pytest.approx(np.mean(seen), abs=0.01)
    assert np.mean(np.array(seen) > floor.high) == pytest.approx(1 / 60, abs=0.016)
    p, y = (np.tile(a, (20, 1)) for a in (p, y))
    more = assess(p, y, np.repeat(np.arange(1000), 8), y, resamples=100).ece_floor["valence"]
    assert more.mean < floor.mean / 2


def test_the_seed_decides() -> None:
    p, y, trial = readings(20, 3, 1.0)
    first, again, other = (assess(p, y, trial, y, seed=s, resamples=50) for s in (1, 1, 2))

    def bounds(found: Assessment) -> list[float]:
        return [low for low, _ in bounds_of(found)["macro"].values()]

    assert bounds(first) == bounds(again) != bounds(other)


def test_recognising_a_film_is_no_better_than_luck_on_new_ones() -> None:
    """Of each of 8 films most of 16 people feel alike, and the network says alike, by a coin."""
    rng, found = np.random.default_rng(3), []
    person, video = np.divmod(np.arange(16 * 8), 8)
    for _ in range(40):
        base, guess = (rng.random((8, 3)) < 0.5 for _ in range(2))
        y = np.where(rng.random((128, 3)) < 0.9, base[video], ~base[video]).astype(float)
        p = np.where(np.where(rng.random((128, 3)) < 0.9, guess[video], ~guess[video]), 0.6, 0.4)
        found.append([
            assess(p, y, np.arange(128), y, person, 100, protocol=protocol, videos=video)
            for protocol in ("trials", "videos")
        ])  # fmt: skip
    lucky = np.mean([[one.chance["macro"] < 0.05 for one in both] for both in found], axis=0)
    assert lucky[0] > 0.15  # trials as if each told something new
    assert lucky[1] <= 0.125
    estimates = [[one.scores["macro"]["accuracy"] for one in both] for both in found]
    held = np.mean([[e.low <= 0.5 <= e.high for e in both] for both in estimates], axis=0)
    assert held[0] < 0.7
    assert held[1] >= 0.85
    assert found[0][1].drawn == "videos"
    alone = assess(p[::8], y[::8], np.arange(16), y, person[::8], 100, protocol="videos",
                   videos=video[::8])  # fmt: skip
    assert alone.drawn == "trials", "of one video there is nothing else to draw"
    assert np.isfinite(alone.scores["macro"]["accuracy"].low)


def test_what_is_said_of_new_people_holds_of_the_next() -> None:
    """People are read rightly 58 times in 100, one better than another; six are tested."""
    rng, held = np.random.default_rng(4), []
    person = np.repeat(np.arange(6), 40)
    for _ in range(60):
        rate = 0.58 + 0.1 * rng.standard_normal(6)
        y = rng.random((240, 3)) < 0.5
        p = np.where((rng.random((240, 3)) < rate[person, None]) == y, 0.7, 0.3)
        found = assess(p, y, np.arange(240), y, person, 100, protocol="subjects")
        accuracy = found.scores["macro"]["accuracy"]
        held.append(accuracy.low <= 0.58 <= accuracy.high)
    assert np.mean(held) >= 0.88
    assert (found.drawn, found.people) == ("people", 6)
    alone = assess(p[:40], y[:40], np.arange(40), y, person[:40], 100, protocol="subjects")
    assert (alone.drawn, alone.people) == ("trials", 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [("nan", "not numbers"), ("none", "no windows"), ("mixed", "trial's labels")],
)
def test_what_cannot_be_assessed_is_refused(change: str, reason: str) -> None:
    p, y, trial = readings(5, 4, 1.0)
    if change == "nan":
        p[3, 1] = np.nan
    if change == "none":
        p, y, trial = p[:0], y[:0], trial[:0]
    if change == "mixed":
        y[0] = 1 - y[0]
    with pytest.raises(TrainingError, match=reason):
        assess(p, y, trial, y)


def test_a_single_trial_has_values_and_no_intervals() -> None:
    p, y, trial = readings(1, 20, 1.0)
    found = assess(p, y, trial, y)
    for row in found.scores.values():
        assert np.isfinite(row["accuracy"].value)
        assert np.isnan([row["accuracy"].low, row["accuracy"].high]).all()
    assert np.isnan(list(found.chance.values())).all()
    assert found.untested == "one trial a person"


def test_what_cannot_be_shuffled_is_not_called_luck() -> None:
    """A perfect predictor, of one trial of each of 30 people, then of two that they rated alike."""
    y = np.random.default_rng(0).integers(0, 2, (30, 3)).astype(float)
    one = assess(np.where(y, 0.9, 0.1), y, np.arange(30), y, np.arange(30))
    assert np.isnan(list(one.chance.values())).all()
    assert one.untested == "one trial a person"
    assert one.scores["macro"]["accuracy"].low > one.trivial["macro"]["accuracy"]
    y, person = np.repeat(y, 2, axis=0), np.repeat(np.arange(30), 2)
    two = assess(np.where(y, 0.9, 0.1), y, np.arange(60), y, person)
    assert two.untested == "nobody rated any two trials differently"
    y[0, 0] = 1 - y[0, 0]  # but one, about valence
    other = assess(np.where(y, 0.9, 0.1), y, np.arange(60), y, person)
    assert other.untested == ""
    assert np.isfinite([other.chance["valence"], other.chance["macro"]]).all()
    assert np.isnan(other.chance["arousal"])


def test_a_paired_difference_by_hand() -> None:
    """Two trials of four windows, a run each. All labels are right in the first, all wrong in the
    reference; in the second there is no difference. Of two trials drawn, a quarter of the draws
    hold the first alone and a quarter the second alone: the draws lie from 0 to 1. From two trials
    nothing follows: 0.5 and 9.2 times as far is more than there can be."""
    y = np.ones((8, 3))
    trial = np.repeat([4, 9], 4)
    reference = np.where(trial == 4, 0.2, 0.8)[:, None] * y
    found = paired_difference(0.8 * y, reference, y, trial, runs=trial)
    assert (found.value, found.low, found.high) == (0.5, -1, 1)
    assert found.run_error == pytest.approx(0.5)  # of the means 1 and 0: 0.707 / sqrt(2)
    one_label = reference.copy()
    one_label[:, :2] = 0.8
    third = paired_difference(0.8 * y, one_label, y, trial, runs=np.zeros(8))
    assert third.value == pytest.approx(1 / 6)
    assert np.isnan(third.run_error)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), windows=st.integers(1, 5))
def test_equal_networks_differ_by_nothing_at_all(seed: int, windows: int) -> None:
    p, y, trial = readings(10, windows, 1.0, seed)
    found = paired_difference(p, p.copy(), y, trial, trial % 3, resamples=50, seed=seed)
    assert (found.value, found.low, found.high, found.run_error) == (0, 0, 0, 0)


def test_pairs_tell_more_than_two_intervals() -> None:
    """Networks that are wrong on the same trials: what both miss says nothing of the difference."""
    p, y, trial = readings(60, 4, 0.8)
    better = np.where(np.random.default_rng(1).random(len(p))[:, None] < 0.05, y, p)
    paired = paired_difference(better, p, y, trial, trial % 2)
    alone = assess(p, y, trial, y).scores["macro"]["accuracy"]
    assert 0 < paired.low < paired.value < paired.high
    assert paired.high - paired.low < (alone.high - alone.low) / 2
    swapped = paired_difference(p, better, y, trial, trial % 2)
    assert (swapped.value, swapped.low, swapped.high) == pytest.approx(
        (-paired.value, -paired.high, -paired.low)
    )


def test_another_seed_of_the_same_trials_is_no_other_trial() -> None:
    p, y, trial = readings(20, 2, 1.0)
    reference = readings(20, 2, 1.0, seed=1)[0]
    once = paired_difference(p, reference, y, trial, np.zeros(len(p)))
    twice = paired_difference(
        *(np.tile(a, (2, 1)) for a in (p, reference, y)), np.tile(trial, 2), np.arange(80) // 40
    )
    assert (twice.value, twice.low, twice.high) == pytest.approx((once.value, once.low, once.high))
    assert twice.run_error == 0


def test_the_floor_of_the_mean_over_labels_is_steadier_than_a_label_s() -> None:
    p, y, trial = readings(50, 8, 1.0)
    floor = assess(p, y, trial, y).ece_floor
    labels = [floor[label] for label in ("valence", "arousal", "dominance")]
    assert floor["macro"].mean == pytest.approx(np.mean([f.mean for f in labels]))
    assert floor["macro"].high < np.mean([f.high for f in labels])
