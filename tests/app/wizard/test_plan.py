from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from typer.main import get_command

from app.cli import cli
from app.training_cli import _request
from app.wizard.plan import Plan, Stage
from evoke.dataset.splits import PROTOCOLS
from evoke.training import recipes
from evoke.training.config import PAPER

plans = st.builds(
    Plan,
    name=st.text(max_size=60),
    data=st.sampled_from(["demo:showcase:3", "/data/deap 1", "C:\\data"]),
    leave_out=st.lists(st.sampled_from(["s01.dat", "a b.mat"]), unique=True).map(tuple),
    features=st.sampled_from(["de", "psd"]),
    baseline=st.sampled_from(["", "mean", "paper"]),
    hop_s=st.floats(0.05, 60),
    protocol=st.sampled_from(PROTOCOLS),
    also=st.lists(st.sampled_from(PROTOCOLS), unique=True).map(tuple),
    folds=st.integers(3, 40),
    run_folds=st.integers(1, 40),
    seed=st.integers(0, 2**31 - 1),
    network=st.sampled_from(["ccnn", "student", "vit", "arjun_vit"]),
    preset=st.sampled_from(["quick", "paper", "best"]),
    epochs=st.none() | st.integers(1, 1000),
    recipe=st.sampled_from(sorted(recipes.RECIPES)),
    temperature=st.none() | st.floats(0.1, 20),
    alpha=st.none() | st.floats(0, 1),
    scratch=st.booleans(),
    device=st.sampled_from(["auto", "cpu"]),
)


COMMANDS = get_command(cli).commands  # type: ignore[attr-defined]


def parsed(command: str) -> tuple[str, dict[str, object]]:
    """What the command line makes of a command: its name, its parameters."""
    evoke, name, *words = shlex.split(command)
    assert evoke == "evoke"
    return name, COMMANDS[name].make_context(name, words).params


@settings(deadline=None, max_examples=40)
@given(plans)
def test_the_command_line_trains_as_the_plan_says(plan: Plan) -> None:
    assert Plan.model_validate_json(plan.model_dump_json()) == plan
    for stage in plan.stages:
        name, given_ = parsed(plan.command(stage, 3, whole=True))
        assert name == ("distill" if stage.role == "student" else "train")
        asked = _request(name, given_, str(given_["preset"]))
        config = asked.config
        assert (asked.data, asked.name) == (plan.data, plan.title(stage))
        assert (tuple(asked.leave_out), asked.device, asked.threads) == (
            plan.leave_out,
            plan.device,
            3,
        )
        assert asked.network == (plan.network if stage.role == "teacher" else "student")
        if stage.role == "student":  # takes these over from its teacher
            said = plan.config(stage)
            config = config.with_options(
                protocol=said.protocol, folds=said.folds, seed=said.seed, run_folds=1
            )
            assert str(given_["teacher"][0]) == f"{stage.protocol}-teacher.safetensors"  # type: ignore[index]
            options = {k: given_[k] for k in ("temperature", "alpha")}
            assert recipes.recipe(str(given_["recipe"]), **options) == plan.distillation
        else:
            assert given_["features"] == plan.features
            assert given_["baseline"] == (plan.baseline or "mean")
            assert given_["hop_s"] == plan.hop_s
        assert config == plan.config(stage)


@settings(deadline=None, max_examples=40)
@given(plans)
def test_there_is_a_command_to_train_and_one_to_evaluate_each_network(plan: Plan) -> None:
    commands = [parsed(command) for command in plan.commands(1)]
    n = len(plan.stages)
    assert len(commands) == 2 * n
    for stage, (name, given_) in zip(plan.stages, commands[n:], strict=True):
        assert name == "evaluate"
        assert str(given_["checkpoint"]) == f"{stage.name}.safetensors"
        assert given_["data"] == plan.data
        assert tuple(given_["leave_out"] or ()) == plan.leave_out  # type: ignore[arg-type]


def test_the_papers_preset_is_the_papers() -> None:
    plan = Plan(preset="paper", protocol="segments", run_folds=5)
    assert plan.config(Stage(protocol="segments", role="teacher")) == PAPER
    student = plan.config(Stage(protocol="segments", role="student"))
    assert student == PAPER.with_options(run_folds=1)


def test_values_out_of_range_are_refused() -> None:
    for changes in ({"folds": 2}, {"hop_s": 0.0}, {"alpha": 1.5}, {"name": "x" * 61}):
        with pytest.raises(ValidationError):
            Plan().changed(**changes)
