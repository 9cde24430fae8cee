"""`evoke evaluate` on a small network, its own test windows and other people's."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.io import savemat
from typer.testing import CliRunner

from app.cli import cli
from app.costs import cost
from app.evaluation_commands import checkpoints, evaluate
from app.training_cards import known_people
from app.training_commands import train
from app.training_request import TrainRequest, train_config
from evoke.dataset.deap import read_deap
from evoke.dataset.demo_files import write_demo
from evoke.errors import CheckpointError, SettingsError
from evoke.features import DifferentialEntropy
from evoke.training.data import load_windows
from evoke.types import DIMENSIONS
from models.checkpoint import load, save


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Data of subjects 1 and 2, and of subject 3."""
    known, new = tmp_path_factory.mktemp("known"), tmp_path_factory.mktemp("new")
    write_demo(known, [1, 2], seed=3, trials=10, trial_s=6)
    write_demo(new, [3], seed=3, trials=10, trial_s=6)
    return known, new


@pytest.fixture(scope="module")
def checkpoint(folders: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("run") / "small.safetensors"
    config = train_config("default", epochs=2, batch=32, protocol="trials")
    train(TrainRequest(str(folders[0]), out, config, "student", command="evoke train known"))
    return out


def test_of_its_own_data_the_test_windows_alone_are_used(
    checkpoint: Path, folders: tuple[Path, Path]
) -> None:
    found = evaluate(checkpoint, str(folders[0]), resamples=50)
    [stored] = load(checkpoint).card.evaluations
    assert found.protocol == "trials"
    assert found.assessment.windows == stored.windows == 24
    assert found.assessment.scores["macro"]["accuracy"].value == pytest.approx(
        stored.scores["macro"]["accuracy"], abs=1e-6
    )
    assert found.assessment.trivial["macro"] == pytest.approx(stored.trivial["macro"])
    assert found.words()[0].startswith("On trials it has never seen, of people it knows, right")


def test_knowing_nothing_is_the_same_where_nothing_was_validated(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    """The paper's preset trains on the validation windows too; over some seeds their labels turn
    the commoner answer."""
    out = tmp_path / "paper.safetensors"
    for seed in range(3):
        config = train_config("paper", epochs=1, run_folds=1, protocol="trials", seed=seed)
        train(TrainRequest(str(folders[0]), out, config, "student"))
        [stored] = load(out).card.evaluations
        found = evaluate(out, str(folders[0]), resamples=10).assessment
        assert found.trivial == {label: pytest.approx(row) for label, row in stored.trivial.items()}


def test_what_is_not_defined_is_in_no_card(
    checkpoint: Path, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    """A single trial has one class of each label."""
    single = tmp_path / "single"
    write_demo(single, [4], seed=3, trials=1, trial_s=6)
    out = tmp_path / "small.safetensors"
    config = train_config("default", epochs=1, batch=32, protocol="trials")
    request = TrainRequest(str(folders[0]), out, config, "student", test_on=(str(single),))
    train(request)
    found = load(out).card.evaluations[-1]
    for scores in found.scores.values():
        assert "accuracy" in scores
        assert not {"auroc", "balanced_accuracy"} & set(scores)
    assert "| macro | " in out.with_suffix(".md").read_text()


def test_other_people_are_said_to_be_new(checkpoint: Path, folders: tuple[Path, Path]) -> None:
    found = evaluate(checkpoint, str(folders[1]), resamples=50)
    assert found.protocol == "subjects"
    assert found.assessment.windows == 60
    assert found.words()[0].startswith("On people it has never seen, right about valence")
    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["synthetic"] is True


def test_the_usual_share_is_that_of_what_was_trained_on(
    checkpoint: Path, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    """Knowing nothing must not know how often these people rated high."""
    found = evaluate(checkpoint, str(folders[1]), resamples=10)
    stored = load(checkpoint)
    [judged] = stored.card.evaluations
    shares = stored.card.data.high_shares
    assert shares is not None
    high = load_windows(str(folders[1]), DifferentialEntropy(), "mean").high
    for k, label in enumerate(DIMENSIONS):
        assert found.assessment.trivial[label]["brier"] == pytest.approx(
            np.mean((high[:, k] - shares[k]) ** 2)
        )
    own = evaluate(checkpoint, str(folders[0]), resamples=10).assessment.trivial
    assert own["macro"]["nll"] == pytest.approx(judged.trivial["macro"]["nll"])
    assert any("always giving the usual share" in said for said in found.words())

    data = stored.card.data.model_copy(update={"high_shares": None})  # an older card
    out = tmp_path / "older.safetensors"
    save(replace(stored, card=stored.card.model_copy(update={"data": data})), out)
    older = evaluate(out, str(folders[1]), resamples=10)
    assert any("always giving their own share" in said for said in older.words())


def test_people_it_may_know_are_not_called_new(
    checkpoint: Path, folders: tuple[Path, Path]
) -> None:
    found = evaluate(checkpoint, str(folders[0] / "s01.dat"), resamples=50)
    assert found.protocol == "unknown"
    assert "may have been trained on (s01)" in found.words()[0]
    assert set(found.as_json()["chance"].values()) == {None}


def test_a_recording_is_known_under_another_name(
    checkpoint: Path, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    renamed = tmp_path / "s41.dat"
    shutil.copy(folders[0] / "s01.dat", renamed)
    found = evaluate(checkpoint, str(renamed), resamples=10)
    assert found.protocol == "unknown"
    assert "may have been trained on (s41)" in found.words()[0]
    trained = load(checkpoint).card.data
    data = load_windows(str(renamed), DifferentialEntropy(), "mean")
    older = trained.model_copy(update={"contents": ()})
    assert known_people(older, data) == "s41", "its bytes are those of then"
    assert known_people(older.model_copy(update={"origins": ()}), data) == ""


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_recording_is_known_in_another_format(
    checkpoint: Path, folders: tuple[Path, Path], tmp_path: Path, dtype: type[np.floating]
) -> None:
    """Saved again as a .mat, under another name and with other ratings."""
    read = read_deap(folders[0] / "s02.dat")
    saved = {"data": read.data.astype(dtype), "labels": read.labels[::-1]}
    savemat(tmp_path / "s42.mat", saved)
    found = evaluate(checkpoint, str(tmp_path / "s42.mat"), resamples=10)
    assert found.protocol == "unknown"
    assert "may have been trained on (s42)" in found.words()[0]


def test_the_network_is_asked_in_blocks_that_are_counted(
    checkpoint: Path, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluate(checkpoint, str(folders[1]), resamples=10).assessment
    monkeypatch.setattr("app.training_cards.READ_AT_ONCE", 25)
    told: list[tuple[int, int]] = []
    blocks = evaluate(
        checkpoint,
        str(folders[1]),
        on_asked=lambda done, total: told.append((done, total)),
        resamples=10,
    )
    assert told == [(25, 60), (50, 60), (60, 60)]
    assert np.array_equal(blocks.assessment.confusion, whole.confusion)


def test_generated_people_are_known_from_files_of_them(checkpoint: Path) -> None:
    """Files do not say their preset, so a name is all there is to go by."""
    trained = load(checkpoint).card.data
    data = load_windows("demo:benchmark:2-3", DifferentialEntropy(), "mean")
    assert known_people(trained, data) == "s02"
    assert known_people(trained.model_copy(update={"preset": "showcase"}), data) == ""
    assert known_people(trained.model_copy(update={"synthetic": False}), data) == ""
    people = replace(data, synthetic=False, preset=None, origins=())
    assert known_people(trained, people) == ""
    older = trained.model_copy(update={"origins": ()})  # may hold people beside a synthetic file
    assert known_people(older, people) == "s02"
    assert known_people(older.model_copy(update={"preset": "benchmark"}), people) == ""


def test_files_must_be_named_again_and_generated_data_need_not(
    checkpoint: Path, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="name the DATA"):
        evaluate(checkpoint, None)
    stored = load(checkpoint)
    training = stored.card.training.model_copy(update={"command": "evoke train demo:showcase:9-9"})
    card = stored.card.model_copy(update={"training": training})
    other = tmp_path / "other.safetensors"
    save(replace(stored, card=card), other)
    assert evaluate(other, None, resamples=10).assessment.trials == 40


def test_a_run_is_the_checkpoints_in_it(checkpoint: Path, tmp_path: Path) -> None:
    assert checkpoints(checkpoint) == [checkpoint]
    assert checkpoints(checkpoint.parent) == [checkpoint]
    with pytest.raises(CheckpointError, match="no finished checkpoint"):
        checkpoints(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(CheckpointError, match="its checkpoint is where --out put it"):
        checkpoints(tmp_path)


def test_a_file_that_is_no_checkpoint_is_refused(folders: tuple[Path, Path]) -> None:
    with pytest.raises(CheckpointError, match=r"s03\.dat"):
        evaluate(folders[1] / "s03.dat", str(folders[1]))


def test_it_runs_behind_no_other_signal_path(
    checkpoint: Path, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    stored, out = load(checkpoint), tmp_path / "other.safetensors"
    chain = {**json.loads(json.dumps(stored.card.inputs.chain)), "band_hz": [1, 45]}
    unknown = {**stored.card.inputs.features, "name": "dreams"}
    for changes, said in (
        ({"chain": chain}, "was trained with other filters"),
        ({"electrodes": stored.card.inputs.electrodes[::-1]}, "with other electrodes"),
        ({"features": unknown}, "'dreams', which are not known here"),
    ):
        inputs = stored.card.inputs.model_copy(update=changes)
        save(replace(stored, card=stored.card.model_copy(update={"inputs": inputs})), out)
        with pytest.raises(CheckpointError, match=said):
            evaluate(out, str(folders[1]))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("folds", "5", "how its data were divided"),
        ("seed", None, "how its data were divided"),
        ("protocol", ["trials"], "how its data were divided"),
        ("hop_s", "1", "windows were 1 s apart"),
        ("hop_s", -1.0, "windows were -1.0 s apart"),
    ],
)
def test_settings_that_are_none_are_refused_in_words(
    name: str,
    value: object,
    said: str,
    checkpoint: Path,
    folders: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    stored, out = load(checkpoint), tmp_path / "other.safetensors"
    settings = {**stored.card.training.settings, name: value}
    training = stored.card.training.model_copy(update={"settings": settings})
    save(replace(stored, card=stored.card.model_copy(update={"training": training})), out)
    with pytest.raises(CheckpointError, match=said):
        evaluate(out, str(folders[0]))


def test_costs_are_counted_and_timed() -> None:
    student = cost("student")
    assert (student.layers, student.parameters, student.macs) == (8, 353_363, 1_991_424)
    assert student.mb == pytest.approx(1.35, abs=0.01)
    assert student.one_ms > 0
    assert student.windows_per_s > 1000 / student.one_ms / 10
    assert np.isfinite(student.windows_per_s)


def test_of_generated_data_those_left_out_stay_out(tmp_path: Path) -> None:
    out = tmp_path / "small.safetensors"
    words = ["train", "demo:showcase:2", "--leave-out", "s02", "--network", "student"]
    words += ["--epochs", "1", "--folds", "4", "--patience", "1", "--device", "cpu"]
    done = CliRunner().invoke(cli, [*words, "--threads", "1", "--out", str(out)])
    assert done.exception is None, done.output
    card = load(out).card
    assert card.data.subjects == ("s01",)
    assert card.training.settings["folds"] == 4
    assert card.training.settings["patience"] == 1
    assert "--leave-out s02" in card.training.command
    assert "--threads 1" in card.training.command
    found = evaluate(out, None, resamples=50)
    assert found.protocol == "trials"
    assert found.assessment.windows == card.evaluations[0].windows


def test_another_device_than_auto_or_cpu_is_refused(checkpoint: Path) -> None:
    done = CliRunner().invoke(cli, ["evaluate", str(checkpoint), "--device", "abacus"])
    assert "must be auto or cpu, got 'abacus'" in str(done.exception)
