from __future__ import annotations

import json

import pytest

from evoke.errors import SettingsError
from evoke.training.config import DEFAULT, PAPER, DistillConfig, TrainConfig, default_for
from evoke.training.recipes import recipe


def test_the_papers_preset_is_the_papers() -> None:
    assert (PAPER.learning_rate, PAPER.batch, PAPER.epochs, PAPER.folds) == (1e-3, 128, 100, 5)
    assert (PAPER.protocol, PAPER.patience, PAPER.schedule) == ("segments", None, "constant")
    assert DistillConfig() == DistillConfig(temperature=1.25, alpha=0.25)


def test_the_default_stops_on_held_out_trials() -> None:
    assert DEFAULT.protocol == "trials"
    assert DEFAULT.patience is not None


def test_the_student_takes_larger_steps() -> None:
    assert default_for("ccnn") == DEFAULT
    assert default_for("student").learning_rate > DEFAULT.learning_rate


def test_only_given_options_replace_a_presets_own() -> None:
    config = PAPER.with_options(epochs=3, seed=None)
    assert (config.epochs, config.seed, config.preset) == (3, PAPER.seed, "paper")


def test_it_can_be_written_into_a_card() -> None:
    assert TrainConfig(**json.loads(json.dumps(DEFAULT.describe()))) == DEFAULT


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"protocol": "hours"}, "protocol"),
        ({"epochs": 0}, "epochs"),
        ({"batch": 0}, "batch"),
        ({"folds": 2}, "folds"),
        ({"run_folds": 6}, "Only 5 folds"),
        ({"learning_rate": 0.0}, "learning rate"),
        ({"patience": 0}, "patience"),
        ({"epoch_share": 0.0}, "share"),
        ({"ema": 1.0}, "moving average"),
        ({"precision": "fp8"}, "precision"),
        ({"schedule": "steps"}, "schedule"),
    ],
)
def test_options_out_of_range_are_named(options: dict[str, object], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        DEFAULT.with_options(**options)


def test_the_papers_recipe_is_one_name_away() -> None:
    assert recipe("paper") == DistillConfig(1.25, 0.25, "probabilities", None, None)
    assert recipe("paper", alpha=0.5, ema=None) == DistillConfig(1.25, 0.5)
    with pytest.raises(SettingsError, match="'cooking'"):
        recipe("cooking")


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 0.0},
        {"alpha": -0.1},
        {"alpha": 1.1},
        {"matching": "features"},
        {"mixup": 0.0},
    ],
)
def test_distillation_out_of_range_is_named(options: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match="(?i)" + next(iter(options))):
        DistillConfig(**options)
