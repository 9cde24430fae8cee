"""Recipes compared in pairs, on a few generated trials and a small network."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from evoke.errors import TrainingError
from evoke.features import extractor
from evoke.training.comparison import ROWS, Comparison, Row, compare
from evoke.training.comparison_report import HEADS, as_csv, as_json, as_markdown, in_words, lines
from evoke.training.config import DistillConfig
from evoke.training.data import load_windows
from evoke.training.evaluation import Difference
from evoke.training.figures import draw_comparison
from evoke.training.plan import Scale
from evoke.training.study import Study, first_seconds
from tests.evoke.training.test_figures import PALETTE

SCALE = Scale("tiny", 2, seconds=6, passes=2, folds=2, seeds=1, student_passes=3)

MIXED = DistillConfig(alpha=1.0, matching="logits", mixup=1.0)

FEW = (
    Row("teacher", "Teacher", "ccnn"),
    Row("scratch", "From scratch"),
    Row("default", "Default", recipe=DistillConfig(alpha=1.0)),
    Row("mixed", "Mixed", recipe=MIXED, teachers=2),
    Row("teacher-on", "Teacher, on", "ccnn", stopping=False, protocols=("trials",)),
)


def build(_name: str, _options: Mapping[str, str], seed: int) -> nn.Module:
    """Every network is the same small one."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Flatten(), nn.Linear(324, 24), nn.ReLU(), nn.Linear(24, 3))


def build_no_teacher(name: str, options: Mapping[str, str], seed: int) -> nn.Module:
    """The teacher's weights are not numbers."""
    network = build(name, options, seed)
    if name == "ccnn":
        nn.init.constant_(network[-1].bias, math.nan)  # type: ignore[index,arg-type]
    return network


@pytest.fixture(scope="module")
def study() -> Study:
    data = first_seconds(load_windows("demo:benchmark:2", extractor("de"), "mean"), SCALE.seconds)
    return Study({"de": data}, build)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("comparison")


@pytest.fixture(scope="module")
def made(study: Study, folder: Path) -> Comparison:
    told: list[tuple[int, int]] = []
    found = compare(study, SCALE, folder, FEW, lambda *news: told.append(news), workers=2)
    # two protocols, two folds: teacher, another of the ensemble, three students; and the run on
    assert told[0] == (0, 22)
    assert told[-1] == (22, 22)
    return found


def test_every_row_has_its_place_and_its_pairs(made: Comparison) -> None:
    assert made.failures == ()
    assert [key for key, protocol in made.found if protocol == "segments"] == [
        "teacher", "scratch", "default", "mixed",
    ]  # fmt: skip
    for (key, protocol), found in made.found.items():
        assert found is not None
        assert found.runs == 2
        assert (found.to_scratch is None) == (key == "scratch")
        assert (found.to_teacher is None) == (key == "teacher")
        for over, reference in ((found.to_scratch, "scratch"), (found.to_teacher, "teacher")):
            if over is not None:
                other = made.found[reference, protocol]
                accuracies = [
                    x.assessment.scores["macro"]["accuracy"].value for x in (found, other)
                ]  # type: ignore[union-attr]
                assert over.value == pytest.approx(accuracies[0] - accuracies[1])
                assert over.low <= over.value <= over.high


def test_students_train_for_their_own_epochs() -> None:
    assert SCALE.config("trials", 0, "student").epochs == 15
    assert SCALE.config("trials", 0, "ccnn").epochs == 10
    [first, *_] = FEW[3].folds(SCALE, "trials")
    assert [t.config.epochs for t in first.teachers] == [10, 10]
    assert len({t.config.weights_seed for t in first.teachers}) == 2
    assert first.teachers[0] == next(FEW[0].folds(SCALE, "trials"))


def test_what_was_lost_is_trained_again_to_the_same_bits(
    study: Study, folder: Path, made: Comparison
) -> None:
    stored = {path.name: path.read_bytes() for path in folder.glob("*.npz")}
    for name in sorted(stored)[::2]:
        (folder / name).unlink()
    again = compare(study, SCALE, folder, FEW, workers=1)
    assert as_json(again) == as_json(made)
    for name, content in stored.items():
        with np.load(folder / name) as new, np.load(io.BytesIO(content)) as old:
            assert new.files == old.files
            assert all(np.array_equal(new[array], old[array]) for array in old.files)


def test_without_teachers_the_others_go_on(study: Study, tmp_path: Path) -> None:
    scale = replace(SCALE, folds=1)
    lone = replace(study, build=build_no_teacher)
    found = compare(lone, scale, tmp_path, FEW[:3], workers=2)
    assert found.found["teacher", "trials"] is None
    assert found.found["default", "trials"] is None
    assert found.found["scratch", "trials"] is not None
    reasons = [failure.partition(": ")[2] for failure in found.failures]
    assert sum(reason.startswith("Training diverged in epoch 1") for reason in reasons) == 2
    assert reasons.count("its teacher failed.") == 2
    assert in_words(found)[-1].startswith("The data are synthetic")
    with pytest.raises(TrainingError, match=r"No training ended\. CCNN .* diverged"):
        compare(lone, scale, tmp_path, FEW[:1], workers=2)


def with_difference(made: Comparison, value: float, low: float, high: float) -> Comparison:
    """The same, but for the default recipe's distance from the teacher under trials."""
    key = ("default", "trials")
    found = replace(made.found[key], to_teacher=Difference(value, low, high, 0.001))  # type: ignore[type-var]
    return replace(made, found={**made.found, key: found})


@pytest.mark.parametrize(
    ("value", "low", "high", "verdict"),
    [
        (0.001, -0.004, 0.01, "is met."),
        (-0.0049, -0.006, 0.01, "is met, though the interval reaches below it."),
        (-0.00501, -0.02, 0.01, "is not met, though the interval reaches it."),
        (-0.03, -0.04, -0.02, "is not met."),
    ],
)
def test_an_aim_is_never_rounded_into_reach(
    made: Comparison, value: float, low: float, high: float, verdict: str
) -> None:
    [sentence] = [
        s for s in in_words(with_difference(made, value, low, high)) if "at least -0.5" in s
    ]
    assert sentence.endswith(f"The aim of at least -0.5 {verdict}")
    assert f"{math.floor(1e4 * value) / 100:+.2f} (" in sentence
    assert "always the commoner answer" in sentence


def test_words_say_what_stopping_is_worth_and_what_the_data_are(made: Comparison) -> None:
    said = in_words(made)
    assert sum("run on to its last epoch, the teacher" in s for s in said) == 1
    assert sum("the calibration error is" in s for s in said) == 2
    assert said[-1] == "The data are synthetic: this says nothing of people."
    assert "synthetic" not in in_words(replace(made, synthetic=False))[-1]


def test_the_comparison_as_tables_json_and_csv(made: Comparison) -> None:
    titles = [line[0] for line in lines(made, "trials")]
    assert titles == [*(row.title for row in FEW), "Always the commoner answer"]
    assert {len(line) for line in lines(made, "segments")} == {len(HEADS)}
    markdown = as_markdown(made)
    assert markdown.count("| Default |") == 2
    assert "**Mixed seconds: mixes seconds of one trial" in markdown
    rows = json.loads(json.dumps(as_json(made), allow_nan=False))["rows"]
    assert [row["key"] for row in rows[:2]] == ["teacher", "scratch"]
    assert rows[1]["over_scratch"] is None
    table = list(csv.DictReader(io.StringIO(as_csv(made))))
    assert len(table) == len(rows) == 9
    assert table[1]["over_scratch_value"] == ""
    assert float(table[2]["over_teacher_low"]) == rows[2]["over_teacher"]["low"]


def test_the_figure_has_a_dot_for_each_row_in_each_panel(made: Comparison) -> None:
    trials, segments = draw_comparison(made, PALETTE).axes
    dots = [
        {float(line.get_ydata()[0]) for line in axes.lines if len(line.get_xdata()) == 1}  # type: ignore[index,arg-type]
        for axes in (trials, segments)
    ]
    assert dots == [{0, 1, 2, 3}, {0, 1, 2}]  # all but the student from scratch
    assert [label.get_text() for label in trials.get_yticklabels()] == [
        "Teacher", "Default", "Mixed", "Teacher, on",
    ]  # fmt: skip


def test_the_rows_of_the_readme_name_what_the_words_need() -> None:
    keys = [row.key for row in ROWS]
    assert len(set(keys)) == len(keys)
    assert {"teacher", "scratch", "paper", "default", "teacher-on", "scratch-on"} <= set(keys)
