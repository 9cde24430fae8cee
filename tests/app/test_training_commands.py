"""`evoke train` and `evoke distill` on a few generated files."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from app import training_commands
from app.cli import cli
from app.evaluation_commands import evaluate
from app.training_commands import distill, train
from app.training_request import TrainRequest, command_line, train_config
from evoke.classifier import check_fit
from evoke.dataset.deap import read_deap
from evoke.dataset.demo_files import write_demo
from evoke.dataset.pickle2 import write_arrays
from evoke.dataset.splits import Groups, fold_of_windows
from evoke.errors import CheckpointError, EvokeError, SettingsError, TrainingError
from evoke.features import DifferentialEntropy
from evoke.signal.chain import ChainSettings
from evoke.training.config import PAPER, DistillConfig
from evoke.training.data import load_windows
from evoke.training.events import EpochEnded, Event
from evoke.training.recipes import RECIPES
from models.checkpoint import load, save
from models.runtime import load_classifier


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deap")
    write_demo(folder, [1, 2], seed=3, trials=10, trial_s=6)
    return folder


@pytest.fixture(scope="module")
def request_(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainRequest:
    return TrainRequest(
        data=str(folder),
        out=tmp_path_factory.mktemp("out") / "teacher.safetensors",
        config=train_config("default", epochs=2, batch=32, seed=4, protocol="videos"),
        network="student",
        name="small teacher",
        hop_s=0.5,
        test_on=(str(folder / "s01.dat"),),
        command="evoke train",
    )


@pytest.fixture(scope="module")
def teacher(request_: TrainRequest) -> Path:
    torch.set_num_threads(1)
    train(request_)
    return request_.out


def test_the_card_says_what_was_done(teacher: Path) -> None:
    card = load(teacher).card
    assert (card.name, card.network, card.data.synthetic) == ("small teacher", "student", True)
    assert card.data.subjects == ("s01", "s02")
    assert card.training.settings["seed"] == 4
    assert card.training.settings["hop_s"] == 0.5
    assert card.training.teacher is None
    assert "cross-entropy against the labels" in card.training.recipe
    held_out, other = card.evaluations
    assert (held_out.protocol, other.protocol) == ("videos", "unknown")
    assert "may have been trained on (s01)" in other.description
    assert held_out.windows == 2 * 2 * 11
    assert (held_out.drawn, other.drawn) == ("videos", "trials")
    low, high = held_out.intervals["macro"]["accuracy"]
    assert low <= held_out.scores["macro"]["accuracy"] <= high
    assert held_out.verdict[0].startswith("On videos it was never trained on, right about valence")
    assert held_out.scores.keys() == held_out.trivial.keys()
    assert teacher.with_suffix(".md").exists()


def test_the_card_says_what_could_not_be_calibrated(folder: Path, tmp_path: Path) -> None:
    """Each of three people is a fold, and whom the first fold validates on rated all as one."""
    write_demo(tmp_path, [1, 2, 3], seed=3, trials=6, trial_s=4)
    validated = 1 + fold_of_windows("subjects", Groups(*[np.arange(3)] * 3), 3, 0).tolist().index(1)
    path = tmp_path / f"s{validated:02d}.dat"
    file = read_deap(path)
    rated = np.where(np.arange(file.labels.shape[1]) == 2, 7.0, file.labels)
    with path.open("wb") as out:
        write_arrays(out, {"data": file.data, "labels": rated})
    config = train_config("default", epochs=2, batch=32, folds=3, protocol="subjects")
    card = train(TrainRequest(str(tmp_path), tmp_path / "x.safetensors", config, "student")).card
    assert card.training.recipe.endswith("but for dominance, of which they hold one class only")
    assert (card.calibration.temperature[2], card.calibration.bias[2]) == (1, 0)


def test_the_network_fits_the_signal_path(teacher: Path) -> None:
    check_fit(load_classifier(teacher, "cpu"), ChainSettings().describe())


def test_the_scores_are_those_of_the_written_file(teacher: Path, folder: Path) -> None:
    classifier = load_classifier(teacher, "cpu")
    data = load_windows(str(folder / "s01.dat"), DifferentialEntropy(), "mean", step=64)
    right = (classifier.classify(data.grid) >= 0.5) == (data.high > 0.5)
    scores = classifier.card.evaluations[1].scores
    assert scores["macro"]["accuracy"] == pytest.approx(right.mean())
    assert scores["valence"]["accuracy"] == pytest.approx(right[:, 0].mean())


def test_a_student_takes_over_how_its_teacher_saw_the_data(
    teacher: Path, request_: TrainRequest, tmp_path: Path
) -> None:
    request = replace(
        request_,
        out=tmp_path / "student.safetensors",
        name="small student",
        hop_s=1.0,
        config=train_config("default", epochs=1),
    )
    distill(request, teacher, DistillConfig(2.0, 0.5))
    student, parent = load(request.out), load(teacher)
    settings = student.card.training.settings
    for name in ("protocol", "folds", "seed", "hop_s"):
        assert settings[name] == parent.card.training.settings[name]
    assert settings["distillation"] == asdict(DistillConfig(2.0, 0.5))
    assert student.card.data.fingerprint == parent.card.data.fingerprint
    lineage = student.card.training.teacher
    assert lineage is not None
    assert (lineage.name, lineage.fingerprint) == ("small teacher", parent.fingerprint)
    assert "distillation from small teacher" in student.card.training.recipe
    assert lineage.command == parent.card.training.command
    assert lineage.recipe in request.out.with_suffix(".md").read_text()


def test_several_teachers_are_listened_to_as_one(
    teacher: Path, request_: TrainRequest, tmp_path: Path
) -> None:
    """Mixed windows too: the whole ensemble is asked about them."""
    config = request_.config.with_options(weights_seed=11, epochs=1)
    second = tmp_path / "second.safetensors"
    train(replace(request_, out=second, name="second teacher", config=config, test_on=()))
    request = replace(request_, out=tmp_path / "student.safetensors", test_on=())
    distill(request, [teacher, second], RECIPES["logits"].with_options(mixup=1.0))
    card = load(request.out).card.training
    assert card.teacher is not None
    assert (card.teacher.name, card.other_teachers[0].name) == ("small teacher", "second teacher")
    assert "from small teacher and second teacher with logits matched" in card.recipe
    assert "second teacher" in request.out.with_suffix(".md").read_text()


def test_teachers_of_other_folds_are_refused_together(
    teacher: Path, request_: TrainRequest, tmp_path: Path
) -> None:
    """One of them has seen the windows that the student is tested on."""
    other = tmp_path / "other.safetensors"
    config = request_.config.with_options(seed=5, epochs=1)
    train(replace(request_, out=other, name="another", config=config, test_on=()))
    with pytest.raises(CheckpointError, match="another and small teacher saw the data divided"):
        distill(request_, [teacher, other], DistillConfig())


def test_a_student_does_not_take_its_teachers_place(teacher: Path, request_: TrainRequest) -> None:
    before = teacher.read_bytes()
    with pytest.raises(CheckpointError, match="is the teacher, and would be lost"):
        distill(replace(request_, out=teacher), teacher, DistillConfig())
    assert teacher.read_bytes() == before


def test_a_teacher_of_other_data_is_refused(
    teacher: Path, request_: TrainRequest, tmp_path: Path
) -> None:
    """Its folds are others: it may have learned the student's test trials."""
    request = replace(request_, data="demo:showcase:1", out=tmp_path / "a.safetensors", test_on=())
    with pytest.raises(CheckpointError, match="small teacher was trained on other data"):
        distill(request, teacher, DistillConfig())


def test_a_cancelled_run_goes_on_to_the_same_network(
    request_: TrainRequest, tmp_path: Path
) -> None:
    config = request_.config.with_options(epochs=3, patience=3)
    whole = replace(request_, config=config, out=tmp_path / "whole.safetensors", test_on=())
    train(whole)
    parts = replace(whole, out=tmp_path / "parts.safetensors", run=tmp_path / "run")
    epochs = 0

    def count(event: Event) -> None:
        nonlocal epochs
        epochs += isinstance(event, EpochEnded)

    with pytest.raises(TrainingError, match="run holds what was done"):
        train(parts, count, cancelled=lambda: epochs == 1)
    with pytest.raises(TrainingError, match="holds a run already"):
        train(parts)
    other = replace(parts, resume=True, config=config.with_options(batch=16))
    with pytest.raises(TrainingError, match="begun with batch 32, now it is 16"):
        train(other)
    train(replace(parts, resume=True))
    first, second = load(whole.out), load(parts.out)
    for name, weights in first.weights.items():
        assert np.array_equal(weights, second.weights[name])
    assert first.card.calibration == second.card.calibration


def test_resuming_needs_a_folder(request_: TrainRequest) -> None:
    with pytest.raises(SettingsError, match="--run"):
        train(replace(request_, resume=True))


def test_a_teacher_behind_another_path_is_refused(
    teacher: Path, request_: TrainRequest, tmp_path: Path
) -> None:
    checkpoint = load(teacher)
    inputs = checkpoint.card.inputs.model_copy(update={"chain": {"band_hz": [1, 45]}})
    other = tmp_path / "other.safetensors"
    save(replace(checkpoint, card=checkpoint.card.model_copy(update={"inputs": inputs})), other)
    with pytest.raises(CheckpointError, match="another signal path"):
        distill(request_, other, DistillConfig())


def test_a_teacher_that_is_no_checkpoint_is_refused(request_: TrainRequest, folder: Path) -> None:
    with pytest.raises(CheckpointError, match=r"s01\.dat"):
        distill(request_, folder / "s01.dat", DistillConfig())


def test_all_folds_are_judged_beside_the_one_that_is_kept(
    request_: TrainRequest, tmp_path: Path
) -> None:
    config = request_.config.with_options(run_folds=2, epochs=1)
    out = tmp_path / "folds.safetensors"
    card = train(replace(request_, config=config, out=out, test_on=())).card
    one, every = card.evaluations
    assert every.description == "2 of 5 folds, new videos"
    assert every.windows == 2 * one.windows
    assert np.isfinite(every.scores["macro"]["nll"])


def test_a_single_trial_has_scores_and_no_intervals(request_: TrainRequest, tmp_path: Path) -> None:
    write_demo(tmp_path, [3], seed=3, trials=5, trial_s=6)
    out = tmp_path / "single.safetensors"
    config = train_config("default", epochs=1, batch=32, protocol="trials")
    request = replace(request_, data=str(tmp_path), config=config, out=out, test_on=())
    [found] = train(request).card.evaluations
    assert not found.intervals
    again = evaluate(out, str(tmp_path))
    assert again.words() == list(found.verdict)
    assert json.loads(json.dumps(again.as_json(), allow_nan=False))["trials"] == 1
    assert "A single trial gives no interval: nothing follows" in out.with_suffix(".md").read_text()


def test_cancelling_before_the_first_fold_ends_writes_nothing(
    request_: TrainRequest, tmp_path: Path
) -> None:
    request = replace(request_, out=tmp_path / "never.safetensors")
    with pytest.raises(TrainingError, match="cancelled"):
        train(request, cancelled=lambda: True)
    assert not list(tmp_path.glob("never*"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"network": "resnet"}, "resnet"),
        ({"options": {"fusion": "1x1"}}, "fusion"),
        ({"features": "raw"}, "student reads de or psd here; the features 'raw' are for arjun_vit"),
        ({"network": "ccnn", "features": "raw"}, "ccnn reads de or psd"),
        ({"network": "arjun_vit", "options": {"reads": "window"}}, "'de', expected 'raw'"),
        ({"network": "arjun_vit", "features": "raw", "baseline": "mean"}, "one of none"),
        ({"features": "wavelets"}, "wavelets"),
        ({"hop_s": 0.0}, "hop"),
        ({"data": "demo:nothing"}, "demo:PRESET"),
    ],
)
def test_requests_that_cannot_be_met_are_refused_before_any_work(
    request_: TrainRequest, change: dict[str, object], reason: str
) -> None:
    with pytest.raises(SettingsError, match=reason):
        train(replace(request_, **change))  # type: ignore[arg-type]


def test_an_output_that_is_no_checkpoint_is_refused_before_any_work(
    request_: TrainRequest, tmp_path: Path
) -> None:
    read: list[int] = []
    with pytest.raises(CheckpointError, match=r"\.safetensors"):
        train(
            replace(request_, out=tmp_path / "network.pt"),
            on_read=lambda done, _total: read.append(done),
        )
    assert not read


def test_a_folder_that_cannot_be_written_is_refused_before_any_work(
    request_: TrainRequest, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    read: list[int] = []
    with pytest.raises(EvokeError, match="must be a folder that can be written"):
        train(
            replace(request_, out=tmp_path / "file" / "network.safetensors"),
            on_read=lambda done, _total: read.append(done),
        )
    assert not read


def test_too_few_trials_begin_no_run(request_: TrainRequest, tmp_path: Path) -> None:
    """Else the folder could neither be resumed with other data nor be used."""
    request = replace(request_, run=tmp_path / "run", out=tmp_path / "never.safetensors")
    config = request.config.with_options(protocol="subjects")
    with pytest.raises(SettingsError, match="5 folds need at least 5 subjects, got 2"):
        train(replace(request, config=config))
    assert not (tmp_path / "run" / "run.json").exists()


def test_ratings_that_are_all_high_are_refused(request_: TrainRequest, tmp_path: Path) -> None:
    subject = read_deap(Path(request_.data) / "s01.dat")
    labels = subject.labels.copy()
    labels[:, 1] = 7.5
    with (tmp_path / "s01.dat").open("wb") as file:
        write_arrays(file, {"labels": labels, "data": subject.data})
    out = tmp_path / "never.safetensors"
    with pytest.raises(SettingsError, match="Every trial was rated high in arousal"):
        train(replace(request_, data=str(tmp_path), out=out, test_on=()))
    assert not out.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file sizes")
def test_a_disk_that_fills_up_ends_a_run_that_can_go_on(folder: Path, tmp_path: Path) -> None:
    """On the command line: one sentence, exit code 2; with room again, the same network."""
    config = train_config("default", "student", epochs=2, batch=32)
    whole = TrainRequest(str(folder), tmp_path / "b.safetensors", config, "student")
    parts = replace(whole, out=tmp_path / "a.safetensors", run=tmp_path / "run")
    words = ["train", folder, "--network", "student", "--epochs", "2", "--batch", "32"]
    words += ["--out", parts.out, "--run", parts.run]
    limited = ["bash", "-c", 'ulimit -f 1000; exec "$@"', "bash"]  # KiB in a file
    line = [*limited, sys.executable, "-m", "app.cli", *map(str, words)]
    full = subprocess.run(line, check=False, capture_output=True, text=True)
    assert full.returncode == 2
    [sentence] = full.stderr.splitlines()
    assert re.search(r"fold-1\.safetensors could not be written: File too large", sentence)
    assert not list(tmp_path.glob("*.safetensors")) + list((tmp_path / "run").glob(".*"))
    train(replace(parts, resume=True))
    train(whole)
    first, second = load(parts.out), load(whole.out)
    for name, weights in first.weights.items():
        assert np.array_equal(weights, second.weights[name])


def evoke(*words: object) -> None:
    """A command as it is typed."""
    done = CliRunner().invoke(cli, [str(word) for word in words], standalone_mode=False)
    assert done.exception is None, done.output


def test_the_papers_preset_is_the_papers_in_all_but_what_is_given(
    folder: Path, tmp_path: Path
) -> None:
    out, taught, own = (tmp_path / f"{name}.safetensors" for name in ("t", "s", "own"))
    short = ("--preset", "paper", "--network", "student", "--epochs", 1, "--threads", 1)
    evoke("train", folder, *short, "--out", out)
    card = load(out).card
    found = {**card.training.settings, "epochs": PAPER.epochs}
    assert card.inputs.baseline == "paper"
    assert found | PAPER.describe() == found
    assert "--baseline paper" in card.training.command
    evoke("distill", folder, "--teacher", out, *short, "--out", taught)
    card = load(taught).card
    assert card.inputs.baseline == "paper"
    assert card.training.settings["distillation"] == asdict(RECIPES["paper"])
    assert "--recipe paper" in card.training.command
    evoke("train", folder, *short, "--baseline", "mean", "--run-folds", 1, "--out", out)
    evoke("distill", folder, "--teacher", out, *short, "--recipe", "default", "--out", own)
    card = load(own).card
    assert card.inputs.baseline == "mean"
    assert card.training.settings["distillation"] == asdict(RECIPES["default"])


def test_an_unknown_preset_is_named() -> None:
    with pytest.raises(SettingsError, match="nature"):
        train_config("nature")


def test_the_command_can_be_typed_again() -> None:
    line = command_line(
        "distill",
        "/secret/folder/deap",
        Path("/secret/out.safetensors"),
        {
            "teacher": Path("/secret/t.safetensors"),
            "epoch_share": 0.5,
            "baseline": "",
            "test_on": ["/secret/a", "demo:showcase:9-9"],
        },
    )
    assert line == (
        "evoke distill deap --out out.safetensors --teacher t.safetensors --epoch-share 0.5 "
        "--test-on a --test-on demo:showcase:9-9"
    )


def test_the_card_says_that_memory_ran_out(
    request_: TrainRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = training_commands._network

    def cramped(name: str, options: dict[str, str], seed: int) -> torch.nn.Module:
        network = make(name, options, seed)

        def full(module: torch.nn.Module, grids: tuple[torch.Tensor]) -> None:
            if module.training and len(grids[0]) > 20:
                raise torch.OutOfMemoryError("CUDA out of memory.")

        network.register_forward_pre_hook(full)
        return network

    monkeypatch.setattr(training_commands, "_network", cramped)
    config = request_.config.with_options(precision="fp32", run_folds=2, epochs=1)
    out = tmp_path / "x.safetensors"
    request = replace(request_, config=config, out=out, test_on=(), threads=1)
    recipe = train(request).card.training.recipe
    reduced = "batches of 32, 16 from epoch 1 on, where memory ran out"
    assert f"{reduced}, on the CPU in fp32 (fold 2: {reduced}), at most 1 epochs" in recipe
