from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn import calibration

from app.wizard.judge import calibration_curve, headline
from app.wizard.plan import Plan
from app.wizard.runs import Phase, RunStore
from evoke.training.evaluation import Assessment, assess
from evoke.types import DIMENSIONS
from tests.app.wizard.conftest import until

Pairs = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        npst.arrays(np.float64, n, elements=st.floats(0, 1)),
        npst.arrays(np.int64, n, elements=st.integers(0, 1)),
    )
)


@settings(deadline=None)  # a busy machine
@given(Pairs)
def test_the_calibration_curve_is_scikit_learns(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    p, y = pairs
    curve = calibration_curve(p, y)
    right, stated = calibration.calibration_curve(
        np.r_[y, 0, 1], np.r_[p, 0.0, 1.0], n_bins=10
    )  # which needs both classes
    padded = calibration_curve(np.r_[p, 0.0, 1.0], np.r_[y, 0, 1])
    np.testing.assert_allclose([point.right for point in padded], right)
    np.testing.assert_allclose([point.stated for point in padded], stated, atol=1e-12)
    assert sum(point.windows for point in curve) == len(p)
    assert sum(point.windows * point.right for point in curve) == pytest.approx(y.sum())


def assessed(right: float, trials: int, seed: int = 0) -> Assessment:
    """Of a network that is right about so many trials, whose ratings are as often high as low."""
    rng = np.random.default_rng(seed)
    high = np.tile([[1.0] * 3, [0.0] * 3], (trials // 2, 1))
    said = np.where(rng.random((trials, 3)) < right, high, 1 - high)
    trial = np.repeat(np.arange(trials), 10)
    return assess(0.1 + 0.8 * said[trial], high[trial], trial, high[trial])


@pytest.mark.parametrize(
    ("right", "trials", "said"),
    [
        (0.5, 40, "that difference could be chance"),
        (0.9, 200, "that is more than chance"),
        (0.1, 200, "it is worse than always giving the commoner answer"),
    ],
)
def test_the_headline_says_what_it_is_good_for(right: float, trials: int, said: str) -> None:
    found = assessed(right, trials)
    first, second = headline(found, "subjects", "student", synthetic=False)
    value = found.scores["valence"]["accuracy"].value
    assert first == (
        f"On people it has never seen, this student is right about valence {100 * value:.0f} times "
        "in 100; always answering 'high' would be right 50 times."
    )
    assert said in second


def test_of_synthetic_data_no_use_is_recommended() -> None:
    second = headline(assessed(0.95, 200), "subjects", "student", synthetic=True)[1]
    assert "use it" not in second
    assert second.endswith("the data are synthetic: it says nothing about real people.")


@pytest.mark.parametrize("right", [0.5, 0.95])
def test_of_mixed_seconds_no_use_is_recommended(right: float) -> None:
    """With random ratings, too, it is right far more often than a constant answer."""
    second = headline(assessed(right, 200), "segments", "student", synthetic=False)[1]
    assert "use it" not in second
    assert "recognising the trial: test on new trials. Until then, trust no reading." in second


def test_the_headline_rests_on_the_interval_where_luck_cannot_be_tested() -> None:
    y = np.repeat(np.arange(30) % 2, 3).reshape(30, 3)
    p = np.where(y == 1, 0.9, 0.1)
    second = headline(
        assess(p, y, np.arange(30), y, np.arange(30)), "trials", "student", synthetic=False
    )[1]
    assert "that is more than always giving the commoner answer" in second
    assert "cannot be tested (one trial a person): take fewer folds" in second
    second = headline(assess(p[:1], y[:1], [0], y), "trials", "student", synthetic=False)[1]
    assert second.startswith("It was tested on a single trial, and nothing follows from it")


def test_one_person_is_no_sign_of_worth_for_others() -> None:
    y = np.repeat(np.arange(40) % 2, 3).reshape(40, 3)
    p = np.where(y == 1, 0.9, 0.1)
    found = assess(p, y, np.arange(40), y, np.zeros(40), 100, protocol="subjects")
    second = headline(found, "subjects", "student", synthetic=False)[1]
    assert "use it" not in second
    assert second.endswith("This is one person, and tells nothing of others: test on several.")


def test_one_video_is_no_sign_of_worth_for_others() -> None:
    y = np.repeat(np.arange(40) % 2, 3).reshape(40, 3)
    p = np.where(y == 1, 0.9, 0.1)
    found = assess(p, y, np.arange(40), y, None, 100, protocol="videos", videos=np.zeros(40))
    second = headline(found, "videos", "student", synthetic=False)[1]
    assert "nan to nan" not in second
    assert "could be chance" not in second
    assert second.endswith("take fewer folds, so that each tests more.")


def test_a_result_holds_what_its_pages_show(store: RunStore, plan: Plan) -> None:
    run = store.create(plan.changed(also=("segments",), epochs=2))
    run.launch()
    until(run, Phase.DONE)
    result = run.result
    assert result is not None
    assert (result.synthetic, result.subjects, result.trials) == (True, 3, 30)
    assert result.costs["teacher"] == result.costs["student"] == result.costs["scratch"]
    assert result.costs["student"].parameters == 353_363
    assert result.costs["student"].windows_per_s > 0
    assert len(result.headline) == 2
    for protocol in ("trials", "segments"):
        for role in ("teacher", "student", "scratch"):
            judged = result.of(role, protocol)
            assert judged is not None
            assert sum(map(sum, judged.confusion)) == judged.windows
            assert sum(person.windows for person in judged.people) == judged.windows
            assert [person.name for person in judged.people] == ["s01", "s02", "s03"]
            for label in (*DIMENSIONS, "macro"):
                mean = sum(p.windows * p.accuracy[label] for p in judged.people) / judged.windows
                assert mean == pytest.approx(judged.scores[label]["accuracy"].value)
                usual = sum(p.windows * p.trivial[label] for p in judged.people) / judged.windows
                assert usual == pytest.approx(judged.trivial[label]["accuracy"])
            for label in DIMENSIONS:
                for curves in (judged.before, judged.after):
                    assert sum(point.windows for point in curves[label]) == judged.windows
            assert judged.before != judged.after
    mixed = result.of("teacher", "segments")
    assert mixed is not None
    assert "mixes seconds" in mixed.words[0]
