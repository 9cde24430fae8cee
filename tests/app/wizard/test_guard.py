from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.wizard.estimate import disk_mb, parameters
from app.wizard.guard import PAGES, SPARE_MB, one_class, reasons, suited, warning
from app.wizard.plan import Plan
from app.wizard.runs import Phase as RunPhase
from app.wizard.runs import RunStore
from evoke.dataset.splits import PROTOCOLS, Groups, splits
from evoke.errors import SettingsError

BOTH = np.tile([[8.0, 2.0, 6.0, 5.0], [2.0, 8.0, 4.0, 5.0]], (20, 1))


@dataclass(frozen=True)
class Survey:
    """As much of one as the guard rails look at."""

    subjects: tuple[str, ...] = ("s01", "s02", "s03", "s04", "s05")
    trials: int = 40 * 5
    windows: int = 40 * 5 * 60
    ratings: np.ndarray = field(default_factory=lambda: BOTH)

    @property
    def owners(self) -> np.ndarray:
        return np.arange(self.trials) * max(1, len(self.subjects)) // max(1, self.trials)

    @property
    def videos(self) -> np.ndarray:
        people = max(1, len(self.subjects))
        return np.arange(self.trials) % max(1, self.trials // people)


PLAN = Plan(data="somewhere")


def test_nothing_stands_in_the_way_of_sound_data(tmp_path: Path) -> None:
    assert reasons(PLAN, Survey(), folder=tmp_path) == dict.fromkeys(PAGES, "")


def test_without_data_nothing_that_needs_them_can_be_begun(tmp_path: Path) -> None:
    found = reasons(Plan(), None, folder=tmp_path)
    assert found["data"] == "Choose the data to train on, or take the demo data."
    assert found["protocol"] == found["data"]
    assert found["distil"] == ""
    assert reasons(PLAN, None, folder=tmp_path)["data"] == "The data are not checked yet."


@pytest.mark.parametrize(
    ("survey", "page", "said"),
    [
        (Survey(subjects=(), trials=0, windows=0), "data", "No file here can be trained on"),
        (
            Survey(ratings=np.full((40, 4), 7.0)),
            "data",
            "Every trial was rated high in valence; there is nothing to tell apart.",
        ),
    ],
)
def test_data_that_cannot_be_learned_from(
    survey: Survey, page: str, said: str, tmp_path: Path
) -> None:
    assert said in reasons(PLAN, survey, folder=tmp_path)[page]


def test_the_person_with_the_fewest_trials_decides_on_the_folds(tmp_path: Path) -> None:
    class Uneven(Survey):
        owners = np.repeat(np.arange(5), [40, 40, 40, 40, 4])
        videos = np.concatenate([np.tile(np.arange(40), 4), np.arange(4)])

    uneven = Uneven(trials=164)
    said = reasons(PLAN.changed(protocol="trials"), uneven, folder=tmp_path)["protocol"]
    assert said == "5 folds need at least 5 trials of each person; the data have 4."
    videos = PLAN.changed(protocol="videos", folds=40)
    assert reasons(videos, uneven, folder=tmp_path)["protocol"] == ""


def test_folds_that_test_a_single_trial_are_refused_beforehand(tmp_path: Path) -> None:
    """They were trained to the end, and then could not be judged."""
    one = Survey(subjects=("s01",), trials=5, windows=30, ratings=BOTH[:5])
    for protocol in ("trials", "videos"):
        plan = PLAN.changed(protocol=protocol, folds=5)
        said = reasons(plan, one, folder=tmp_path)["protocol"]
        assert said.startswith("5 folds would test a single trial each, from which nothing follows")
        assert reasons(plan.changed(folds=4), one, folder=tmp_path)["protocol"] == ""
        assert reasons(suited(plan, one), one, folder=tmp_path)["protocol"] == ""


@pytest.mark.parametrize(
    ("protocol", "folds", "said"),
    [
        ("videos", 40, "Each fold tests one video alone, which tells nothing of others"),
        ("videos", 39, ""),
        ("subjects", 5, "Each fold tests one person alone, which tells nothing of others"),
        ("subjects", 4, ""),
        ("trials", 40, ""),
    ],
)
def test_folds_of_one_are_warned_of_beforehand(protocol: str, folds: int, said: str) -> None:
    plan = PLAN.changed(protocol=protocol, folds=folds)
    assert warning(plan, Survey()).startswith(said)
    assert bool(warning(plan, Survey())) == bool(said)
    also = PLAN.changed(protocol="segments", also=(protocol,), folds=folds)
    assert warning(also, Survey()) == warning(plan, Survey())


def test_all_left_out_is_another_reason_than_none_found(tmp_path: Path) -> None:
    plan = PLAN.changed(leave_out=("s01.dat",))
    found = reasons(plan, Survey(subjects=(), trials=0, windows=0), folder=tmp_path)
    assert found["data"].startswith("Every file that can be read is left out")


@pytest.mark.parametrize(
    ("changes", "page", "said"),
    [
        ({"protocol": "subjects", "folds": 6}, "protocol", "6 folds need at least 6 people"),
        ({"also": ("subjects",), "folds": 6}, "protocol", "the data have 5."),
        ({"folds": 40, "protocol": "trials"}, "protocol", ""),
        ({"features": "psd", "preset": "paper"}, "features", "training diverges"),
        ({"baseline": "dreams"}, "features", "must be one of mean, paper"),
        ({"network": "gpt"}, "teacher", "Unknown network 'gpt'"),
        ({"recipe": "soup"}, "distil", "The recipe must be one of"),
    ],
)
def test_plans_that_cannot_be_begun(
    changes: dict[str, object], page: str, said: str, tmp_path: Path
) -> None:
    found = reasons(PLAN.changed(**changes), Survey(), folder=tmp_path)[page]
    assert said in found
    assert bool(said) == bool(found)


def test_paper_and_power_diverge_as_the_reason_says(tmp_path: Path, deap: Path) -> None:
    from app.training_commands import train
    from app.training_request import TrainRequest
    from app.wizard.plan import Stage

    plan = Plan(data=str(deap), features="psd", preset="paper", network="student", epochs=2)
    stage = Stage(protocol="trials", role="teacher")
    with pytest.raises(Exception, match="diverged"):
        train(
            TrainRequest(
                data=plan.data,
                out=tmp_path / "x.safetensors",
                config=plan.config(stage),
                network="student",
                features="psd",
            )
        )


def test_a_disk_with_too_little_room_is_said_before(tmp_path: Path) -> None:
    huge = PLAN.changed(network="vit", folds=40, run_folds=40, also=PROTOCOLS)
    free = shutil.disk_usage(tmp_path).free / 2**20
    if disk_mb(huge) + SPARE_MB < free:
        pytest.skip("this disk has room for anything")
    said = reasons(huge, Survey(), folder=tmp_path)["teacher"]
    assert said.startswith(f"The run needs {disk_mb(huge) + SPARE_MB:,.0f} MB in {tmp_path}")
    assert said.endswith("make room, or run fewer folds.")
    assert reasons(PLAN, Survey(), folder=tmp_path)["teacher"] == ""


def test_five_folds_of_the_teacher_take_about_500_mb() -> None:
    plan = PLAN.changed(run_folds=5, scratch=False)
    teacher = 4 * parameters("ccnn") * 4 / 2**20 * 5
    assert teacher == pytest.approx(476, abs=1)
    assert teacher < disk_mb(plan) < 1.4 * teacher


def test_a_runs_folder_is_no_larger_than_said(tmp_path: Path, plan: Plan) -> None:
    from tests.app.wizard.conftest import until

    run = RunStore(tmp_path).create(plan.changed(run_folds=2))
    run.launch()
    until(run, RunPhase.DONE)
    size = sum(path.stat().st_size for path in run.folder.rglob("*")) / 2**20
    assert size < disk_mb(run.plan) + 1
    assert size > disk_mb(run.plan) / 8


@settings(deadline=None)  # a busy machine
@given(
    people=st.integers(1, 8),
    trials=st.integers(4, 12),
    folds=st.integers(3, 12),
    protocol=st.sampled_from(PROTOCOLS),
    also=st.sets(st.sampled_from(PROTOCOLS)),
)
def test_what_is_suited_and_what_is_refused_is_what_the_splits_say(
    people: int, trials: int, folds: int, protocol: str, also: set[str]
) -> None:
    names = tuple(f"s{k:02d}" for k in range(people))
    survey = Survey(subjects=names, trials=people * trials, windows=people * trials * 2)
    n = np.arange(people * trials * 2)
    groups = Groups(n // (2 * trials), n // 2, n // 2 % trials)

    def possible(plan: Plan) -> bool:
        try:
            for each in plan.protocols:
                first = next(splits(each, groups, plan.folds, plan.seed))
                if each != "segments" and len(set(groups.trial[first.test])) < 2:
                    return False
        except SettingsError:
            return False
        return True

    plan = PLAN.changed(protocol=protocol, also=tuple(also), folds=folds)
    refused = reasons(plan, survey, folder=Path("/"))["protocol"]
    assert bool(refused) == (not possible(plan))
    better = suited(plan, survey)
    assert possible(better)
    assert reasons(better, survey, folder=Path("/"))["protocol"] == ""
    if possible(plan) and people >= 5:
        assert better == plan.changed(run_folds=better.run_folds)


@pytest.mark.parametrize(("people", "protocol"), [(4, "trials"), (9, "trials"), (10, "subjects")])
def test_the_suggested_test_is_chosen_unless_somebody_chose(people: int, protocol: str) -> None:
    names = tuple(f"s{k:02d}" for k in range(people))
    survey = Survey(subjects=names, trials=people * 40, windows=people * 2400)
    assert suited(Plan().changed(data="folder"), survey).protocol == protocol
    chosen = Plan().changed(data="folder", folds=3)
    assert suited(chosen, survey) == chosen


def test_one_class_is_found_in_any_dimension() -> None:
    ratings = BOTH.copy()
    assert one_class(Survey(ratings=ratings)) == ""
    ratings[:, 2] = 3.0
    assert one_class(Survey(ratings=ratings)) == "dominance"
