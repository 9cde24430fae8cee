"""A run's process on a GPU that is full, or gone in mid-run. On a machine with a GPU the tests in
test_work.py train on it too; neither file needs a screen (--confcutdir=tests/app/wizard)."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from app.wizard.plan import Plan
from app.wizard.runs import Phase, Run
from evoke.training.events import EpochEnded, FoldResumed, FoldStarted
from evoke.training.fitting import EVALUATION_BATCH, predict
from models.networks import build
from tests.app.wizard.conftest import everything_told, has_told, until
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")

Start = Callable[[Plan], Run]

LEFT_BYTES = 64 * 2**20
"""Less than a process needs to begin on a GPU at all."""


def devices(run: Run) -> list[str]:
    events = [message.event for message in everything_told(run)]
    return [event.device for event in events if isinstance(event, FoldStarted)]


def resumed(run: Run) -> list[FoldResumed]:
    return [m.event for m in everything_told(run) if isinstance(m.event, FoldResumed)]


@contextlib.contextmanager
def full_gpu(left: int = LEFT_BYTES) -> Iterator[None]:
    """All that is free but for `left` bytes is taken by this process."""
    free, _total = torch.cuda.mem_get_info()
    taken = [torch.empty(free - left, dtype=torch.uint8, device="cuda")]
    try:
        yield
    finally:
        taken.clear()
        torch.cuda.empty_cache()


def test_a_full_gpu_is_said_and_the_run_goes_on_once_there_is_room(
    start: Start, plan: Plan
) -> None:
    with full_gpu():
        run = start(plan)
        until(run, seconds=50)
    assert run.phase is Phase.FAILED
    assert "memory is full" in run.why
    assert run.state is not None
    assert run.state.gpu_failed
    run.launch()
    until(run, Phase.DONE, seconds=50)
    assert set(devices(run)) == {"cuda"}


def test_a_gpu_that_fills_up_in_mid_run_loses_no_epoch(start: Start, plan: Plan) -> None:
    """Steps that are recorded have their memory, so a network may come to its end; what begins
    after it finds hardly any, and says so if that is too little."""
    run = start(plan.changed(epochs=30, preset="paper"))
    wait_for(has_told(run, "EpochEnded", 1), 50)
    with full_gpu(left=2**20):
        until(run, seconds=50)
    if run.phase is Phase.FAILED:
        assert "memory is full" in run.why
        told = [m for m in everything_told(run) if isinstance(m.event, EpochEnded)]
        epochs = sum(m.stage == told[-1].stage for m in told)
        unfinished = told[-1].stage not in run.ended and epochs > 1  # the last may not be written
        run.launch()
        until(run, Phase.DONE, seconds=50)
        if unfinished:
            assert resumed(run)[-1].epoch >= epochs - 1, "it began again"
    assert run.phase is Phase.DONE
    assert set(devices(run)) == {"cuda"}


def test_the_test_after_training_takes_blocks_that_fit() -> None:
    """With the memory of this process limited by torch to a fraction of one block's."""
    network = build("ccnn", {}, seed=0).cuda()
    grid = np.random.default_rng(0).standard_normal((2 * EVALUATION_BATCH, 4, 9, 9))
    grids = grid.astype(np.float32)
    whole = predict(network, grids)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    held = torch.cuda.memory_reserved()
    predict(network, grids)
    needed = torch.cuda.max_memory_reserved() - held
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(
        (held + needed / 3) / torch.cuda.get_device_properties(0).total_memory
    )
    try:
        assert predict(network, grids) == pytest.approx(whole, abs=1e-3)
        assert torch.cuda.max_memory_reserved() <= held + needed
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


def test_a_run_goes_on_without_the_gpu_it_was_begun_on(
    start: Start, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(plan.changed(epochs=200, preset="paper", scratch=False))
    wait_for(has_told(run, "EpochEnded", 3), 50)
    process = run.process
    assert process
    os.kill(process, signal.SIGKILL)
    wait_for(lambda: run.process is None)
    begun = len(devices(run))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    run.launch()
    until(run, Phase.DONE, seconds=50)
    assert devices(run)[0] == "cuda"
    assert set(devices(run)[begun:]) == {"cpu"}
    [goes_on] = resumed(run)
    assert goes_on.epoch >= 2, "it began again"
    [(_fold, said)] = run.otherwise(run.plan.stages[begun - 1])
    assert "the CPU in" in said
