"""A run whose folds are trained on a Ray cluster."""

from __future__ import annotations

import os
import shlex
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.wizard.plan import Plan
from app.wizard.runs import Phase, Run, RunStore
from app.wizard.sweep import begin, load_sweep
from evoke.training.events import EpochEnded, FoldStarted
from tests.app.wizard.conftest import has_told, until
from tests.app.wizard.test_work import assert_same_weights, everything_told
from tests.evoke.training.ray_node import needs_ray
from tests.waiting import wait_for


def workers() -> set[int]:
    """Processes of Ray that are at a task of ours."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                title = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if title.startswith("ray::_train"):
                found.add(int(folder.name))
    return found


def share_of_a_core(processes: set[int]) -> float:
    """That they take over half a second."""

    def ticks() -> int:
        fields = [Path(f"/proc/{p}/stat").read_text().rpartition(")")[2].split() for p in processes]
        return sum(int(field[11]) + int(field[12]) for field in fields)

    before = ticks()
    threading.Event().wait(0.5)
    return (ticks() - before) / os.sysconf("SC_CLK_TCK") / 0.5


@pytest.fixture
def cluster(ray_cluster: str) -> str:
    """At which nothing of an earlier test is at work any more."""
    wait_for(lambda: not workers())
    return ray_cluster


@needs_ray
def test_a_cluster_gives_the_figures_of_one_thread_though_a_worker_and_the_run_are_killed(
    store: RunStore,
    plan: Plan,
    cluster: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = plan.changed(run_folds=2, epochs=80, preset="best", scratch=False, cluster=cluster)
    run = store.create(plan)
    run.launch()
    wait_for(has_told(run, "EpochEnded", 6))
    for worker in workers():
        os.kill(worker, signal.SIGKILL)
    wait_for(has_told(run, "FoldResumed", 1))
    assert run.process
    os.kill(run.process, signal.SIGKILL)
    wait_for(lambda: run.process is None)
    run.launch()
    until(run, Phase.DONE, Phase.FAILED, seconds=120)
    assert (run.phase, run.why) == (Phase.DONE, "")
    told = everything_told(run)
    devices = {m.event.device for m in told if isinstance(m.event, FoldStarted)}
    assert devices == {"cluster, cpu"}
    assert {m.event.fold for m in told if isinstance(m.event, EpochEnded)} == {1, 2}
    monkeypatch.chdir(tmp_path)
    here = plan.changed(cluster="")
    for command in here.commands(threads=1)[:2]:
        done = CliRunner().invoke(cli, shlex.split(command)[1:])
        assert done.exception is None, done.output
    for stage in plan.stages:
        assert_same_weights(run.checkpoint(stage), tmp_path / run.checkpoint(stage).name)


@needs_ray
def test_a_paused_run_lets_the_cluster_rest_goes_on_and_can_be_cancelled(
    start: Callable[[Plan], Run],
    long_plan: Plan,
    cluster: str,
) -> None:
    run = start(long_plan.changed(cluster=cluster))
    wait_for(has_told(run, "EpochEnded", 2))
    run.ask("pause")
    until(run, Phase.PAUSED)
    wait_for(lambda: share_of_a_core(workers()) < 0.1)  # once what was ready has been sent
    epochs = (run.folder / "events.jsonl").read_text().count('"event": "EpochEnded"')
    run.ask("run")
    wait_for(has_told(run, "EpochEnded", epochs + 2))
    assert workers()
    run.ask("cancel")
    until(run, Phase.CANCELLED)
    wait_for(lambda: not workers())


@needs_ray
def test_a_sweep_trains_where_its_run_did(
    start: Callable[[Plan], Run], plan: Plan, cluster: str
) -> None:
    run = start(plan.changed(cluster=cluster, scratch=False, preset="paper", epochs=30))
    until(run, Phase.DONE, seconds=120)
    wait_for(lambda: not workers())
    begin(run, "trials", ((1.25, 0.5),))
    wait_for(lambda: bool(workers()), 60)

    def trained() -> bool:
        sweep = load_sweep(run, "trials")
        return sweep is not None and len(sweep.points) == 1

    wait_for(trained, 60)


@needs_ray
def test_a_cluster_that_does_not_answer_is_one_sentence(
    start: Callable[[Plan], Run], plan: Plan
) -> None:
    run = start(plan.changed(cluster="127.0.0.1:1"))
    until(run, Phase.FAILED)
    assert run.why == "No Ray cluster answers at 127.0.0.1:1."
