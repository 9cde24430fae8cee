from __future__ import annotations

from dataclasses import asdict, dataclass

import pytest
import torch

from app.memory import peak_mb
from app.wizard import measure
from app.wizard.estimate import Ask, Estimate, Refused, estimate
from app.wizard.plan import Plan, Stage
from app.wizard.runs import RunStore
from evoke.errors import GPU_FULL, EvokeError
from evoke.training.config import DistillConfig

PLAN = Plan(data="somewhere", network="student")
ASK = Ask(
    network="student",
    batch=32,
    precision="fp32",
    device="auto",
    threads=1,
    recipe=asdict(DistillConfig()),
)


@dataclass(frozen=True)
class Survey:
    windows: int = 3000


@pytest.fixture(scope="module")
def measured() -> Estimate:
    return estimate(PLAN, Survey())


def test_every_stage_is_measured(measured: Estimate) -> None:
    assert [stage.stage for stage in measured.stages] == [stage.name for stage in PLAN.stages]
    assert all(stage.seconds > 0 for stage in measured.stages)
    assert measured.seconds == sum(stage.seconds for stage in measured.stages)
    assert measured.of(Stage(protocol="trials", role="student")) == measured.stages[1].seconds
    assert measured.of(Stage(protocol="videos", role="student")) == 0.0
    assert measured.memory_mb > 100
    assert measured.device
    assert measured.memory_total_mb > measured.memory_mb
    assert not measured.too_large


def test_what_hardly_fits_is_too_large(measured: Estimate) -> None:
    tight = measured.model_copy(update={"memory_total_mb": measured.memory_mb})
    assert tight.too_large
    assert not tight.model_copy(update={"memory_total_mb": 0.0}).too_large


def test_an_estimate_stays_with_its_run(measured: Estimate, store: RunStore) -> None:
    run = store.create(PLAN, measured)
    assert store.all()[0].estimate == measured
    assert run.estimate == measured


def test_an_unknown_network_is_refused_before_anything_is_measured() -> None:
    with pytest.raises(EvokeError, match="Unknown network"):
        estimate(PLAN.changed(network="gpt"), Survey())


def test_a_gpu_that_cannot_be_measured_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> tuple[int, int]:
        raise torch.AcceleratorError("CUDA error: out of memory")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", fail)
    assert measure.answer(ASK) == Refused(why=GPU_FULL)


def test_a_heavy_network_is_measured_small_and_scaled(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not measure.measure(ASK).scaled
    monkeypatch.setattr(measure, "_HEAVY_MACS", 0)
    found = measure.measure(ASK)
    assert found.scaled
    assert found.memory_mb >= peak_mb()
