"""A run's process from its start to its end, and all the ways to end it early. What needs a
terminal or the pages' words is skipped where those are not installed, as on a machine with a GPU
and no screen."""

from __future__ import annotations

import json
import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.wizard import messages as told
from app.wizard.plan import Plan, Stage
from app.wizard.process import environment, kill
from app.wizard.runs import Phase, Run, RunStore
from evoke.dataset.demo_files import write_demo
from evoke.training.data import PARALLEL_FROM
from evoke.training.events import EpochEnded, FoldResumed
from models.checkpoint import load
from tests.app.wizard.conftest import SMALL, everything_told, group_of, has_told, until
from tests.waiting import wait_for

Start = Callable[[Plan], Run]


def finished(plan: Plan, folder: Path) -> Run:
    """A run that nothing has stopped, and of whose processes none is left."""
    run = RunStore(folder).create(plan)
    run.launch()
    wait_for(lambda: run.process is not None)
    process = run.process
    assert process
    until(run)
    assert (run.phase, run.why) == (Phase.DONE, "")
    wait_for(lambda: group_of(process) == [])
    return run


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, deap: Path) -> Run:
    """For what others must come to."""
    plan = SMALL.changed(data=str(deap), epochs=30, preset="best", scratch=False)
    return finished(plan, tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory, deap: Path) -> Run:
    """Of three stages, with settings of its own."""
    plan = SMALL.changed(
        data=str(deap), leave_out=("s02.dat",), temperature=2.0, alpha=0.5, recipe="paper"
    )
    return finished(plan, tmp_path_factory.mktemp("three"))


def cut_off(plan: Plan, folder: Path, moment: Callable[[Run], bool]) -> Run:
    """A run whose process was killed as soon as a moment had come."""
    run = RunStore(folder).create(plan)
    run.launch()
    wait_for(lambda: moment(run))
    assert run.process
    kill(run.process)
    wait_for(lambda: run.process is None)
    return run


@pytest.fixture(scope="module")
def cut_off_in_the_teacher(tmp_path_factory: pytest.TempPathFactory, whole: Run) -> Run:
    folder = tmp_path_factory.mktemp("teacher")
    return cut_off(whole.plan, folder, lambda run: has_told(run, "EpochEnded", 3)())


@pytest.fixture(scope="module")
def cut_off_in_the_student(tmp_path_factory: pytest.TempPathFactory, whole: Run) -> Run:
    folder = tmp_path_factory.mktemp("student")
    kept = Path(whole.plan.stages[1].name) / "fold-1.safetensors"
    return cut_off(whole.plan, folder, lambda run: (run.folder / kept).exists())


@pytest.fixture
def copy_of(store: RunStore) -> Callable[[Run], Run]:
    """Copies a run that several tests share, so that one may spoil it or let it go on."""

    def copy(run: Run) -> Run:
        folder = store.folder / run.folder.name
        shutil.copytree(run.folder, folder)
        return Run(folder)

    return copy


@pytest.fixture
def copied(tmp_path: Path, deap: Path) -> Path:
    """Data that may be spoilt."""
    data = tmp_path / "data"
    shutil.copytree(deap, data)
    return data


def weights(path: Path) -> dict[str, np.ndarray]:
    checkpoint = load(path)
    return {**checkpoint.weights, "mean": checkpoint.mean, "std": checkpoint.std}


def assert_same_weights(a: Path, b: Path) -> None:
    first, second = weights(a), weights(b)
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


def test_a_run_gives_the_figures_of_the_command_line_to_the_bit(
    three: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    testing = pytest.importorskip("typer.testing")
    cli = pytest.importorskip("app.cli").cli
    run, plan = three, three.plan
    assert run.ended == ("trials-teacher", "trials-student", "trials-scratch")
    by_hand = tmp_path / "by-hand"
    by_hand.mkdir()
    monkeypatch.chdir(by_hand)
    for command in plan.commands(run.threads):
        evoke, *words = shlex.split(command)
        assert evoke == "evoke"
        if words[0] == "evaluate":
            words += ["--json", f"{Path(words[1]).stem}.json"]
        done = testing.CliRunner().invoke(cli, words)
        assert done.exception is None, done.output
    result = run.result
    assert result is not None
    for stage in plan.stages:
        name = run.checkpoint(stage).name
        assert_same_weights(run.checkpoint(stage), by_hand / name)
        one, other = load(run.checkpoint(stage)).card, load(by_hand / name).card
        assert one.evaluations == other.evaluations
        assert one.name == other.name
        assert one.training.settings == other.training.settings
        [said] = json.loads((by_hand / f"{stage.name}.json").read_text())
        judged = result.of(stage.role, stage.protocol)
        assert judged is not None
        assert list(judged.words) == said["verdict"]
        for label, row in said["scores"].items():
            for metric, (value, low, high) in row.items():
                score = judged.scores[label][metric]
                got_all = (score.value, score.low, score.high)
                for got, expected in zip(got_all, (value, low, high), strict=True):
                    assert got == (None if expected is None else pytest.approx(expected, abs=1e-6))
        assert [list(row) for row in judged.confusion] == said["confusion"]["rated_by_read"]


def test_what_is_told_has_every_stage_in_order(three: Run) -> None:
    messages = everything_told(three)
    assert [m.t for m in messages] == sorted(m.t for m in messages)
    started = [m.stage for m in messages if isinstance(m.event, told.StageStarted)]
    ended = [m.event.checkpoint for m in messages if isinstance(m.event, told.StageEnded)]
    assert started == ["trials-teacher", "trials-student", "trials-scratch"]
    assert ended == [f"{name}.safetensors" for name in started]
    epochs = [m.event.epoch for m in messages if isinstance(m.event, EpochEnded)]
    assert epochs == [1, 2, 3] * 3
    last = messages[-1].event
    assert last == told.RunEnded("done")


def test_a_process_killed_at_any_point_goes_on_to_the_same_weights(
    start: Start, whole: Run
) -> None:
    plan = whole.plan
    run = start(plan)
    for kind, times in (
        ("EpochEnded", 3),
        ("StageEnded", 1),
        ("Judging", 1),
    ):
        wait_for(has_told(run, kind, times))
        process = run.process
        if process:
            os.kill(process, signal.SIGKILL)
            wait_for(lambda: run.process is None)
        if run.phase is not Phase.DONE:  # as it may be, if judging was fast
            assert run.phase is Phase.INTERRUPTED
            run.launch()
            wait_for(lambda: run.process is not None)
    until(run, Phase.DONE, Phase.FAILED)
    assert (run.phase, run.why) == (Phase.DONE, "")
    for stage in plan.stages:
        assert_same_weights(run.checkpoint(stage), whole.checkpoint(stage))
    assert run.result is not None
    assert whole.result is not None
    assert [j.scores for j in run.result.judged] == [j.scores for j in whole.result.judged]


def test_processes_that_read_data_do_not_outlive_a_killed_one(start: Start, plan: Plan) -> None:
    run = start(plan.changed(data="demo:showcase:8"))
    wait_for(has_told(run, "Reading"))
    process = run.process
    assert process
    assert len(group_of(process)) > 1
    os.kill(process, signal.SIGKILL)
    wait_for(lambda: group_of(process) == [])


def test_a_reader_that_is_killed_is_said(start: Start, plan: Plan) -> None:
    """As the system does where memory runs out."""
    run = start(plan.changed(data="demo:showcase:8"))
    wait_for(has_told(run, "Reading"))
    process = run.process
    assert process
    for reader in group_of(process):
        title = Path(f"/proc/{reader}/cmdline").read_bytes()
        if b"LokyProcess" in title:
            os.kill(reader, signal.SIGKILL)
    until(run, Phase.FAILED)
    assert run.why.startswith("A process that read the data was killed")


def test_a_kill_loses_one_epoch_at_most(start: Start, heavy_plan: Plan) -> None:
    run = start(heavy_plan)
    wait_for(has_told(run, "EpochEnded", 3))
    assert run.process
    os.kill(run.process, signal.SIGKILL)
    wait_for(lambda: run.process is None)
    done = max(m.event.epoch for m in everything_told(run) if isinstance(m.event, EpochEnded))
    run.launch()
    wait_for(has_told(run, "FoldResumed"))
    [resumed] = [m.event for m in everything_told(run) if isinstance(m.event, FoldResumed)]
    assert resumed.epoch in (done - 1, done)


@pytest.mark.parametrize("moment", ["StageStarted", "Reading", "EpochEnded", "WindowsRead"])
def test_a_cancel_ends_all_at_once(start: Start, plan: Plan, heavy_plan: Plan, moment: str) -> None:
    """While reading data too, which several processes do."""
    if moment in ("StageStarted", "Reading"):
        plan = plan.changed(data="demo:showcase:8")
    elif moment == "EpochEnded":
        plan = heavy_plan
    else:
        plan = plan.changed(network="ccnn", hop_s=0.1, epochs=1)
    run = start(plan)
    wait_for(has_told(run, moment))
    process = run.process
    assert process
    began = time.monotonic()
    run.ask("cancel")
    wait_for(lambda: run.process is None)
    elapsed = time.monotonic() - began
    wait_for(lambda: group_of(process) == [])
    assert elapsed < 5.0  # about 0.2 s; a machine that does much else may take longer
    assert run.phase is Phase.CANCELLED
    assert not list(run.folder.glob(".*"))
    assert everything_told(run)[-1].event == told.RunEnded("cancelled")
    for stage in plan.stages:
        if stage.name not in run.ended:
            assert not run.checkpoint(stage).exists()


def test_a_cancelled_run_can_be_taken_up_again(start: Start, whole: Run) -> None:
    run = start(whole.plan)
    wait_for(has_told(run, "EpochEnded", 2))
    run.ask("cancel")
    until(run, Phase.CANCELLED)
    run.launch()
    until(run, Phase.DONE, Phase.FAILED)
    for stage in whole.plan.stages:
        assert_same_weights(run.checkpoint(stage), whole.checkpoint(stage))


def test_a_paused_run_waits_and_goes_on_to_the_same_weights(start: Start, whole: Run) -> None:
    plan = whole.plan
    run = start(plan)
    wait_for(has_told(run, "EpochEnded", 2))
    run.ask("pause")
    until(run, Phase.PAUSED)
    wait_for(has_told(run, "Paused"))
    paused = time.monotonic()
    wait_for(lambda: time.monotonic() > paused + 0.5)  # an epoch takes a tenth of that
    run.ask("run")
    until(run, Phase.DONE, Phase.FAILED)
    kinds = [type(m.event) for m in everything_told(run)]
    assert kinds.index(told.Resumed) == kinds.index(told.Paused) + 1
    for stage in plan.stages:
        assert_same_weights(run.checkpoint(stage), whole.checkpoint(stage))


def test_a_paused_run_can_be_cancelled(start: Start, long_plan: Plan) -> None:
    run = start(long_plan)
    wait_for(has_told(run, "EpochEnded"))
    run.ask("pause")
    until(run, Phase.PAUSED)
    run.ask("cancel")
    until(run, Phase.CANCELLED)
    assert run.process is None


def test_a_second_process_leaves_the_first_alone(start: Start, plan: Plan) -> None:
    run = start(plan.changed(epochs=40, preset="best"))
    wait_for(has_told(run, "StageStarted"))
    run.launch()
    until(run, Phase.DONE, Phase.FAILED)
    assert run.phase is Phase.DONE
    kinds = [type(m.event) for m in everything_told(run)]
    assert kinds.count(told.StageStarted) == 3


def test_the_process_gives_way_to_the_window(start: Start, long_plan: Plan) -> None:
    run = start(long_plan)
    assert run.process
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, run.process) == min(19, ours + 10)


WINDOW = """
import os, sys
from pathlib import Path
from app.wizard.runs import Run
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
Run(Path(sys.argv[1])).launch()
"""


def test_a_run_outlives_the_window_that_started_it_on_a_single_core_too(
    store: RunStore, plan: Plan, tmp_path: Path
) -> None:
    write_demo(tmp_path / "data", range(1, 1 + PARALLEL_FROM), trials=10, trial_s=6)
    run = store.create(plan.changed(data=str(tmp_path / "data"), epochs=1, scratch=False))
    window = [sys.executable, "-W", "ignore", "-c", WINDOW, str(run.folder)]
    subprocess.run(window, check=True, env=environment(), timeout=60)
    until(run, Phase.DONE, Phase.FAILED)
    assert (run.phase, run.why) == (Phase.DONE, "")


# -- what goes wrong


def test_a_damaged_file_is_named_and_mended_files_go_on(
    store: RunStore, plan: Plan, copied: Path
) -> None:
    path = copied / "s02.dat"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    run = store.create(plan.changed(data=str(copied)))
    run.launch()
    until(run, Phase.FAILED)
    assert "s02.dat" in run.why
    assert run.process is None
    path.write_bytes(whole)
    run.launch()
    until(run, Phase.DONE, seconds=60)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def damage(run: Run, what: str) -> None:
    stage = run.folder / "trials-teacher"
    if what == "fold":
        cut(stage / "fold-1.safetensors")
    elif what == "beginning":
        (stage / "run.json").write_bytes(b"")
    elif what == "newer":
        stored = json.loads((stage / "run.json").read_text())
        (stage / "run.json").write_text(json.dumps({**stored, "schema": 2}))
    else:
        shutil.rmtree(stage)
        stage.write_text("in the way")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("fold", "Teacher: what was kept of fold 1 is damaged: fold 1 begins again."),
        ("beginning", "Teacher: what was kept is damaged, and it begins again."),
        ("newer", "Teacher: what was kept is damaged, and it begins again."),
        ("file", "Teacher: what was kept is damaged, and it begins again."),
    ],
)
def test_what_is_damaged_of_a_stage_begins_again(
    cut_off_in_the_teacher: Run, copy_of: Callable[[Run], Run], whole: Run, what: str, said: str
) -> None:
    begins_again = pytest.importorskip("app.wizard.progress").begins_again
    run = copy_of(cut_off_in_the_teacher)
    damage(run, what)
    assert begins_again(run) == said
    run.launch()
    until(run, Phase.DONE, Phase.FAILED)
    assert (run.phase, run.why) == (Phase.DONE, "")
    for stage in whole.plan.stages:
        assert_same_weights(run.checkpoint(stage), whole.checkpoint(stage))
    assert list(run.folder.rglob("*.damaged")), "nothing is thrown away"


@pytest.mark.parametrize("spoil", [Path.unlink, cut])
def test_a_teacher_that_is_lost_is_made_again_and_its_student_with_it(
    cut_off_in_the_student: Run,
    copy_of: Callable[[Run], Run],
    whole: Run,
    spoil: Callable[[Path], None],
) -> None:
    begins_again = pytest.importorskip("app.wizard.progress").begins_again
    run = copy_of(cut_off_in_the_student)
    teacher = whole.plan.stages[0]
    assert run.ended == (teacher.name,)
    spoil(run.checkpoint(teacher))
    spoilt = [p.read_bytes() for p in (run.checkpoint(teacher),) if p.exists()]
    assert begins_again(run) == "Teacher: its network is missing or damaged, and is made again."
    run.launch()
    until(run, Phase.DONE, Phase.FAILED)
    assert (run.phase, run.why) == (Phase.DONE, "")
    for stage in whole.plan.stages:
        assert_same_weights(run.checkpoint(stage), whole.checkpoint(stage))
    assert [p.read_bytes() for p in run.folder.rglob("*.damaged") if p.is_file()] == spoilt


def test_a_damaged_result_is_judged_again(copy_of: Callable[[Run], Run], whole: Run) -> None:
    run = copy_of(whole)
    result = run.result
    assert result is not None
    (run.folder / "result.json").write_bytes(b"")
    assert run.phase is Phase.INTERRUPTED
    run.launch()
    until(run, Phase.DONE, Phase.FAILED)
    assert run.result is not None
    assert run.result.judged == result.judged


def test_a_full_disk_is_said_and_the_last_epoch_is_kept(start: Start, heavy_plan: Plan) -> None:
    run = start(heavy_plan)
    wait_for(has_told(run, "EpochEnded", 2))
    assert run.process
    limit = 10 * 2**20  # bytes a file may have, where an epoch takes 100 MB
    resource.prlimit(run.process, resource.RLIMIT_FSIZE, (limit, limit))
    until(run, Phase.FAILED)
    assert "fold-1.safetensors could not be written" in run.why
    assert "is kept as epoch" in run.why
    assert run.why.endswith("make room there, then resume.")
    run.launch()
    wait_for(has_told(run, "FoldResumed"))
    run.ask("cancel")
    until(run, Phase.CANCELLED)


def test_a_run_folder_that_is_moved_ends_its_process_and_goes_on_when_it_is_back(
    start: Start, plan: Plan, tmp_path: Path
) -> None:
    plan = plan.changed(epochs=200, preset="paper", scratch=False)
    run = start(plan)
    wait_for(has_told(run, "EpochEnded", 3))
    process = run.process
    assert process
    away = tmp_path / "away"
    run.folder.rename(away)
    wait_for(lambda: group_of(process) == [])
    assert run.phase is Phase.FAILED
    assert "is gone: it was moved or deleted" in run.why
    if run.folder.exists():
        pytest.fail("the process made the folder anew")
    away.rename(run.folder)
    wait_for(lambda: run.process is None)
    assert run.phase is Phase.INTERRUPTED
    run.launch()
    wait_for(has_told(run, "FoldResumed"))
    run.ask("cancel")
    until(run, Phase.CANCELLED)


def test_data_that_changed_between_training_and_judging_are_not_judged(
    store: RunStore, whole: Run, copied: Path
) -> None:
    run = store.create(whole.plan.changed(data=str(copied)))
    but = shutil.ignore_patterns("plan.json", "result.json")
    shutil.copytree(whole.folder, run.folder, ignore=but, dirs_exist_ok=True)
    assert run.phase is Phase.INTERRUPTED
    (copied / "s03.dat").unlink()
    run.launch()
    until(run, Phase.FAILED)
    assert "has changed since" in run.why
    assert all(run.checkpoint(stage).exists() for stage in run.plan.stages)


def test_data_that_are_gone_are_asked_back(
    start: Start, plan: Plan, copied: Path, tmp_path: Path
) -> None:
    run = start(plan.changed(data=str(copied), preset="paper", epochs=40, scratch=False))
    wait_for(has_told(run, "EpochEnded"))
    copied.rename(tmp_path / "away")
    until(run, Phase.FAILED)
    assert run.why == f"{copied} is gone: bring the data back, then resume."
    (tmp_path / "away").rename(copied)
    run.launch()
    until(run, Phase.DONE)


def test_a_file_added_while_the_teacher_trains_is_said(
    start: Start, plan: Plan, copied: Path
) -> None:
    run = start(plan.changed(data=str(copied), preset="paper", epochs=40, scratch=False))
    wait_for(has_told(run, "EpochEnded"))
    write_demo(copied, [4], seed=3, trials=10, trial_s=6)
    until(run, Phase.FAILED)
    assert run.why.startswith(f"{copied} has changed since the teacher was trained on it:")


def test_data_that_changed_before_a_run_is_resumed_are_said_without_their_hashes(
    start: Start, long_plan: Plan, copied: Path
) -> None:
    run = start(long_plan.changed(data=str(copied)))
    wait_for(has_told(run, "EpochEnded"))
    run.ask("cancel")
    until(run, Phase.CANCELLED)
    (copied / "s03.dat").unlink()
    run.launch()
    until(run, Phase.FAILED)
    assert run.why == (
        f"{run.folder / 'trials-teacher'} was begun with other data than these: bring back what "
        "was there, then resume, or begin anew."
    )


def test_too_few_people_for_the_folds_is_a_failure_in_one_sentence(
    store: RunStore, plan: Plan
) -> None:
    run = store.create(plan.changed(protocol="subjects", folds=5))
    run.launch()
    until(run, Phase.FAILED)
    assert run.why == "5 folds need at least 5 subjects, got 3."
    assert not run.checkpoint(Stage(protocol="subjects", role="teacher")).exists()


BUSY = """
import torch
def busy(*_):
    raise torch.AcceleratorError("CUDA error: CUDA-capable device(s) is/are busy")
torch.cuda.is_available = lambda: True
torch.cuda.get_device_capability = busy
"""


def test_a_run_that_a_gpu_stopped_goes_on_on_the_cpu(
    start: Start, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a GPU whose driver refuses it."""
    (tmp_path / "sitecustomize.py").write_text(BUSY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    run = start(plan.changed(scratch=False, epochs=1))
    until(run, Phase.FAILED)
    assert run.why.startswith("The GPU stopped answering (CUDA error: CUDA-capable device")
    assert run.state is not None
    assert run.state.gpu_failed
    run.launch(on_cpu=True)
    until(run, Phase.DONE)
    assert "--device cpu" in load(run.checkpoint(run.plan.stages[0])).card.training.command
