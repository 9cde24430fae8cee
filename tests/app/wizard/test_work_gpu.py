"""A run's process on a GPU that is full, or gone in mid-run. On a machine with a GPU the tests in
test_work.py train on it too; neither file needs a screen (--confcutdir=tests/app/wizard)."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
import torch

from app.wizard.plan import Plan
from app.wizard.runs import Phase, Run
from evoke.training.events import FoldStarted
from tests.app.wizard.conftest import has_told, until
from tests.app.wizard.test_work import everything_told
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")

Start = Callable[[Plan], Run]

LEFT_BYTES = 64 * 2**20
"""Less than a process needs to begin on a GPU at all."""


def devices(run: Run) -> list[str]:
    events = [message.event for message in everything_told(run)]
    return [event.device for event in events if isinstance(event, FoldStarted)]


def test_a_full_gpu_is_said_and_the_run_goes_on_once_there_is_room(
    start: Start, plan: Plan
) -> None:
    free, _total = torch.cuda.mem_get_info()
    taken = torch.empty(free - LEFT_BYTES, dtype=torch.uint8, device="cuda")
    run = start(plan)
    until(run, seconds=120)
    del taken
    torch.cuda.empty_cache()
    assert run.phase is Phase.FAILED
    assert "memory is full" in run.why
    run.launch()
    until(run, Phase.DONE, seconds=240)
    assert set(devices(run)) == {"cuda"}


def test_a_run_goes_on_without_the_gpu_it_was_begun_on(
    start: Start, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(plan.changed(epochs=200, preset="paper", scratch=False))
    wait_for(has_told(run, "EpochEnded", 3), 120)
    process = run.process
    assert process
    os.kill(process, signal.SIGKILL)
    wait_for(lambda: run.process is None)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    run.launch()
    until(run, Phase.DONE, seconds=240)
    assert devices(run)[:2] == ["cuda", "cpu"]
