"""Table I and the leak, on a few generated trials and a small network."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from evoke.dataset.splits import splits
from evoke.errors import SettingsError, TrainingError
from evoke.features import extractor
from evoke.training.config import DistillConfig
from evoke.training.data import LabelledWindows, check_data, load_windows
from evoke.training.ensemble import Ensemble
from evoke.training.plan import Scale
from evoke.training.run import Distillation, run
from evoke.training.study import (
    Fold,
    Study,
    first_seconds,
    shuffled,
    train_fold,
)
from evoke.training.sweep import Point, make_sweep
from evoke.training.sweep import as_csv as sweep_csv
from evoke.training.tables import Cell, Table, as_csv, as_json, gap_in_words, make_table

TINY = Scale("tiny", subjects=2, seconds=12, passes=12, folds=1, seeds=1)


def build(_name: str, _options: Mapping[str, str], seed: int) -> nn.Module:
    """Every network is the same small one."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Flatten(), nn.Linear(324, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(),
            nn.Linear(96, 3),
        )  # fmt: skip


@pytest.fixture(scope="module")
def study() -> Study:
    data = load_windows("demo:benchmark:2", extractor("de"), "mean")
    return Study({"de": data}, build)


@pytest.fixture(scope="module")
def data(study: Study) -> LabelledWindows:
    return first_seconds(study.data["de"], 4)


def test_the_first_seconds_of_every_trial(study: Study, data: LabelledWindows) -> None:
    whole = study.data["de"]
    assert len(data) == 4 * whole.trials
    assert np.array_equal(data.grid[4:8], whole.grid[60:64])
    assert np.array_equal(data.groups.trial[:8], [0, 0, 0, 0, 1, 1, 1, 1])


def test_shuffling_moves_whole_trials_within_each_person(data: LabelledWindows) -> None:
    other = shuffled(data)
    assert not np.array_equal(other.high, data.high)
    for person in range(2):
        own = data.groups.subject == person
        assert np.array_equal(
            np.sort(other.high[own] @ [4, 2, 1]), np.sort(data.high[own] @ [4, 2, 1])
        )
    first = np.unique(data.groups.trial, return_index=True)[1]
    assert np.array_equal(other.high, other.high[first][data.groups.trial])


@pytest.mark.parametrize("protocol", ["segments", "trials", "videos"])
@pytest.mark.parametrize("fold", [0, 3])
def test_a_task_tests_the_fold_it_names(data: LabelledWindows, protocol: str, fold: int) -> None:
    config = TINY.config(protocol, seed=3).with_options(epochs=1)
    study = Study({"de": data}, build)
    found = train_fold(study, Fold("student", "de", config, fold).task(study).settings)
    split = list(splits(protocol, data.groups, 5, 3))[fold]
    assert np.array_equal(found.arrays["test"], split.test)
    assert np.array_equal(found.arrays["train"], split.train)
    assert found.arrays["probabilities"].shape == (len(split.test), 3)


def test_a_task_trains_on_no_test_window(data: LabelledWindows) -> None:
    """The network could not have seen test windows: they may as well be nonsense."""
    config = TINY.config("trials", seed=1).with_options(epochs=2)
    fold = Fold("student", "de", config, 2)
    split = list(splits("trials", data.groups, 5, 1))[2]
    spoilt = replace(data, grid=data.grid.copy())
    spoilt.grid[split.test] = 1e3
    settings = fold.task(Study({"de": data}, build), "weights").settings
    found = [train_fold(Study({"de": d}, build), settings).arrays for d in (data, spoilt)]
    assert np.array_equal(found[0]["weight:1.weight"], found[1]["weight:1.weight"])
    assert not np.array_equal(found[0]["probabilities"], found[1]["probabilities"])


def test_all_that_a_result_depends_on_is_in_its_key(data: LabelledWindows) -> None:
    config = TINY.config("trials", 0)
    study, fold = Study({"de": data}, build), Fold("student", "de", config)
    teacher = Fold("ccnn", "de", config)
    taught = replace(fold, teachers=(teacher,), distill=DistillConfig())
    others = [
        replace(fold, fold=1),
        replace(fold, config=TINY.config("trials", 1)),
        replace(fold, config=config.with_options(precision="bf16")),
        replace(fold, stopping=False),
        replace(fold, shuffled=True),
        taught,
        replace(taught, distill=DistillConfig(mixup=1.0)),
        replace(taught, distill=DistillConfig(ema=0.9)),
        replace(taught, teachers=(replace(teacher, config=config.with_options(weights_seed=9)),)),
        replace(taught, teachers=(teacher, replace(teacher, stopping=False))),
    ]
    keys = {fold.key(study), *(other.key(study) for other in others)}
    keys |= {fold.key(replace(study, device="cuda"))}
    keys |= {fold.key(Study({"de": shuffled(data)}, build)), fold.task(study, "logits").key}
    assert len(keys) == len(others) + 4
    assert fold.key(study) == replace(fold).key(Study({"de": data}, build))


def test_a_result_with_smaller_batches_is_not_kept_as_one_with_those_asked_for(
    data: LabelledWindows,
) -> None:
    class Hungry(nn.Module):
        def __init__(self, error: type[RuntimeError], message: str, most: int) -> None:
            super().__init__()
            self.inner = build("", {}, 0)
            self.error, self.message, self.most = error, message, most

        def forward(self, grid: torch.Tensor) -> torch.Tensor:
            if len(grid) > self.most:
                raise self.error(self.message)
            return self.inner(grid)

    task = Fold("student", "de", TINY.config("trials", 0)).task(Study({"de": data}, build))
    for error, message, most, said in (
        (torch.OutOfMemoryError, "CUDA out of memory.", 20, "with batches of 16 .* do not compare"),
        (torch.AcceleratorError, "CUDA error: unspecified launch failure", 0, "stopped answering"),
    ):
        hungry = Hungry(error, message, most)
        study = Study({"de": data}, lambda _name, _options, _seed, made=hungry: made)
        with pytest.raises(TrainingError, match=said):
            train_fold(study, task.settings)


def test_a_task_listens_as_a_run_does(data: LabelledWindows) -> None:
    """Two teachers, mixed windows and a moving average, against `run` with the same by hand."""
    study = Study({"de": data}, build)
    config = TINY.config("trials", 1).with_options(epochs=2)
    teachers = tuple(
        Fold("ccnn", "de", config.with_options(weights_seed=seed), 3) for seed in (5, 6)
    )
    recipe = DistillConfig(alpha=1.0, matching="logits", mixup=1.0, ema=0.9)
    student = Fold("student", "de", config, 3, teachers=teachers, distill=recipe)
    heard = {t.key(study): train_fold(study, t.task(study, "weights").settings) for t in teachers}
    settings = student.task(study, "weights").settings
    found = train_fold(replace(study, teachers=heard), settings).arrays

    by_hand = [
        run(data, t.config, lambda seed: build("", {}, seed), lambda _f: None, only=3)[0]
        for t in teachers
    ]
    networks = [build("", {}, 0) for _ in by_hand]
    for network, trained in zip(networks, by_hand, strict=True):
        network.load_state_dict({n: torch.from_numpy(w) for n, w in trained.weights.items()})
    ensemble = Ensemble(networks, [t.mean for t in by_hand], [t.std for t in by_hand])
    with torch.inference_mode():
        logits = ensemble(torch.from_numpy(data.grid)).numpy()
    stored = np.mean([result.arrays["logits"] for result in heard.values()], axis=0)
    assert stored == pytest.approx(logits, abs=1e-5)
    [expected] = run(
        data, config, lambda seed: build("", {}, seed), lambda _f: None,
        Distillation(stored, recipe, ensemble), only=3,
    )  # fmt: skip
    for name, weights in expected.weights.items():
        assert np.array_equal(found[f"weight:{name}"], weights)


@pytest.fixture(scope="module")
def table(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Table:
    wanted = [Cell("student", "de", p) for p in ("segments", "trials")]
    wanted += [replace(cell, shuffled=True) for cell in wanted]
    folder = tmp_path_factory.mktemp("table")
    progress: list[tuple[int, int]] = []
    made = make_table(
        study, TINY, wanted, folder, lambda *counts: progress.append(counts), workers=2
    )
    assert progress == [(n, 6) for n in range(7)]  # the teachers are trained too
    return made


def test_mixed_seconds_score_far_above_new_trials_and_it_is_said(table: Table) -> None:
    assert table.failures == ()
    accuracy = {
        cell: found.scores["macro"]["accuracy"].value
        for cell, found in table.cells.items()
        if found is not None
    }
    mixed, held, nonsense, chance = accuracy.values()
    assert mixed > held + 0.1
    assert nonsense > chance + 0.1
    gap, recognised = gap_in_words(table)
    assert f"the mixing adds {100 * (mixed - held):.0f} points" in gap
    assert f"a student from scratch is right {nonsense:.1%} under mixed seconds" in recognised


def test_the_table_as_json_and_csv(table: Table) -> None:
    written = json.loads(json.dumps(as_json(table, {}), allow_nan=False))
    assert len(written["cells"]) == 4
    low, high = written["cells"][0]["accuracy"][1:]
    assert low < written["cells"][0]["accuracy"][0] < high
    assert {"network": "ccnn", "features": "de", "accuracy": 0.9323, "f1": 0.92} in written["paper"]
    assert "DEAP" in written["paper_in_words"]
    rows = list(csv.DictReader(io.StringIO(as_csv(table))))
    assert [r["ratings"] for r in rows] == ["true", "true", "shuffled", "shuffled"]
    assert [r["paper_accuracy"] for r in rows] == ["0.8762", "", "", ""]


def test_a_sweep_has_teacher_scratch_and_every_point(study: Study, tmp_path: Path) -> None:
    scale = replace(TINY, passes=2)
    args = (["trials"], [1.25, 4.0], [0.25, 0.9], tmp_path)
    sweep = make_sweep(study, scale, *args, workers=2)
    assert sweep.failures == ()
    assert set(sweep.points) == {
        Point("trials", "ccnn"),
        Point("trials"),
        *(Point("trials", "student", t, a) for t in (1.25, 4.0) for a in (0.25, 0.9)),
    }
    assert all(found is not None for found in sweep.points.values())
    asked: list[tuple[int, int]] = []
    again = make_sweep(study, scale, *args, lambda *counts: asked.append(counts), workers=2)
    assert sweep_csv(again) == sweep_csv(sweep)
    assert asked[-1] == (6, 6)


def test_data_that_teach_nothing_are_refused(data: LabelledWindows) -> None:
    one_class = replace(data, high=data.high.copy())
    one_class.high[:, 1] = 1
    with pytest.raises(SettingsError, match="rated high in arousal"):
        check_data(one_class)
    broken = replace(data, grid=data.grid.copy())
    broken.grid[200, 0, 0, 3] = np.nan
    with pytest.raises(TrainingError, match=r"1 of 320 windows .* subject s02"):
        check_data(broken)


def test_too_few_trials_are_refused_before_any_training(study: Study, tmp_path: Path) -> None:
    whole = study.data["de"]
    few = replace(
        whole,
        grid=whole.grid[:180],
        high=np.tile(whole.high[:60:20], (60, 1)),
        groups=replace(
            whole.groups,
            subject=whole.groups.subject[:180],
            trial=whole.groups.trial[:180],
            video=whole.groups.video[:180],
        ),
    )
    few.high[:60], few.high[60:] = 0, 1
    with pytest.raises(SettingsError, match="at least 5 trials a subject, got 3"):
        make_table(Study({"de": few}, build), TINY, [Cell("student", "de", "trials")], tmp_path)
    assert not list(tmp_path.iterdir())
