"""A network of raw windows: trained, loaded, evaluated, distilled from and replayed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app.compose import Composer
from app.evaluation_commands import evaluate
from app.headless import replay
from app.source_spec import SourceSpec
from app.training_commands import distill, train
from app.training_request import TrainRequest, train_config
from evoke.dataset.demo_files import write_demo
from evoke.errors import SettingsError
from evoke.features import RawWindows
from evoke.training.data import load_windows
from evoke.training.recipes import RECIPES
from models.checkpoint import load
from models.runtime import load_classifier


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deap")
    write_demo(folder, [1, 2], seed=3, trials=6, trial_s=4)
    return folder


@pytest.fixture(scope="module")
def request_(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainRequest:
    return TrainRequest(
        data=str(folder),
        out=tmp_path_factory.mktemp("out") / "raw.safetensors",
        config=train_config("default", epochs=2, batch=16, folds=3),
        network="arjun_vit",
        features="raw",
    )


@pytest.fixture(scope="module")
def trained(request_: TrainRequest) -> Path:
    torch.set_num_threads(1)
    train(request_)
    return request_.out


def test_the_card_says_that_samples_are_read(trained: Path) -> None:
    checkpoint = load(trained)
    assert checkpoint.card.config == {"reads": "window"}
    assert checkpoint.card.inputs.features == RawWindows().describe()
    assert checkpoint.card.inputs.baseline == "none"
    assert checkpoint.mean.shape == checkpoint.std.shape == (32, 128)


def test_it_is_evaluated_on_its_test_windows(trained: Path, folder: Path) -> None:
    found = evaluate(trained, str(folder), resamples=50)
    [stored] = load(trained).card.evaluations
    assert found.assessment.windows == stored.windows
    assert found.assessment.scores["macro"]["accuracy"].value == pytest.approx(
        stored.scores["macro"]["accuracy"], abs=1e-6
    )


def test_a_replay_reads_what_its_training_windows_read(trained: Path, folder: Path) -> None:
    spec = SourceSpec("deap", str(folder / "s02.dat"))
    composition = Composer(model=trained).compose(spec, speed=float("inf"))
    readings = replay(composition)
    data = load_windows(str(folder / "s02.dat"), RawWindows(), "none")
    seconds = data.grid.reshape(-1, 4, 32, 128)[:, 0]
    first = np.array([r.probabilities for r in readings if r.t_s == 4])  # not yet smoothed
    expected = load_classifier(trained, "cpu").classify(seconds)
    np.testing.assert_allclose(first, expected, atol=1e-6)


def test_another_is_distilled_from_it_and_a_student_of_features_is_not(
    trained: Path, request_: TrainRequest, tmp_path: Path
) -> None:
    config = train_config("default", epochs=1)
    request = TrainRequest(request_.data, tmp_path / "next.safetensors", config, "arjun_vit")
    distill(request, trained, RECIPES["default"])
    assert load(request.out).card.inputs == load(trained).card.inputs
    with pytest.raises(SettingsError, match="student reads de or psd"):
        distill(replace(request, network="student"), trained, RECIPES["default"])
